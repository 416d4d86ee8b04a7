//! The table of names: who is one person and who are two, by culture and script.

use regain::identity::{IdentityRules, Nicknames};
use std::collections::BTreeMap;

use crate::{claims, person};

const TABLE: &str = include_str!("names.txt");

/// How many pairs of a kind are judged wrongly, if any: same taken for different, different taken for the same. Fewer
/// is progress to be written down here, more is a change for the worse.
///
/// Missed are `FNU` for a missing name, readings of Japanese Kanji, Cantonese and Thai.
const WRONG: [(&str, usize, usize); 3] = [("mononym", 2, 0), ("romanisation", 1, 0), ("script", 3, 0)];

struct Pair {
    kind: &'static str,
    is_same: bool,
    claimed: [&'static str; 2],
    filed: [&'static str; 2],
}

fn pairs() -> Vec<Pair> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split(" | ").collect();
            let [kind, verdict @ ("same" | "different"), claimed, filed] = columns[..] else {
                panic!("not a pair: {line}")
            };
            let name = |column: &'static str| {
                let (given, family) = column.split_once(',').unwrap_or_else(|| panic!("no comma: {line}"));
                [given.trim(), family.trim()]
            };
            Pair { kind, is_same: verdict == "same", claimed: name(claimed), filed: name(filed) }
        })
        .collect()
}

#[test]
fn names_of_all_cultures_are_judged_as_well_as_before() {
    let rules = IdentityRules::builder().nicknames(Nicknames::english_and_spanish()).build().unwrap();
    let mut kinds: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let pairs = pairs();
    assert!(pairs.len() >= 300, "{}", pairs.len());
    for Pair { kind, is_same, claimed, filed } in &pairs {
        let [given, family] = claimed;
        let typed = claims(given, family, "1980-02-29", "MRN-0042");
        let judgement = rules.judge(&typed, &person(filed[0], filed[1]));
        let agrees = rules.agrees(&typed, &person(filed[0], filed[1]));
        let [same, missed, different, taken] = kinds.entry(kind).or_default();
        let (count, wrong) = if *is_same { (same, missed) } else { (different, taken) };
        *count += 1;
        if agrees != *is_same {
            *wrong += 1;
            println!("{kind}: {claimed:?} and {filed:?}: {judgement:?}");
        }
    }
    let mut worse = Vec::new();
    for (kind, [same, missed, different, taken]) in kinds {
        println!(
            "{kind:<22} {missed:>2} of {same:>2} missed, {taken:>2} of {different:>2} taken for the same"
        );
        let (_, may_miss, may_take) =
            WRONG.iter().find(|(of, ..)| *of == kind).copied().unwrap_or((kind, 0, 0));
        if (missed, taken) != (may_miss, may_take) {
            worse.push((kind, missed, taken));
        }
    }
    assert!(worse.is_empty(), "other than written down: {worse:?}");
}
