//! The table of asks: whose username would be mailed, over a blind index of all accounts of the cases.

use crate::cases::{AskCase, Known};
use crate::policies::date;
use crate::share::Share;
use regain::identity::{
    BlindIndex, IdentityClaims, IdentityRules, Person, Resolution, TypedClaims, resolve_probes,
};
use std::collections::{BTreeMap, HashMap};

#[derive(Default, Clone, Copy)]
struct Row {
    right_found: Share,
    other_accepted: Share,
    another: u32,
}

struct Register {
    rules: IdentityRules,
    index: BlindIndex,
    people: Vec<Person>,
    by_value: HashMap<[u8; 32], Vec<usize>>,
}

impl Register {
    /// The accounts of one case, and nobody else: cases may be about the same people.
    fn of(accounts: &[Known]) -> Self {
        let rules = IdentityRules::default();
        let index = BlindIndex::new(rules.clone(), "judge", vec![(1, [7; 32])]).expect("a good key");
        let people: Vec<Person> = accounts.iter().map(person).collect();
        let mut by_value: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, person) in people.iter().enumerate() {
            for entry in index.entries_for(person) {
                by_value.entry(entry.value).or_default().push(at);
            }
        }
        Self { rules, index, people, by_value }
    }

    /// As the worker does: two look-ups, at most one account, and then the weights.
    fn resolve(&self, claims: &IdentityClaims) -> Option<usize> {
        let probes = self.index.probes(claims)?;
        let find = |values: &[[u8; 32]]| -> Vec<usize> {
            values.iter().filter_map(|value| self.by_value.get(value)).flatten().copied().collect()
        };
        let combined = probes.combined().map(|key| find(key.values())).unwrap_or_default();
        let Resolution::One(found) = resolve_probes(find(probes.identifying().values()), combined) else {
            return None;
        };
        self.rules.agrees(claims, &self.people[found]).then_some(found)
    }
}

fn person(known: &Known) -> Person {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut person = Person::new(text(&known.given_name), text(&known.family_name));
    for name in &known.former_family_names {
        person = person.with_former_family_name(name);
    }
    if let Some(born) = known.birth_date.as_deref().and_then(date) {
        person = person.with_birth_date(born);
    }
    if let Some(number) = &known.record_number {
        person = person.with_record_number(number);
    }
    person
}

fn claims(known: &Known) -> IdentityClaims {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    IdentityClaims::new(TypedClaims {
        given_name: text(&known.given_name),
        family_name: text(&known.family_name),
        birth_date: text(&known.birth_date),
        record_number: text(&known.record_number),
        ..TypedClaims::default()
    })
}

pub fn print(cases: &[AskCase]) {
    if cases.is_empty() {
        return;
    }
    let mut all = Row::default();
    let mut by_kind: BTreeMap<&str, Row> = BTreeMap::new();
    for case in cases {
        let found = Register::of(&case.accounts).resolve(&claims(&case.ask));
        for row in [&mut all, by_kind.entry(&case.kind).or_default()] {
            add(row, case, found);
        }
    }
    println!("asks for a forgotten username: {} cases", cases.len());
    println!("  {:<40} {:<34} {:<34} another found", "kind", "right person found", "others accepted");
    for (kind, row) in by_kind.into_iter().chain([("all", all)]) {
        println!("  {kind:<40} {:<34} {:<34} {}", row.right_found, row.other_accepted, row.another);
    }
    println!();
}

/// The account of an ask by the right person is the first; the others are there to be mistaken for it.
fn add(row: &mut Row, case: &AskCase, found: Option<usize>) {
    if case.is_right {
        row.right_found.add(found == Some(0));
        row.another += u32::from(found.is_some_and(|found| found > 0));
    } else {
        row.other_accepted.add(found.is_some());
    }
}
