//! From being stuck to a new password.

use super::{Office, email, finding, ida, jon, staff, to_first, with_factor};
use regain::account::{AddressKind, AddressOnFile};
use regain::desk::case::{CaseStateKind, EvidenceKind, Finding, Need, Whither};
use regain::desk::{CaseText, Decision, DeskError, Ial, Seen};
use regain::recovery::{LetterReference, Means};
use regain::testing::World;
use time::Duration;

#[tokio::test]
async fn the_link_goes_to_the_address_on_file_that_was_chosen_and_to_no_other() {
    let office = Office::new();
    let addresses = vec![email("old@home.example"), email("second@home.example")];
    let ana = office.world.person_with("Ana", |account| account.addresses = addresses).await;
    let view = office.evidenced(&ana, finding(Need::Password)).await;
    let hints: Vec<&str> = view.addresses.iter().map(|next| next.hint.as_str()).collect();
    assert_eq!(hints, ["o\u{2026}@home.example", "s\u{2026}@home.example"]);
    let decision = Decision { need: Need::Password, to: Whither::OnFile(view.addresses[1].address) };
    office.desk.approve(&jon(), Seen::of(&view), decision).await.unwrap();
    office.world.work().await;
    for address in ["old@home.example", "second@home.example"] {
        let mails = office.world.mailbox.to(address);
        assert!(mails.iter().any(|mail| mail.subject.starts_with("Somebody is about")), "{address}");
    }
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
    assert_eq!(office.links_to("old@home.example").await, 0);
    assert_eq!(office.links_to("second@home.example").await, 1);
}

#[tokio::test]
async fn after_a_proofing_anew_the_link_goes_to_a_new_address_and_every_old_one_is_told() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let anew = Finding {
        kind: EvidenceKind::ProofedAnew,
        level: Ial::Two,
        need: Need::Password,
        new_address: Some(email("ana@new.example")),
    };
    let view = office.evidenced(&ana, anew).await;
    let decision = Decision { need: Need::Password, to: Whither::Recorded };
    let view = office.desk.approve(&jon(), Seen::of(&view), decision).await.unwrap();
    office.world.work().await;
    assert!(office.world.mailbox.to("ana@new.example").is_empty(), "nothing goes there while it waits");
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
    assert_eq!(office.state(view.case.id()).await, CaseStateKind::Acted);
    assert_eq!(office.links_to("ana@new.example").await, 1);
    assert_eq!(office.links_to(&ana.email).await, 0);
    assert!(office.world.subjects_to(&ana).iter().any(|subject| subject.starts_with("Somebody is about")));
    let mails = office.world.mailbox.to("ana@new.example");
    let (_, rest) = mails[0].text.split_once("?token=").unwrap();
    let link = regain::RecoveryToken::parse(rest.split_whitespace().next().unwrap()).unwrap();
    assert!(office.choose(&link).await);
    // What is on file is the host's affair, and stays.
    assert_eq!(office.world.account(&ana).await.unwrap().addresses, [email(&ana.email)]);
}

#[tokio::test]
async fn by_post_a_code_goes_out_and_is_typed_with_its_reference() {
    let builder = World::builder().configure(|builder| builder.means(Means::email_only().letters()));
    let office = Office::build(builder);
    let street =
        AddressOnFile::parse(AddressKind::Post, "Ana Lindqvist\n4 Harbour Street\nPort Mercy").unwrap();
    let post = street.clone();
    let ana = office.world.person_with("Ana", |account| account.addresses = vec![post]).await;
    let view = office.evidenced(&ana, finding(Need::Password)).await;
    office.approve(&view, Need::Password).await.unwrap();
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
    let letters = office.world.mailbox.to(street.as_str());
    let letter = letters.iter().find(|mail| mail.text.contains("this reference")).expect("a letter");
    let after = |words: &str| {
        let (_, rest) = letter.text.split_once(words).unwrap();
        rest.trim_start().lines().next().unwrap().trim().to_owned()
    };
    let reference = LetterReference::parse(&after("type this reference:")).unwrap();
    let code = after("and this code:");
    let client = office.world.client();
    let link = office.world.recovery.exchange_letter_code(&reference, &code, &client).await.unwrap();
    assert!(office.choose(&link).await);
}

#[tokio::test]
async fn a_lost_factor_is_no_obstacle_once_two_people_agree() {
    let office = Office::new();
    let ana = office.world.person_with("Ana", with_factor).await;
    let view = office.evidenced(&ana, finding(Need::LostFactor)).await;
    office.approve(&view, Need::LostFactor).await.unwrap();
    office.world.clock.advance(Duration::DAY);
    office.world.work().await;
    let link = office.world.link_of(&ana);
    let view = office.world.recovery.look(&link).await.unwrap();
    assert!(!view.factor_needed);
    assert_eq!(view.at_least, 15, "the password has to do alone");
    assert!(office.choose(&link).await);
    assert_eq!(office.count("account.factors_lost").await, 1);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_before_anybody_is_told() {
    let office = Office::new();
    let ana = office.world.person("Ana").await;
    let view = office.evidenced(&ana, finding(Need::LostFactor)).await;
    let elsewhere = Whither::OnFile(regain::desk::case::AddressRef::from_bytes([1; 16]));
    let refused = [
        (Decision { need: Need::Password, to: elsewhere }, DeskError::NoSuchAddress),
        (to_first(&view, Need::LostFactor), DeskError::NothingLost),
    ];
    for (decision, error) in refused {
        assert_eq!(office.desk.approve(&jon(), Seen::of(&view), decision).await.map(drop), Err(error));
    }
    office.world.change(&ana, |account| account.may_change_password = false).await;
    assert_eq!(office.approve(&view, Need::Password).await.map(drop), Err(DeskError::NotRecoverable));
    let phone = AddressOnFile::parse(AddressKind::Phone, "+15550142").unwrap();
    let bea = office.world.person_with("Bea", |account| account.addresses = vec![phone]).await;
    let view = office.evidenced(&bea, finding(Need::Password)).await;
    assert!(!view.addresses[0].takes_links);
    assert_eq!(office.approve(&view, Need::Password).await.map(drop), Err(DeskError::NotReached));
    office.world.work().await;
    assert!(!office.world.subjects_to(&ana).iter().any(|subject| subject.contains("is about to")));
    assert_eq!(office.count("case.approved: password on_file").await, 0);
}

/// SD-6, through the service.
#[tokio::test]
async fn nobody_reaches_an_account_above_their_own_and_nobody_their_own() {
    let office = Office::new();
    let chief = office.world.person("Chief").await;
    office.employ(&chief, &staff("chief", 50));
    use regain::desk::case::CaseRefusal as R;
    assert_eq!(office.desk.open(&ida(), &chief.id).await.map(drop), Err(R::AboveOwnRole.into()));
    let own = office.desk.open(&staff("chief", 90), &chief.id).await;
    assert_eq!(own.map(drop), Err(R::OwnCase.into()));
    let view = office.desk.open(&staff("owner", 50), &chief.id).await.unwrap();
    assert_eq!(office.desk.view(&ida(), view.case.id()).await.map(drop), Err(R::AboveOwnRole.into()));
    let seen = Seen::of(&view);
    for refused in [
        office.desk.assign(&ida(), seen, &ida().id).await,
        office.desk.note(&ida(), seen, CaseText::new("x").unwrap()).await,
        office.desk.record_evidence(&ida(), seen, finding(Need::Password)).await,
        office.desk.refuse(&ida(), seen).await,
        office.desk.withdraw(&ida(), seen).await,
        office.approve(&view, Need::Password).await,
    ] {
        let error = refused.map(drop).unwrap_err();
        let illegal = matches!(error, DeskError::Refused(R::Illegal { .. }));
        assert!(illegal || error == R::AboveOwnRole.into(), "{error}");
    }
}
