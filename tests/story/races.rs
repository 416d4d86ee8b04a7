use super::{ask, told};
use regain::RecoveryError;
use regain::budget::Quota;
use regain::password::Password;
use regain::recovery::{Chosen, Limits};
use regain::testing::World;
use std::sync::Arc;
use time::Duration;

/// The budget of a link would let only 20 of 64 race.
fn without_choice_budget() -> World {
    let mut limits = Limits::default();
    limits.choices_per_link = Quota::new(64, Duration::HOUR);
    World::builder().configure(move |builder| builder.limits(limits)).build()
}

async fn redeem_64_times_at_once(round: u32) {
    let world = Arc::new(without_choice_budget());
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let tries: Vec<_> = (0..64)
        .map(|number| {
            let (world, link) = (world.clone(), link.clone());
            tokio::spawn(async move {
                let password = Password::new(format!("x7$kQ!m2@pZ9&w4{number}"));
                world.recovery.choose_password(&link, &password, &world.client()).await
            })
        })
        .collect();
    let mut done = 0;
    for attempt in tries {
        match attempt.await.expect("no try panics") {
            Ok(Chosen::Done) => done += 1,
            Err(RecoveryError::LinkNotUsable) => {}
            other => panic!("round {round}: {other:?}"),
        }
    }
    assert_eq!(done, 1, "round {round}");
    world.work().await;
    let lines = told(&world).await;
    let times = |event| lines.iter().filter(|line| *line == event).count();
    assert_eq!(times("password.password_chosen"), 1, "round {round}: the link was consumed once");
    assert_eq!(times("password.completed"), 1, "round {round}");
    assert_eq!(world.subjects_to(&ana).len(), 2, "round {round}: one link, one notice");
}

/// RC-6, CR-5: of 64 at once, one gets through; the others learn no more than that the link cannot be used.
/// `REGAIN_RACE_ROUNDS` sets how often.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_redemptions_at_once_exactly_one_succeeds() {
    let rounds: u32 = std::env::var("REGAIN_RACE_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
    for round in 0..rounds {
        redeem_64_times_at_once(round).await;
    }
    println!("memory: one success in {rounds}/{rounds} rounds of 64");
}

/// Two requests resolved at once leave one live link, whichever came last.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_asks_resolved_at_once_one_link_lives() {
    for round in 0..100 {
        let world = Arc::new(World::new());
        let ana = world.person("Ana").await;
        ask(&world, &ana.username).await;
        ask(&world, &ana.email).await;
        let workers: Vec<_> = (0..2)
            .map(|_| {
                let worker = world.worker.clone();
                tokio::spawn(async move { worker.drain().await })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap().unwrap();
        }
        world.work().await;
        let live = world.flows.live_links(world.realm(), &ana.id).await.unwrap();
        assert_eq!(live.len(), 1, "round {round}");
    }
}

/// RL-7: 64 guesses at once are counted before they are compared, so no more than the budget are.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_once_do_not_slip_past_the_budget() {
    let world = Arc::new(World::new());
    let ana = world.person("Ana").await;
    let client = world.client();
    let guesses: Vec<_> = (0..64)
        .map(|number| {
            let (world, ana) = (world.clone(), ana.clone());
            tokio::spawn(async move {
                let guess = Password::new(format!("guess number {number}"));
                world.recovery.sign_in(&ana.identifier(), &guess, &client).await
            })
        })
        .collect();
    for guess in guesses {
        assert!(guess.await.unwrap().is_err());
    }
    assert_eq!(world.hasher.take_verifications(), 10);
}
