//! The gauntlet: published faults in other people's recovery flows, tried on regain.
//!
//! One row, one test, named after its class and id; its comment says what the published fault was. Each test runs one
//! check twice: regain has to pass it, and a *vulnerable twin*, a small double with that very fault, has to be caught
//! by it. `rows.txt` lists the rows; a forgotten one fails.

#[macro_use]
mod kit;

mod bind;
mod enumeration;
mod exp;
mod factor_guesses;
mod floods;
mod frame;
mod guesses;
mod host;
mod inj;
mod leak;
mod letters;
mod long_passwords;
mod look_alikes;
mod mfa;
mod moving;
mod nulltok;
mod once;
mod own_address;
mod own_factors;
mod privileges;
mod race;
mod rate;
mod rcpt;
mod redir;
mod rng;
mod sess;
mod skip;
mod state;
mod store;
mod tenant;
mod timing;
mod uni;

use kit::Row;
use std::collections::BTreeSet;

const IMPLEMENTED: &[&[Row]] = &[
    bind::ROWS,
    enumeration::ROWS,
    exp::ROWS,
    factor_guesses::ROWS,
    floods::ROWS,
    guesses::ROWS,
    host::ROWS,
    inj::ROWS,
    leak::ROWS,
    letters::ROWS,
    long_passwords::ROWS,
    mfa::ROWS,
    moving::ROWS,
    nulltok::ROWS,
    once::ROWS,
    own_address::emailchg::ROWS,
    own_address::rate::ROWS,
    own_factors::bind::ROWS,
    own_factors::mfa::ROWS,
    privileges::ROWS,
    race::ROWS,
    rate::ROWS,
    rcpt::ROWS,
    redir::ROWS,
    rng::ROWS,
    sess::ROWS,
    skip::ROWS,
    state::ROWS,
    store::ROWS,
    tenant::ROWS,
    timing::ROWS,
    uni::ROWS,
];

/// Rows without a test: the id, and the design fact that a reader can check.
const NOT_APPLICABLE: &[(&str, &str)] = &[];

#[test]
fn every_row_of_the_classes_is_here_or_is_named_as_not_applicable() {
    let listed: Vec<(&str, &str)> =
        include_str!("rows.txt").lines().filter_map(|line| line.split_once(' ')).collect();
    let here: Vec<&Row> = IMPLEMENTED.iter().copied().flatten().collect();
    for row in &here {
        let prefix = format!("{} {}", row.class, row.id).replace([' ', '-'], "_").to_ascii_lowercase();
        assert!(row.test.starts_with(&prefix), "{} does not begin with {prefix}", row.test);
    }
    let tested: BTreeSet<_> = here.iter().map(|row| (row.class, row.id)).collect();
    assert_eq!(tested.len(), here.len(), "a row is there twice");
    let (named, excused): (Vec<_>, Vec<_>) =
        listed.iter().partition(|(_, id)| NOT_APPLICABLE.iter().all(|(other, _)| id != other));
    assert_eq!(tested, named.into_iter().copied().collect());
    assert_eq!(excused.len(), NOT_APPLICABLE.len());
}
