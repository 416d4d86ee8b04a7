//! Identity by behaviour: which spellings find one account, and which never do.

mod agreement;
mod claims;
mod identifiers;
mod index;
mod names;
mod probes;
mod reindex;
mod relatives;
mod rules;

use regain::identity::{BlindIndex, IdentityClaims, IdentityRules, Person, TypedClaims};
use time::Date;
use time::macros::date;

pub const BORN: Date = date!(1980 - 02 - 29);

pub fn claims(given: &str, family: &str, born: &str, record: &str) -> IdentityClaims {
    IdentityClaims::new(TypedClaims {
        given_name: given.into(),
        family_name: family.into(),
        birth_date: born.into(),
        record_number: record.into(),
        ..TypedClaims::default()
    })
}

pub fn person(given: &str, family: &str) -> Person {
    Person::new(given, family).with_birth_date(BORN).with_record_number("MRN-0042")
}

pub fn index(rules: IdentityRules) -> BlindIndex {
    BlindIndex::new(rules, "clinic", vec![(1, [7; 32])]).unwrap()
}

pub fn finds(index: &BlindIndex, claims: &IdentityClaims, person: &Person) -> bool {
    let key = index.probe(claims);
    index.entries_for(person).iter().any(|entry| key.values().contains(&entry.value))
}
