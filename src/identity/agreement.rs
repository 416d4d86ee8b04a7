//! Agreement: whether claims fit the one person that a probe found.
//!
//! The record number has found an account; now birth date and names must say that it is the right one, while
//! a person may mistype their own name. The birth date is exact. Names agree in any order and with small slips,
//! but only by letters, never by sound, and never when a whole given name is another: that is a twin, with the
//! same family name and birth date, who took the wrong card. Rule: what is missing does not agree.
//!
//! | forgiven | not forgiven |
//! |---|---|
//! | case, accents, `Müller`/`Mueller`, hyphens, spaces, apostrophes | another alphabet, nicknames |
//! | given and family name swapped | another family name, as after a marriage |
//! | middle names or second family names missing, or two of them extra | two different middle names |
//! | particles of a family name (`van`, `de`, `al`), suffixes (`Jr`, `III`) | an initial alone |
//! | a slip in a family name of five letters or more, two of ten | a slip in a shorter one |
//! | a slip in a given name that makes it no other name, see below | any other: `Daniel`/`Daniela`, `Hyun-jin`/`Hyun-min` |
//!
//! A slip is one letter wrong, missing or extra, or two neighbours swapped. Of a given name it is forgiven if
//! - two neighbours are swapped, or a letter is doubled or its double missing (`Micheal`, `Phillip`), from five letters;
//! - a letter is missing or extra, or a vowel is another vowel or `s` is `z` (`Cristina`, `Elisabeth`), from seven
//!   letters and only between the first and the last three.
//!
//! An initial stands for a middle name (`John Q.` for `John Quincy`) beside a given name in full. A given name
//! that two people share (`Maria` of the twins `Maria José` and `Maria Luisa`) fits both of them.

use std::collections::BTreeSet;

use super::claims::IdentityClaims;
use super::names::{self, Kind, Token};
use super::person::{Attribute, Person};
use super::rules::IdentityRules;

/// Most slips forgiven in all names together.
const MAX_SLIPS: usize = 2;

/// Most names that claims may add to a field, such as middle names that are not on file.
const MAX_ADDED: usize = 2;

/// What comparing claims with a person on file comes to. For the host's audit; never shown to the asker (ID-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Agreement {
    /// They agree.
    Agrees,
    /// An attribute that is to be compared is missing, on file or in the claims.
    Missing,
    /// The birth dates differ.
    BirthDateDiffers,
    /// The names differ by more than small slips.
    NamesDiffer,
}

impl IdentityRules {
    /// Whether the claims agree with the person on file. Under strict rules always: all is inside the index.
    #[must_use]
    pub fn agrees(&self, claims: &IdentityClaims, on_file: &Person) -> bool {
        self.compare(claims, on_file) == Agreement::Agrees
    }

    /// Compares the claims with the person on file.
    #[must_use]
    pub fn compare(&self, claims: &IdentityClaims, on_file: &Person) -> Agreement {
        if self.compares(&Attribute::BirthDate) {
            match (claims.birth_date(), on_file.birth_date) {
                (Some(claimed), Some(date)) if claimed == date => {}
                (Some(_), Some(_)) => return Agreement::BirthDateDiffers,
                _ => return Agreement::Missing,
            }
        }
        let claimed = Name::new(claims.given_name(), claims.family_name());
        let filed = Name::new(&on_file.given_name, &on_file.family_name);
        match (self.compares(&Attribute::GivenName), self.compares(&Attribute::FamilyName)) {
            (true, true) => names_agree(&claimed, &filed),
            (true, false) => verdict(&claimed.given, &filed.given, Kind::Given),
            (false, true) => verdict(&claimed.family, &filed.family, Kind::Family),
            (false, false) => Agreement::Agrees,
        }
    }
}

/// What was typed or is on file in one field. Which of its words count depends on what it is compared as.
struct Field {
    all: Vec<Token>,
    as_given: Vec<Token>,
    as_family: Vec<Token>,
}

impl Field {
    fn new(typed: &str) -> Self {
        let all = names::tokens(typed);
        Self { as_given: names::core(&all, Kind::Given), as_family: names::core(&all, Kind::Family), all }
    }

    fn core(&self, kind: Kind) -> &[Token] {
        match kind {
            Kind::Given => &self.as_given,
            Kind::Family => &self.as_family,
        }
    }

    fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

struct Name {
    given: Field,
    family: Field,
}

impl Name {
    fn new(given: &str, family: &str) -> Self {
        Self { given: Field::new(given), family: Field::new(family) }
    }

    fn pool(&self) -> Vec<Token> {
        let mut pool: Vec<Token> = Vec::new();
        for token in self.given.as_given.iter().chain(&self.family.as_family) {
            if !pool.contains(token) {
                pool.push(token.clone());
            }
        }
        pool
    }

    fn is_single(&self) -> bool {
        self.given.is_empty() != self.family.is_empty()
    }

    /// All of the name as one word, in both orders.
    fn words(&self) -> [Token; 2] {
        let (given, family) = (&self.given.as_given, &self.family.as_family);
        [Token::joined(given.iter().chain(family)), Token::joined(family.iter().chain(given))]
    }
}

fn names_agree(claimed: &Name, filed: &Name) -> Agreement {
    let nameless = |name: &Name| name.given.is_empty() && name.family.is_empty();
    if nameless(claimed) || nameless(filed) {
        return Agreement::Missing;
    }
    let fits = |slips: Option<usize>| slips.is_some_and(|slips| slips <= MAX_SLIPS);
    let both = |given: &Field, family: &Field| {
        let given = slips_in_field(given, &filed.given, Kind::Given);
        Some(given? + slips_in_field(family, &filed.family, Kind::Family)?)
    };
    let in_order = || both(&claimed.given, &claimed.family);
    let swapped = || both(&claimed.family, &claimed.given);
    // All of the name is there, divided otherwise: `Gabriel García | Márquez`, or a single name in either field.
    let redivided = || {
        let (claimed, filed) = (claimed.pool(), filed.pool());
        let is_whole = claimed.len() == filed.len() && initials(&claimed) == initials(&filed);
        if is_whole { slips_in_subset(&claimed, &filed, Kind::Given) } else { None }
    };
    let run_together =
        || claimed.words().iter().any(|word| filed.words().iter().any(|other| same(word, other)));
    let whole = !(claimed.is_single() || filed.is_single()) && (fits(in_order()) || fits(swapped()));
    if whole || fits(redivided()) || run_together() {
        return Agreement::Agrees;
    }
    if claimed.is_single() != filed.is_single() { Agreement::Missing } else { Agreement::NamesDiffer }
}

fn verdict(claimed: &Field, filed: &Field, kind: Kind) -> Agreement {
    if claimed.is_empty() || filed.is_empty() {
        return Agreement::Missing;
    }
    match slips_in_field(claimed, filed, kind) {
        Some(count) if count <= MAX_SLIPS => Agreement::Agrees,
        _ => Agreement::NamesDiffer,
    }
}

/// The slips between two fields: as one word (`Anna-Maria`, `De Luca`), or token by token.
fn slips_in_field(claimed: &Field, filed: &Field, kind: Kind) -> Option<usize> {
    if claimed.is_empty() || filed.is_empty() {
        return None;
    }
    let words = |field: &Field| [Token::joined(&field.all), Token::joined(field.core(kind))];
    let (claimed_words, filed_words) = (words(claimed), words(filed));
    // Each with each: of `Deluca` and `De Luca` only one side knows that there is a particle.
    let pairs = claimed_words.iter().flat_map(|word| filed_words.iter().map(move |other| (word, other)));
    // A slip in one of several given names is judged on that name: `Jan Peter` is not `Jon Peter`.
    let as_one = pairs.filter_map(|(word, other)| slips_between(word, other, kind));
    let as_one = as_one.filter(|slips| kind == Kind::Family || *slips == 0).min();
    let by_token = slips_by_token(claimed.core(kind), filed.core(kind), kind);
    as_one.into_iter().chain(by_token).min()
}

/// Token by token, where the claims may leave out any but add few: twenty names would be twenty guesses (ID-4).
fn slips_by_token(claimed: &[Token], filed: &[Token], kind: Kind) -> Option<usize> {
    let added = claimed.len().saturating_sub(filed.len());
    if added <= MAX_ADDED { slips_in_subset(claimed, filed, kind) } else { None }
}

/// Every token of the shorter list in the longer one, each once, and one of them in full.
fn slips_in_subset(one: &[Token], other: &[Token], kind: Kind) -> Option<usize> {
    let (fewer, more) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let mut left: Vec<&Token> = more.iter().collect();
    let mut open: Vec<&Token> = Vec::new();
    for token in fewer {
        match left.iter().position(|other| same(token, other)) {
            Some(found) => drop(left.remove(found)),
            None => open.push(token),
        }
    }
    let mut count = 0;
    let mut in_full = fewer.iter().filter(|token| !is_initial(token)).count();
    for token in open {
        if let Some(found) = left.iter().position(|other| slips_between(token, other, kind).is_some()) {
            count += slips_between(token, left.remove(found), kind)?;
            continue;
        }
        let found =
            left.iter().position(|other| is_initial_of(token, other) || is_initial_of(other, token))?;
        if is_initial(left.remove(found)) {
            in_full -= 1;
        }
    }
    (in_full > 0).then_some(count)
}

fn same(one: &Token, other: &Token) -> bool {
    one.forms().iter().any(|form| other.forms().contains(form))
}

fn slips_between(one: &Token, other: &Token, kind: Kind) -> Option<usize> {
    let slips = match kind {
        Kind::Given => slips_in_given,
        Kind::Family => slips_in_family,
    };
    let pairs = one.forms().into_iter().flat_map(|form| other.forms().map(|other| (form, other)));
    pairs.filter_map(|(form, other)| slips(form, other)).min()
}

/// Counts the slips between two words, or `None` if they are different names.
fn slips_in_family(one: &str, other: &str) -> Option<usize> {
    let (one_length, other_length) = (one.chars().count(), other.chars().count());
    let allowed = match one_length.min(other_length) {
        0..5 => 0,
        5..10 => 1,
        _ => MAX_SLIPS,
    };
    if one_length.abs_diff(other_length) > allowed {
        return None;
    }
    let slips = strsim::osa_distance(one, other);
    (slips <= allowed).then_some(slips)
}

/// Counts the slips between two given names: none, or one that makes no other name of it.
fn slips_in_given(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return Some(0);
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let shorter = one.len().min(other.len());
    let end =
        one.iter().rev().zip(other.iter().rev()).take(shorter - start).take_while(|(a, b)| a == b).count();
    // Between start and end they differ; a letter counts to one of the two only.
    let (middle, other_middle) = (&one[start..one.len() - end], &other[start..other.len() - end]);
    let inside = start >= 1 && end >= 3 && shorter >= 7;
    let forgiven = match (middle, other_middle) {
        ([a, b], [c, d]) => a == d && b == c && shorter >= 5 && start >= 1 && end >= 1,
        ([a], [b]) => inside && (is_vowel(*a) && is_vowel(*b) || matches!((a, b), ('s', 'z') | ('z', 's'))),
        ([extra], []) | ([], [extra]) => inside || (shorter >= 5 && one[..start].last() == Some(extra)),
        _ => false,
    };
    forgiven.then_some(1)
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// A single letter of an alphabet. One ideograph or Hangul syllable is a name in full.
fn is_initial(token: &Token) -> bool {
    let mut letters = token.plain.chars();
    matches!((letters.next(), letters.next()), (Some(letter), None) if letter.is_lowercase())
}

fn initials(tokens: &[Token]) -> BTreeSet<&str> {
    tokens.iter().filter(|token| is_initial(token)).map(|token| token.plain.as_str()).collect()
}

fn is_initial_of(initial: &Token, token: &Token) -> bool {
    is_initial(initial) && !is_initial(token) && token.plain.starts_with(&initial.plain)
}
