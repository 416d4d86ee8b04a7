//! Rules: by which attributes a person is looked for, and which are compared afterwards.
//!
//! A name and a birth date can be guessed or read on a social network, and 36,500 birth dates a century can
//! be tried (ID-1, ID-4). Rule: every look-up includes an attribute that identifies, or does not build.

use std::collections::BTreeSet;

use super::person::{Attribute, AttributeName};

/// By which attributes a person is looked for, and which are compared on the account that was found.
///
/// The default looks for the record number and compares birth date (exactly) and names (with tolerance).
///
/// ```
/// use regain::identity::{Attribute, IdentityRules};
///
/// // Also by e-mail address.
/// let rules = IdentityRules::builder().identifying(Attribute::Email).build()?;
///
/// // For a host that keeps no plain attributes: everything is inside the index, and typed exactly.
/// let strict = IdentityRules::builder().strict([Attribute::RecordNumber, Attribute::BirthDate]).build()?;
///
/// let guessable = IdentityRules::builder().strict([Attribute::FamilyName, Attribute::BirthDate]).build();
/// assert!(guessable.is_err());
/// # Ok::<(), regain::identity::RulesError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRules {
    combinations: Vec<BTreeSet<Attribute>>,
    compared: BTreeSet<Attribute>,
}

impl Default for IdentityRules {
    fn default() -> Self {
        Self { combinations: vec![BTreeSet::from([Attribute::RecordNumber])], compared: comparable() }
    }
}

impl IdentityRules {
    /// Rules to change from the default.
    #[must_use]
    pub fn builder() -> IdentityRulesBuilder {
        IdentityRulesBuilder::default()
    }

    /// The combinations of attributes to look for; each is one value in the index.
    pub(super) fn combinations(&self) -> &[BTreeSet<Attribute>] {
        &self.combinations
    }

    /// Whether the attribute is compared on the account that was found.
    pub(super) fn compares(&self, attribute: &Attribute) -> bool {
        self.compared.contains(attribute)
    }
}

/// Builds [`IdentityRules`].
#[derive(Debug, Clone, Default)]
pub struct IdentityRulesBuilder {
    identifying: Vec<Attribute>,
    strict: Vec<BTreeSet<Attribute>>,
    dangerous: Vec<BTreeSet<Attribute>>,
    not_kept: BTreeSet<Attribute>,
    no_record_numbers: bool,
}

impl IdentityRulesBuilder {
    /// Looks also for this attribute, by itself.
    #[must_use]
    pub fn identifying(mut self, attribute: Attribute) -> Self {
        self.identifying.push(attribute);
        self
    }

    /// Looks also for this attribute of the host's own, by itself. It must be as good as unique to a person.
    #[must_use]
    pub fn custom_identifying(self, name: AttributeName) -> Self {
        self.identifying(Attribute::Custom(name))
    }

    /// Does not look for record numbers; name another identifying attribute.
    #[must_use]
    pub fn without_record_number(mut self) -> Self {
        self.no_record_numbers = true;
        self
    }

    /// Looks for all these attributes at once and compares nothing afterwards.
    ///
    /// For hosts that keep no plain attributes. Nothing is forgiven but case, accents and separators.
    /// May be called several times, one combination each.
    #[must_use]
    pub fn strict(mut self, attributes: impl IntoIterator<Item = Attribute>) -> Self {
        self.strict.push(attributes.into_iter().collect());
        self
    }

    /// Looks also for a combination without an identifying attribute, such as name and birth date.
    ///
    /// **Danger:** whoever knows a person's name can try birth dates, and mail is sent to the person at each
    /// hit. Use it only where people have no number of any kind.
    #[must_use]
    pub fn danger_combination(mut self, attributes: impl IntoIterator<Item = Attribute>) -> Self {
        self.dangerous.push(attributes.into_iter().collect());
        self
    }

    /// Does not compare this attribute, because the host does not keep it. Birth date and names only.
    #[must_use]
    pub fn not_kept(mut self, attribute: Attribute) -> Self {
        self.not_kept.insert(attribute);
        self
    }

    /// The rules.
    ///
    /// # Errors
    ///
    /// [`RulesError`] says which rule would let a person be guessed, or contradicts another.
    pub fn build(self) -> Result<IdentityRules, RulesError> {
        if let Some(attribute) = self.identifying.iter().find(|attribute| !attribute.can_identify()) {
            return Err(RulesError::NotIdentifying(attribute.clone()));
        }
        if self.strict.iter().any(|combination| !combination.iter().any(Attribute::can_identify)) {
            return Err(RulesError::Guessable);
        }
        if self.dangerous.iter().any(BTreeSet::is_empty) {
            return Err(RulesError::Empty);
        }
        let is_strict = !self.strict.is_empty();
        if is_strict && !(self.identifying.is_empty() && self.not_kept.is_empty()) {
            return Err(RulesError::StrictAndCompared);
        }
        let compared: BTreeSet<_> = comparable().difference(&self.not_kept).cloned().collect();
        if compared.is_empty() || !self.not_kept.is_subset(&comparable()) {
            return Err(RulesError::NothingCompared);
        }
        let default = if is_strict || self.no_record_numbers { None } else { Some(Attribute::RecordNumber) };
        let singles =
            default.into_iter().chain(self.identifying).map(|attribute| BTreeSet::from([attribute]));
        let mut combinations: Vec<_> = singles.chain(self.strict).chain(self.dangerous).collect();
        combinations.sort();
        combinations.dedup();
        if combinations.is_empty() {
            return Err(RulesError::Empty);
        }
        Ok(IdentityRules { combinations, compared: if is_strict { BTreeSet::new() } else { compared } })
    }
}

fn comparable() -> BTreeSet<Attribute> {
    BTreeSet::from([Attribute::GivenName, Attribute::FamilyName, Attribute::BirthDate])
}

/// Why rules, or an index over them, cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// A name or a birth date was to identify a person by itself.
    #[error(
        "{0:?} belongs to many people and can be guessed; look for a record number, an e-mail or another identifying attribute"
    )]
    NotIdentifying(Attribute),
    /// A combination has no identifying attribute.
    #[error(
        "a combination without an identifying attribute can be guessed (36,500 birth dates a century); add one, or see `danger_combination`"
    )]
    Guessable,
    /// No attribute is looked for.
    #[error("there is no attribute to look for; name an identifying one")]
    Empty,
    /// Strict rules compare nothing afterwards, so a combination of its own must hold everything.
    #[error("strict rules compare nothing afterwards; put the attribute inside a strict combination")]
    StrictAndCompared,
    /// Nothing would be compared on the account that was found.
    #[error(
        "something must be compared: of given name, family name and birth date keep at least one; only these can be left out"
    )]
    NothingCompared,
    /// An attribute's name is not usable.
    #[error("an attribute's name is 1 to 32 of a-z, 0-9 and _, starting with a letter")]
    AttributeName,
    /// The blind index has no key.
    #[error("the blind index needs at least one key")]
    NoKey,
    /// Two keys of the blind index have the same id, or are the same.
    #[error("two keys of the blind index have the same id or the same bytes")]
    SameKeys,
    /// A key of the blind index is all zeros.
    #[error("key {0} of the blind index is all zeros; use 32 random bytes")]
    ZeroKey(u32),
}
