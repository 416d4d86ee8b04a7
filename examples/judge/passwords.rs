//! The tables of passwords: each policy, and by kind what regain does.

use crate::cases::PasswordCase;
use crate::policies::{POLICIES, Setting};
use crate::share::Share;
use regain::password::{FLOOR, FLOOR_WITH_SECOND_FACTOR};
use std::collections::BTreeMap;

#[derive(Default, Clone, Copy)]
struct Row {
    weak_accepted: Share,
    strong_refused: Share,
}

impl Row {
    fn add(&mut self, is_strong: bool, accepted: bool) {
        if is_strong { self.strong_refused.add(!accepted) } else { self.weak_accepted.add(accepted) }
    }

    fn print(self, name: &str) {
        println!("  {name:<40} {:<34} {:<34}", self.weak_accepted, self.strong_refused);
    }
}

pub fn print(cases: &[PasswordCase]) {
    for floor in [FLOOR, FLOOR_WITH_SECOND_FACTOR] {
        let asked: Vec<_> = cases.iter().filter(|case| case.floor.is_none_or(|own| own == floor)).collect();
        if !asked.is_empty() {
            print_floor(floor, &asked);
        }
    }
}

fn print_floor(floor: usize, cases: &[&PasswordCase]) {
    println!("passwords of at least {floor} characters: {} cases", cases.len());
    println!("  {:<40} {:<34} {:<34}", "policy", "weak accepted", "strong refused");
    let mut by_kind: BTreeMap<&str, Row> = BTreeMap::new();
    for (at, (name, accepts)) in POLICIES.into_iter().enumerate() {
        let mut row = Row::default();
        for case in cases {
            let setting = Setting { person: &case.person, service: &case.service, floor };
            let accepted = accepts(&case.password, &setting);
            row.add(case.is_strong, accepted);
            if at == 0 {
                by_kind.entry(&case.kind).or_default().add(case.is_strong, accepted);
            }
        }
        row.print(name);
    }
    println!("  {:<40}", "regain, by kind");
    for (kind, row) in by_kind {
        row.print(kind);
    }
    println!();
}
