//! Names as they stand in their fields, and how those of the claims lie on those on file.

use std::collections::BTreeSet;

use super::super::names::{self, Kind, Token};
use super::super::text;
use super::nicknames::Nicknames;
use super::weights::{Family, Given};
use super::{letters, roman};

/// Most slips forgiven in all words of a field together.
const MAX_SLIPS: usize = 2;
/// Most names that claims may add to a field, such as middle names that are not on file.
const MAX_ADDED: usize = 2;
/// More of a field on file is not looked at. Claims are shorter anyway.
const MAX_BYTES: usize = 1024;

/// How like two words are; the later, the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    Same,
    Variant,
    Nickname,
    Slip,
    TwoSlips,
    Initial,
    Near,
    Other,
}

/// What was typed or is on file in one field. Which of its words count depends on what it is compared as.
pub(super) struct Field {
    all: Vec<Token>,
    as_given: Vec<Token>,
    as_family: Vec<Token>,
}

impl Field {
    pub(super) fn new(typed: &str) -> Self {
        let all = names::tokens(text::prefix(typed, MAX_BYTES));
        Self { as_given: names::core(&all, Kind::Given), as_family: names::core(&all, Kind::Family), all }
    }

    fn core(&self, kind: Kind) -> &[Token] {
        match kind {
            Kind::Given => &self.as_given,
            Kind::Family => &self.as_family,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The field as one word: all of it, and without particles and suffixes.
    fn words(&self, kind: Kind) -> [Token; 2] {
        [Token::joined(&self.all), Token::joined(self.core(kind))]
    }
}

pub(super) struct Name {
    pub(super) given: Field,
    pub(super) family: Field,
}

impl Name {
    pub(super) fn new(given: &str, family: &str) -> Self {
        Self { given: Field::new(given), family: Field::new(family) }
    }

    pub(super) fn is_nameless(&self) -> bool {
        self.given.is_empty() && self.family.is_empty()
    }

    pub(super) fn is_single(&self) -> bool {
        self.given.is_empty() != self.family.is_empty()
    }

    /// Jr, Sr, III: which one it is.
    pub(super) fn suffix(&self) -> Option<u8> {
        self.family.all.iter().chain(&self.given.all).rev().find_map(names::suffix_rank)
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

    /// All of the name as one word, in both orders.
    fn words(&self) -> [Token; 2] {
        let (given, family) = (&self.given.as_given, &self.family.as_family);
        [Token::joined(given.iter().chain(family)), Token::joined(family.iter().chain(given))]
    }
}

/// A person's names on file, and what else may stand for them.
pub(super) struct OnFile<'a> {
    pub(super) name: Name,
    pub(super) former: Vec<Field>,
    pub(super) nicknames: &'a Nicknames,
}

impl OnFile<'_> {
    /// Every way in which the claimed names can be laid on those on file.
    pub(super) fn readings(&self, claimed: &Name) -> Vec<(Given, Family)> {
        let mut readings = Vec::new();
        if !(claimed.is_single() || self.name.is_single()) {
            readings.push((self.given(&claimed.given), self.family(&claimed.family)));
            readings.push((self.given(&claimed.family), self.family(&claimed.given)));
        }
        // All of the name is there, divided otherwise: `Gabriel García | Márquez`, or a single name in either field.
        let (pool, filed) = (claimed.pool(), self.name.pool());
        if pool.len() == filed.len() && initials(&pool) == initials(&filed) {
            // Nobody knows which of them is which, so a slip has to be one in either.
            let alike = |one: &Token, other: &Token| match self.alike_given(one, other) {
                slip @ (Likeness::Slip | Likeness::TwoSlips) => slip.max(letters::in_family(one, other)),
                likeness => likeness,
            };
            let aligned = Aligned::of(&pool, &filed, alike);
            readings.push((aligned.as_given(), Family::Same));
        }
        let (words, filed) = (claimed.words(), self.name.words());
        if words.iter().any(|word| filed.iter().any(|other| same(word, other))) {
            readings.push((Given::Same, Family::Same));
        }
        readings
    }

    /// How the given names on file are claimed.
    pub(super) fn given(&self, claimed: &Field) -> Given {
        let filed = &self.name.given;
        if claimed.is_empty() || filed.is_empty() {
            return Given::Other;
        }
        let (words, others) = (claimed.words(Kind::Given), filed.words(Kind::Given));
        let pairs = || words.iter().flat_map(|word| others.iter().map(move |other| (word, other)));
        if pairs().any(|(word, other)| same(word, other)) {
            return Given::Same;
        }
        // A slip in one of several given names is judged on that name: `Jan Peter` is not `Jon Peter`. So is another
        // script, since a vowel between two words may belong to either.
        let are_divided_alike = claimed.as_given.len() == filed.as_given.len();
        if !are_divided_alike && pairs().any(|(word, other)| roman::is_same(word, other, Kind::Given)) {
            return Given::Variant;
        }
        let (claimed, filed) = (claimed.core(Kind::Given), filed.core(Kind::Given));
        if adds_too_many(claimed, filed) {
            return Given::Other;
        }
        Aligned::of(claimed, filed, |one, other| self.alike_given(one, other)).as_given()
    }

    /// How the family names on file, or earlier ones, are claimed.
    pub(super) fn family(&self, claimed: &Field) -> Family {
        let present = family_between(claimed, &self.name.family);
        let is_former = |former: &Field| {
            matches!(
                family_between(claimed, former),
                Family::Same | Family::Part | Family::Variant | Family::Slip
            )
        };
        if matches!(present, Family::TwoSlips | Family::Other) && self.former.iter().any(is_former) {
            return Family::Former;
        }
        present
    }

    fn alike_given(&self, one: &Token, other: &Token) -> Likeness {
        if same(one, other) {
            Likeness::Same
        } else if is_initial_of(one, other) || is_initial_of(other, one) {
            Likeness::Initial
        } else if roman::is_same(one, other, Kind::Given) {
            Likeness::Variant
        } else if self.nicknames.relate(one, other) {
            Likeness::Nickname
        } else {
            letters::in_given(one, other)
        }
    }
}

fn family_between(claimed: &Field, filed: &Field) -> Family {
    if claimed.is_empty() || filed.is_empty() {
        return Family::Other;
    }
    let (words, others) = (claimed.words(Kind::Family), filed.words(Kind::Family));
    // Each with each: of `Deluca` and `De Luca` only one side knows that there is a particle.
    let pairs = words.iter().flat_map(|word| others.iter().map(move |other| (word, other)));
    let as_one = pairs.map(|(word, other)| alike_family(word, other)).min().unwrap_or(Likeness::Other);
    let (claimed, filed) = (claimed.core(Kind::Family), filed.core(Kind::Family));
    let as_one = Aligned { worst: as_one, slips: 0, is_part: false, in_full: 1 };
    if as_one.worst == Likeness::Same || adds_too_many(claimed, filed) {
        return as_one.as_family();
    }
    let by_word = Aligned::of(claimed, filed, alike_family);
    if by_word.worst < as_one.worst { by_word.as_family() } else { as_one.as_family() }
}

fn alike_family(one: &Token, other: &Token) -> Likeness {
    if same(one, other) {
        Likeness::Same
    } else if roman::is_same(one, other, Kind::Family) {
        Likeness::Variant
    } else {
        letters::in_family(one, other)
    }
}

/// Claims may leave out any name but add few: twenty names would be twenty guesses (ID-4).
fn adds_too_many(claimed: &[Token], filed: &[Token]) -> bool {
    claimed.len().saturating_sub(filed.len()) > MAX_ADDED
}

/// Every word of the shorter list on one of the longer, each once.
struct Aligned {
    worst: Likeness,
    slips: usize,
    /// Some words of the longer are left, or stand there as an initial.
    is_part: bool,
    /// Words that are there in full on both sides.
    in_full: usize,
}

impl Aligned {
    fn of(one: &[Token], other: &[Token], alike: impl Fn(&Token, &Token) -> Likeness) -> Self {
        let (fewer, more) = if one.len() <= other.len() { (one, other) } else { (other, one) };
        let mut left: Vec<&Token> = more.iter().collect();
        let mut open: Vec<&Token> = Vec::new();
        for token in fewer {
            match left.iter().position(|other| same(token, other)) {
                Some(found) => drop(left.remove(found)),
                None => open.push(token),
            }
        }
        let in_full = fewer.iter().filter(|token| !is_initial(token)).count();
        let mut aligned =
            Self { worst: Likeness::Same, slips: 0, is_part: fewer.len() < more.len(), in_full };
        for token in open {
            let likenesses = left.iter().map(|other| alike(token, other)).enumerate();
            let Some((found, likeness)) = likenesses.min_by_key(|(_, likeness)| *likeness) else { break };
            aligned.add(likeness, left.remove(found));
        }
        aligned
    }

    fn add(&mut self, likeness: Likeness, other: &Token) {
        match likeness {
            Likeness::Initial => {
                self.is_part = true;
                self.in_full -= usize::from(is_initial(other));
            }
            likeness => self.worst = self.worst.max(likeness),
        }
        self.slips += match likeness {
            Likeness::Slip => 1,
            Likeness::TwoSlips => 2,
            _ => 0,
        };
    }

    fn worst(&self) -> Likeness {
        match self.slips {
            0 | 1 => self.worst,
            MAX_SLIPS => self.worst.max(Likeness::TwoSlips),
            _ => Likeness::Other,
        }
    }

    fn as_given(&self) -> Given {
        match self.worst() {
            Likeness::Other => Given::Other,
            Likeness::Near => Given::Near,
            _ if self.in_full == 0 => Given::Initial,
            Likeness::Initial => Given::Initial,
            Likeness::TwoSlips => Given::TwoSlips,
            Likeness::Slip => Given::Slip,
            Likeness::Nickname => Given::Nickname,
            Likeness::Variant => Given::Variant,
            Likeness::Same if self.is_part => Given::Part,
            Likeness::Same => Given::Same,
        }
    }

    fn as_family(&self) -> Family {
        match self.worst() {
            _ if self.in_full == 0 => Family::Other,
            Likeness::Same if self.is_part => Family::Part,
            Likeness::Same => Family::Same,
            Likeness::Variant => Family::Variant,
            Likeness::Slip => Family::Slip,
            Likeness::TwoSlips => Family::TwoSlips,
            Likeness::Nickname | Likeness::Initial | Likeness::Near | Likeness::Other => Family::Other,
        }
    }
}

fn same(one: &Token, other: &Token) -> bool {
    one.forms().iter().any(|form| other.forms().contains(form))
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
