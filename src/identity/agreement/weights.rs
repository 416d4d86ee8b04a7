//! Weights in the manner of Fellegi and Sunter: what each finding says for the person and against each rival.
//!
//! A finding has two chances: `m`, that the person themself types so, and `u`, that somebody else does who has come to
//! this account. Its weight is log2(m / u), in tenths of a bit. Somebody else is one of four [`Rival`]s, and each is
//! granted what he has anyway, so that it weighs nothing against him: the record number, which led to the account;
//! a twin and a sibling the family name, a twin the birth date, a namesake both names, a stranger the birth date.
//! Rule: claims agree when they weigh enough against every rival, so one strong field never makes up for the only one
//! that tells two people apart.
//!
//! # Where the figures come from
//!
//! - Twins and siblings (`u` of given names): 62 % of twins have names with one initial (R. Plank, Names of twins,
//!   Names 12, 1964). Drawn so from the given names of the United States (births 1935 to 2006, by frequency, names of
//!   the Social Security Administration), 0.7 % of pairs are one slip apart, and 0.02 % so that only one of the two is
//!   a name on [the list](super::given_names). Two children with one name, or with names of which one is another
//!   spelling or a pet form of the other, are assumed to be as rare as the table says.
//! - Namesakes (`u` of birth dates): any day of 70 years, counted out in the tests of this module; father and son share
//!   the day of the year once in 365, and a bit more where a child is named for it.
//! - Strangers (`u` of names): of two Americans with one of the thousand most common family names (as the Census Bureau
//!   counted them, in the package Faker) 0.33 % have the same, 0.03 % names one slip apart, 0.01 to 0.02 % two; up to
//!   twice that stands here. One given name in 200 is the same.
//! - The person (`m`): four of five mistypings are one letter wrong, missing, extra, or two swapped (F. Damerau,
//!   A technique for computer detection and correction of spelling errors, CACM 7(3), 1964); that one field in eight or
//!   so is not as it is on file is assumed. No finding turns from yes to no if its `m` is half or twice as large,
//!   but for a wrong digit of the birth date.

/// Somebody else who might have come to this account, by the record number that is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rival {
    /// Has the family name and the birth date. Only a given name tells them apart.
    Twin,
    /// Has the family name.
    Sibling,
    /// Has both names: father or son, or anybody else. Only a birth date tells them apart.
    Namesake,
    /// Knows or shares the birth date.
    Stranger,
}

impl Rival {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Twin, Self::Sibling, Self::Namesake, Self::Stranger];
}

/// What was found of given names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    Same,
    /// Some are missing or extra.
    Part,
    /// Another spelling of one name, or in another script.
    Variant,
    Nickname,
    /// One slip, that makes no other name of it.
    Slip,
    TwoSlips,
    /// An initial alone.
    Initial,
    /// One slip away, and another name for all we know.
    Near,
    Other,
}

/// What was found of family names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Same,
    /// Some are missing or extra.
    Part,
    Variant,
    /// One that was on file earlier.
    Former,
    Slip,
    TwoSlips,
    Other,
}

/// What was found of birth dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Born {
    Same,
    /// Day and month in each other's place.
    DayMonth,
    /// A day, a month or a year earlier or later.
    NextTo,
    DigitsSwapped,
    /// One digit is another.
    Digit,
    /// One slip, and as far away as parents are from children.
    Generation,
    Other,
}

impl Given {
    const ALL: [Self; 9] = [
        Self::Same,
        Self::Part,
        Self::Variant,
        Self::Nickname,
        Self::Slip,
        Self::TwoSlips,
        Self::Initial,
        Self::Near,
        Self::Other,
    ];

    /// `m`, `u` of a twin or sibling, `u` of a stranger.
    const fn chances(self) -> [f64; 3] {
        match self {
            Self::Same => [0.870, 0.000_06, 0.005],
            Self::Part => [0.050, 0.000_3, 0.003],
            Self::Variant => [0.008, 0.000_1, 0.000_6],
            Self::Nickname => [0.015, 0.000_2, 0.000_5],
            Self::Slip => [0.030, 0.000_2, 0.000_25],
            Self::TwoSlips => [0.003, 0.000_1, 0.000_2],
            Self::Initial => [0.005, 0.003_1, 0.000_4],
            Self::Near => [0.006, 0.007, 0.003_5],
            Self::Other => [0.013, 0.988_94, 0.986_55],
        }
    }
}

impl Family {
    const ALL: [Self; 7] =
        [Self::Same, Self::Part, Self::Variant, Self::Former, Self::Slip, Self::TwoSlips, Self::Other];

    /// `m`, `u` of a stranger.
    const fn chances(self) -> [f64; 2] {
        match self {
            Self::Same => [0.890, 0.004],
            Self::Part => [0.030, 0.002],
            Self::Variant => [0.010, 0.000_5],
            Self::Former => [0.015, 0.001],
            Self::Slip => [0.030, 0.000_6],
            Self::TwoSlips => [0.005, 0.000_4],
            Self::Other => [0.020, 0.991_5],
        }
    }
}

impl Born {
    const ALL: [Self; 7] = [
        Self::Same,
        Self::DayMonth,
        Self::NextTo,
        Self::DigitsSwapped,
        Self::Digit,
        Self::Generation,
        Self::Other,
    ];

    /// `m`, `u` of a sibling, `u` of a namesake.
    const fn chances(self) -> [f64; 3] {
        match self {
            Self::Same => [0.955, 0.000_5, 0.000_04],
            Self::DayMonth => [0.006, 0.000_1, 0.000_02],
            Self::NextTo => [0.012, 0.000_6, 0.000_24],
            Self::DigitsSwapped => [0.004, 0.000_1, 0.000_03],
            Self::Digit => [0.013, 0.001_2, 0.000_9],
            Self::Generation => [0.002, 0.000_2, 0.000_6],
            Self::Other => [0.008, 0.997_3, 0.998_17],
        }
    }
}

/// Suffixes that contradict each other, such as Jr and Sr: a slip by a chance of 0.002, and every second father and
/// son who have one.
const SUFFIX: [f64; 2] = [0.002, 0.5];

/// What was compared, and found. `None`: not to be compared, as the host does not keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Findings {
    pub(super) given: Option<Given>,
    pub(super) family: Option<Family>,
    pub(super) born: Option<Born>,
    /// Both have a suffix, and not the same.
    pub(super) suffixes_differ: bool,
}

fn bits(m: f64, u: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "between -100 and 150")]
    let tenths = (10.0 * (m / u).log2()).round() as i32;
    tenths
}

impl Findings {
    /// What they weigh against a rival, in tenths of a bit; `None` if nothing that was compared tells him apart.
    pub(super) fn against(self, rival: Rival) -> Option<i32> {
        let given = |column: usize| self.given.map(|found| bits(found.chances()[0], found.chances()[column]));
        let family = || self.family.map(|found| bits(found.chances()[0], found.chances()[1]));
        let born = |column: usize| self.born.map(|found| bits(found.chances()[0], found.chances()[column]));
        let (one, other) = match rival {
            Rival::Twin => (given(1), None),
            Rival::Sibling => (given(1), born(1)),
            Rival::Namesake => (None, born(2)),
            Rival::Stranger => (given(2), family()),
        };
        let suffix =
            if rival == Rival::Namesake && self.suffixes_differ { bits(SUFFIX[0], SUFFIX[1]) } else { 0 };
        (one.is_some() || other.is_some()).then(|| one.unwrap_or(0) + other.unwrap_or(0) + suffix)
    }

    /// The rival against whom they weigh least, and how much, in tenths of a bit.
    pub(super) fn weakest(self) -> Option<(Rival, i32)> {
        let against = |rival| self.against(rival).map(|weight| (rival, weight));
        Rival::ALL.into_iter().filter_map(against).min_by_key(|(_, weight)| *weight)
    }
}

/// The part of a rival's asks, all by the right record number, that weigh `threshold` tenths of a bit or more.
pub(super) fn accepted_of(
    rival: Rival,
    threshold: i32,
    compared: &Findings,
    is_born: impl Fn(Born) -> bool,
) -> f64 {
    let mut accepted = 0.0;
    for given in Given::ALL {
        for family in Family::ALL {
            for born in Born::ALL {
                let findings = Findings {
                    given: compared.given.map(|_| given),
                    family: compared.family.map(|_| family),
                    born: compared.born.map(|_| born),
                    suffixes_differ: false,
                };
                let is_enough = findings.weakest().is_none_or(|(_, weight)| weight >= threshold);
                if is_enough && (compared.born.is_none() || is_born(born)) {
                    accepted += chance(rival, given, family, born);
                }
            }
        }
    }
    accepted
}

/// How likely a rival's claims lead to these findings.
fn chance(rival: Rival, given: Given, family: Family, born: Born) -> f64 {
    let (given, family, born) = (given.chances(), family.chances(), born.chances());
    match rival {
        Rival::Twin => given[1] * family[0] * born[0],
        Rival::Sibling => given[1] * family[0] * born[1],
        Rival::Namesake => given[0] * family[0] * born[2],
        Rival::Stranger => given[2] * family[1] * born[0],
    }
}

#[cfg(test)]
mod tests {
    use super::super::birth_date;
    use super::*;
    use time::{Date, Duration, Month};

    #[test]
    fn the_chances_of_each_column_add_up_to_one() {
        let sum = |column: Vec<f64>| (column.iter().sum::<f64>() - 1.0).abs();
        for column in 0..3 {
            assert!(sum(Given::ALL.iter().map(|found| found.chances()[column]).collect()) < 1e-6, "{column}");
            assert!(sum(Born::ALL.iter().map(|found| found.chances()[column]).collect()) < 1e-6, "{column}");
        }
        for column in 0..2 {
            assert!(
                sum(Family::ALL.iter().map(|found| found.chances()[column]).collect()) < 1e-6,
                "{column}"
            );
        }
    }

    /// The table of the module's page: a figure that is changed changes what people are promised.
    #[test]
    fn the_weights_are_those_of_the_page() {
        let given = |column: usize| Given::ALL.map(|found| bits(found.chances()[0], found.chances()[column]));
        assert_eq!(given(1), [138, 74, 63, 62, 72, 49, 7, -2, -62]);
        assert_eq!(given(2), [74, 41, 37, 49, 69, 39, 36, 8, -62]);
        assert_eq!(
            Family::ALL.map(|found| bits(found.chances()[0], found.chances()[1])),
            [78, 39, 43, 39, 56, 36, -56]
        );
        let born = |column: usize| Born::ALL.map(|found| bits(found.chances()[0], found.chances()[column]));
        assert_eq!(born(1), [109, 59, 43, 53, 34, 33, -70]);
        assert_eq!(born(2), [145, 82, 56, 71, 39, 17, -70]);
    }

    /// `u` of a namesake, counted: any birth date of 70 years beside any other. (A generation apart is assumed.)
    #[test]
    fn the_chances_of_birth_dates_are_those_of_any_two_days_or_more() {
        let first = Date::from_calendar_date(1936, Month::January, 1).unwrap();
        let days = 70 * 365;
        let mut counted = [0_u32; 7];
        let mut pairs = 0_u32;
        for one in (0..days).step_by(97) {
            for other in 0..days {
                let (one, other) = (first + Duration::days(one), first + Duration::days(other));
                let found = birth_date::compare(one, other);
                counted[Born::ALL.iter().position(|born| *born == found).unwrap()] += 1;
                pairs += 1;
            }
        }
        for (found, count) in Born::ALL.into_iter().zip(counted).take(5) {
            let rate = f64::from(count) / f64::from(pairs);
            let stated = found.chances()[2];
            assert!(rate <= stated * 1.05 && rate >= stated / 1.5, "{found:?}: {rate:.6}, stated {stated}");
        }
    }
}
