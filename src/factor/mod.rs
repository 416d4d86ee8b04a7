//! Second factors: what a person has besides the password, and how it is proven.
//!
//! Everything in here is pure: bytes come from [`Entropy`](crate::entropy::Entropy) by way of the caller, times as
//! arguments. Secrets have no `Display` and no serialisation, their `Debug` shows nothing, and they are wiped.
//!
//! E-mail is no factor (MF-13): there is no kind for it.

mod base32;
mod proof;
#[cfg(feature = "qr")]
mod qr;
#[cfg(feature = "questions")]
mod questions;
mod recovery_codes;
mod totp;

pub use crate::ids::FactorId;
pub use proof::FactorProof;
#[cfg(feature = "qr")]
pub use qr::TooLongForQr;
#[cfg(feature = "questions")]
pub use questions::{
    Answer, AnswerRefused, LEAST_LETTERS, MOST_BYTES, QUESTIONS, Question, QuestionList, QuestionListError,
};
pub use recovery_codes::{CODE_BYTES, CODES, RecoveryCode, RecoveryCodeSet};
pub use totp::{
    DIGITS, LEAST_SECRET_BYTES, MOST_SECRET_BYTES, MalformedCode, SECRET_BYTES, STEP_SECONDS, Step, TotpCode,
    TotpSecret, WeakSecret, step_at,
};

use crate::clock::Timestamp;
use crate::flow::coded;

coded! {
    /// The kinds of factors.
    FactorKind {
        /// An authenticator app.
        Totp = "totp",
        /// A set of recovery codes.
        RecoveryCodes = "recovery_codes",
        /// Security questions: an extra gate after a link, never a factor by themselves (SQ-1).
        Questions = "questions",
        /// A factor of the host's own, such as a passkey or a push message.
        Host = "host",
    }
}

coded! {
    /// Where a factor stands.
    FactorState {
        /// Begun, and not confirmed by a first right code.
        Pending = "pending",
        /// In use.
        Active = "active",
        /// Bound still, and taken no more: after too many failures (RL-1), or since somebody switched it off.
        Disabled = "disabled",
    }
}

coded! {
    /// How strongly somebody has signed in, in this order.
    AuthLevel {
        /// By password alone.
        Password = "password",
        /// By password and a second factor.
        SecondFactor = "second_factor",
        /// By password and a factor that no look-alike page can pass on, such as a passkey.
        PhishingResistant = "phishing_resistant",
    }
}

/// What a person is shown of a factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorView {
    /// Its name.
    pub id: FactorId,
    /// Its kind.
    pub kind: FactorKind,
    /// What the person calls it. Their words: escape them.
    pub label: String,
    /// Where it stands.
    pub state: FactorState,
    /// Since when it is bound, or was begun.
    pub added_at: Timestamp,
    /// When it was last proven.
    pub last_used_at: Option<Timestamp>,
    /// Recovery codes that are left; `None` for other kinds.
    pub remaining: Option<u32>,
}

impl FactorId {
    /// Reads back what `Display` shows: 32 lower-case hexadecimal digits, such as from a form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: &[u8; 32] = text.as_bytes().try_into().ok()?;
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut id = [0; 16];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self::from_bytes(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_named_in_forms() {
        let id = FactorId::from_bytes([0x0a, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0xe0]);
        assert_eq!(FactorId::parse(&id.to_string()), Some(id));
        let short = "0".repeat(31);
        let long = "0".repeat(33);
        for text in ["", &short, &long, &id.to_string().to_ascii_uppercase(), &"g".repeat(32)] {
            assert_eq!(FactorId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn levels_are_in_order() {
        assert!(AuthLevel::Password < AuthLevel::SecondFactor);
        assert!(AuthLevel::SecondFactor < AuthLevel::PhishingResistant);
    }
}
