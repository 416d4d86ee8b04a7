//! What somebody offers as a second factor.

use super::{FactorKind, MalformedCode, RecoveryCode, TotpCode};
use crate::characters::{is_ignorable, is_space};
use std::fmt;
use zeroize::Zeroizing;

/// Characters of a typed code that are looked at; longer texts are no code.
pub(super) const MOST_TYPED: usize = 64;

/// What is left of a typed code without spaces, hyphens and what shows as nothing.
pub(super) fn symbols(typed: &str) -> Result<impl Iterator<Item = char>, MalformedCode> {
    let dash = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let blank = move |c: char| is_space(c) || is_ignorable(c) || dash(c) || matches!(c, '\t' | '\r' | '\n');
    if typed.len() > 4 * MOST_TYPED || typed.chars().count() > MOST_TYPED {
        return Err(MalformedCode);
    }
    Ok(typed.chars().filter(move |c| !blank(*c)))
}

/// A second factor, offered. `Debug` tells its kind only.
#[derive(Clone)]
#[non_exhaustive]
pub enum FactorProof {
    /// Six digits from an authenticator app; tried against every app that is bound.
    Totp(TotpCode),
    /// One of the recovery codes.
    RecoveryCode(RecoveryCode),
    /// An answer to a challenge of the host's own factors.
    Host {
        /// The host's name for the factor.
        factor: String,
        /// What the browser or the device sent back.
        response: Zeroizing<Vec<u8>>,
    },
}

impl FactorProof {
    /// Reads what was typed into one field: six digits are an app's code, sixteen characters a recovery code.
    ///
    /// # Errors
    /// [`MalformedCode`] for anything else.
    pub fn parse(typed: &str) -> Result<Self, MalformedCode> {
        TotpCode::parse(typed).map(Self::Totp).or_else(|_| RecoveryCode::parse(typed).map(Self::RecoveryCode))
    }

    /// The kind of factor that it is for.
    #[must_use]
    pub fn kind(&self) -> FactorKind {
        match self {
            Self::Totp(_) => FactorKind::Totp,
            Self::RecoveryCode(_) => FactorKind::RecoveryCodes,
            Self::Host { .. } => FactorKind::Host,
        }
    }
}

impl fmt::Debug for FactorProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Totp(_) => "FactorProof::Totp(..)",
            Self::RecoveryCode(_) => "FactorProof::RecoveryCode(..)",
            Self::Host { .. } => "FactorProof::Host(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_field_takes_both_kinds() {
        assert!(matches!(FactorProof::parse("012 345"), Ok(FactorProof::Totp(_))));
        assert!(matches!(FactorProof::parse("o123-4567-89ab-cdef"), Ok(FactorProof::RecoveryCode(_))));
        assert!(matches!(
            FactorProof::parse("0123\u{2011}4567\u{2013}89ab\u{200b}-cdef"),
            Ok(FactorProof::RecoveryCode(_))
        ));
        for typed in ["", "12345", "hello", "\0\0\0\0\0\0"] {
            assert!(FactorProof::parse(typed).is_err());
        }
        let host = FactorProof::Host { factor: "key-1".into(), response: Zeroizing::new(b"secret".to_vec()) };
        assert_eq!(format!("{host:?}"), "FactorProof::Host(..)");
    }
}
