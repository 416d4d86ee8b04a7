//! Spellings of one name in Latin letters, that no rule makes of each other.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::super::names::Kind;

/// Groups of spellings, one a line, those of given names first. A name may stand in several groups; two are one name
/// if a group has both.
static SPELLINGS: &str = include_str!("spellings.txt");

/// The lines that a word stands in.
static GROUPS: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut groups: HashMap<_, Vec<_>> = HashMap::new();
    for (number, line) in SPELLINGS.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        line.split(' ').for_each(|word| groups.entry(word).or_default().push(number));
    }
    groups
});
const FAMILY: &str = "[family]";

/// Whether a group has both words. Family names also have those of given names.
pub(super) fn are_one(one: &str, other: &str, kind: Kind) -> bool {
    let first_family = GROUPS.get(FAMILY).and_then(|lines| lines.first()).copied().unwrap_or(0);
    let is_of_kind = |number: &&usize| kind == Kind::Family || **number < first_family;
    let both = |ones: &Vec<usize>, others: &Vec<usize>| {
        ones.iter().filter(is_of_kind).any(|line| others.contains(line))
    };
    let in_group = GROUPS.get(one).zip(GROUPS.get(other)).is_some_and(|(ones, others)| both(ones, others));
    in_group || (kind == Kind::Family && is_mac(one, other))
}

/// `Macdonald` and `McDonald`.
fn is_mac(one: &str, other: &str) -> bool {
    let rest = |word: &str| word.strip_prefix("mac").or_else(|| word.strip_prefix("mc")).map(str::to_owned);
    rest(one).is_some_and(|rest_of_one| rest_of_one.len() >= 3 && rest(other) == Some(rest_of_one))
}

/// A family name in one of the spellings that romanisations give it, and without the ending of a woman's.
pub(super) fn slavic(word: &str) -> String {
    const SAME: [(&str, &str); 26] = [
        ("schtsch", "sch"),
        ("shch", "sch"),
        ("tsch", "ch"),
        ("tch", "ch"),
        ("zh", "j"),
        ("kh", "h"),
        ("sh", "sch"),
        ("ts", "c"),
        ("tz", "c"),
        ("ks", "x"),
        ("ph", "f"),
        ("w", "v"),
        ("ie", "e"),
        ("ye", "e"),
        ("je", "e"),
        ("io", "e"),
        ("yo", "e"),
        ("iy", "i"),
        ("ii", "i"),
        ("ij", "i"),
        ("yi", "i"),
        ("yj", "i"),
        ("y", "i"),
        ("j", "i"),
        ("off$", "ov$"),
        ("eff$", "ev$"),
    ];
    const ENDINGS: [(&str, &str); 6] = [
        ("skaia$", "ski$"),
        ("skaa$", "ski$"),
        ("ska$", "ski$"),
        ("ova$", "ov$"),
        ("eva$", "ev$"),
        ("ina$", "in$"),
    ];
    if !word.is_ascii() || word.len() < 6 {
        return word.to_owned();
    }
    let same = SAME.iter().fold(format!("{word}$"), |word, (from, to)| word.replace(from, to));
    ENDINGS.iter().fold(same, |word, (from, to)| word.replace(from, to))
}
