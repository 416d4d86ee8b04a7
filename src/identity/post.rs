//! A postal address on file, line by line as it stands on the envelope.

use super::{AddressError, text};
use std::fmt;

const LINES: std::ops::RangeInclusive<usize> = 2..=8;
const MAX_LINE_BYTES: usize = 120;

/// A postal address on file: the lines of the envelope, the name first. `Debug` leaves it out.
///
/// ```
/// use regain::identity::PostalAddress;
///
/// let address = PostalAddress::parse("Ana Silva\nRua das Flores 7\n1200-195 Lisboa\nPortugal")?;
/// assert_eq!(address.lines().count(), 4);
/// # Ok::<(), regain::identity::AddressError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PostalAddress(String);

impl PostalAddress {
    /// Checks an address of 2 to 8 lines, separated by `\n`.
    ///
    /// # Errors
    /// [`AddressError::Post`] for another number of lines, a line that is empty, over 120 bytes, or begins or ends with a
    /// space; [`AddressError::ForbiddenCharacter`] for control characters and those that are not seen, so that nothing is
    /// printed that was not meant to be.
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        if address.len() > LINES.end() * (MAX_LINE_BYTES + 1) || !LINES.contains(&address.split('\n').count())
        {
            return Err(AddressError::Post);
        }
        for line in address.split('\n') {
            if line.is_empty() || line.len() > MAX_LINE_BYTES || line.trim() != line {
                return Err(AddressError::Post);
            }
            if line.chars().any(|c| text::is_refused(c) || matches!(c, '\u{2028}' | '\u{2029}')) {
                return Err(AddressError::ForbiddenCharacter);
            }
        }
        Ok(Self(address.to_owned()))
    }

    /// The lines, the name first.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n')
    }

    /// The lines with `\n` between them, as [`PostalAddress::parse`] reads them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalAddress(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_an_envelope_are_an_address() {
        for address in ["Ana Silva\nLisboa", "王小明\n北京市朝阳区\n中国", "a\nb\nc\nd\ne\nf\ng\nh"]
        {
            assert_eq!(PostalAddress::parse(address).unwrap().as_str(), address);
        }
    }

    #[test]
    fn what_an_envelope_cannot_show_is_none() {
        let long = format!("Ana\n{}", "x".repeat(121));
        for address in [
            "",
            "Ana",
            "Ana\n",
            "\nAna",
            "Ana\n\nLisboa",
            "Ana\n ",
            " Ana\nLisboa",
            "a\nb\nc\nd\ne\nf\ng\nh\ni",
            &long,
        ] {
            assert_eq!(PostalAddress::parse(address), Err(AddressError::Post), "{address:?}");
        }
        for hidden in
            ["\r", "\t", "\0", "\u{1b}", "\u{7f}", "\u{202e}", "\u{200b}", "\u{2028}", "\u{2029}", "\u{feff}"]
        {
            let address = format!("Ana\nRua{hidden}7\nLisboa");
            assert_eq!(PostalAddress::parse(&address), Err(AddressError::ForbiddenCharacter), "{address:?}");
        }
        assert!(PostalAddress::parse(&"a\n".repeat(1_000_000)).is_err());
    }

    #[test]
    fn it_is_not_shown() {
        assert_eq!(format!("{:?}", PostalAddress::parse("Ana\nLisboa").unwrap()), "PostalAddress(..)");
    }
}
