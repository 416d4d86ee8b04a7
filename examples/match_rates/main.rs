//! How often the right person is found, and how often anyone else: by kind of slip.
//!
//! A made-up register of people from several cultures; each of them asks for their username with one slip, and
//! relatives and strangers ask with somebody else's record number. The same seed each time, so the same figures.
//! The rules were made with the first list of slips in view; the second was made afterwards, and nothing was changed for
//! it. Fails if an ask without a slip misses anybody, if a slip ends at another person's account or a twin is taken for
//! the other, or if more of the others are accepted than the table of weights promises.
//!
//!     cargo run --release --example match_rates

mod people;
mod slips;

use std::collections::HashMap;
use std::process::ExitCode;

use regain::identity::{BlindIndex, IdentityRules, Resolution, Rival, resolve_one};

use people::{CULTURES, Dice, Entry, somebody};
use slips::{HELD_OUT, OTHERS, SLIPS, SOUND_ALIKE, Slip, are_two_names};

const PEOPLE: usize = 8_000;
const ASKS: usize = 2_000;

struct Register {
    rules: IdentityRules,
    index: BlindIndex,
    people: Vec<Entry>,
    by_value: HashMap<[u8; 32], Vec<usize>>,
}

impl Register {
    fn new(dice: &mut Dice) -> Self {
        let rules = IdentityRules::default();
        let index = BlindIndex::new(rules.clone(), "rates", vec![(1, [7; 32])]).expect("a good key");
        let mut register = Self { rules, index, people: Vec::new(), by_value: HashMap::new() };
        for position in 0..PEOPLE {
            // One number in ten is in use, so that a wrong digit may be somebody else's number.
            let number = format!("MRN-{:06}", 100_000 + 10 * position + dice.below(10));
            let entry = somebody(dice, number);
            for value in register.index.entries_for(&entry.on_file()) {
                register.by_value.entry(value.value).or_default().push(position);
            }
            register.people.push(entry);
        }
        register
    }

    /// Whose username would be mailed.
    fn resolve(&self, typed: &Entry) -> Option<&Entry> {
        let claims = typed.typed();
        let key = self.index.probe(&claims);
        let found = key.values().iter().filter_map(|value| self.by_value.get(value)).flatten();
        let Resolution::One(position) = resolve_one(found) else { return None };
        let person = &self.people[*position];
        self.rules.agrees(&claims, &person.on_file()).then_some(person)
    }
}

#[derive(Default)]
struct Tally {
    asks: usize,
    right: usize,
    another: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.asks += other.asks;
        self.right += other.right;
        self.another += other.another;
    }

    /// Whether more were accepted than `rate` says, by three standard errors.
    fn is_over(&self, rate: f64) -> bool {
        let expected = rate * self.asks as f64;
        self.another as f64 > expected + 3.0 * expected.sqrt()
    }

    fn print(&self, kind: &str) {
        let rate = |count: usize| 100.0 * count as f64 / self.asks.max(1) as f64;
        let Self { asks, right, another } = self;
        println!(
            "{kind:<52} {right:>6} / {asks:<6} {:>6.1} %   {another:>4} / {asks:<6} {:>5.1} %",
            rate(*right),
            rate(*another)
        );
    }
}

/// Asks with one slip each: whose account do they end at?
fn slips(register: &Register, slip: Slip, dice: &mut Dice) -> Tally {
    let mut tally = Tally::default();
    for _ in 0..ASKS {
        let person = &register.people[dice.below(PEOPLE)];
        let Some(typed) = slip(person, dice) else { continue };
        let found = register.resolve(&typed);
        tally.asks += 1;
        tally.right += usize::from(found == Some(person));
        tally.another += usize::from(found.is_some_and(|found| found != person));
    }
    tally
}

/// Asks by somebody else with this person's record number: the person's account is another's to them.
fn others(register: &Register, other: Slip, dice: &mut Dice) -> Tally {
    let mut tally = Tally::default();
    for _ in 0..ASKS {
        let person = &register.people[dice.below(PEOPLE)];
        let Some(typed) = other(person, dice).filter(|typed| typed != person) else { continue };
        // Both twins have a made-up name.
        if let Some((name, twin)) = typed.given.split_once('|') {
            twins(register, name, twin, &mut tally);
            continue;
        }
        tally.asks += 1;
        tally.another += usize::from(register.resolve(&typed).is_some());
    }
    tally
}

/// Twins of whom one has the record number of the other, and whose names only sound the same.
fn twins_who_sound_alike(register: &Register) -> Tally {
    let mut tally = Tally::default();
    let pairs = SOUND_ALIKE.split(',').filter_map(|pair| pair.split_once(':'));
    for (one, other) in pairs.flat_map(|(one, other)| [(one, other), (other, one)]) {
        twins(register, one, other, &mut tally);
    }
    tally
}

/// Twins with any two given names of a culture.
fn twins_of_every_pair(register: &Register) -> Tally {
    let mut tally = Tally::default();
    for (names, _) in CULTURES {
        let pairs = names.split(',').flat_map(|one| names.split(',').map(move |other| (one, other)));
        for (one, other) in pairs.filter(|(one, other)| are_two_names(one, other)) {
            twins(register, one, other, &mut tally);
        }
    }
    tally
}

fn twins(register: &Register, one: &str, other: &str, tally: &mut Tally) {
    let person = Entry { given: one.to_owned(), ..register.people[0].clone() };
    let typed = Entry { given: other.to_owned(), ..person.clone() };
    tally.asks += 1;
    tally.another += usize::from(register.rules.agrees(&typed.typed(), &person.on_file()));
}

/// Prints one list of slips, and what was found of all that the rules forgive.
fn print_slips(register: &Register, list: &[(&str, Slip)], dice: &mut Dice) -> bool {
    let (mut failed, mut slipped) = (false, Tally::default());
    for (kind, slip) in list {
        let tally = slips(register, *slip, dice);
        tally.print(kind);
        failed |= tally.another > 0 || (*kind == "no slip" && tally.right < tally.asks) || tally.asks == 0;
        if *kind != "no slip" && !kind.contains("not forgiven") {
            slipped.add(&tally);
        }
    }
    slipped.print("all with a slip that is meant to be forgiven");
    failed
}

/// Prints how often somebody else is accepted, and what the table of weights promises.
fn print_others(register: &Register, dice: &mut Dice) -> bool {
    let (mut failed, mut all) = (false, Tally::default());
    for (kind, other) in OTHERS {
        let tally = others(register, other, dice);
        tally.print(kind);
        let rival = if kind.contains("namesake") || kind.contains("same name") {
            Rival::Namesake
        } else {
            Rival::Twin
        };
        failed |= tally.is_over(register.rules.false_accept_rate(rival)) || tally.asks == 0;
        failed |= kind.starts_with("a twin, ") && tally.another > 0;
        all.add(&tally);
    }
    for (kind, tally) in [
        ("a twin, every pair of given names", twins_of_every_pair(register)),
        ("a twin whose name sounds the same", twins_who_sound_alike(register)),
    ] {
        tally.print(kind);
        failed |= tally.another > 0 || tally.asks == 0;
    }
    all.print("all others, as many of each kind");
    failed
}

fn main() -> ExitCode {
    let mut dice = Dice(20_261_124);
    let register = Register::new(&mut dice);
    println!("{:<52} {:<25}   another's account", "the person, with", "right person");
    let mut failed = print_slips(&register, &SLIPS, &mut dice);
    println!("\n{:<52}", "slips that nothing was tuned on");
    failed |= print_slips(&register, &HELD_OUT, &mut dice);
    println!("\n{:<52}", "somebody else with the person's record number");
    failed |= print_others(&register, &mut dice);
    println!("\nby the table of weights, at a threshold of {}:", register.rules.threshold());
    for rival in Rival::ALL {
        println!(
            "{:<52} {:>9.4} % accepted",
            format!("{rival:?}"),
            100.0 * register.rules.false_accept_rate(rival)
        );
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
