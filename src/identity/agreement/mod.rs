//! Agreement: whether claims fit the one person that a probe found.
//!
//! The record number has found an account; now birth date and names must say that it is the right one, while people
//! mistype even their own. So it is weighed, in the manner of Fellegi and Sunter, how much likelier the claims are as
//! the person's own than as those of somebody else who came to this account: a twin with the other's card, a sibling, a
//! father or son of the same name, a stranger who knows the birth date. Rule: what is missing does not agree, and no
//! field makes up for the one that tells two people apart.
//!
//! | found | weighs, in bits | against |
//! |---|---|---|
//! | given names the same; some missing or extra; another spelling; a nickname; a slip; two slips | 13.8; 7.4; 6.3; 6.2; 7.2; 4.9 | twin, sibling |
//! | an initial alone; a slip that may be another name; another name | 0.7; -0.2; -6.2 | twin, sibling |
//! | given names, in the same order | 7.4; 4.1; 3.7; 4.9; 6.9; 3.9; 3.6; 0.8; -6.2 | stranger |
//! | family names the same; some missing or extra; another spelling; a former one; a slip; two slips; another | 7.8; 3.9; 4.3; 3.9; 5.6; 3.6; -5.6 | stranger |
//! | birth date the same; day and month swapped; one day, month or year off; two digits swapped; one digit wrong; that, and a generation apart; another | 14.5; 8.2; 5.6; 7.1; 3.9; 1.7; -7.0 | namesake |
//! | birth date, in the same order | 10.9; 5.9; 4.3; 5.3; 3.4; 3.3; -7.0 | sibling |
//! | `Jr` and `Sr`, `II` and `III` | -8.0 | namesake |
//!
//! What is against one rival is added up, and the least of the four sums must be [`Weight::DEFAULT`], 3.0 bits. By the
//! table (the module `weights` says where it is from) that accepts this part of the asks by somebody else **who has the
//! record number**: [`IdentityRules::false_accept_rate`].
//!
//! | asks by | accepted |
//! |---|---|
//! | a twin | 0.1 % |
//! | a sibling | 0.0003 % |
//! | a namesake with any birth date | 0.12 % |
//! | a stranger with the right birth date | 0.01 % |
//!
//! # What the words mean
//!
//! - *The same* is a name in any case, with or without accents, as `Müller` or `Mueller`, with hyphens, spaces and
//!   apostrophes or without, in either field, with or without particles of a family name (`van`, `de`, `al`) and
//!   suffixes (`Jr`).
//! - *Missing or extra* names: any may be missing but all, two may be extra; so a second family name and one taken in
//!   addition at a marriage are forgiven, another family name only if the host has it as a former one. An initial stands
//!   for a middle name. A given name that two people share (`Maria` of the twins `Maria José` and `Maria Luisa`) fits both.
//! - *Another spelling* is one of the table of spellings, one that systems of romanisation make of each other, or
//!   one that doubles a letter or not (`Phillip`); or a name in its own script. See `roman`.
//! - *A slip* is one letter wrong, missing or extra, or two neighbours swapped. In a family name from five letters on,
//!   two of them from nine. In a given name only if exactly one of the two words is a name on a list of 40,000 given
//!   names, from four letters on, and no other last vowel (`Jan`, `Jana`); two from eight. If the list knows none of the
//!   two, only well inside of a long one.
//!
//! Sound alone is nothing: `Catherine` and `Katherine`, `Sean` and `Shawn` may be twins.
//!
//! # Bounds
//!
//! At most 24 words of a field, 1,024 bytes of one on file and [`MAX_FIELD_BYTES`](super::MAX_FIELD_BYTES) of one typed;
//! words over 64 letters are compared as a whole only. A usual comparison takes 40 to 250 µs in release; the worst that was
//! found, 24 words in each of the four fields, 46 ms on a busy machine. Who types 24 words against two on file is not
//! compared word by word.

mod birth_date;
mod fields;
mod given_names;
mod letters;
mod nicknames;
mod roman;
mod weights;

use std::fmt;

use super::claims::IdentityClaims;
use super::person::{Attribute, Person};
use super::probe::forms_on_file;
use super::rules::IdentityRules;
use fields::{Name, OnFile};
pub use nicknames::Nicknames;
pub use weights::Rival;
use weights::{Born, Family, Findings, Given};

/// What claims weigh: how much likelier they are as the person's own than as somebody else's, as log2.
///
/// ```
/// use regain::identity::Weight;
///
/// assert_eq!(Weight::DEFAULT, Weight::from_tenths(30));
/// assert_eq!(Weight::DEFAULT.to_string(), "3.0 bits");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(i32);

impl Weight {
    /// What is asked for unless the host decides otherwise: eight times likelier.
    pub const DEFAULT: Self = Self(30);
    /// The least that can be asked for. Any less, and twins would be taken for each other.
    pub const FLOOR: Self = Self(15);
    /// The most: just below names and birth date without any slip.
    pub const MOST: Self = Self(130);

    /// A weight in tenths of a bit.
    #[must_use]
    pub const fn from_tenths(tenths: i32) -> Self {
        Self(tenths)
    }

    /// The weight in tenths of a bit.
    #[must_use]
    pub const fn tenths(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} bits", f64::from(self.0) / 10.0)
    }
}

/// What comparing claims with a person on file comes to. For the host's audit; never shown to the asker (ID-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Agreement {
    /// They agree.
    Agrees,
    /// An attribute that is to be compared is missing, on file or in the claims.
    Missing,
    /// The birth dates differ by more than a slip, or by one where other things differ too.
    BirthDateDiffers,
    /// The names differ by more than small slips.
    NamesDiffer,
}

/// An agreement, and what it weighs. For the host's audit; never shown to the asker (ID-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    agreement: Agreement,
    weakest: Option<(Rival, i32)>,
}

impl Judgement {
    /// Whether they agree, or what does not.
    #[must_use]
    pub fn agreement(self) -> Agreement {
        self.agreement
    }

    /// What the claims weigh against the rival who is least excluded. `None` if something is missing, or nothing was to be
    /// compared.
    #[must_use]
    pub fn weight(self) -> Option<Weight> {
        self.weakest.map(|(_, weight)| Weight(weight))
    }

    /// The rival who is least excluded.
    #[must_use]
    pub fn rival(self) -> Option<Rival> {
        self.weakest.map(|(rival, _)| rival)
    }

    fn without_weight(agreement: Agreement) -> Self {
        Self { agreement, weakest: None }
    }
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
        self.judge(claims, on_file).agreement
    }

    /// Compares the claims with the person on file, and says what they weigh.
    #[must_use]
    pub fn judge(&self, claims: &IdentityClaims, on_file: &Person) -> Judgement {
        let born = match (self.compares(&Attribute::BirthDate), claims.birth_date(), on_file.birth_date) {
            (false, ..) => None,
            (true, Some(claimed), Some(filed)) => Some(birth_date::compare(claimed, filed)),
            (true, ..) => return Judgement::without_weight(Agreement::Missing),
        };
        if born == Some(Born::Other)
            || (self.wants_exact_birth_date() && born.is_some_and(|born| born != Born::Same))
        {
            return Judgement::without_weight(Agreement::BirthDateDiffers);
        }
        let claimed = Name::new(claims.given_name(), claims.family_name());
        let filed = OnFile {
            name: Name::new(&on_file.given_name, &on_file.family_name),
            former: on_file.former_family_names.iter().map(|name| fields::Field::new(name)).collect(),
            nicknames: self.nicknames(),
        };
        let Some(readings) = self.readings(&claimed, &filed) else {
            return Judgement::without_weight(Agreement::Missing);
        };
        let suffixes_differ = match (claimed.suffix(), filed.name.suffix()) {
            (Some(one), Some(other)) => one != other,
            _ => false,
        };
        let findings = readings
            .into_iter()
            .map(|(given, family)| Findings { given, family, born, suffixes_differ })
            .max_by_key(|findings| findings.weakest().map(|(_, weight)| weight));
        let Some(findings) = findings else {
            return Judgement::without_weight(Agreement::NamesDiffer);
        };
        self.judged(findings, claimed.is_single() != filed.name.is_single())
    }

    /// Whether a number that the claims name is another than the person's, by more than a slip: for an account that was
    /// found without it. A twin who is not registered has a number too. Addresses are left out, since people have several.
    #[must_use]
    pub fn contradicts(&self, claims: &IdentityClaims, on_file: &Person) -> bool {
        let numbers = self.combinations().iter().flatten();
        let numbers =
            numbers.filter(|attribute| matches!(attribute, Attribute::RecordNumber | Attribute::Custom(_)));
        numbers.into_iter().any(|attribute| {
            let (claimed, filed) = (claims.forms(attribute), forms_on_file(on_file, attribute));
            let is_slip = |one: &String| filed.iter().any(|other| letters::is_slip_of_number(one, other));
            !filed.is_empty() && !claimed.is_empty() && !claimed.iter().any(is_slip)
        })
    }

    /// What may have been found of given and family names; `None` if names are missing.
    fn readings(&self, claimed: &Name, filed: &OnFile<'_>) -> Option<Vec<(Option<Given>, Option<Family>)>> {
        let (given, family) = (self.compares(&Attribute::GivenName), self.compares(&Attribute::FamilyName));
        let is_missing = match (given, family) {
            (true, true) => claimed.is_nameless() || filed.name.is_nameless(),
            (true, false) => claimed.given.is_empty() || filed.name.given.is_empty(),
            (false, true) => claimed.family.is_empty() || filed.name.family.is_empty(),
            (false, false) => false,
        };
        if is_missing {
            return None;
        }
        Some(match (given, family) {
            (true, true) => filed
                .readings(claimed)
                .into_iter()
                .map(|(given, family)| (Some(given), Some(family)))
                .collect(),
            (true, false) => vec![(Some(filed.given(&claimed.given)), None)],
            (false, true) => vec![(None, Some(filed.family(&claimed.family)))],
            (false, false) => vec![(None, None)],
        })
    }

    fn judged(&self, findings: Findings, one_is_single: bool) -> Judgement {
        let weakest = findings.weakest();
        let enough = |weakest: Option<(Rival, i32)>| {
            weakest.is_none_or(|(_, weight)| Weight(weight) >= self.threshold())
        };
        let names_alone = Findings { born: None, ..findings };
        let agreement = if enough(weakest) {
            Agreement::Agrees
        } else if enough(names_alone.weakest()) {
            Agreement::BirthDateDiffers
        } else if one_is_single {
            Agreement::Missing
        } else {
            Agreement::NamesDiffer
        };
        Judgement { agreement, weakest }
    }

    /// Findings of what these rules compare, whatever was found.
    fn compared(&self) -> Findings {
        Findings {
            given: self.compares(&Attribute::GivenName).then_some(Given::Same),
            family: self.compares(&Attribute::FamilyName).then_some(Family::Same),
            born: self.compares(&Attribute::BirthDate).then_some(Born::Same),
            suffixes_differ: false,
        }
    }
}

pub(super) fn accepted_of(rival: Rival, rules: &IdentityRules) -> f64 {
    let is_born =
        |born| if rules.wants_exact_birth_date() { born == Born::Same } else { born != Born::Other };
    weights::accepted_of(rival, rules.threshold().0, &rules.compared(), is_born)
}
