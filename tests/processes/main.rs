//! Real processes: four portals on one PostgreSQL, people on their way through the pages, and everything that can die
//! dying. Afterwards a checker reads the database, the mails and the users' table, and finds nothing lost, nothing
//! doubled, and everybody who followed a link to its end signing in with the password that they chose.
//!
//! `tools/processes/run` builds the portal and runs it. It needs PostgreSQL's programs, and starts a cluster of its own.

#![cfg(unix)]

mod chaos;
mod checker;
mod cluster;
mod evidence;
mod http;
mod mails;
mod people;
mod portals;
mod relay;
mod sabotage;
mod scene;
mod trial;

use checker::judge;
use scene::Scene;
use std::time::Duration;

/// People who come one after the other.
const PEOPLE: usize = 500;
/// The same number, the same schedule.
const SEED: u64 = 0x5eed;
/// People come within this time, and within this time things die: longer than a lease.
const TROUBLE: Duration = Duration::from_secs(80);
/// After the trouble, everything has to be at an end within this time: a lease that a dead process held, and two tries.
const AFTERMATH: Duration = Duration::from_secs(180);

#[ignore = "needs PostgreSQL's programs and the portal built with postgres and smtp: see tools/processes/run"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_portals_lose_nothing_and_double_nothing_whatever_dies() {
    let people = std::env::var("REGAIN_PROCESSES_PEOPLE").map_or(PEOPLE, |count| count.parse().unwrap());
    let scene = Scene::set(people).await;
    let (told, done_to) = tokio::join!(scene.everybody(SEED), chaos::rage(&scene, SEED));
    scene.settle(AFTERMATH).await;
    let told = scene.sign_in_at_last(told).await;
    let evidence = evidence::gather(&scene, told).await;
    let verdict = judge(&evidence);
    println!("{done_to}");
    for (who, told) in evidence.left_outside() {
        println!("{who} did not get in: {told:?}");
    }
    println!("{verdict}");
    if !verdict.is_clean() {
        scene.print_logs();
    }
    assert!(verdict.is_clean(), "{:#?}", verdict.findings);
    evidence.assert_that_it_was_hard();
    sabotage::each_is_found(&scene, &evidence).await;
}
