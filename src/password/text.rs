//! What a person typed, and the one form of it that is judged and hashed.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Reason;
use crate::characters::{is_ignorable, is_noncharacter, is_space};

/// Longest password, in bytes of UTF-8, before and after normalisation.
///
/// NIST SP 800-63B-4 3.1.1.2 asks that at least 64 characters be accepted; 1,024 bytes are 256 code points
/// of the widest kind. The bound keeps the work of judging and hashing small whatever is sent.
pub const MAX_BYTES: usize = 1_024;

/// A password as typed: not shown, not compared, wiped when dropped.
///
/// Everything a password is used for starts with [`prepare`](Self::prepare), at sign-in as well as when one
/// is chosen.
pub struct Password(Typed);

enum Typed {
    Text(Zeroizing<String>),
    /// Longer than [`MAX_BYTES`]: never a password, so not kept.
    TooLong,
}

impl Password {
    /// Takes what was typed. Text over [`MAX_BYTES`] is dropped at once, whatever its size.
    pub fn new(typed: impl Into<String>) -> Self {
        let typed = typed.into();
        if typed.len() <= MAX_BYTES {
            return Self(Typed::Text(Zeroizing::new(typed)));
        }
        // PW-15: wiping all of 64 MiB is work that the sender would choose.
        let mut oversized = typed.into_bytes();
        oversized[..MAX_BYTES].zeroize();
        Self(Typed::TooLong)
    }

    /// The RFC 8265 OpaqueString form: every kind of space becomes U+0020, then NFC.
    ///
    /// # Errors
    ///
    /// [`Reason::TooLong`], [`Reason::NotText`] for control characters and the like, or [`Reason::Empty`]
    /// when nothing visible is left.
    pub fn prepare(&self) -> Result<PreparedPassword, Reason> {
        let Typed::Text(typed) = &self.0 else {
            return Err(Reason::too_long());
        };
        if typed.chars().any(is_refused) {
            return Err(Reason::NotText);
        }
        // NFC triples UTF-8 at most (UAX #15, table 9): allocated once, so that growing leaves no copies.
        let mut prepared = Zeroizing::new(String::with_capacity(typed.len() * 3));
        prepared.extend(typed.chars().map(plain_space).nfc());
        if prepared.len() > MAX_BYTES {
            return Err(Reason::too_long());
        }
        // RFC 8265 4.1, PW-16: never empty, checked after mapping.
        if prepared.chars().all(|c| c == ' ' || is_ignorable(c)) {
            return Err(Reason::Empty);
        }
        Ok(PreparedPassword { text: prepared })
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl ZeroizeOnDrop for Password {}

/// A password in the form that is judged and hashed; made by [`Password::prepare`].
pub struct PreparedPassword {
    text: Zeroizing<String>,
}

impl PreparedPassword {
    /// The bytes that are hashed: all of them.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Length in Unicode code points, as NIST SP 800-63B-4 3.1.1.2 counts.
    pub fn code_points(&self) -> usize {
        self.text.chars().count()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for PreparedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreparedPassword(..)")
    }
}

impl ZeroizeOnDrop for PreparedPassword {}

/// U+FFFD stands for bytes that a decoder lost: two different passwords would become one.
fn is_refused(c: char) -> bool {
    c.is_control() || is_noncharacter(c) || c == char::REPLACEMENT_CHARACTER
}

fn plain_space(c: char) -> char {
    if is_space(c) { ' ' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PW-15: held on to, 64 MiB would have to be wiped.
    #[test]
    fn oversized_text_is_not_kept() {
        assert!(matches!(Password::new("a".repeat(MAX_BYTES)).0, Typed::Text(_)));
        assert!(matches!(Password::new("a".repeat(MAX_BYTES + 1)).0, Typed::TooLong));
    }
}
