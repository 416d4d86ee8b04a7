//! Rules: by which attributes a person is looked for, and which are compared afterwards.
//!
//! A name and a birth date can be guessed or read on a social network, and 36,500 birth dates a century can
//! be tried (ID-1, ID-4). Rule: every look-up includes an attribute that identifies, or does not build.

use std::collections::BTreeSet;

use super::agreement::{Nicknames, Rival, Weight, accepted_of};
use super::person::{Attribute, AttributeName};

/// By which attributes a person is looked for, and which are compared on the account that was found.
///
/// The default looks for the record number and weighs birth date and names on the account it leads to.
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
    threshold: Weight,
    exact_birth_date: bool,
    nicknames: Nicknames,
}

impl Default for IdentityRules {
    fn default() -> Self {
        Self {
            combinations: vec![BTreeSet::from([Attribute::RecordNumber])],
            compared: comparable(),
            threshold: Weight::DEFAULT,
            exact_birth_date: false,
            nicknames: Nicknames::none(),
        }
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

    /// What claims must weigh against every rival.
    #[must_use]
    pub fn threshold(&self) -> Weight {
        self.threshold
    }

    pub(super) fn wants_exact_birth_date(&self) -> bool {
        self.exact_birth_date
    }

    pub(super) fn nicknames(&self) -> &Nicknames {
        &self.nicknames
    }

    /// The part of a rival's asks that is accepted, of those which lead to an account that is not theirs: between 0
    /// and 1, from the table of weights. By what he has anyway, and with the slips that everybody makes.
    ///
    /// ```
    /// use regain::identity::{IdentityRules, Rival};
    ///
    /// let rules = IdentityRules::default();
    /// assert!(Rival::ALL.iter().all(|rival| rules.false_accept_rate(*rival) < 0.002));
    /// ```
    #[must_use]
    pub fn false_accept_rate(&self, rival: Rival) -> f64 {
        accepted_of(rival, self)
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
    threshold: Option<Weight>,
    dangerous_threshold: Option<Weight>,
    exact_birth_date: bool,
    nicknames: Nicknames,
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

    /// Looks also for a combination without an identifying attribute, such as birth date and family name, for people
    /// who mistype or do not know their number.
    ///
    /// An identifying attribute goes first: see [`resolve_probes`](super::resolve_probes). A combination that leads to several
    /// people finds nobody, so it serves small hosts: among 10^6 people one in three with a name that one in 100 has
    /// shares the birth date with somebody else of that name. Asks are counted by what of it is not the birth date, so that
    /// all who have one family name share one budget; name the given name too if there are many.
    ///
    /// **Danger:** whoever knows a person's name can try birth dates, and mail is sent to the person at each
    /// hit.
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

    /// Asks for more than [`Weight::DEFAULT`]: what claims must weigh against every rival, at most
    /// [`Weight::MOST`].
    #[must_use]
    pub fn with_threshold(mut self, threshold: Weight) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// Asks for less than [`Weight::DEFAULT`], down to [`Weight::FLOOR`].
    ///
    /// **Danger:** at the floor whoever has the record number and the birth date need only have the given name, and one
    /// stranger in 200 has; and a son who has his father's name and birthday is taken for him if they are 20 or 30 years
    /// apart. [`IdentityRules::false_accept_rate`] says how often.
    #[must_use]
    pub fn danger_threshold(mut self, threshold: Weight) -> Self {
        self.dangerous_threshold = Some(threshold);
        self
    }

    /// Forgives nothing in a birth date.
    #[must_use]
    pub fn exact_birth_date(mut self) -> Self {
        self.exact_birth_date = true;
        self
    }

    /// Takes these nicknames for the given names they stand for. None by default.
    #[must_use]
    pub fn nicknames(mut self, nicknames: Nicknames) -> Self {
        self.nicknames = nicknames;
        self
    }

    fn chosen_threshold(&self) -> Result<Weight, RulesError> {
        if let Some(threshold) =
            self.threshold.filter(|threshold| !(Weight::DEFAULT..=Weight::MOST).contains(threshold))
        {
            return Err(RulesError::Threshold(threshold));
        }
        let low = self.dangerous_threshold;
        if let Some(threshold) = low.filter(|threshold| !(Weight::FLOOR..=Weight::MOST).contains(threshold)) {
            return Err(RulesError::Threshold(threshold));
        }
        Ok(low.or(self.threshold).unwrap_or(Weight::DEFAULT))
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
        let threshold = self.chosen_threshold()?;
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
        Ok(IdentityRules {
            combinations,
            compared: if is_strict { BTreeSet::new() } else { compared },
            threshold,
            exact_birth_date: self.exact_birth_date,
            nicknames: self.nicknames,
        })
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
    /// Claims would have to weigh less than is safe, or more than they can.
    #[error("a threshold of {0} is out of range: 3.0 to 13.0 bits, or by `danger_threshold` 1.5 to 13.0")]
    Threshold(Weight),
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
