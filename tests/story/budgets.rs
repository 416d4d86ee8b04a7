//! Budgets in a story: however long and from wherever somebody asks.

use super::{ask, told};
use regain::RecoveryError;
use regain::budget::Quota;
use regain::identity::{Attribute, Identifier, IdentityClaims, IdentityRules, TypedClaims};
use regain::recovery::{Limits, Receipt};
use regain::testing::{Someone, Trace, World};
use std::sync::Arc;
use time::Duration;

/// RL-6: mails of an account are budgeted in silence.
#[tokio::test]
async fn a_fourth_mail_within_the_hour_is_not_sent_and_nobody_is_told() {
    let world = World::new();
    let ana = world.person("Ana").await;
    for typed in [&ana.username, &ana.username, &ana.email, &ana.email] {
        ask(&world, typed).await;
        world.work().await;
    }
    assert_eq!(world.mailbox.to(&ana.email).len(), 3);
    assert_eq!(told(&world).await.last().unwrap(), "password.dismissed: over_limit");
}

const MINUTES: usize = 3 * 24 * 60;

/// Somebody asks every minute for three days, each time as a client that was never seen, for a username and an
/// address in turn. Gives every answer, and in which minutes mails arrived.
async fn three_days_of_asking(who: [&str; 2]) -> (Vec<Result<Receipt, RecoveryError>>, Vec<usize>) {
    let world = World::new();
    world.person("Ana").await;
    let (mut answers, mut arrivals) = (Vec::new(), Vec::new());
    for minute in 0..MINUTES {
        let typed = Identifier::parse(who[minute % 2]);
        answers.push(world.recovery.ask_password(&typed, &world.client()).await);
        world.work().await;
        arrivals.resize(world.mailbox.mails().len(), minute);
        world.clock.advance(Duration::MINUTE);
    }
    (answers, arrivals)
}

/// The most mails that arrived within any so many minutes.
fn most_within(minutes: usize, arrivals: &[usize]) -> usize {
    let from = |at: &usize| arrivals.iter().filter(|other| (*at..at + minutes).contains(other)).count();
    arrivals.iter().map(from).max().unwrap_or(0)
}

/// RL-6, EN-1: an account gets its budget and never more, and an asker cannot tell it from no account.
#[tokio::test]
async fn three_days_of_asking_send_three_mails_in_any_hour_and_ten_in_any_day_and_nobody_is_told() {
    let (answers, arrivals) = three_days_of_asking(["ana", "ana@home.example"]).await;
    assert_eq!(most_within(60, &arrivals), 3, "{arrivals:?}");
    assert_eq!(most_within(24 * 60, &arrivals), 10, "{arrivals:?}");
    assert_eq!(arrivals.len(), 30, "whoever keeps asking gets the budget of each day: {arrivals:?}");
    let (of_nobody, none) = three_days_of_asking(["nobody", "nobody@home.example"]).await;
    assert_eq!(none, [0; 0]);
    assert!(answers == of_nobody, "the answers differ");
    assert!(answers.iter().any(Result::is_err), "asking every minute is too often for anybody");
}

const SOURCES: u16 = 10_000;

/// What somebody types who knows a record number and guesses the birth date. Spellings change, the number does not.
fn guess(ana: &Someone, number: u16) -> TypedClaims {
    let (day, month, year) = (number % 28 + 1, number / 28 % 12 + 1, 1_940 + number / 336);
    let spelled: fn(&str) -> String = match number % 3 {
        0 => str::to_owned,
        1 => |typed| typed.replace('-', " ").to_ascii_lowercase(),
        _ => |typed| typed.replace('-', ""),
    };
    TypedClaims {
        birth_date: format!("{year}-{month:02}-{day:02}"),
        record_number: spelled(&ana.claims.record_number),
        ..ana.claims.clone()
    }
}

/// ID-4: 10^4 sources, spread over a day, are worth no more guesses than one. One of the guesses is right, and comes
/// too late.
#[tokio::test]
async fn ten_thousand_sources_get_five_claims_compared_with_one_record_number_a_day() {
    let (trace, accounts) = (Trace::new(), Arc::new(regain::memory::MemoryAccounts::new()));
    let builder = World::builder().accounts(accounts.clone()).served_accounts(trace.accounts(accounts));
    let world = builder.build();
    let ana = world.person("Ana").await;
    let step = Duration::DAY / i32::from(SOURCES);
    for day in 0..2 {
        let mut taken = 0;
        for number in 0..SOURCES {
            let claims = IdentityClaims::new(guess(&ana, number));
            taken += usize::from(world.recovery.ask_username(&claims, &world.client()).await.is_ok());
            world.clock.advance(step);
            if number % 100 == 0 {
                world.work().await;
            }
        }
        world.work().await;
        let looked_up = trace.take().iter().filter(|call| **call == "accounts.find_by_identity").count();
        assert_eq!((taken, looked_up), (5, 5), "on day {day}");
    }
    assert!((0..SOURCES).any(|number| guess(&ana, number).birth_date == ana.claims.birth_date));
    assert!(world.mailbox.mails().is_empty());
}

/// ID-4: nor does it help to know more than one thing that leads to the same account.
#[tokio::test]
async fn an_account_is_compared_with_five_claims_a_day_whatever_led_to_it() {
    let rules = IdentityRules::builder().identifying(Attribute::Email).build().unwrap();
    let world = World::builder().configure(|builder| builder.identity(rules)).build();
    let ana = world
        .person_with("Ana", |account| {
            account.person = account.person.take().map(|person| person.with_email("ana@home.example"));
        })
        .await;
    for number in 0..10 {
        let mut claims = guess(&ana, number);
        if number % 2 == 0 {
            claims.record_number.clear();
            claims.email.clone_from(&ana.email);
        }
        let asked = world.recovery.ask_username(&IdentityClaims::new(claims), &world.client()).await;
        assert!(asked.is_ok(), "each way to the account is within its own budget: {asked:?}");
    }
    world.work().await;
    let lines = told(&world).await;
    let count = |line: &str| lines.iter().filter(|told| *told == line).count();
    assert_eq!(count("username.dismissed: no_account"), 5, "{lines:?}");
    assert_eq!(count("username.dismissed: over_limit"), 5, "{lines:?}");
}

/// RL-10: whoever has ten thousand networks does not get ten thousand budgets, and is refused aloud like everybody.
#[tokio::test]
async fn all_asks_together_have_a_ceiling() {
    for (count, at_least) in [(5, 5), (3_200, 2_800)] {
        let mut limits = Limits::default();
        limits.asks_in_all = Quota::new(count, Duration::HOUR);
        let world = World::builder().configure(move |builder| builder.limits(limits)).build();
        let mut accepted = 0;
        for number in 0..count + 500 {
            let identifier = Identifier::parse(&format!("user{number}"));
            match world.recovery.ask_password(&identifier, &world.client()).await {
                Ok(_) => accepted += 1,
                Err(error) => assert!(matches!(error, RecoveryError::TooManyAttempts { .. }), "{error:?}"),
            }
        }
        assert!((at_least..=count).contains(&accepted), "{accepted} of {count}");
    }
}
