//! What a letter prints beside its code.

use super::typed::symbols;
use crate::ids::FlowId;
use crate::token::MalformedToken;
use std::fmt;

/// A letter's reference: the flow that the letter is for, in 26 characters that can be typed. Knowing it opens nothing.
///
/// ```
/// use regain::recovery::LetterReference;
///
/// let typed = LetterReference::parse("o123-4567-89ab-cdef-ghjk-mnpq-r0")?;
/// assert_eq!(typed.to_string(), "0123 4567 89AB CDEF GHJK MNPQ R0");
/// # Ok::<(), regain::token::MalformedToken>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LetterReference(FlowId);

/// Crockford's base32: no I, L, O, U.
const REFERENCE: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 26 characters of 5 bits hold 128 bits, the last two of the 130 being zero.
const REFERENCE_LENGTH: usize = 26;

impl LetterReference {
    pub(crate) fn new(flow: FlowId) -> Self {
        Self(flow)
    }

    pub(super) fn flow(&self) -> FlowId {
        self.0
    }

    /// Reads what somebody typed off a letter: in capitals or not, with spaces or dashes anywhere, O for 0, and I or L for 1.
    ///
    /// # Errors
    /// [`MalformedToken`] for whatever cannot be meant for one.
    pub fn parse(typed: &str) -> Result<Self, MalformedToken> {
        let symbols = symbols(typed, |c| match c {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        });
        let symbols = symbols.filter(|symbols| symbols.len() == REFERENCE_LENGTH).ok_or(MalformedToken)?;
        let mut bits: u128 = 0;
        for (number, symbol) in symbols.bytes().enumerate() {
            let value = REFERENCE.iter().position(|known| *known == symbol).ok_or(MalformedToken)?;
            let value = u128::try_from(value).map_err(|_| MalformedToken)?;
            bits = match number {
                25 if value & 0b11 != 0 => return Err(MalformedToken),
                25 => bits << 3 | value >> 2,
                _ => bits << 5 | value,
            };
        }
        Ok(Self(FlowId::from_bytes(bits.to_be_bytes())))
    }
}

impl fmt::Display for LetterReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from_be_bytes(*self.0.as_bytes());
        for number in 0..REFERENCE_LENGTH {
            let value = match number {
                25 => bits << 2 & 0b1_1111,
                _ => bits >> (123 - 5 * number) & 0b1_1111,
            };
            let gap = if number > 0 && number % 4 == 0 { " " } else { "" };
            write!(f, "{gap}{}", char::from(REFERENCE[usize::try_from(value).unwrap_or_default()]))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_it_was_printed_and_forgives_what_looks_alike() {
        for bytes in [[0; 16], [0xff; 16], *b"0123456789abcdef", [1; 16]] {
            let printed = LetterReference(FlowId::from_bytes(bytes)).to_string();
            let forgiven =
                printed.to_ascii_lowercase().replace('0', "o").replace('1', "l").replace(' ', " - ");
            for typed in [&printed, &forgiven, &printed.replace(' ', "")] {
                assert_eq!(LetterReference::parse(typed).unwrap().0.as_bytes(), &bytes, "{typed}");
            }
        }
        for typed in [
            "",
            "0123",
            "0123 4567 89AB CDEF GHJK MNPQ RT",
            "U123 4567 89AB CDEF GHJK MNPQ R0",
            &"0".repeat(1_000_000),
        ] {
            assert!(LetterReference::parse(typed).is_err());
        }
    }
}
