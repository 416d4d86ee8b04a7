//! People on PostgreSQL: the story, races, and connections that are lost.

use crate::office::Office;
use crate::{Site, on_any_store, on_postgres};
use futures_util::future::join_all;
use regain::budget::Quota;
use regain::identity::Identifier;
use regain::memory::MemoryAccounts;
use regain::password::Password;
use regain::postgres::PostgresFlows;
use regain::recovery::{Chosen, Limits};
use regain::testing::{Someone, World};
use regain::{Client, RecoveryError, RecoveryToken};
use sqlx::Connection as _;
use std::sync::Arc;

async fn world(site: &Site) -> World {
    let flows = site.open(&site.schema()).await;
    World::with(flows, Arc::new(MemoryAccounts::new()))
}

async fn ask(world: &World, name: &str) -> Result<(), RecoveryError> {
    world.recovery.ask_password(&Identifier::parse(name), &world.client()).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_regains_both_credentials_on_postgres() {
    on_postgres(async |site| {
        let world = world(site).await;
        let ana = world.person("Ana").await;
        world.recovery.ask_username(&ana.claims(), &Client::unknown()).await.unwrap();
        world.work().await;
        assert!(world.mailbox.to(&ana.email)[0].text.contains(&ana.username));
        let replaced = world.fresh_link(&ana).await;
        let link = world.fresh_link(&ana).await;
        assert_eq!(world.recovery.look(&replaced).await, Err(RecoveryError::LinkNotUsable));
        let password = Password::new("violet harbour tin whistle 7");
        let chosen = world.recovery.choose_password(&link, &password, &Client::unknown()).await;
        assert_eq!(chosen, Ok(Chosen::Done));
        world.work().await;
        assert!(world.recovery.sign_in(&ana.identifier(), &password, &world.client()).await.is_ok());
        let old = world.recovery.sign_in(&ana.identifier(), &ana.password(), &world.client()).await;
        assert_eq!(old.map(drop), Err(RecoveryError::NotAccepted));
        let events: Vec<String> = world.audit().await.into_iter().map(|line| line.event).collect();
        assert_eq!(events.iter().filter(|event| *event == "password.completed").count(), 1, "{events:?}");
        assert_eq!(world.flows.depth(world.realm()).await.unwrap(), regain::store::Depth::default());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_for_one_name_are_refused_when_its_budget_is_spent() {
    on_postgres(async |site| {
        let world = world(site).await;
        let asks = join_all((0..40).map(|_| ask(&world, "ana"))).await;
        assert_eq!(asks.iter().filter(|ask| ask.is_ok()).count(), 5, "5 an hour, however many at once");
        assert_eq!(world.audit().await.len(), 5, "and only those are written");
    })
    .await;
}

/// RC-6, GHSA-r3xq-68wh-gwvh. `REGAIN_RACE_ROUNDS` sets how often.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_redemptions_at_once_one_succeeds_and_its_password_is_set() {
    let rounds: u32 = std::env::var("REGAIN_RACE_ROUNDS").map_or(10, |rounds| rounds.parse().unwrap());
    on_postgres(async |site| {
        let flows = PostgresFlows::with_pool(site.pool(16).await, site.schema()).await.unwrap();
        let mut limits = Limits::default();
        // The budget of a link would let only 20 of 64 race.
        limits.choices_per_link = Quota::new(64, time::Duration::HOUR);
        let builder =
            World::builder().flows(Arc::new(flows)).configure(move |builder| builder.limits(limits));
        let world = Arc::new(builder.build());
        let all: Vec<u32> = (0..rounds).collect();
        for some in all.chunks(ROUNDS_AT_ONCE) {
            let races = with_links(&world, some).await.into_iter();
            join_all(races.map(|(ana, link)| redeem_64_times_at_once(&world, ana, link))).await;
        }
        let audit = world.audit().await;
        let chosen = audit.iter().filter(|line| line.event == "password.password_chosen").count();
        assert_eq!(chosen, rounds as usize, "each link was consumed once");
        println!("postgres: one success in {rounds}/{rounds} rounds of 64");
    })
    .await;
}

/// Rounds side by side wait for the disk together.
const ROUNDS_AT_ONCE: usize = 4;

/// Somebody with a link for each round. Time goes on, so that no budget of all asks together is in the way.
async fn with_links(world: &World, rounds: &[u32]) -> Vec<(Someone, RecoveryToken)> {
    let mut people = Vec::new();
    for round in rounds {
        let ana = world.person(&format!("ana{round}")).await;
        ask(world, &ana.username).await.unwrap();
        world.clock.advance(time::Duration::seconds(1));
        people.push(ana);
    }
    world.work().await;
    people.into_iter().map(|ana| (ana.clone(), world.link_of(&ana))).collect()
}

async fn redeem_64_times_at_once(world: &Arc<World>, ana: Someone, link: RecoveryToken) {
    let tries = (0..64).map(|number| {
        let (world, link) = (world.clone(), link.clone());
        let password = Password::new(format!("violet {number} harbour tin whistle"));
        tokio::spawn(async move {
            let chosen = world.recovery.choose_password(&link, &password, &world.client()).await;
            (chosen, password)
        })
    });
    let mut won = Vec::new();
    for attempt in join_all(tries.collect::<Vec<_>>()).await {
        match attempt.unwrap() {
            (Ok(chosen), password) => won.push((chosen, password)),
            (Err(RecoveryError::LinkNotUsable), _) => {}
            (Err(error), _) => panic!("{}: {error:?}", ana.username),
        }
    }
    assert_eq!(won.len(), 1, "of 64 at once one succeeds: {}", ana.username);
    assert_eq!(won[0].0, Chosen::Done);
    let signed_in = world.recovery.sign_in(&ana.identifier(), &won[0].1, &world.client()).await;
    assert!(signed_in.is_ok(), "and it is that one's password that is set: {}", ana.username);
}

/// Cuts all connections of a pool that carries this name; how many there were.
async fn cut(site: &Site, name: &str) -> i64 {
    let mut raw = site.raw().await;
    let cut = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1",
    );
    let count = cut.bind(name).fetch_one(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    count
}

/// What was answered was kept, what was refused was not done, and it goes on without a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lost_connections_lose_nothing_that_was_answered() {
    on_postgres(async |site| {
        let name = format!("regain-cut-{}", std::process::id());
        let options = site.options.clone().application_name(&name);
        let pool =
            sqlx::postgres::PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
        let flows = Arc::new(PostgresFlows::with_pool(pool, site.schema()).await.unwrap());
        let world = Arc::new(World::with(flows, Arc::new(MemoryAccounts::new())));
        let mut answered = 0;
        for round in 0..10 {
            let asks = (0..50).map(|number| {
                let world = world.clone();
                tokio::spawn(async move { ask(&world, &format!("name{round}-{number}")).await })
            });
            let asks: Vec<_> = asks.collect();
            assert!(cut(site, &name).await > 0, "there were connections to cut");
            for ask in join_all(asks).await {
                match ask.unwrap() {
                    Ok(()) => answered += 1,
                    Err(error) => assert_eq!(error, RecoveryError::Unavailable),
                }
            }
            assert_eq!(ask(&world, &format!("after{round}")).await, Ok(()), "it goes on at once");
            answered += 1;
        }
        let kept = world.audit().await.len();
        // A commit whose answer was lost may be there.
        assert!(answered <= kept && kept <= 510, "{answered} answered, {kept} kept");
        assert_eq!(
            world.flows.depth(world.realm()).await.unwrap().live_flows,
            kept as u64,
            "flow and line go together"
        );
    })
    .await;
}

#[tokio::test]
async fn a_pool_that_is_closed_makes_people_wait_and_says_why() {
    on_postgres(async |site| {
        let flows = site.open(&site.schema()).await;
        let world = World::with(flows.clone(), Arc::new(MemoryAccounts::new()));
        flows.close().await;
        assert_eq!(ask(&world, "ana").await, Err(RecoveryError::Unavailable));
    })
    .await;
}

/// The support desk has rules of its own for who decides, and both sides of its races are commits.
#[tokio::test(flavor = "multi_thread")]
async fn the_support_desk_keeps_its_promises_on_postgres() {
    on_postgres(async |site| {
        on_any_store::whoever_is_stuck(&Office::of(world(site).await)).await;
        for _ in 0..5 {
            on_any_store::of_many_deciders(Office::of(world(site).await)).await;
            on_any_store::dispute_against_the_end(Office::of(world(site).await)).await;
        }
    })
    .await;
}
