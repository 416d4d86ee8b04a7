//! An address on file is changed by its owner: proposed, and confirmed by the code that was sent to it (NO-5).

use super::host::Host;
use super::*;
use regain::identity::{PhoneNumber, PostalAddress};
use regain::security::{AddressChanged, ProposalState};
use std::sync::Arc;

pub const NEW: &str = "new@home.example";
pub const NEWER: &str = "newer@home.example";

/// The code in the latest mail to an address.
pub fn code_to(world: &World, address: &str) -> String {
    let mails = world.mailbox.to(address);
    let mail = mails.iter().rev().find(|mail| mail.subject.starts_with("Confirm this address"));
    let text = mail.expect("a mail with a code").text.clone();
    let is_code = |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-';
    text.split_whitespace().find(is_code).expect("a code").to_owned()
}

pub async fn on_file(world: &World, who: &Someone) -> Vec<String> {
    let account = world.account(who).await.unwrap();
    account.addresses.iter().map(|address| address.as_str().to_owned()).collect()
}

/// Proposes an address in the place of the first one, and gives the code that was sent.
pub async fn propose(world: &World, who: &Someone, address: &str) -> String {
    let first = on_file(world, who).await.remove(0);
    let info = signed_in(world, who);
    info.propose_address(&email(address), Some(&email(&first))).await.expect("an address may be proposed");
    world.work().await;
    code_to(world, address)
}

pub async fn change(world: &World, who: &Someone, address: &str) {
    let code = propose(world, who, address).await;
    let changed = signed_in(world, who).confirm_address(&code).await;
    assert_eq!(changed.unwrap(), AddressChanged::Done);
    world.work().await;
}

/// NO-5; CVE-2020-15245.
#[tokio::test]
async fn a_code_goes_to_the_new_address_and_nowhere_else_and_nothing_changes() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let before = world.mailbox.mails().len();
    propose(&world, &ana, NEW).await;
    let mails = world.mailbox.mails();
    let [mail] = &mails[before..] else { panic!("{} mails", mails.len() - before) };
    assert_eq!((mail.to.as_str(), &*mail.subject), (NEW, "Confirm this address for Mercy Clinic"));
    assert!(!mail.text.contains("/recovery/") && !mail.text.contains(&ana.username), "{}", *mail.text);
    assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
    assert!(world.recovery.look(&link).await.is_ok(), "links go on");
    world.fresh_link(&ana).await;
    assert_eq!(world.mailbox.to(NEW).len(), 1, "the new address gets no link");
    let shown = view(&world, &ana).await.proposals;
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].state, shown[0].address.as_str()), (ProposalState::AwaitsCode, NEW));
    assert_eq!(shown[0].replaces.as_ref().map(AddressOnFile::as_str), Some(&*ana.email));
}

/// NO-1, NO-2, RC-7, MF-8.
#[tokio::test]
async fn the_code_puts_it_on_file_tells_everybody_and_ends_links() {
    let world = World::new();
    let ana = world.person_with("Ana", |account| account.addresses.push(email("second@home.example"))).await;
    let code = propose(&world, &ana, NEW).await;
    let link = world.fresh_link(&ana).await;
    let before = world.mailbox.mails().len();
    let changed = signed_in(&world, &ana).confirm_address(&code.to_ascii_lowercase()).await;
    assert_eq!(changed.unwrap(), AddressChanged::Done);
    assert_eq!(on_file(&world, &ana).await, [NEW, "second@home.example"]);
    world.work().await;
    let mails = world.mailbox.mails();
    let mut told: Vec<_> =
        mails[before..].iter().map(|mail| format!("{}: {}", mail.to.as_str(), mail.subject)).collect();
    told.sort();
    let changed = "An address of your account at Mercy Clinic was changed";
    assert_eq!(
        told,
        [
            format!("{}: {changed}", ana.email),
            format!("{NEW}: This address is now on file at Mercy Clinic"),
            format!("second@home.example: {changed}"),
        ]
    );
    assert!(mails[before..].iter().all(|mail| mail.text.contains("/recovery/disown?letter=")));
    assert_eq!(world.recovery.look(&link).await.unwrap_err(), RecoveryError::LinkNotUsable);
    for (event, times) in
        [("account.address_proposed", 1), ("account.address_confirmed", 1), ("account.address_set", 1)]
    {
        assert_eq!(count(&world, event).await, times, "{event}");
    }
    world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
    world.work().await;
    let mails = world.mailbox.to(NEW);
    assert!(mails.last().unwrap().text.contains("?token="), "links go to the new address now");
    assert_eq!(view(&world, &ana).await.proposals[0].state, ProposalState::Done);
}

#[tokio::test]
async fn one_more_address_takes_nobodys_place() {
    let world = World::new();
    let ana = world.person("Ana").await;
    signed_in(&world, &ana).propose_address(&email(NEW), None).await.unwrap();
    world.work().await;
    let code = code_to(&world, NEW);
    signed_in(&world, &ana).confirm_address(&code).await.unwrap();
    assert_eq!(on_file(&world, &ana).await, [&*ana.email, NEW]);
    world.work().await;
    assert_eq!(world.subjects_to(&ana), ["An address was added to your account at Mercy Clinic"]);
}

#[tokio::test]
async fn a_code_is_good_once_and_for_half_an_hour() {
    for (later, good) in [(30 * MINUTE - Duration::MILLISECOND, true), (30 * MINUTE, false)] {
        let world = World::new();
        let ana = world.person("Ana").await;
        let code = propose(&world, &ana, NEW).await;
        world.clock.advance(later);
        // The session that proposed it is old by now: that does not matter.
        let info = by_password(&world, &ana);
        assert_eq!(info.confirm_address(&code).await.is_ok(), good, "after {later}");
        assert_eq!(info.confirm_address(&code).await.unwrap_err(), RecoveryError::CodeNotUsable);
        assert_eq!(on_file(&world, &ana).await, [if good { NEW } else { &*ana.email }]);
    }
}

#[tokio::test]
async fn five_codes_are_compared() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let code = propose(&world, &ana, NEW).await;
    let info = signed_in(&world, &ana);
    for typed in ["", "nonsense", "0000-0000", "CDFG"] {
        assert_eq!(info.confirm_address(typed).await.unwrap_err(), RecoveryError::CodeNotUsable, "{typed}");
    }
    let guess = if code == "CDFG-HJKM" { "CDFG-HJKN" } else { "CDFG-HJKM" };
    for _ in 0..5 {
        assert_eq!(info.confirm_address(guess).await.unwrap_err(), RecoveryError::CodeNotUsable);
    }
    assert_eq!(info.confirm_address(&code).await.unwrap_err(), RecoveryError::CodeNotUsable);
    let again = propose(&world, &ana, NEW).await;
    assert_ne!(again, code);
    assert!(info.confirm_address(&again).await.is_ok());
}

#[tokio::test]
async fn a_newer_proposal_takes_the_place_of_the_older() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let older = propose(&world, &ana, NEW).await;
    let newer = propose(&world, &ana, NEWER).await;
    let info = signed_in(&world, &ana);
    assert_eq!(info.confirm_address(&older).await.unwrap_err(), RecoveryError::CodeNotUsable);
    assert!(info.confirm_address(&newer).await.is_ok());
    assert_eq!(on_file(&world, &ana).await, [NEWER]);
}

#[tokio::test]
async fn the_code_of_another_account_confirms_nothing() {
    let world = World::new();
    let (ana, eve) = (world.person("Ana").await, world.person("Eve").await);
    let anas = propose(&world, &ana, NEW).await;
    propose(&world, &eve, NEW).await;
    let tried = signed_in(&world, &eve).confirm_address(&anas).await;
    assert_eq!(tried.unwrap_err(), RecoveryError::CodeNotUsable);
    assert_eq!(on_file(&world, &eve).await, [&*eve.email]);
}

/// What was proposed by the password alone is not confirmed by it after the owner has put a factor before the account.
#[tokio::test]
async fn a_proposal_from_before_the_first_factor_is_not_confirmed_by_password_afterwards() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let code = propose(&world, &ana, NEW).await;
    bind(&world, &by_password(&world, &ana), "My phone").await;
    let tried = by_password(&world, &ana).confirm_address(&code).await;
    assert_eq!(tried.unwrap_err(), RecoveryError::StepUpRequired);
    assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
}

#[tokio::test]
async fn what_cannot_go_on_file_is_refused_before_a_mail_is_sent() {
    let world = World::new();
    let ana = world.person_with("Ana", |account| account.addresses.push(email("second@home.example"))).await;
    let first = email(&ana.email);
    let phone = AddressOnFile::Phone(PhoneNumber::parse("+41791234567").unwrap());
    let post = AddressOnFile::Post(PostalAddress::parse("Ana\n1 Quay\nHarbour").unwrap());
    let info = signed_in(&world, &ana);
    let before = traces(&world, &ana).await;
    for (address, replaces, why) in [
        (&phone, None, ChangeRefused::KindNotTaken),
        (&post, Some(&first), ChangeRefused::KindNotTaken),
        (&first, None, ChangeRefused::OnFileAlready),
        (&first, Some(&first), ChangeRefused::OnFileAlready),
        (&email("SECOND@home.example"), Some(&first), ChangeRefused::OnFileAlready),
        (&email(NEW), Some(&email("third@home.example")), ChangeRefused::NotThere),
    ] {
        assert_eq!(info.propose_address(address, replaces).await.unwrap_err(), REFUSED(why));
    }
    assert_eq!(traces(&world, &ana).await, before);
    // One that is only written otherwise may take its own place.
    let shouted = email("ANA@home.example");
    assert!(info.propose_address(&shouted, Some(&first)).await.is_ok());
    for n in 3..=4 {
        let more = email(&format!("number{n}@home.example"));
        world.change(&ana, |account| account.addresses.push(more)).await;
    }
    let fifth = info.propose_address(&email(NEW), None).await;
    assert_eq!(fifth.unwrap_err(), REFUSED(ChangeRefused::TooMany));
}

/// What was right when it was proposed has to be right when it is confirmed.
#[tokio::test]
async fn what_became_impossible_meanwhile_is_not_confirmed() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let code = propose(&world, &ana, NEW).await;
    world.change(&ana, |account| account.addresses = vec![email("moved@home.example")]).await;
    let tried = signed_in(&world, &ana).confirm_address(&code).await;
    assert_eq!(tried.unwrap_err(), REFUSED(ChangeRefused::NotThere));
    assert_eq!(on_file(&world, &ana).await, ["moved@home.example"]);
    assert_eq!(count(&world, "account.address_confirmed").await, 0);
}

#[tokio::test]
async fn a_host_that_changes_addresses_elsewhere_is_not_asked() {
    struct Elsewhere(regain::memory::MemoryAccounts);
    #[async_trait::async_trait]
    impl regain::account::AccountStore for Elsewhere {
        async fn find_by_identifier(
            &self,
            identifier: &regain::identity::Identifier,
        ) -> Result<Vec<regain::account::Account>, regain::store::StoreError> {
            self.0.find_by_identifier(identifier).await
        }
        async fn find_by_identity(
            &self,
            key: &regain::identity::IdentityKey,
        ) -> Result<Vec<regain::account::Account>, regain::store::StoreError> {
            self.0.find_by_identity(key).await
        }
        async fn get(
            &self,
            id: &regain::ids::AccountId,
        ) -> Result<Option<regain::account::Account>, regain::store::StoreError> {
            let mut account = regain::account::Account::new(id.clone(), "ana");
            account.addresses = vec![email("ana@home.example")];
            Ok(Some(account))
        }
        async fn set_password(
            &self,
            change: &regain::account::PasswordChange,
        ) -> Result<regain::account::Applied, regain::store::StoreError> {
            Ok(change.against(None))
        }
    }
    let elsewhere = Arc::new(Elsewhere(regain::memory::MemoryAccounts::new()));
    let world = World::builder().served_accounts(elsewhere).build();
    let ana = world.person("Ana").await;
    assert!(!view(&world, &ana).await.takes_addresses);
    let refused = signed_in(&world, &ana).propose_address(&email(NEW), None).await;
    assert_eq!(refused.unwrap_err(), REFUSED(ChangeRefused::AddressesElsewhere));
    let refused = signed_in(&world, &ana).confirm_address("CDFG-HJKM").await;
    assert_eq!(refused.unwrap_err(), REFUSED(ChangeRefused::AddressesElsewhere));
}

#[tokio::test]
async fn a_third_change_within_a_week_is_the_last() {
    let world = World::new();
    let ana = world.person("Ana").await;
    for n in 1..=3 {
        world.clock.advance(Duration::HOUR);
        change(&world, &ana, &format!("number{n}@home.example")).await;
    }
    let refused = signed_in(&world, &ana).propose_address(&email(NEW), None).await;
    assert_eq!(refused.unwrap_err(), REFUSED(ChangeRefused::ChangedLately));
    world.clock.advance(Duration::days(7));
    change(&world, &ana, NEW).await;
}

/// CVE-2019-12467.
#[tokio::test]
async fn nobody_fills_a_mailbox_with_codes() {
    let world = World::new();
    for n in 0..5 {
        let who = world.person(&format!("Eve{n}")).await;
        propose(&world, &who, NEW).await;
    }
    let eve = world.person("Eve").await;
    let refused = signed_in(&world, &eve).propose_address(&email("NEW@home.example"), None).await;
    assert!(matches!(refused, Err(RecoveryError::TooManyAttempts { .. })), "{refused:?}");
    assert!(signed_in(&world, &eve).propose_address(&email(NEWER), None).await.is_ok());
    for n in 0..9 {
        let address = email(&format!("number{n}@home.example"));
        assert!(signed_in(&world, &eve).propose_address(&address, None).await.is_ok());
    }
    let refused = signed_in(&world, &eve).propose_address(&email("last@home.example"), None).await;
    assert!(matches!(refused, Err(RecoveryError::TooManyAttempts { .. })), "{refused:?}");
}

/// The process died, or the host did not answer, after the change was written down: a worker goes on.
#[tokio::test]
async fn a_change_that_the_host_did_not_take_is_made_by_a_worker() {
    let host = Arc::new(Host::default());
    let world = host.world();
    let ana = world.person("Ana").await;
    let code = propose(&world, &ana, NEW).await;
    host.answers(false);
    let info = signed_in(&world, &ana);
    assert_eq!(info.confirm_address(&code).await.unwrap(), AddressChanged::Pending);
    assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
    assert_eq!(view(&world, &ana).await.proposals[0].state, ProposalState::Confirmed);
    world.clock.advance(MINUTE);
    world.worker.step().await.unwrap();
    host.answers(true);
    world.clock.advance(2 * MINUTE);
    world.work().await;
    assert_eq!(on_file(&world, &ana).await, [NEW]);
    assert_eq!(count(&world, "account.address_set").await, 1);
    let told = world.subjects_to(&ana);
    assert_eq!(told, ["An address of your account at Mercy Clinic was changed"], "once");
}

/// The account is another than when its owner confirmed the change: it is not made.
#[tokio::test]
async fn a_change_that_was_overtaken_is_given_up() {
    let host = Arc::new(Host::default());
    let world = host.world();
    let ana = world.person("Ana").await;
    let code = propose(&world, &ana, NEW).await;
    host.answers(false);
    signed_in(&world, &ana).confirm_address(&code).await.unwrap();
    world.change(&ana, |account| account.username = "ana.maria".into()).await;
    host.answers(true);
    world.clock.advance(MINUTE);
    world.work().await;
    assert_eq!(on_file(&world, &ana).await, [&*ana.email]);
    assert_eq!(count(&world, "account.address_given_up").await, 1);
    for address in [&ana.email, NEW] {
        let mails = world.mailbox.to(address);
        assert!(mails.last().unwrap().subject.contains("stay as they were"), "{address}");
    }
    assert!(view(&world, &ana).await.proposals.is_empty());
}
