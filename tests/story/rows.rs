//! Requirements that no other story shows.

use super::{NEW, ask, choose, sign_in};
use regain::identity::Identifier;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::Password;
use regain::recovery::AskedNotice;
use regain::testing::{Cut, Someone, Trace, World};
use regain::{Client, RecoveryError};
use std::sync::Arc;
use time::Duration;

/// RL-3: a success clears what was counted for the one who succeeded, and nothing else.
#[tokio::test]
async fn a_success_clears_its_own_failures_and_not_those_of_its_network() {
    let world = World::new();
    let (ana, bo) = (world.person("Ana").await, world.person("Bo").await);
    let client = Client::at([192, 0, 2, 7].into());
    let with = async |who: &Someone, password: &str| {
        world.recovery.sign_in(&who.identifier(), &Password::new(password), &client).await
    };
    let is_limited =
        |answer: Result<_, RecoveryError>| matches!(answer, Err(RecoveryError::TooManyAttempts { .. }));
    for _ in 0..9 {
        assert!(with(&ana, "wrong").await.is_err());
        assert!(with(&bo, "wrong").await.is_err());
    }
    assert!(with(&ana, &ana.password).await.is_ok());
    for _ in 0..10 {
        assert!(!is_limited(with(&ana, "wrong").await), "Ana's failures are forgotten");
    }
    assert!(!is_limited(with(&bo, "wrong").await));
    assert!(is_limited(with(&bo, &bo.password).await), "Bo's are not");
    // The network has its own count, of 300 in five minutes.
    for n in 0..270 {
        let nobody = Identifier::parse(&format!("nobody-{n}"));
        let _ = world.recovery.sign_in(&nobody, &Password::new("wrong"), &client).await;
    }
    assert!(is_limited(with(&ana, &ana.password).await), "nor is the network's");
}

/// RL-8: one identifier has one budget, however it is written.
#[tokio::test]
async fn spellings_of_one_identifier_share_its_budget() {
    let world = World::new();
    let spellings = ["ana@home.example", "Ana@Home.Example", " ana@home.example ", "ANA@HOME.EXAMPLE"];
    for spelling in spellings {
        ask(&world, spelling).await;
    }
    ask(&world, "\u{ff41}na@home.example").await;
    let sixth = world.recovery.ask_password(&Identifier::parse("aNa@home.example"), &world.client()).await;
    assert!(matches!(sixth, Err(RecoveryError::TooManyAttempts { .. })), "{sixth:?}");
}

/// RL-9: whose address is not known is limited all the same.
#[tokio::test]
async fn clients_without_an_address_share_one_budget() {
    let world = World::new();
    let mut answers = Vec::new();
    for n in 0..31 {
        let identifier = Identifier::parse(&format!("nobody-{n}"));
        answers.push(world.recovery.ask_password(&identifier, &Client::unknown()).await.is_ok());
    }
    assert_eq!(answers.iter().filter(|answer| **answer).count(), 30, "30 in 5 minutes");
}

/// NO-3, NO-4: every letter names the support and says what to do if it was not you; none has a password in it.
#[tokio::test]
async fn every_letter_says_what_to_do_and_has_no_password_in_it() {
    let world =
        World::builder().configure(|builder| builder.asked_notice(AskedNotice::WhenNotPossible)).build();
    let (ana, bo) = (world.person("Ana").await, world.disabled("Bo").await);
    world.recovery.ask_username(&ana.claims(), &world.client()).await.unwrap();
    let link = world.fresh_link(&ana).await;
    choose(&world, &link, NEW).await.unwrap();
    ask(&world, &bo.username).await;
    world.work().await;
    let mails = world.mailbox.mails();
    let mut subjects: Vec<&str> = mails.iter().map(|mail| &mail.subject[..]).collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), 4, "all letters: {subjects:?}");
    for mail in &mails {
        for part in [&mail.text, &mail.html] {
            assert!(part.contains("call +1 555 0100"), "{}: {}", mail.subject, **part);
            let advice = ["If you did not", "If this was not you", "If not, you need not"];
            assert!(advice.iter().any(|advice| part.contains(advice)), "{}: {}", mail.subject, **part);
            assert!(!part.contains(NEW) && !part.contains(&ana.password), "{}", mail.subject);
        }
    }
}

/// CR-3, CR-4: each call to a store fails once, before and after it did its work; never does anybody gain access by it, and
/// in the end the person has it.
#[tokio::test]
async fn whatever_call_fails_nobody_gains_access_and_the_person_gets_through() {
    for at in 0.. {
        for cut in [Cut::OnTheWayThere, Cut::OnTheWayBack] {
            if !story_with_a_failure(at, cut).await {
                assert!(at > 20, "only {at} calls can fail");
                return;
            }
        }
    }
}

/// `false` when the story has no call of that number.
async fn story_with_a_failure(at: usize, cut: Cut) -> bool {
    let (trace, accounts) = (Trace::new(), Arc::new(MemoryAccounts::new()));
    let world = World::builder()
        .flows(trace.flows(Arc::new(MemoryFlows::new())))
        .accounts(accounts.clone())
        .served_accounts(trace.accounts(accounts))
        .build();
    let ana = world.person("Ana").await;
    let what = |said: &str| format!("call {at}, {cut:?}: {said}");
    trace.cut_nth(at, cut);
    ask_whatever_happens(&world, &ana).await;
    assert!(sign_in(&world, &ana, "guessed, and wrong").await.is_err(), "{}", what("a guess"));
    if world.mailbox.to(&ana.email).is_empty() {
        // The person got no answer, or no mail.
        ask_whatever_happens(&world, &ana).await;
    }
    let link = world.link_of(&ana);
    let mut chosen = choose(&world, &link, NEW).await;
    if chosen == Err(RecoveryError::Unavailable) {
        chosen = choose(&world, &link, NEW).await;
    }
    work_whatever_happens(&world).await;
    let signs_in = sign_in(&world, &ana, NEW).await.is_ok() || sign_in(&world, &ana, NEW).await.is_ok();
    assert!(signs_in, "{}", what(&format!("{chosen:?}, and the new password does not sign in")));
    assert!(sign_in(&world, &ana, &ana.password).await.is_err(), "{}", what("the old password"));
    !trace.has_cuts_left()
}

async fn ask_whatever_happens(world: &World, who: &Someone) {
    let _ = world.recovery.ask_password(&who.identifier(), &world.client()).await;
    work_whatever_happens(world).await;
}

/// Until a lease is over that a failure left.
async fn work_whatever_happens(world: &World) {
    for minutes in [0, 2, 2] {
        world.clock.advance(Duration::minutes(minutes));
        let _ = world.worker.step().await;
    }
}
