//! Each mistake of `regain::planted`, planted by itself: the seeds have to find it.

use crate::run::{run_many, simulate};
use regain::planted::{Bug, plant};

/// Seeds within which a mistake has to be found. Those of a plain run have found it by then, or will not.
const WITHIN: u64 = 2_000;

#[test]
fn each_planted_mistake_is_found() {
    let only = std::env::var("REGAIN_PLANTED").ok();
    let wanted = |bug: &&Bug| only.as_ref().is_none_or(|name| *name == format!("{bug:?}"));
    let bugs: Vec<&Bug> = Bug::ALL.iter().filter(wanted).collect();
    let mut missed = Vec::new();
    for bug in &bugs {
        plant(Some(**bug));
        let many = run_many(0, WITHIN);
        plant(None);
        let Some(found) = many.first_failure else {
            println!("NOT FOUND in {:>4} seeds: {}", many.seeds, bug.what());
            missed.push(**bug);
            continue;
        };
        let without = simulate(found.seed, false);
        assert!(without.failure.is_none(), "seed {} fails without any mistake", found.seed);
        let failure = found.failure.as_ref().map_or("", |failure| failure.invariant);
        println!("{:>4} seeds: {} ({bug:?})\n            seen as: {failure}", many.seeds, bug.what());
    }
    println!("{}/{}", bugs.len() - missed.len(), bugs.len());
    assert!(missed.is_empty() && !bugs.is_empty(), "not found: {missed:?}");
}
