//! Replays, forgeries, wrong types, other realms, deleted people, clocks, and machines that press buttons.

use super::{ask, count, letter_in, letter_of, look, press};
use regain::RecoveryError;
use regain::keys::KeyRing;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::testing::{TestClock, World};
use regain::token::{DisownToken, RecoveryToken};
use std::sync::Arc;
use time::Duration;

const DEAD: Result<(), RecoveryError> = Err(RecoveryError::LinkNotUsable);

#[tokio::test]
async fn a_second_use_changes_nothing_and_is_answered_alike() {
    let world = World::new();
    let ana = world.person("Ana").await;
    ask(&world, &ana).await;
    let letter = letter_of(&world, &ana);
    let first = press(&world, &letter).await;
    world.work().await;
    world.clock.advance(Duration::DAY);
    let link = world.fresh_link(&ana).await;
    let before = (world.audit().await, world.mailbox.mails().len());
    assert_eq!(press(&world, &letter).await, first);
    world.work().await;
    assert_eq!((world.audit().await, world.mailbox.mails().len()), before);
    assert!(world.recovery.look(&link).await.is_ok(), "a link that came later lives on");
}

#[tokio::test]
async fn looking_writes_nothing_however_often() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let letter = letter_of(&world, &ana);
    let before = world.audit().await;
    for _ in 0..1_000 {
        assert!(look(&world, &letter).await.is_ok());
    }
    assert_eq!(world.audit().await, before);
    assert!(world.recovery.look(&link).await.is_ok());
}

/// 10^4 presses by one machine: one has an effect, and its network is told to wait.
#[tokio::test]
async fn a_machine_that_presses_ten_thousand_times_is_told_to_wait() {
    let world = World::new();
    let ana = world.person("Ana").await;
    ask(&world, &ana).await;
    let token = world.recovery.read_disown_token(&letter_of(&world, &ana)).unwrap();
    let client = world.client();
    let mut answered = 0;
    for _ in 0..10_000 {
        match world.recovery.disown_all(&token, &client).await {
            Ok(_) => answered += 1,
            Err(error) => assert!(matches!(error, RecoveryError::TooManyAttempts { .. }), "{error}"),
        }
    }
    assert_eq!(answered, 30);
    assert_eq!(count(&world, "account.disowned: recovery_link").await, 1);
    world.work().await;
    assert_eq!(world.mailbox.to(&ana.email).len(), 2);
}

#[tokio::test]
async fn no_bit_can_be_changed_and_nothing_else_is_read() {
    let world = World::new();
    let ana = world.person("Ana").await;
    ask(&world, &ana).await;
    let letter = letter_of(&world, &ana);
    for at in 0..letter.len() {
        let mut bytes = letter.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(look(&world, &String::from_utf8(bytes).unwrap()).await, DEAD, "at {at}");
    }
    let huge = "A".repeat(10_000_000);
    let odd = [format!("{letter}="), format!(" {letter}"), letter[..letter.len() - 1].to_owned(), huge];
    for text in odd.iter().map(String::as_str).chain(["", "A", "\0", "AAAA", "é", "null"]) {
        assert_eq!(look(&world, text).await, DEAD, "{:?}", &text[..text.floor_char_boundary(40)]);
        assert_eq!(press(&world, text).await.map(drop), DEAD);
    }
    assert_eq!(count(&world, "account.disowned: recovery_link").await, 0);
}

#[tokio::test]
async fn neither_kind_of_token_is_taken_for_the_other() {
    let world = World::new();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let letter = letter_of(&world, &ana);
    assert!(RecoveryToken::parse(&letter).is_err());
    assert!(world.recovery.read_token(&letter).is_err());
    assert_eq!(press(&world, &link.expose()).await.map(drop), DEAD);
    assert_eq!(look(&world, &link.expose()).await, DEAD);
    assert!(world.recovery.look(&link).await.is_ok());
}

#[tokio::test]
async fn a_letter_works_in_its_own_realm_only_and_under_a_key_of_the_ring() {
    let (flows, accounts) = (Arc::new(MemoryFlows::new()), Arc::new(MemoryAccounts::new()));
    let at = |realm: &str, keys| {
        World::builder().realm(realm).keys(keys).flows(flows.clone()).accounts(accounts.clone()).build()
    };
    let old = || KeyRing::new(1, [7; 32]);
    let clinic = at("clinic", old());
    let ana = clinic.person("Ana").await;
    ask(&clinic, &ana).await;
    let letter = letter_of(&clinic, &ana);
    assert_eq!(look(&at("other", old()), &letter).await, DEAD);
    assert_eq!(look(&at("clinic", KeyRing::new(2, [8; 32])), &letter).await, DEAD);
    assert_eq!(look(&at("clinic", KeyRing::new(1, [8; 32])), &letter).await, DEAD);
    let rotated = at("clinic", old().with_key(2, [8; 32]).unwrap());
    assert!(press(&rotated, &letter).await.is_ok());
}

#[tokio::test]
async fn the_letter_of_a_deleted_account_is_dead() {
    let world = World::new();
    let ana = world.person("Ana").await;
    ask(&world, &ana).await;
    let letter = letter_of(&world, &ana);
    world.accounts.remove(&ana.id).await;
    assert_eq!(look(&world, &letter).await, DEAD);
    assert_eq!(press(&world, &letter).await.map(drop), DEAD);
}

#[tokio::test]
async fn a_letter_is_about_its_own_account_and_no_other() {
    let world = World::new();
    let (ana, bea) = (world.person("Ana").await, world.person("Bea").await);
    ask(&world, &ana).await;
    let beas = world.fresh_link(&bea).await;
    assert!(press(&world, &letter_of(&world, &ana)).await.is_ok());
    assert!(world.recovery.look(&beas).await.is_ok());
    ask(&world, &bea).await;
    assert_eq!(count(&world, "password.dismissed: on_hold").await, 0);
}

#[tokio::test]
async fn a_letter_lives_for_seven_days_and_a_clock_that_steps_back_revives_it_not() {
    let clock = Arc::new(TestClock::default());
    let world = World::builder().clock(clock.clone()).build();
    let ana = world.person("Ana").await;
    ask(&world, &ana).await;
    let letter = letter_of(&world, &ana);
    clock.advance(Duration::days(7) - Duration::milliseconds(1));
    assert!(look(&world, &letter).await.is_ok());
    clock.advance(Duration::milliseconds(1));
    assert_eq!(look(&world, &letter).await, DEAD);
    clock.advance(-Duration::days(1));
    assert_eq!(look(&world, &letter).await, DEAD, "after a step back");
    clock.advance(-Duration::days(8));
    assert_eq!(look(&world, &letter).await, DEAD, "before it was written");
}

#[tokio::test]
async fn a_token_is_printed_nowhere() {
    let world = World::new();
    let ana = world.person("Ana").await;
    ask(&world, &ana).await;
    let letter = letter_in(&world.mailbox.to(&ana.email).pop().unwrap().text);
    let token = DisownToken::parse(&letter).unwrap();
    assert_eq!(format!("{token:?}"), "DisownToken(..)");
    press(&world, &letter).await.unwrap();
    let told = format!("{:?} {:?}", world.events.take(), world.audit().await);
    assert!(!told.contains(&letter) && !told.contains(ana.id.as_str()), "{told}");
}
