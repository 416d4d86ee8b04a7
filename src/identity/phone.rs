//! A telephone number on file, in its one international spelling.

use super::AddressError;
use std::fmt;

/// Digits of a number with its country code, at least and at most (ITU-T E.164, 6.1; nothing shorter takes messages).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// A telephone number on file, as E.164 writes it: `+`, the country code, and digits. `Debug` leaves it out.
///
/// ```
/// use regain::identity::PhoneNumber;
///
/// let number = PhoneNumber::parse("+351210000000")?;
/// assert_eq!(number.as_str(), "+351210000000");
/// # Ok::<(), regain::identity::AddressError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Checks a number. Nothing is trimmed and nothing guessed: without its country code a number names many people.
    ///
    /// # Errors
    /// [`AddressError::Phone`] for spaces, separators, letters, digits of another script, a missing `+` or country code,
    /// and fewer than 7 or more than 15 digits.
    pub fn parse(number: &str) -> Result<Self, AddressError> {
        let digits = number.strip_prefix('+').ok_or(AddressError::Phone)?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if !plain || !DIGITS.contains(&digits.len()) {
            return Err(AddressError::Phone);
        }
        Ok(Self(number.to_owned()))
    }

    /// The number, with its `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_international_spelling_is_a_number() {
        for number in ["+1555010", "+15550100123", "+351210000000", "+123456789012345"] {
            assert_eq!(PhoneNumber::parse(number).unwrap().as_str(), number);
        }
        let others = [
            "",
            "+",
            "+155501",
            "+1234567890123456",
            "15550100123",
            "0015550100123",
            "+05550100123",
            "+1 555 0100",
            "+1-555-0100123",
            "+1555O100123",
            " +15550100123",
            "+15550100123 ",
            "+15550100123\n",
            "tel:+15550100123",
            "+\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}\u{667}",
            "++5550100123",
            "+1555010012x3",
            "+15550100\x00123",
        ];
        for number in others {
            assert_eq!(PhoneNumber::parse(number), Err(AddressError::Phone), "{number:?}");
        }
        assert!(PhoneNumber::parse(&"+1".repeat(1_000_000)).is_err());
    }

    #[test]
    fn it_is_not_shown() {
        assert_eq!(format!("{:?}", PhoneNumber::parse("+15550100123").unwrap()), "PhoneNumber(..)");
    }
}
