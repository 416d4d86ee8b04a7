//! The same calls on a table with nothing in it and on one that is full, in one run.

use crate::{Outcome, drop_schema};
use regain::clock::Timestamp;
use regain::password::Password;
use regain::postgres::{PostgresFlows, SchemaName};
use regain::store::Claim;
use regain::testing::{TestClock, World};
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use time::macros::datetime;

const EMPTY: &str = "regain_empty";
pub const FULL: &str = "regain_full";
const REALM: &str = "figures";
/// A moment at which none of the ended flows is old enough to be swept.
const NOW: OffsetDateTime = datetime!(2023-12-14 00:00 UTC);

/// The same calls in turns on a table with nothing in it and on one that is full.
pub async fn many(pool: &PgPool, rows: i64, people: u32) -> Outcome {
    drop_schema(pool, EMPTY).await?;
    let mut worlds = Vec::new();
    for schema in [EMPTY, FULL] {
        let flows = PostgresFlows::with_pool(pool.clone(), SchemaName::new(schema)?).await?;
        worlds.push(
            World::builder().realm(REALM).clock(Arc::new(TestClock::at(NOW))).flows(Arc::new(flows)).build(),
        );
    }
    fill(pool, rows).await?;
    let mut times: BTreeMap<&str, [Vec<Duration>; 2]> = BTreeMap::new();
    for number in 0..people {
        // Whoever comes second finds the machine warmer: they take turns.
        for place in [number as usize % 2, (number as usize + 1) % 2] {
            for (call, time) in one_person(&worlds[place], number).await? {
                times.entry(call).or_default()[place].push(time);
            }
        }
    }
    println!("{:<28}{:>12}{:>12}{:>8}", "median of a call", "empty", format!("{} rows", rows), "ratio");
    for (call, [empty, full]) in times {
        let (empty, full) = (median(empty), median(full));
        let ratio = full.as_secs_f64() / empty.as_secs_f64();
        println!("{call:<28}{empty:>12.2?}{full:>12.2?}{ratio:>8.2}");
    }
    drop_schema(pool, EMPTY).await
}

/// From the ask to the new password.
async fn one_person(world: &World, number: u32) -> Outcome<Vec<(&'static str, Duration)>> {
    let mut times = Vec::new();
    let person = world.person(&format!("ana{number}")).await;
    let flows = &world.flows;

    let start = Instant::now();
    world.recovery.ask_password(&person.identifier(), &world.client()).await?;
    times.push(("asking", start.elapsed()));

    let nothing = |at| Claim { realm: world.realm().clone(), due_by: at, lease_until: at, limit: 64 };
    let at = Timestamp::from_millis(0);
    let start = Instant::now();
    flows.claim_flows(&nothing(at)).await?;
    times.push(("claiming flows", start.elapsed()));
    let start = Instant::now();
    flows.claim_mails(&nothing(at)).await?;
    times.push(("claiming mails", start.elapsed()));

    let start = Instant::now();
    world.work().await;
    times.push(("working off the ask", start.elapsed()));

    let start = Instant::now();
    let links = flows.live_links(world.realm(), &person.id).await?;
    times.push(("finding live links", start.elapsed()));
    let [link] = &links[..] else { return Err("a person has one link".into()) };

    let start = Instant::now();
    let found = flows.load(world.realm(), link.id).await?;
    times.push(("loading a flow", start.elapsed()));
    found.ok_or("the flow is there")?;

    let (token, password) =
        (world.link_of(&person), Password::new(format!("violet {number} harbour tin whistle")));
    let start = Instant::now();
    world.recovery.choose_password(&token, &password, &world.client()).await?;
    times.push(("choosing (cheap hash)", start.elapsed()));
    world.work().await;
    Ok(times)
}

const MILLION: i64 = 1_000_000;

/// Flows as they are a while after they ended, with ids in no order.
async fn fill(pool: &PgPool, rows: i64) -> Outcome {
    let fill = "INSERT INTO regain_full.flow (realm, id, purpose, version, state, live_link, attempts, created_at,
           opened_at, expires_at, high)
         SELECT $1, decode(md5(n::text), 'hex'), CASE WHEN n % 4 = 0 THEN 'username' ELSE 'password' END, 4,
           'completed', false, n % 3, 1700000000000 + n * 250, 1700000000000 + n * 250, 1700001800000 + n * 250,
           1700000000000 + n * 250 FROM generate_series($2::bigint, $3::bigint) AS n";
    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM regain_full.flow").fetch_one(pool).await?;
    for from in (there + 1..=rows).step_by(MILLION as usize) {
        let to = rows.min(from + MILLION - 1);
        sqlx::query(fill).bind(REALM).bind(from).bind(to).execute(pool).await?;
    }
    // What autovacuum does on its own, where it runs.
    sqlx::raw_sql("VACUUM ANALYZE regain_full.flow").execute(pool).await?;
    sqlx::raw_sql("TRUNCATE regain_full.budget, regain_full.outbox, regain_full.audit").execute(pool).await?;
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
