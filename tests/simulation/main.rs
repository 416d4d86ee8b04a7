//! The whole service on a simulated clock, scheduler and network: several nodes over one set of tables, the host's
//! accounts, a mail system, people, hostile people, a scanner. All chance comes from one seed, so that what fails once
//! fails again.
//!
//! `cargo test --test simulation` runs a few hundred seeds; `REGAIN_SEEDS=10000` so many, `REGAIN_SEEDS=forever` until
//! one fails; `REGAIN_FIRST_SEED` says where to begin. A seed that fails prints how to run it alone.

mod calls;
mod chaos;
mod clock;
mod desk;
mod dice;
mod executor;
mod factors;
mod hasher;
mod hostile;
mod network;
mod oracle;
mod people;
#[cfg(regain_planted)]
mod planted;
mod post;
mod profile;
mod questions;
mod run;
mod security;
mod staff;
mod stage;
mod town;

use run::{Many, run_many, simulate};

/// Seeds of a plain `cargo test`.
const FEW: u64 = 60;
/// What has to have happened in so many seeds, or they prove little.
const HAPPENINGS: [&str; 44] = [
    "answers refused",
    "asks expired",
    "asks over the account's limit",
    "asks shared out",
    "asks that need people",
    "cases approved",
    "cases overtaken",
    "cases released",
    "cases that one person tried to decide",
    "choices pending",
    "codes refused",
    "codes refused that were used",
    "clocks that jumped ahead",
    "clocks that jumped back",
    "commits in conflict",
    "crashes",
    "factors asked for",
    "factors bound",
    "factors proven for a link",
    "factors unbound",
    "false tokens presented",
    "freezes",
    "full disks",
    "hashes upgraded",
    "links disowned",
    "links expired",
    "links superseded",
    "mail systems away",
    "mails dropped as stale",
    "mails given up",
    "mails taken over again",
    "passwords changed while signed in",
    "passwords completed by a worker",
    "passwords refused",
    "pleas",
    "questions answered",
    "questions asked for",
    "questions set",
    "recovery codes used",
    "settlements that came too late",
    "sign-ins attacked without the factor",
    "sign-ins with a factor",
    "steps of cases refused",
    "stores away",
];

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

fn must_hold(many: &Many) {
    if let Some(failed) = &many.first_failure {
        panic!("\n{}", failed.report());
    }
}

#[test]
fn whatever_happens_what_must_hold_holds() {
    let mut first = setting("REGAIN_FIRST_SEED").unwrap_or(0);
    if std::env::var("REGAIN_SEEDS").is_ok_and(|text| text == "forever") {
        loop {
            must_hold(&run_many(first, 10_000));
            first += 10_000;
            println!("{first} seeds so far");
        }
    }
    let many = run_many(first, setting("REGAIN_SEEDS").unwrap_or(FEW));
    must_hold(&many);
    println!("{} seeds, {} steps", many.seeds, many.steps);
    many.tally.iter().for_each(|(what, times)| println!("{times:>9} {what}"));
    let missing: Vec<&&str> = HAPPENINGS.iter().filter(|what| !many.tally.contains_key(**what)).collect();
    assert!(missing.is_empty() || many.seeds < FEW, "never seen in {} seeds: {missing:?}", many.seeds);
}

#[test]
fn a_seed_gives_the_same_trace_every_time() {
    let seeds = if std::env::var_os("REGAIN_SEEDS").is_some() { 50 } else { 20 };
    let traces = || run_many(0, seeds).traces;
    let (once, again) = (traces(), traces());
    assert_eq!(once, again);
    let different: std::collections::BTreeSet<&u64> = once.values().collect();
    assert_eq!(different.len() as u64, seeds, "each seed has a trace of its own");
}

/// `REGAIN_SEED=7 cargo test --test simulation -- replays_one_seed --exact --nocapture`
#[test]
fn replays_one_seed() {
    let seed = setting("REGAIN_SEED");
    let outcome = simulate(seed.unwrap_or(1), seed.is_some());
    println!("{}", outcome.report());
    assert!(outcome.failure.is_none(), "seed {} fails", outcome.seed);
}
