//! What a person may choose as a password, and how it is kept.

mod explanation;
mod hashing;
mod own_data;
mod policy;
mod pool;
mod typed;

use regain::password::{Password, PasswordPolicy, PolicyContext, PreparedPassword, Reason};
use time::macros::date;

fn prepared(typed: &str) -> PreparedPassword {
    Password::new(typed).prepare().unwrap_or_else(|reason| panic!("{typed:?} is refused: {reason}"))
}

fn check(typed: &str, person: &PolicyContext<'_>) -> Result<(), Vec<Reason>> {
    PasswordPolicy::default().check(&prepared(typed), person)
}

/// Somebody of whom nothing is known.
fn anyone() -> PolicyContext<'static> {
    PolicyContext::default()
}

fn with_second_factor(person: PolicyContext<'_>) -> PolicyContext<'_> {
    PolicyContext { second_factor: true, ..person }
}

fn maria() -> PolicyContext<'static> {
    PolicyContext {
        username: Some("mgarcia90"),
        given_name: Some("María José"),
        family_name: Some("García-Núñez"),
        birth_date: Some(date!(1990 - 03 - 07)),
        record_number: Some("MRN-00481516"),
        emails: vec!["maria.sunshine@example.org"],
        phones: vec![],
        postal_addresses: vec![],
        second_factor: false,
    }
}

#[track_caller]
fn assert_refused(typed: &str, person: &PolicyContext<'_>, reason: Reason) {
    let reasons = check(typed, person).expect_err(&format!("{typed:?} is accepted"));
    assert!(reasons.contains(&reason), "{typed:?} is refused for {reasons:?}, not for {reason:?}");
}

#[track_caller]
fn assert_guessable(typed: &str, person: &PolicyContext<'_>) {
    let reasons = check(typed, person).expect_err(&format!("{typed:?} is accepted"));
    let is_guessable = |reason: &Reason| matches!(reason, Reason::Guessable { .. });
    assert!(reasons.iter().any(is_guessable), "{typed:?} is refused for {reasons:?}");
}

#[track_caller]
fn assert_accepted(typed: &str, person: &PolicyContext<'_>) {
    assert_eq!(check(typed, person), Ok(()), "{typed:?}");
}
