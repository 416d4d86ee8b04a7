use super::{NEW, ask, choose, is_dead, sign_in, told};
use regain::RecoveryError;
use regain::identity::{IdentityClaims, TypedClaims};
use regain::password::Reason;
use regain::recovery::Chosen;
use regain::testing::World;
use time::Duration;

/// ID-1
#[tokio::test]
async fn a_forgotten_username_goes_by_mail_to_the_address_on_file() {
    let world = World::new();
    let (ana, bea) = (world.person("Ana").await, world.person("Bea").await);
    world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
    assert!(world.mailbox.mails().is_empty(), "nothing goes out before the worker runs");
    world.work().await;
    let mails = world.mailbox.to(&ana.email);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.lines().any(|line| line.trim() == ana.username), "{}", *mails[0].text);
    assert!(!mails[0].text.contains("token="), "a reminder yields no link");
    assert!(world.mailbox.to(&bea.email).is_empty());
    assert_eq!(told(&world).await, ["username.requested", "username.username_sent"]);
}

/// ID-4, ID-5: claims that agree in part are answered like all others, and nothing goes out.
#[tokio::test]
async fn claims_that_do_not_agree_send_nothing() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let changes: [fn(&mut TypedClaims); 6] = [
        |claims| claims.birth_date = "1987-11-30".to_owned(),
        |claims| claims.birth_date = "1961-02-31".to_owned(),
        |claims| claims.family_name = "Montgomery".to_owned(),
        |claims| claims.record_number = "MRN-99999".to_owned(),
        |claims| claims.record_number.clear(),
        |claims| *claims = TypedClaims::default(),
    ];
    for change in changes {
        let mut claims = ana.claims.clone();
        change(&mut claims);
        let asked = world.recovery.ask_username(&IdentityClaims::new(claims), &world.client()).await;
        assert!(asked.is_ok());
    }
    world.work().await;
    assert!(world.mailbox.mails().is_empty());
}

/// The mission's steps 3 to 6, PW-8, NO-1, NO-2, RC-18.
#[tokio::test]
async fn a_forgotten_password_is_replaced_by_way_of_a_mailed_link() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let second = world.person("Bea").await;
    let second_address = world.account(&second).await.unwrap().addresses.remove(0);
    world.accounts.remove(&second.id).await;
    world.change(&ana, |account| account.addresses.push(second_address)).await;
    world.accounts.begin_session(&ana.id).await;

    ask(&world, &ana.email).await;
    world.work().await;
    assert_eq!(world.subjects_to(&second), [""; 0], "a link goes to the first address only");
    let link = world.link_of(&ana);
    let view = world.recovery.look(&link).await.expect("the link is fresh");
    assert_eq!((view.at_least, view.factor_needed), (15, false));

    let weak = choose(&world, &link, "lindqvist 1961").await;
    let Err(RecoveryError::PasswordRefused(reasons)) = weak else { panic!("{weak:?}") };
    assert!(reasons.contains(&Reason::TooShort { at_least: 15 }), "{reasons:?}");
    assert!(reasons.contains(&Reason::OwnData), "{reasons:?}");
    assert!(sign_in(&world, &ana, "lindqvist 1961").await.is_err());
    // That sign-in failed, so the link still works.
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));

    assert_eq!(world.accounts.sessions(&ana.id).await, 0, "every session is ended");
    assert_eq!(sign_in(&world, &ana, &ana.password).await, Err(RecoveryError::NotAccepted));
    assert_eq!(sign_in(&world, &ana, NEW).await.expect("the new password is right").account, ana.id);
    world.work().await;
    let notice = "Your password for Mercy Clinic was changed";
    assert_eq!(world.subjects_to(&ana), ["Choose a new password for Mercy Clinic", notice]);
    assert_eq!(world.subjects_to(&second), [notice], "a notice goes to every address on file");
    assert_eq!(
        told(&world).await,
        ["password.requested", "password.link_sent", "password.password_chosen", "password.completed"]
    );
}

/// PW-12
#[tokio::test]
async fn the_present_password_is_refused_and_the_link_still_works() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let same = choose(&world, &link, &ana.password).await;
    assert_eq!(same, Err(RecoveryError::PasswordRefused(vec![Reason::SameAsPresent])));
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));
}

/// Whoever never had a password gets the first one in the same way.
#[tokio::test]
async fn somebody_without_a_password_chooses_the_first_one() {
    let world = World::new();
    let nora = world.person_without_password("Nora").await;
    let link = world.fresh_link(&nora).await;
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));
    assert!(sign_in(&world, &nora, NEW).await.is_ok());
}

/// MF-1
#[tokio::test]
async fn a_link_alone_does_not_replace_a_second_factor() {
    let world = World::new();
    let ana = world.with_factor("Ana").await;
    let link = world.fresh_link(&ana).await;
    assert!(world.recovery.look(&link).await.unwrap().factor_needed);
    assert_eq!(choose(&world, &link, NEW).await, Err(RecoveryError::FactorNeeded));
    assert!(sign_in(&world, &ana, NEW).await.is_err());
}

/// RC-17: mail scanners open links, a hundred times if they like.
#[tokio::test]
async fn opening_a_link_a_hundred_times_does_not_use_it() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let before = world.flows.load(world.realm(), link.flow()).await.unwrap();
    for _ in 0..100 {
        world.recovery.look(&link).await.expect("looking changes nothing");
    }
    assert_eq!(world.flows.load(world.realm(), link.flow()).await.unwrap(), before);
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));
}

/// RC-6
#[tokio::test]
async fn a_used_link_is_used_up() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    choose(&world, &link, NEW).await.unwrap();
    assert!(is_dead(&world, &link).await);
    assert!(sign_in(&world, &ana, NEW).await.is_ok());
}

/// ID-10: who shares an address is not guessed at; each has a link of their own.
#[tokio::test]
async fn an_address_that_two_people_share_gets_one_mail_with_a_link_for_each() {
    let world = World::new();
    let (eva, _) = world.sharing_an_email("Eva", "Emil").await;
    ask(&world, &eva.email).await;
    world.work().await;
    assert_eq!(world.mailbox.mails().len(), 1);
    let lines = ["password.requested", "password.link_sent", "password.link_sent", "password.shared"];
    assert_eq!(told(&world).await, lines);
    // By username it is clear who is meant.
    ask(&world, &eva.username).await;
    world.work().await;
    assert_eq!(world.mailbox.mails().len(), 2);
}

/// ID-3, EN-1
#[tokio::test]
async fn asks_that_come_to_nothing_send_nothing_and_say_why_in_the_audit_record_only() {
    let world = World::new();
    world.disabled("Dora").await;
    world.may_not_change("Max").await;
    world.no_address("Nils").await;
    let expected = [
        ("dora", "password.dismissed: disabled"),
        ("max", "password.dismissed: not_allowed"),
        ("nils", "password.escalated: no_address"),
        ("nobody", "password.dismissed: no_account"),
        ("a\u{7}b", "password.dismissed: malformed"),
    ];
    for (typed, line) in expected {
        ask(&world, typed).await;
        world.work().await;
        assert_eq!(told(&world).await.last().map(String::as_str), Some(line), "{typed:?}");
    }
    assert!(world.mailbox.mails().is_empty());
}

#[tokio::test]
async fn an_account_deleted_between_asking_and_resolving_sends_nothing() {
    let world = World::new();
    let ana = world.person("Ana").await;
    ask(&world, &ana.username).await;
    world.accounts.remove(&ana.id).await;
    world.work().await;
    assert!(world.mailbox.mails().is_empty());
    assert_eq!(told(&world).await.last().unwrap(), "password.dismissed: no_account");
}

/// An ask that nobody attended to in time is given up, not answered late.
#[tokio::test]
async fn an_ask_that_waited_too_long_is_given_up() {
    let world = World::new();
    let ana = world.person("Ana").await;
    ask(&world, &ana.username).await;
    world.clock.advance(Duration::HOUR);
    world.work().await;
    assert!(world.mailbox.mails().is_empty());
    assert_eq!(told(&world).await, ["password.requested", "password.expired"]);
}
