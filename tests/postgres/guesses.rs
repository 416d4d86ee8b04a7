//! Guesses on several nodes: one count for all of them, and kept whatever becomes of the guess.
//!
//! Of the gauntlet, classes RACE and RATE, whose rows and twins are told on memory and SQLite.

use crate::{Site, on_postgres};
use futures_util::future::join_all;
use regain::budget::Quota;
use regain::memory::MemoryAccounts;
use regain::password::Password;
use regain::recovery::Limits;
use regain::testing::World;
use regain::{Client, RecoveryError};
use std::sync::Arc;
use time::Duration;

const NODES: usize = 2;

/// Nodes that allow so many wrong sign-ins from one network.
async fn nodes(site: &Site, cap: u32) -> Vec<World> {
    let (schema, accounts) = (site.schema(), Arc::new(MemoryAccounts::new()));
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        let mut limits = Limits::default();
        limits.sign_ins_per_identifier_and_client = Quota::new(cap, Duration::HOUR);
        let builder = World::builder().flows(site.open(&schema).await).accounts(accounts.clone());
        nodes.push(builder.configure(move |builder| builder.limits(limits)).build());
    }
    nodes
}

fn is_too_many(answer: &Result<(), RecoveryError>) -> bool {
    matches!(answer, Err(RecoveryError::TooManyAttempts { .. }))
}

/// CVE-2019-5421 and CVE-2020-25827
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_wrong_guesses_at_once_on_two_nodes_five_are_compared() {
    on_postgres(async |site| {
        let nodes = nodes(site, 5).await;
        let ana = nodes[0].person("Ana").await;
        let guesses = (0..64).map(|number| {
            let (recovery, identifier) = (nodes[number % NODES].recovery.clone(), ana.identifier());
            let wrong = Password::new(format!("wrong guess number {number} of many"));
            tokio::spawn(
                async move { recovery.sign_in(&identifier, &wrong, &Client::unknown()).await.map(drop) },
            )
        });
        let answers = join_all(guesses.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap);
        let answers: Vec<_> = answers.collect();
        assert_eq!(answers.iter().filter(|answer| is_too_many(answer)).count(), 59, "{answers:?}");
        let compared: usize = nodes.iter().map(|node| node.hasher.take_verifications()).sum();
        assert_eq!(compared, 5);
    })
    .await;
}

/// CVE-2026-35597. Whoever guesses hangs up, at whatever moment of a guess: what was compared was counted before.
#[tokio::test]
async fn a_guess_that_is_given_up_is_counted_if_it_was_compared() {
    on_postgres(async |site| {
        let nodes = nodes(site, 5).await;
        let ana = nodes[0].person("Ana").await;
        let wrong = Password::new("nine wrong guesses in a row");
        for number in 0..400 {
            let (node, identifier) = (&nodes[number % NODES], ana.identifier());
            let client = Client::unknown();
            let guess = node.recovery.sign_in(&identifier, &wrong, &client);
            // Dropped after so many turns of the runtime, or when it is done.
            tokio::select! {
                biased;
                _ = guess => {}
                () = turns(number % 40) => {}
            }
        }
        for _ in 0..5 {
            drop(nodes[0].recovery.sign_in(&ana.identifier(), &wrong, &Client::unknown()).await);
        }
        let last = nodes[1].recovery.sign_in(&ana.identifier(), &wrong, &Client::unknown()).await;
        assert!(is_too_many(&last.map(drop)));
        let compared: usize = nodes.iter().map(|node| node.hasher.take_verifications()).sum();
        assert!(compared <= 5, "{compared} guesses were compared");
    })
    .await;
}

async fn turns(count: usize) {
    for _ in 0..count {
        tokio::time::sleep(std::time::Duration::from_micros(100)).await;
    }
}
