use super::{NEW, OTHER, ask, choose, is_dead, sign_in, told};
use regain::RecoveryToken;
use regain::account::{AccountStatus, AddressOnFile};
use regain::factor::TotpSecret;
use regain::identity::EmailAddress;
use regain::recovery::{Chosen, Credential};
use regain::testing::{Someone, World};
use time::Duration;

#[tokio::test]
async fn a_second_request_kills_the_first_link() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let first = world.fresh_link(&ana).await;
    let second = world.fresh_link(&ana).await;
    assert!(is_dead(&world, &first).await);
    assert_eq!(choose(&world, &second, NEW).await, Ok(Chosen::Done));
}

/// The link of somebody else is not touched by what happens to an account.
#[tokio::test]
async fn links_of_two_people_live_side_by_side() {
    let world = World::new();
    let (ana, bea) = (world.person("Ana").await, world.person("Bea").await);
    let (link, other) = (world.fresh_link(&ana).await, world.fresh_link(&bea).await);
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));
    assert_eq!(choose(&world, &other, OTHER).await, Ok(Chosen::Done));
    assert!(sign_in(&world, &ana, OTHER).await.is_err());
}

/// "This wasn't me" completes nothing and kills the link.
#[tokio::test]
async fn a_disowned_link_is_dead_and_the_password_is_as_before() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    world.recovery.disown(&link, &world.client()).await.unwrap();
    assert!(is_dead(&world, &link).await);
    assert!(world.recovery.disown(&link, &world.client()).await.is_err());
    assert!(sign_in(&world, &ana, &ana.password).await.is_ok());
    assert_eq!(world.subjects_to(&ana).len(), 1, "no notice of a change that was none");
    let lines = told(&world).await;
    assert_eq!(lines[lines.len() - 2..], ["password.disowned", "account.disowned: recovery_link"]);
}

/// What may happen to an account while a link is out. Each of these voids it (RC-7).
const EVENTS: [&str; 13] = [
    "new request",
    "password changed elsewhere",
    "password changed elsewhere, and told",
    "told of another change",
    "address on file changed",
    "address on file added",
    "factor added",
    "app bound",
    "disabled",
    "may no longer change",
    "deleted",
    "signed in",
    "disowned",
];

async fn happen(world: &World, ana: &Someone, app: Option<&TotpSecret>, link: &RecoveryToken, event: &str) {
    let new_address = || AddressOnFile::Email(EmailAddress::parse("new@home.example").unwrap());
    let new_hash = world.hash(OTHER);
    match event {
        "new request" => drop(world.fresh_link(ana).await),
        "password changed elsewhere" => world.change(ana, |account| account.password = Some(new_hash)).await,
        "password changed elsewhere, and told" => {
            world.change(ana, |account| account.password = Some(new_hash)).await;
            world.recovery.credential_changed(&ana.id, Credential::Password).await.unwrap();
        }
        "told of another change" => {
            world.recovery.credential_changed(&ana.id, Credential::Other).await.unwrap();
        }
        "address on file changed" => {
            world.change(ana, |account| account.addresses = vec![new_address()]).await;
        }
        "address on file added" => world.change(ana, |account| account.addresses.push(new_address())).await,
        "factor added" => world.change(ana, |account| account.factors.push("totp-9".to_owned())).await,
        "app bound" => drop(world.enrol_totp(ana).await),
        "disabled" => world.change(ana, |account| account.status = AccountStatus::Disabled).await,
        "may no longer change" => world.change(ana, |account| account.may_change_password = false).await,
        "deleted" => world.accounts.remove(&ana.id).await,
        "signed in" => match app {
            None => drop(sign_in(world, ana, &ana.password).await.expect("the password is right")),
            Some(app) => {
                let (ticket, code) = (world.ticket(ana).await, world.code_of(app));
                world.recovery.sign_in_factor(&ticket, &code, &world.client()).await.unwrap();
            }
        },
        "disowned" => drop(world.recovery.disown(link, &world.client()).await),
        other => panic!("nothing is told of {other}"),
    }
}

/// RC-7: the matrix of what happens x what is out: a fresh link, one that was looked at, one under which a password
/// was refused, one of an account with a factor, one of an account without a password.
#[tokio::test]
async fn whatever_changes_what_a_recovery_rests_on_kills_every_outstanding_link() {
    for event in EVENTS {
        for out in ["fresh", "looked at", "after a refusal", "with factor", "first password"] {
            // Nobody signs in without a password.
            if (event, out) == ("signed in", "first password") {
                continue;
            }
            let world = World::new();
            let ana = match out {
                "first password" => world.person_without_password("Ana").await,
                _ => world.person("Ana").await,
            };
            let app = if out == "with factor" { Some(world.enrol_totp(&ana).await) } else { None };
            let link = world.fresh_link(&ana).await;
            match out {
                "looked at" => drop(world.recovery.look(&link).await.unwrap()),
                "after a refusal" => assert!(choose(&world, &link, "weak").await.is_err()),
                _ => {}
            }
            assert!(world.recovery.look(&link).await.is_ok(), "{event} x {out}: alive before");
            let before = world.account(&ana).await.unwrap().password;
            happen(&world, &ana, app.as_ref(), &link, event).await;
            assert!(is_dead(&world, &link).await, "{event} x {out}");
            let after = world.account(&ana).await.and_then(|account| account.password);
            let untouched = after.is_none() || after == before || event.starts_with("password changed");
            assert!(untouched, "{event} x {out}: a dead link set a password");
        }
    }
}

/// NO-1
#[tokio::test]
async fn a_password_changed_elsewhere_and_told_is_noticed_by_mail() {
    let world = World::new();
    let ana = world.person("Ana").await;
    world.recovery.credential_changed(&ana.id, Credential::Other).await.unwrap();
    world.work().await;
    assert!(world.mailbox.mails().is_empty());
    world.recovery.credential_changed(&ana.id, Credential::Password).await.unwrap();
    world.work().await;
    assert_eq!(world.subjects_to(&ana), ["Your password for Mercy Clinic was changed"]);
}

/// What does not bear on a recovery leaves a link alone.
#[tokio::test]
async fn a_link_survives_what_it_does_not_rest_on() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    world.change(&ana, |account| account.must_change_password = true).await;
    world.change(&ana, |account| account.person = None).await;
    world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
    ask(&world, "nobody").await;
    world.work().await;
    assert_eq!(choose(&world, &link, NEW).await, Ok(Chosen::Done));
}

/// ID-1: no number of username asks leads to a link, and none kills one.
#[tokio::test]
async fn username_asks_never_yield_a_link() {
    let world = World::new();
    let ana = world.person("Ana").await;
    for _ in 0..5 {
        world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
        world.work().await;
        world.clock.advance(Duration::HOUR);
    }
    assert!(!world.mailbox.mails().is_empty());
    assert!(world.mailbox.mails().iter().all(|mail| !mail.text.contains("token")));
    assert!(world.flows.live_links(world.realm(), &ana.id).await.unwrap().is_empty());
}

/// RC-8: a link of one realm opens nothing in another, even where all tables and accounts are shared.
#[tokio::test]
async fn a_link_of_another_realm_opens_nothing() {
    let clinic = World::new();
    let ana = clinic.person("Ana").await;
    let link = clinic.fresh_link(&ana).await;
    let other = World::builder()
        .realm("pharmacy")
        .flows(clinic.flows.clone())
        .accounts(clinic.accounts.clone())
        .build();
    assert!(is_dead(&other, &link).await);
    assert_eq!(choose(&clinic, &link, NEW).await, Ok(Chosen::Done));
}

/// RL-7: hashing for one link is budgeted, and counted before anything is compared.
#[tokio::test]
async fn a_link_hashes_twenty_passwords_an_hour_and_no_more() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    world.hasher.take_verifications();
    let mut refused = 0;
    for _ in 0..25 {
        let answer = choose(&world, &link, &ana.password).await;
        refused += u32::from(matches!(answer, Err(regain::RecoveryError::TooManyAttempts { .. })));
    }
    assert_eq!((world.hasher.take_verifications(), refused), (20, 5));
    assert!(world.recovery.look(&link).await.is_ok(), "the link itself is not used up");
}
