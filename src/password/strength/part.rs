//! What a part of a password was recognised as.

/// What a part of a password was recognised as: how somebody who guesses would come to it.
///
/// [`code`](Self::code) is stable, for statistics and for clients.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// A word or a name of one of several languages, also backwards or with digits for letters.
    Word,
    /// Letters that follow each other as in words.
    WordLike,
    /// A value that many people choose.
    Common,
    /// What others may know about the person or the service.
    OwnData,
    /// A saying, a title, a known list, whole or in part, or its first letters.
    Phrase,
    /// What stood before it, again or backwards.
    Copy,
    /// Letters or numbers that count, or follow from a rule: `abcd`, `2468`, the digits of pi.
    Sequence,
    /// Keys beside each other on a keyboard.
    Keyboard,
    /// A date or a year.
    Date,
    /// The whole is a code, such as Base64 or Morse, of something that takes few guesses.
    Code,
    /// Nothing that was recognised: what makes a password strong.
    Unknown,
}

impl PartKind {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::WordLike => "word-like",
            Self::Common => "common",
            Self::OwnData => "own-data",
            Self::Phrase => "phrase",
            Self::Copy => "copy",
            Self::Sequence => "sequence",
            Self::Keyboard => "keyboard",
            Self::Date => "date",
            Self::Code => "code",
            Self::Unknown => "unknown",
        }
    }
}

/// A part of a password: its kind, how long it is, and what it is worth. It does not hold what was typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// What it was recognised as.
    pub kind: PartKind,
    /// How many characters it has, undisguised: a ligature counts as its letters, what cannot be seen as none.
    pub characters: usize,
    /// Binary logarithm of the guesses that it takes.
    pub bits: f32,
}
