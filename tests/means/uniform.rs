//! Whoever types a code for an ask about anybody or nobody sees and costs the same (EN-1, EN-2).

use super::{Asked, ask, asked, exchange, other_than};
use regain::RecoveryError;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::recovery::AskTicket;
use regain::testing::{Someone, Trace, World};
use std::sync::Arc;
use time::Duration;

const KINDS: [&str; 9] = [
    "known",
    "unknown",
    "disabled",
    "no address",
    "unresolved",
    "used",
    "replaced",
    "expired",
    "never asked",
];

struct Scene {
    world: World,
    trace: Trace,
    ticket: AskTicket,
    wrong: String,
}

impl Scene {
    async fn of(kind: &str) -> Self {
        let trace = Trace::new();
        let accounts = Arc::new(MemoryAccounts::new());
        let world = World::builder()
            .flows(trace.flows(Arc::new(MemoryFlows::new())))
            .accounts(accounts.clone())
            .served_accounts(trace.accounts(accounts))
            .configure({
                let entropy = trace.entropy(Arc::new(regain::entropy::SystemEntropy));
                move |builder| builder.entropy(entropy)
            })
            .build();
        let (ticket, wrong) = Self::set(&world, kind).await;
        trace.take();
        Self { world, trace, ticket, wrong }
    }

    async fn set(world: &World, kind: &str) -> (AskTicket, String) {
        let guess = "CCCC-CCCC".to_owned();
        let ana = match kind {
            "disabled" => world.disabled("Ana").await,
            "no address" => world.no_address("Ana").await,
            _ => world.person("Ana").await,
        };
        match kind {
            "never asked" => (AskTicket::parse(&"A".repeat(64)).unwrap(), guess),
            "unknown" | "disabled" | "no address" | "unresolved" => {
                let who =
                    if kind == "unknown" { Someone { username: "nobody".to_owned(), ..ana } } else { ana };
                let ticket = ask(world, &who).await;
                if kind != "unresolved" {
                    world.work().await;
                }
                (ticket, guess)
            }
            _ => {
                let Asked { ticket, code } = asked(world, &ana, &ana.email).await;
                match kind {
                    "used" => drop(exchange(world, &ticket, &code).await.unwrap()),
                    "replaced" => drop(asked(world, &ana, &ana.email).await),
                    "expired" => world.clock.advance(Duration::hours(1)),
                    _ => {}
                }
                (ticket, other_than(&code))
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_code_costs_the_same_whatever_there_is_of_the_ask() {
    for kind in KINDS {
        let scene = Scene::of(kind).await;
        for number in 0..7 {
            let used = usize::from(kind == "used");
            let answer = exchange(&scene.world, &scene.ticket, &scene.wrong).await;
            let calls = scene.trace.take();
            if number + used < 5 {
                assert_eq!(answer.map(drop), Err(RecoveryError::CodeNotUsable), "{kind} {number}");
                let counted = "flows.commit(spends=3,flows=0 insert 0 update,mails=0,settled=0,audit=0)";
                let account = "flows.commit(spends=1,flows=0 insert 0 update,mails=0,settled=0,audit=0)";
                assert_eq!(calls, [counted, "flows.load", account], "{kind} {number}");
            } else {
                assert!(matches!(answer, Err(RecoveryError::TooManyAttempts { .. })), "{kind} {number}");
                assert_eq!(calls.len(), 1, "{kind} {number}: {calls:?}");
            }
        }
    }
}

/// EN-4: how long to wait is the same too.
#[tokio::test]
async fn the_wait_after_too_many_codes_is_the_same_for_everybody() {
    let mut waits = Vec::new();
    for kind in ["known", "unknown", "never asked", "disabled"] {
        let scene = Scene::of(kind).await;
        for _ in 0..5 {
            let _ = exchange(&scene.world, &scene.ticket, &scene.wrong).await;
        }
        waits.push(exchange(&scene.world, &scene.ticket, &scene.wrong).await.map(drop));
    }
    assert!(waits.iter().all(|wait| *wait == waits[0]), "{waits:?}");
}
