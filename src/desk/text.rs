//! What people write to the desk, and what the desk writes down: bounded, plain, and printed nowhere by accident.

use crate::characters::is_ignorable;
use std::fmt;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Longest text of a case, in characters. What is longer is cut off.
pub const LONGEST_TEXT: usize = 1_000;

/// Longest "how to reach me", in characters.
pub const LONGEST_REACH: usize = 200;

/// A text in a case: a personal datum. Lines are kept; other control characters and what is shown as nothing are left out.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct CaseText(String);

impl CaseText {
    /// Takes what was typed; `None` if nothing can be read of it.
    #[must_use]
    pub fn new(typed: &str) -> Option<Self> {
        Self::cut(typed, LONGEST_TEXT)
    }

    fn cut(typed: &str, longest: usize) -> Option<Self> {
        let shown = |c: &char| *c == '\n' || (!c.is_control() && !is_ignorable(*c));
        let mut text = Zeroizing::new(String::with_capacity(typed.len().min(longest * 4)));
        text.extend(typed.trim().chars().filter(shown).take(longest));
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CaseText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaseText(..)")
    }
}

/// What a person writes who is stuck. Nothing of it is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plea {
    /// What they need.
    pub text: CaseText,
    /// How to reach them, if they say so.
    pub reach: Option<CaseText>,
}

impl Plea {
    /// Takes what was typed; `None` if nothing can be read of it.
    #[must_use]
    pub fn new(text: &str, reach: &str) -> Option<Self> {
        Some(Self { text: CaseText::new(text)?, reach: CaseText::cut(reach, LONGEST_REACH) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_bounded_and_plain() {
        assert_eq!(CaseText::new("  a\r\nb\u{202e}\0 ").unwrap().as_str(), "a\nb");
        assert_eq!(CaseText::new(&"é".repeat(9_000)).unwrap().as_str().chars().count(), LONGEST_TEXT);
        for nothing in ["", " \n ", "\u{200b}\0"] {
            assert!(CaseText::new(nothing).is_none(), "{nothing:?}");
        }
        assert_eq!(Plea::new("help", &"1".repeat(900)).unwrap().reach.unwrap().as_str().len(), LONGEST_REACH);
        assert_eq!(format!("{:?}", Plea::new("help", "")), "Some(Plea { text: CaseText(..), reach: None })");
    }
}
