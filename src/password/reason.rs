//! Why a password was refused, in words for the person who chose it.

use super::PartKind;
use super::text::MAX_BYTES;
use crate::language::Language;
use std::fmt;

/// Why a password was refused.
///
/// [`code`](Self::code) is stable, for statistics; `Display` is plain English that says what to do, and
/// [`Language::reason`] the same in another language. None ever repeats the password.
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
    Guessable {
        /// What most of it is, for the advice that helps; [`PartKind::Unknown`] where it is simply too little.
        mostly: PartKind,
    },
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
    /// A stable code, for statistics and for clients.
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
            Self::Guessable { .. } => "guessable",
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
        f.write_str(&Language::reference().reason(self))
    }
}
