//! What a host has on file about a person, and the names of those attributes.

use std::collections::BTreeMap;
use std::fmt;

use time::Date;

use super::rules::RulesError;

/// Something a person can be known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Attribute {
    /// Given name or names. Not identifying.
    GivenName,
    /// Family name or names. Not identifying.
    FamilyName,
    /// Date of birth. Not identifying: about 36,500 values a century.
    BirthDate,
    /// A number the host gave to this one person, such as a medical record number.
    RecordNumber,
    /// An e-mail address on file.
    Email,
    /// A telephone number on file.
    Phone,
    /// An attribute of the host's own, such as a policy number.
    Custom(AttributeName),
}

impl Attribute {
    /// Whether one value belongs to one person, or very few. Of a custom attribute the host decides.
    pub(super) fn can_identify(&self) -> bool {
        !matches!(self, Self::GivenName | Self::FamilyName | Self::BirthDate)
    }

    /// The name in labels of digests. Changing one changes every index value.
    pub(super) fn label(&self) -> String {
        match self {
            Self::GivenName => "given-name".to_owned(),
            Self::FamilyName => "family-name".to_owned(),
            Self::BirthDate => "birth-date".to_owned(),
            Self::RecordNumber => "record-number".to_owned(),
            Self::Email => "email".to_owned(),
            Self::Phone => "phone".to_owned(),
            Self::Custom(name) => format!("custom:{}", name.as_str()),
        }
    }
}

/// The name of a host's own attribute: 1 to 32 of `a-z`, `0-9`, `_`, starting with a letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeName(String);

impl AttributeName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`RulesError::AttributeName`] if it is anything else than described above.
    pub fn new(name: &str) -> Result<Self, RulesError> {
        let fits = (1..=32).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_lowercase());
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if fits && plain { Ok(Self(name.to_owned())) } else { Err(RulesError::AttributeName) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person as the host has them on file.
///
/// ```
/// use regain::identity::Person;
/// use time::macros::date;
///
/// let ana = Person::new("Ana", "Silva").with_birth_date(date!(1990 - 05 - 17)).with_record_number("MRN-1001");
/// assert_eq!(format!("{ana:?}"), "Person(..)");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// Given names; empty for someone with a single name.
    pub given_name: String,
    /// Family names.
    pub family_name: String,
    /// Family names that were on file earlier, as before a marriage. Claimed instead of the present one, they agree.
    pub former_family_names: Vec<String>,
    /// Date of birth, in the Gregorian calendar.
    pub birth_date: Option<Date>,
    /// The record number.
    pub record_number: Option<String>,
    /// E-mail addresses on file.
    pub emails: Vec<String>,
    /// Telephone numbers on file.
    pub phones: Vec<String>,
    /// The host's own attributes.
    pub attributes: BTreeMap<AttributeName, String>,
}

impl Person {
    /// A person by their names.
    #[must_use]
    pub fn new(given_name: impl Into<String>, family_name: impl Into<String>) -> Self {
        Self { given_name: given_name.into(), family_name: family_name.into(), ..Self::default() }
    }

    /// Adds a family name that was on file earlier.
    #[must_use]
    pub fn with_former_family_name(mut self, name: impl Into<String>) -> Self {
        self.former_family_names.push(name.into());
        self
    }

    /// Sets the date of birth.
    #[must_use]
    pub fn with_birth_date(mut self, date: Date) -> Self {
        self.birth_date = Some(date);
        self
    }

    /// Sets the record number.
    #[must_use]
    pub fn with_record_number(mut self, number: impl Into<String>) -> Self {
        self.record_number = Some(number.into());
        self
    }

    /// Adds an e-mail address.
    #[must_use]
    pub fn with_email(mut self, address: impl Into<String>) -> Self {
        self.emails.push(address.into());
        self
    }

    /// Adds a telephone number, best with its country code: `+351 21 000 00 00`.
    #[must_use]
    pub fn with_phone(mut self, number: impl Into<String>) -> Self {
        self.phones.push(number.into());
        self
    }

    /// Sets one of the host's own attributes.
    #[must_use]
    pub fn with_attribute(mut self, name: AttributeName, value: impl Into<String>) -> Self {
        self.attributes.insert(name, value.into());
        self
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}
