//! Slips of the hand, letter by letter.
//!
//! In a family name a slip is a slip. In a given name it may be a twin, so it counts only if it makes no other name.

use super::super::names::Token;
use super::fields::Likeness;
use super::given_names;

/// Longer words are compared as a whole only; no name has as many letters, and the time grows with their square.
const MAX_LETTERS: usize = 64;
/// A shorter given name is one letter away from too many others, and one with two letters swapped from few.
const MIN_GIVEN: usize = 4;
const MIN_GIVEN_SWAPPED: usize = 3;
/// Two slips are forgiven from here on.
const MIN_GIVEN_FOR_TWO: usize = 8;

/// How like two words of a family name are.
pub(super) fn in_family(one: &Token, other: &Token) -> Likeness {
    let pairs = one.forms().into_iter().flat_map(|form| other.forms().map(|other| (form, other)));
    match pairs.filter_map(|(form, other)| slips(form, other)).min() {
        Some(0) => Likeness::Same,
        Some(1) => Likeness::Slip,
        Some(_) => Likeness::TwoSlips,
        None => Likeness::Other,
    }
}

/// Counts the slips between two words, or `None` if they are different names.
fn slips(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return Some(0);
    }
    let (one_length, other_length) = (one.chars().count(), other.chars().count());
    let longer = one_length.max(other_length);
    let allowed = match longer {
        4 if one_length == other_length && Difference::of(one, other).is_swapped() => 1,
        0..5 => 0,
        5..9 => 1,
        9..=MAX_LETTERS => 2,
        _ => 0,
    };
    if one_length.abs_diff(other_length) > allowed {
        return None;
    }
    let slips = strsim::osa_distance(one, other);
    (slips <= allowed).then_some(slips)
}

/// How like two words of given names are, that are not the same.
pub(super) fn in_given(one: &Token, other: &Token) -> Likeness {
    let known = usize::from(given_names::is_known(one)) + usize::from(given_names::is_known(other));
    let pairs = one.forms().into_iter().flat_map(|form| other.forms().map(|other| (form, other)));
    pairs.map(|(form, other)| Difference::of(form, other).judged(known)).min().unwrap_or(Likeness::Other)
}

/// What two words have in common at both ends, and what is between.
struct Difference {
    one: Vec<char>,
    other: Vec<char>,
    start: usize,
    end: usize,
}

impl Difference {
    fn of(one: &str, other: &str) -> Self {
        let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
        let start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
        let shorter = one.len().min(other.len());
        let backwards = one.iter().rev().zip(other.iter().rev());
        // A letter counts to one of the two ends only.
        let end = backwards.take(shorter - start).take_while(|(a, b)| a == b).count();
        Self { one, other, start, end }
    }

    fn shorter(&self) -> usize {
        self.one.len().min(self.other.len())
    }

    fn middles(&self) -> (&[char], &[char]) {
        (
            &self.one[self.start..self.one.len() - self.end],
            &self.other[self.start..self.other.len() - self.end],
        )
    }

    /// `known` says how many of the two are names for all we know.
    fn judged(&self, known: usize) -> Likeness {
        match known {
            2 if self.is_spelling() => Likeness::Variant,
            1 if self.is_one_slip() && self.is_of_letters() && !self.may_be_twins() => Likeness::Slip,
            1 if self.is_two_slips() => Likeness::TwoSlips,
            0 | 1 if self.is_inside() => Likeness::Slip,
            _ if self.is_one_slip() => Likeness::Near,
            _ => Likeness::Other,
        }
    }

    fn is_one_slip(&self) -> bool {
        matches!(self.middles(), ([], []) | ([_], [_]) | ([_], []) | ([], [_])) || self.is_swapped()
    }

    fn is_swapped(&self) -> bool {
        matches!(self.middles(), ([a, b], [c, d]) if a == d && b == c)
    }

    /// Slips that make a name of their own too often: in a short one, at its last vowel, and at its first letter if that
    /// is no neighbour on the keyboard (`Tanika`, `Janika`).
    fn may_be_twins(&self) -> bool {
        let least = if self.is_swapped() { MIN_GIVEN_SWAPPED } else { MIN_GIVEN };
        let is_rhyme = match self.middles() {
            ([one], [other]) => self.start == 0 && !are_neighbours(*one, *other),
            _ => false,
        };
        is_rhyme || self.one.len().max(self.other.len()) < least || self.is_ending()
    }

    /// `Jan` and `Jana`, `Mario` and `Maria`, `Marie` and `Mari`: the last vowel is another, or there is one more.
    fn is_ending(&self) -> bool {
        let (one, other) = self.middles();
        let is_one_letter = one.len() <= 1 && other.len() <= 1;
        is_one_letter && self.end == 0 && one.iter().chain(other).all(|letter| is_vowel(*letter))
    }

    /// In other scripts one sign may be a syllable, or the mark that makes a woman's name of a man's.
    fn is_of_letters(&self) -> bool {
        let is_letter =
            |c: &char| matches!(c, 'a'..='z' | '\u{df}'..='\u{24f}' | 'α'..='ω' | '\u{430}'..='\u{45f}');
        self.one.iter().chain(&self.other).all(is_letter)
    }

    /// Two spellings of one name: `Phillip`, `Micheal`, `Elisabeth`, `Cristina`, `Katharine`.
    fn is_spelling(&self) -> bool {
        let shorter = self.shorter();
        let inside = self.start >= 1 && self.end >= 3 && shorter >= 7;
        let before = self.start.checked_sub(1).map(|at| self.one[at]);
        match self.middles() {
            ([a, b], [c, d]) => a == d && b == c && shorter >= 7 && self.start >= 1 && self.end >= 1,
            ([a], [b]) => {
                inside && (is_vowel(*a) && is_vowel(*b) || matches!((a, b), ('s', 'z') | ('z', 's')))
            }
            ([extra], []) | ([], [extra]) => {
                (shorter >= 5 && before == Some(*extra))
                    || (inside && *extra == 'h' && matches!(before, Some('c' | 't' | 'o' | 'r')))
            }
            _ => false,
        }
    }

    /// Of two names that we do not know, only a slip well inside of a long one is none for sure.
    fn is_inside(&self) -> bool {
        let inside = self.start >= 1 && self.end >= 3 && self.shorter() >= 7;
        match self.middles() {
            ([a, b], [c, d]) => a == d && b == c && self.shorter() >= 5 && self.start >= 1 && self.end >= 1,
            ([extra], []) | ([], [extra]) => {
                inside
                    || (self.shorter() >= 5
                        && self.start.checked_sub(1).is_some_and(|at| self.one[at] == *extra))
            }
            _ => false,
        }
    }

    fn is_two_slips(&self) -> bool {
        let (one, other) = (&self.one, &self.other);
        let fits = self.shorter() >= MIN_GIVEN_FOR_TWO && one.len().max(other.len()) <= MAX_LETTERS;
        fits && self.is_of_letters()
            && one.first() == other.first()
            && one.last() == other.last()
            && strsim::generic_damerau_levenshtein(one, other) == 2
    }
}

/// Whether one number may have been typed for the other: at most one sign wrong, missing or extra, or two swapped.
pub(super) fn is_slip_of_number(one: &str, other: &str) -> bool {
    one.len().max(other.len()) <= super::super::MAX_FIELD_BYTES && Difference::of(one, other).is_one_slip()
}

/// Whether two letters are side by side on a QWERTY, QWERTZ or AZERTY keyboard, or nearly so in the row below.
fn are_neighbours(one: char, other: char) -> bool {
    const ROWS: [&str; 8] =
        ["qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn"];
    let at = |row: &str, letter: char| row.find(letter);
    let in_row =
        |row: &&str| matches!((at(row, one), at(row, other)), (Some(a), Some(b)) if a.abs_diff(b) == 1);
    let below = ROWS[..3].windows(2).any(|rows| {
        let near = |a: char, b: char| {
            matches!((at(rows[0], a), at(rows[1], b)), (Some(a), Some(b)) if a == b || a == b + 1)
        };
        near(one, other) || near(other, one)
    });
    ROWS.iter().any(in_row) || below
}

fn is_vowel(letter: char) -> bool {
    matches!(
        letter,
        'a' | 'e'
            | 'i'
            | 'o'
            | 'u'
            | 'y'
            | 'а'
            | 'е'
            | 'и'
            | 'о'
            | 'у'
            | 'ы'
            | 'ь'
            | 'э'
            | 'ю'
            | 'я'
            | 'α'
            | 'ε'
            | 'η'
            | 'ι'
            | 'ο'
            | 'υ'
            | 'ω'
    )
}
