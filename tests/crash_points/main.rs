//! A process exits right before and right after every store and mail operation of the whole story, and nothing is lost.
//!
//! Each trial has tables of its own. One process plays the story until its point, where it exits, or where the reply to
//! a write is lost; another one goes on with what it left; then tables, accounts, mails and audit record are checked.
//! Some of the points are tried by default, all of them with `REGAIN_CRASH_POINTS=all`.

mod acts;
mod check;
mod check_helped;
mod folder;
mod helped;
#[cfg(feature = "postgres")]
mod on_postgres;
mod on_sqlite;
mod people;
mod plants;
mod player;
mod points;
mod remains;
mod second_step;
mod site;
mod stories;
mod trial;

use futures_util::FutureExt as _;
use futures_util::stream::{self, Stream, StreamExt as _};
use plants::Plant;
use points::{Call, Point};
use site::Ground;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use stories::{STORIES, Story};
use trial::{Trials, play_if_child};

/// Trials under way at once: each waits for a process to start, or for a server, more than it computes.
const AT_ONCE: usize = 4;
/// Without `REGAIN_CRASH_POINTS=all`, one of so many points is tried.
const SAMPLE: usize = 8;

const SQLITE: &str = "a_process_that_exits_beside_any_operation_on_sqlite_loses_nothing";

fn on_sqlite() -> Arc<dyn Ground> {
    Arc::new(on_sqlite::OnSqlite)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// RC-6, NO-8, CR-4
#[test]
fn a_process_that_exits_beside_any_operation_on_sqlite_loses_nothing() {
    if !play_if_child(on_sqlite) {
        runtime().block_on(try_all(on_sqlite(), SQLITE));
    }
}

#[cfg(feature = "postgres")]
#[test]
fn a_process_that_exits_beside_any_operation_on_postgres_loses_nothing() {
    let on_postgres = || -> Arc<dyn Ground> { Arc::new(on_postgres::OnPostgres::new()) };
    if !play_if_child(on_postgres) {
        let child = "a_process_that_exits_beside_any_operation_on_postgres_loses_nothing";
        runtime().block_on(try_all(on_postgres(), child));
    }
}

async fn try_all(ground: Arc<dyn Ground>, child: &'static str) {
    let done = AssertUnwindSafe(try_stories(&ground, child)).catch_unwind().await;
    ground.clear().await;
    done.unwrap_or_else(|panic| resume_unwind(panic));
}

async fn try_stories(ground: &Arc<dyn Ground>, child: &'static str) {
    let store = ground.name();
    let mut sum = Tried::default();
    for story in STORIES {
        let trials = Trials::prepare(ground.clone(), child, Plant::Nothing, story).await;
        let tried = try_points(&trials).await;
        println!("{store}, {}: {}/{} of {}", story.name, tried.unharmed, tried.points, tried.all);
        sum.add(tried);
    }
    if sum.points < sum.all {
        println!("{store}: a sample; REGAIN_CRASH_POINTS=all tries all {} points", sum.all);
    }
    println!("{store}: {}/{}", sum.unharmed, sum.points);
    assert!(sum.lost.is_empty(), "{store}: {}", sum.lost);
}

/// What came of many points.
#[derive(Default)]
struct Tried {
    all: usize,
    points: usize,
    unharmed: usize,
    lost: String,
}

impl Tried {
    fn add(&mut self, more: Self) {
        self.all += more.all;
        self.points += more.points;
        self.unharmed += more.unharmed;
        self.lost += &more.lost;
    }
}

async fn try_points(trials: &Trials) -> Tried {
    let (store, story) = (trials.ground.name(), trials.story.name);
    let (calls, wrong) = trials.undisturbed().await;
    assert!(wrong.is_empty(), "{store}, {story}, nobody exits: {wrong:#?}");
    let all = points(&calls, |_| true);
    let chosen = sample(&all);
    let mut tried = Tried { all: all.len(), points: chosen.len(), ..Tried::default() };
    let mut results = under_way(trials, chosen);
    while let Some((point, wrong)) = results.next().await {
        match wrong.as_slice() {
            [] => tried.unharmed += 1,
            wrong => tried.lost += &format!("{story}, {point}, {}: {wrong:#?}\n", calls[point.call].name),
        }
    }
    tried
}

/// All points, or some of them from everywhere in the story.
fn sample(all: &[Point]) -> Vec<Point> {
    match std::env::var("REGAIN_CRASH_POINTS").as_deref() {
        Ok("all") => all.to_vec(),
        Ok(other) => panic!("REGAIN_CRASH_POINTS is `all` or not set, and not {other:?}"),
        Err(_) => all.iter().step_by(SAMPLE).copied().collect(),
    }
}

fn points(calls: &[Call], which: impl Fn(&Call) -> bool) -> Vec<Point> {
    let chosen = calls.iter().enumerate().filter(|(_, call)| which(call));
    chosen.flat_map(|(number, call)| call.points(number)).collect()
}

fn under_way(trials: &Trials, points: Vec<Point>) -> impl Stream<Item = (Point, Vec<String>)> + Unpin {
    let trial = move |point| async move { (point, trials.at(point).await) };
    Box::pin(stream::iter(points).map(trial).buffer_unordered(AT_ONCE))
}

/// A planted fault that nobody notices as long as no process exits; the check has to notice it at one of the points
/// beside the operations that this names, and to say what is wrong.
fn is_caught(plant: Plant, story: &str, beside: &str, as_what: &str) {
    runtime().block_on(async {
        let trials = Trials::prepare(on_sqlite(), SQLITE, plant, Story::named(story)).await;
        let (calls, wrong) = trials.undisturbed().await;
        assert!(wrong.is_empty(), "{plant:?}, nobody exits: {wrong:#?}");
        let points = points(&calls, |call| call.name.contains(beside));
        assert!(!points.is_empty(), "{beside} is in the story");
        let mut results = under_way(&trials, points);
        let mut found = Vec::new();
        while let Some((_, wrong)) = results.next().await {
            if wrong.iter().any(|finding| finding.contains(as_what)) {
                return;
            }
            found.extend(wrong);
        }
        panic!("{plant:?} went unnoticed; found was {found:#?}");
    });
}

#[test]
fn mail_that_is_committed_apart_from_its_flow_is_caught() {
    is_caught(Plant::MailApart, "forgotten", "commit of 1 mails", "its mail is nowhere");
}

#[test]
fn an_audit_line_that_is_committed_apart_from_its_flow_is_caught() {
    is_caught(Plant::AuditApart, "forgotten", "commit of 1 lines", "its last line says");
}

#[test]
fn mail_that_is_sent_at_most_once_is_caught() {
    is_caught(Plant::EraseOnClaim, "forgotten", "send", "its mail is nowhere");
}

#[test]
fn a_password_that_is_stored_twice_is_caught() {
    is_caught(Plant::SetTwice, "forgotten", "set_password", "was stored 2 times");
}

#[test]
fn mail_that_has_another_message_id_at_each_try_is_caught() {
    is_caught(Plant::NewMessageIds, "forgotten", "send", "one link came as");
}
