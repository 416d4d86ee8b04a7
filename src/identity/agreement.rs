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
//! | a middle name or second family name missing or extra | two different middle names |
//! | particles (`van`, `de`, `al`), suffixes (`Jr`, `III`) missing | an initial alone |
//! | in a family name one letter wrong, missing, extra or two swapped, from five letters on; two of ten | a slip in up to four letters |
//! | in a given name one such slip, but not in the first or the last two letters | endings, as in `Daniel`/`Daniela` |
//!
//! An initial stands for a middle name (`John Q.` for `John Quincy`) beside a given name in full.

use super::claims::IdentityClaims;
use super::names::{self, Token};
use super::person::{Attribute, Person};
use super::rules::IdentityRules;

/// Most slips forgiven in all names together.
const MAX_SLIPS: usize = 2;

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
            (true, false) => verdict(&claimed.given, &filed.given, slips_in_given),
            (false, true) => verdict(&claimed.family, &filed.family, slips_in_family),
            (false, false) => Agreement::Agrees,
        }
    }
}

/// Counts the slips between two words, or `None` if they are different words.
type Slips = fn(&str, &str) -> Option<usize>;

struct Field {
    all: Vec<Token>,
    core: Vec<Token>,
}

impl Field {
    fn new(typed: &str) -> Self {
        let all = names::tokens(typed);
        Self { core: names::core(&all), all }
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
        for token in self.given.core.iter().chain(&self.family.core) {
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
        let (given, family) = (&self.given.core, &self.family.core);
        [Token::joined(given.iter().chain(family)), Token::joined(family.iter().chain(given))]
    }
}

fn names_agree(claimed: &Name, filed: &Name) -> Agreement {
    let nameless = |name: &Name| name.given.is_empty() && name.family.is_empty();
    if nameless(claimed) || nameless(filed) {
        return Agreement::Missing;
    }
    let fits = |slips: Option<usize>| slips.is_some_and(|slips| slips <= MAX_SLIPS);
    let sum = |given: Option<usize>, family: Option<usize>| Some(given? + family?);
    let straight = || {
        let given = slips_in_field(&claimed.given, &filed.given, slips_in_given);
        sum(given, slips_in_field(&claimed.family, &filed.family, slips_in_family))
    };
    let swapped = || {
        let given = slips_in_field(&claimed.family, &filed.given, slips_in_given);
        sum(given, slips_in_field(&claimed.given, &filed.family, slips_in_family))
    };
    // All of the name is there, divided otherwise: `Gabriel García | Márquez`, or a single name in either field.
    let redivided = || {
        let (claimed, filed) = (claimed.pool(), filed.pool());
        if claimed.len() == filed.len() { slips_in_subset(&claimed, &filed, slips_in_given) } else { None }
    };
    let run_together =
        || claimed.words().iter().any(|word| filed.words().iter().any(|other| same(word, other)));
    let whole = !(claimed.is_single() || filed.is_single()) && (fits(straight()) || fits(swapped()));
    if whole || fits(redivided()) || run_together() {
        return Agreement::Agrees;
    }
    if claimed.is_single() != filed.is_single() { Agreement::Missing } else { Agreement::NamesDiffer }
}

fn verdict(claimed: &Field, filed: &Field, slips: Slips) -> Agreement {
    if claimed.is_empty() || filed.is_empty() {
        return Agreement::Missing;
    }
    match slips_in_field(claimed, filed, slips) {
        Some(count) if count <= MAX_SLIPS => Agreement::Agrees,
        _ => Agreement::NamesDiffer,
    }
}

/// The slips between two fields: as one word (`Anna-Maria`, `De Luca`), or token by token.
fn slips_in_field(claimed: &Field, filed: &Field, slips: Slips) -> Option<usize> {
    if claimed.is_empty() || filed.is_empty() {
        return None;
    }
    let words = [
        (Token::joined(&claimed.all), Token::joined(&filed.all)),
        (Token::joined(&claimed.core), Token::joined(&filed.core)),
        // `Deluca` for `De Luca`: only one side knows that there is a particle.
        (Token::joined(&claimed.core), Token::joined(&filed.all)),
        (Token::joined(&claimed.all), Token::joined(&filed.core)),
    ];
    let as_one = words.iter().filter_map(|(claimed, filed)| slips_between(claimed, filed, slips)).min();
    let by_token = slips_in_subset(&claimed.core, &filed.core, slips);
    as_one.into_iter().chain(by_token).min()
}

/// Every token of the shorter list in the longer one, each once, and one of them in full.
fn slips_in_subset(one: &[Token], other: &[Token], slips: Slips) -> Option<usize> {
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
        if let Some(found) = left.iter().position(|other| slips_between(token, other, slips).is_some()) {
            count += slips_between(token, left.remove(found), slips)?;
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

fn slips_between(one: &Token, other: &Token, slips: Slips) -> Option<usize> {
    let pairs = one.forms().into_iter().flat_map(|form| other.forms().map(|other| (form, other)));
    pairs.filter_map(|(form, other)| slips(form, other)).min()
}

fn slips_in_family(one: &str, other: &str) -> Option<usize> {
    let shorter = one.chars().count().min(other.chars().count());
    let allowed = match shorter {
        0..5 => 0,
        5..10 => 1,
        _ => 2,
    };
    let slips = strsim::osa_distance(one, other);
    (slips <= allowed).then_some(slips)
}

/// Stricter than in a family name: twins are `Karin` and `Marin`, `Daniel` and `Daniela`, `Maria` and `Marta`.
fn slips_in_given(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return Some(0);
    }
    let ends = |word: &str| {
        let mut back = word.chars().rev();
        (word.chars().next(), back.next(), back.next())
    };
    let slips = slips_in_family(one, other)?;
    (ends(one) == ends(other) && slips == 1).then_some(slips)
}

/// A single letter of an alphabet. One ideograph or Hangul syllable is a name in full.
fn is_initial(token: &Token) -> bool {
    let mut letters = token.plain.chars();
    matches!((letters.next(), letters.next()), (Some(letter), None) if letter.is_lowercase())
}

fn is_initial_of(initial: &Token, token: &Token) -> bool {
    is_initial(initial) && !is_initial(token) && token.plain.starts_with(&initial.plain)
}
