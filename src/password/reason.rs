//! Why a password was refused, in words for the person who chose it.

use std::fmt;

use super::text::MAX_BYTES;

/// Why a password was refused.
///
/// [`code`](Self::code) is stable and meant as a key for translations; `Display` is plain English that says
/// what to do. Neither ever repeats the password.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Fewer code points than the floor for this account.
    TooShort {
        /// The floor, in code points.
        at_least: usize,
    },
    /// More bytes than [`MAX_BYTES`].
    TooLong {
        /// The ceiling, in bytes of UTF-8.
        at_most: usize,
    },
    /// Contains control characters, or code points that are not characters.
    NotText,
    /// Nothing visible was typed.
    Empty,
    /// On a list of values that many people choose, or that this service refuses.
    Common,
    /// Known from a breach.
    Breached,
    /// The breach check failed, and the service refuses what it cannot check.
    BreachUnknown,
    /// Made of what others may know about the person: names, birth date, addresses, record number.
    OwnData,
    /// Too easy to guess: too few surprises for its length.
    Guessable,
    /// A kind of character that this service asks for is missing.
    Composition(CharacterClass),
    /// The password that is to be replaced.
    SameAsPresent,
}

/// A kind of character that [`Composition`](super::Composition) may ask for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CharacterClass {
    /// A letter of any script.
    Letters,
    /// A digit of any script.
    Digits,
    /// Neither letter nor digit; the space counts.
    Specials,
}

impl Reason {
    /// A stable key for translations and statistics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too-short",
            Self::TooLong { .. } => "too-long",
            Self::NotText => "not-text",
            Self::Empty => "empty",
            Self::Common => "common",
            Self::Breached => "breached",
            Self::BreachUnknown => "breach-unknown",
            Self::OwnData => "own-data",
            Self::Guessable => "guessable",
            Self::Composition(CharacterClass::Letters) => "needs-letter",
            Self::Composition(CharacterClass::Digits) => "needs-digit",
            Self::Composition(CharacterClass::Specials) => "needs-special",
            Self::SameAsPresent => "same-as-present",
        }
    }

    pub(super) const fn too_long() -> Self {
        Self::TooLong { at_most: MAX_BYTES }
    }
}

impl std::error::Error for Reason {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { at_least } => {
                write!(f, "This is too short. Use at least {at_least} characters; several words are fine.")
            }
            Self::TooLong { at_most } => {
                write!(f, "This is too long. Use at most {} characters.", at_most / 4)
            }
            Self::NotText => f.write_str(
                "This contains characters that cannot be typed everywhere. Use letters, digits, spaces and \
                 symbols.",
            ),
            Self::Empty => f.write_str("Type a password; spaces alone are not enough."),
            Self::Common => f.write_str("Many people use this password. Choose one that is only yours."),
            Self::Breached => f.write_str(
                "This password is known from a data breach. Choose one that you use nowhere else.",
            ),
            Self::BreachUnknown => {
                f.write_str("This password could not be checked right now. Try again in a few minutes.")
            }
            Self::OwnData => f.write_str(
                "This is built on your name, birth date, address, record number or the name of this service. \
                 Add words that have nothing to do with you.",
            ),
            Self::Guessable => f.write_str(
                "This is too easy to guess. Use several unrelated words, or let a password manager make one.",
            ),
            Self::Composition(CharacterClass::Letters) => f.write_str("Add at least one letter."),
            Self::Composition(CharacterClass::Digits) => f.write_str("Add at least one digit."),
            Self::Composition(CharacterClass::Specials) => {
                f.write_str("Add at least one character that is no letter or digit, such as a space.")
            }
            Self::SameAsPresent => f.write_str("This is your present password. Choose another one."),
        }
    }
}
