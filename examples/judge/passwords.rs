//! The tables of passwords: each policy, and by kind what regain does.

use crate::cases::PasswordCase;
use crate::policies::{POLICIES, Setting};
use crate::share::Share;
use regain::password::{FLOOR, FLOOR_WITH_SECOND_FACTOR};
use std::collections::BTreeMap;
use std::str::FromStr;

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

/// What regain was measured at: shares in percent that it may not exceed by more than chance does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    floor: usize,
    weak_accepted: f64,
    strong_refused: f64,
}

impl FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<f64> = text.split(':').filter_map(|part| part.parse().ok()).collect();
        match *parts.as_slice() {
            [floor, weak_accepted, strong_refused] => {
                let floor = if floor < 15.0 { FLOOR_WITH_SECOND_FACTOR } else { FLOOR };
                Ok(Self { floor, weak_accepted, strong_refused })
            }
            _ => Err("three numbers: the floor, then percent of weak accepted and of strong refused"),
        }
    }
}

impl Limit {
    /// Whether even the lower end of a share's interval is above.
    fn is_exceeded(&self, row: Row) -> bool {
        let above = |share: Share, most: f64| share.of > 0 && share.interval().0 > most;
        above(row.weak_accepted, self.weak_accepted) || above(row.strong_refused, self.strong_refused)
    }
}

/// Prints the tables; whether regain is within the limits.
pub fn print(cases: &[PasswordCase], limits: &[Limit]) -> bool {
    let mut within = true;
    for floor in [FLOOR, FLOOR_WITH_SECOND_FACTOR] {
        let asked: Vec<_> = cases.iter().filter(|case| case.floor.is_none_or(|own| own == floor)).collect();
        if !asked.is_empty() {
            let regain = print_floor(floor, &asked);
            for limit in limits.iter().filter(|limit| limit.floor == floor && limit.is_exceeded(regain)) {
                eprintln!("judge: at {floor} characters regain is worse than {limit:?}");
                within = false;
            }
        }
    }
    within
}

/// Gives what regain does.
fn print_floor(floor: usize, cases: &[&PasswordCase]) -> Row {
    println!("passwords of at least {floor} characters: {} cases", cases.len());
    println!("  {:<40} {:<34} {:<34}", "policy", "weak accepted", "strong refused");
    let mut regain = Row::default();
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
        if at == 0 {
            regain = row;
        }
    }
    println!("  {:<40}", "regain, by kind");
    for (kind, row) in by_kind {
        row.print(kind);
    }
    println!();
    regain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(weak: (u32, u32), strong: (u32, u32)) -> Row {
        let share = |(hits, of)| Share { hits, of };
        Row { weak_accepted: share(weak), strong_refused: share(strong) }
    }

    #[test]
    fn a_limit_is_exceeded_where_the_whole_interval_is_above() {
        let limit: Limit = "15:10:0.5".parse().unwrap();
        for (weak, strong, exceeded) in [
            ((100, 1_000), (5, 1_000), false),
            ((115, 1_000), (5, 1_000), false),
            ((150, 1_000), (5, 1_000), true),
            ((100, 1_000), (30, 1_000), true),
            ((0, 0), (0, 0), false),
        ] {
            assert_eq!(limit.is_exceeded(row(weak, strong)), exceeded, "{weak:?} {strong:?}");
        }
    }

    #[test]
    fn a_limit_is_three_numbers() {
        let limit: Limit = "8:3:0.5".parse().unwrap();
        assert_eq!((limit.floor, limit.weak_accepted, limit.strong_refused), (8, 3.0, 0.5));
        for text in ["", "15", "15:10", "15:10:0.5:1", "a:b:c"] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }
}
