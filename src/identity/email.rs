//! E-mail addresses on file, and the key by which they are found.
//!
//! An address is checked once, stored as it was given, and mail goes to exactly those bytes (UN-3, NO-7).
//! It is *found* by a canonical key of our own making, so that no database collation can decide that two
//! mailboxes are one (CVE-2019-19844, CVE-2024-27295). Rule: normalise, then validate (UN-4).

use std::fmt;

use super::text;

const MAX_LOCAL_OCTETS: usize = 64;
const MAX_DOMAIN_OCTETS: usize = 255;

/// An e-mail address on file: validated, kept byte for byte.
///
/// ```
/// use regain::identity::EmailAddress;
///
/// let address = EmailAddress::parse("Ana.Silva@Example.ORG")?;
/// assert_eq!(address.as_str(), "Ana.Silva@Example.ORG");
/// assert_eq!(address.key().as_str(), "ana.silva@example.org");
/// # Ok::<(), regain::identity::AddressError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    verbatim: String,
    key: EmailKey,
}

impl EmailAddress {
    /// Checks an address. White space is not trimmed: what is stored is what was given.
    ///
    /// # Errors
    ///
    /// [`AddressError`] says which rule the address breaks. Quoted local parts and domain literals are
    /// valid in RFC 5321 and refused here: nobody has one, and parsers disagree about them.
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        if address.len() > MAX_LOCAL_OCTETS + 1 + MAX_DOMAIN_OCTETS {
            return Err(AddressError::TooLong);
        }
        if address.chars().any(|c| text::is_refused(c) || c.is_whitespace()) {
            return Err(AddressError::ForbiddenCharacter);
        }
        let (local, domain) = address.rsplit_once('@').ok_or(AddressError::NoDomain)?;
        let key = EmailKey(format!("{}@{}", local_key(local)?, domain_key(domain)?));
        Ok(Self { verbatim: address.to_owned(), key })
    }

    /// The address as it was given; the one that mail goes to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.verbatim
    }

    /// The domain in ASCII (`xn--`), as it stands in a `Message-ID`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.key.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The canonical key for look-up and comparison. No mail is ever sent to it.
    #[must_use]
    pub fn key(&self) -> EmailKey {
        self.key.clone()
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

/// The canonical key of an [`EmailAddress`]: local part in lower case and NFC, domain in ASCII (`xn--`).
///
/// Hosts store it in a column of its own with binary collation, beside the address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailKey(String);

impl EmailKey {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailKey(..)")
    }
}

/// Why an address is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Longer than 64 octets before the `@`, or 255 after it (RFC 5321, 4.5.3.1).
    #[error("the address is too long: 64 octets before the @ and 255 after it are allowed")]
    TooLong,
    /// A control, space, invisible character, other form of `@`, or one that stands for other characters.
    #[error("the address has a character that is invisible or stands for another; type it anew")]
    ForbiddenCharacter,
    /// There is no `@`.
    #[error("the address has no @ and domain")]
    NoDomain,
    /// The part before the `@` is empty, quoted, has a dot at an end or two in a row, or another special.
    #[error("the part before the @ must be letters, digits and the usual signs, with single dots between")]
    LocalPart,
    /// The domain is no host name: empty label, literal, unusual character.
    #[error("the part after the @ must be a domain name, such as example.org")]
    Domain,
    /// Not a telephone number in its international spelling.
    #[error("a telephone number is + and 7 to 15 digits, the country code first, and nothing between them")]
    Phone,
    /// Not the lines of an envelope.
    #[error(
        "a postal address has 2 to 8 lines of at most 120 bytes, none of them empty or with a space at its ends"
    )]
    Post,
}

fn local_key(local: &str) -> Result<String, AddressError> {
    // A look-alike mailbox must not share a key: the Kelvin sign lower-cases to `k` (CVE-2019-19844).
    if local.chars().any(text::has_compatibility_form) {
        return Err(AddressError::ForbiddenCharacter);
    }
    let key = text::lower_nfc(local);
    if local.len() > MAX_LOCAL_OCTETS || key.len() > MAX_LOCAL_OCTETS {
        return Err(AddressError::TooLong);
    }
    let is_atom = |atom: &str| !atom.is_empty() && atom.chars().all(is_atom_character);
    // UN-1, UN-4: a key that a second pass would change is no key, and the key itself is checked.
    if text::lower_nfc(&key) != key || !key.split('.').all(is_atom) || !local.split('.').all(is_atom) {
        return Err(AddressError::LocalPart);
    }
    Ok(key)
}

fn domain_key(domain: &str) -> Result<String, AddressError> {
    let usual: String = domain.chars().map(text::width_mapped).collect();
    if usual.chars().any(text::has_compatibility_form) {
        return Err(AddressError::ForbiddenCharacter);
    }
    let key = idna::domain_to_ascii_strict(&usual).map_err(|_| AddressError::Domain)?;
    if domain.len() > MAX_DOMAIN_OCTETS || key.len() > MAX_DOMAIN_OCTETS {
        return Err(AddressError::TooLong);
    }
    // An address of numbers (`127.0.0.1`) is a literal that lost its brackets.
    let top = key.rsplit('.').next().unwrap_or_default();
    if key.split('.').any(str::is_empty) || top.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressError::Domain);
    }
    Ok(key)
}

/// `atext` of RFC 5322 and RFC 6532.
fn is_atom_character(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}
