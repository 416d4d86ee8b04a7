//! The blind index: find an account by an attribute without keeping the attribute.
//!
//! Beside an account the host stores keyed digests (HMAC-SHA-256) of its identifying attributes. A probe
//! computes the same digests from what was typed. Who steals the index, but not the key, has random bytes.
//! Rule: a value depends on realm, combination, normaliser and every field, each with its length before it, so
//! that no two inputs share one.

use std::collections::BTreeSet;
use std::fmt;

use zeroize::Zeroizing;

use super::claims::IdentityClaims;
use super::email::EmailAddress;
use super::names::Kind;
use super::normalize::{self, NORMALIZER_VERSION};
use super::person::{Attribute, Person};
use super::rules::{IdentityRules, RulesError};
use super::{names, text};
use crate::wire::{frame, mac};

/// What a host stores beside an account, one row each, with the account's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexEntry {
    /// The key it was made with; after a rotation, entries of the old key can be replaced and removed by it.
    pub key_id: u32,
    /// The value to look up. Index this column.
    pub value: [u8; 32],
}

/// What to look up: an account matches if any of its entries has any of these values.
///
/// It is a look-up key and never proof of anything (ID-1).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct IdentityKey {
    values: Vec<[u8; 32]>,
}

impl IdentityKey {
    /// The values, under each key of the ring. Empty if the claims were malformed or named no identifying attribute.
    #[must_use]
    pub fn values(&self) -> &[[u8; 32]] {
        &self.values
    }

    /// Other values that differ in one byte each: for the contract of stores.
    #[cfg(feature = "testing")]
    pub(crate) fn altered(&self, place: usize) -> Self {
        let mut values = self.values.clone();
        values.iter_mut().for_each(|value| value[place] ^= 1);
        Self { values }
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityKey(..)")
    }
}

/// What to look up, in two parts, each one look-up: however the claims are, it is the same number of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Probes {
    identifying: IdentityKey,
    combined: Option<IdentityKey>,
}

impl Probes {
    /// By combinations with an identifying attribute.
    #[must_use]
    pub fn identifying(&self) -> &IdentityKey {
        &self.identifying
    }

    /// By combinations without one; `None` if the rules have none.
    #[must_use]
    pub fn combined(&self) -> Option<&IdentityKey> {
        self.combined.as_ref()
    }
}

impl fmt::Debug for Probes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Probes(..)")
    }
}

/// Makes index values: rules, a realm and a ring of keys.
///
/// To rotate, put a new key first, run [`reindex`](super::reindex()), then drop the old key. Under the old key
/// people are found until then.
#[derive(Clone)]
pub struct BlindIndex {
    rules: IdentityRules,
    realm: String,
    keys: Vec<(u32, Zeroizing<[u8; 32]>)>,
}

impl BlindIndex {
    /// An index for one realm. The first key is the current one; the others are only probed.
    ///
    /// # Errors
    ///
    /// [`RulesError`] if there is no key, one is all zeros, or two are the same.
    pub fn new(rules: IdentityRules, realm: &str, keys: Vec<(u32, [u8; 32])>) -> Result<Self, RulesError> {
        if keys.is_empty() {
            return Err(RulesError::NoKey);
        }
        if let Some((id, _)) = keys.iter().find(|(_, key)| *key == [0; 32]) {
            return Err(RulesError::ZeroKey(*id));
        }
        let ids: BTreeSet<_> = keys.iter().map(|(id, _)| id).collect();
        let bytes: BTreeSet<_> = keys.iter().map(|(_, key)| key).collect();
        if ids.len() < keys.len() || bytes.len() < keys.len() {
            return Err(RulesError::SameKeys);
        }
        let keys = Zeroizing::new(keys);
        let keys = keys.iter().map(|(id, key)| (*id, Zeroizing::new(*key))).collect();
        Ok(Self { rules, realm: realm.to_owned(), keys })
    }

    /// The rules of this index.
    #[must_use]
    pub fn rules(&self) -> &IdentityRules {
        &self.rules
    }

    /// What to store beside an account, under the current key: one entry for each combination whose attributes
    /// the person has, more if they have several addresses or a name that is spelled two ways.
    #[must_use]
    pub fn entries_for(&self, person: &Person) -> Vec<IndexEntry> {
        let Some((key_id, key)) = self.keys.first() else { return Vec::new() };
        let values =
            self.values(key, self.rules.combinations(), |attribute| forms_on_file(person, attribute));
        values.into_iter().map(|value| IndexEntry { key_id: *key_id, value }).collect()
    }

    /// What to look up for these claims. Nothing for malformed ones; a birth date yet to come is for
    /// [`IdentityClaims::is_malformed_on`] to find.
    #[must_use]
    pub fn probe(&self, claims: &IdentityClaims) -> IdentityKey {
        if claims.is_malformed() {
            return IdentityKey::default();
        }
        self.key_over(self.rules.combinations(), claims)
    }

    /// What to look up for these claims, those by identifying attributes apart from the others, for
    /// [`resolve_probes`](super::resolve_probes). `None` if [`BlindIndex::probe`] has nothing to look up.
    #[must_use]
    pub fn probes(&self, claims: &IdentityClaims) -> Option<Probes> {
        if self.probe(claims).values().is_empty() {
            return None;
        }
        let (identifying, others): (Vec<_>, Vec<_>) =
            self.rules.combinations().iter().cloned().partition(is_identifying);
        let combined = (!others.is_empty()).then(|| self.looked_up(&others, claims));
        Some(Probes { identifying: self.looked_up(&identifying, claims), combined })
    }

    /// Never empty: nothing to look up is looked up under a value that nobody has.
    fn looked_up(&self, combinations: &[BTreeSet<Attribute>], claims: &IdentityClaims) -> IdentityKey {
        let mut key = self.key_over(combinations, claims);
        if key.values.is_empty() {
            key.values =
                self.keys.iter().map(|(_, key)| mac(&**key, &[&*self.labelled("nobody", [])])).collect();
        }
        key
    }

    fn key_over(&self, combinations: &[BTreeSet<Attribute>], claims: &IdentityClaims) -> IdentityKey {
        let per_key = self
            .keys
            .iter()
            .flat_map(|(_, key)| self.values(key, combinations, |attribute| claims.forms(attribute)));
        IdentityKey { values: per_key.collect() }
    }

    /// Whom these claims are about, so that guesses about one person can be counted (ID-4): one subject for
    /// each identifying attribute typed; for a combination without one, whatever of it is not the birth date.
    ///
    /// Never empty: malformed claims, or claims that name nobody, give one subject made of what was typed.
    /// Subjects hold personal data; digest them under a key before storing them.
    #[must_use]
    pub fn budget_subjects(&self, claims: &IdentityClaims) -> Vec<Zeroizing<Vec<u8>>> {
        let mut subjects = Vec::new();
        if !claims.is_malformed() {
            for combination in self.rules.combinations() {
                subjects.extend(self.subjects_of(combination, claims));
            }
        }
        if subjects.is_empty() {
            let fold = text::budget_fold(&String::from_utf8_lossy(&claims.to_bytes()));
            subjects.push(self.labelled("unidentified", [fold.as_str()]));
        }
        subjects.sort_by(|a, b| a.as_slice().cmp(b.as_slice()));
        subjects.dedup_by(|a, b| a.as_slice() == b.as_slice());
        subjects
    }

    fn subjects_of(
        &self,
        combination: &BTreeSet<Attribute>,
        claims: &IdentityClaims,
    ) -> Vec<Zeroizing<Vec<u8>>> {
        let subject = |attributes: Vec<&Attribute>| {
            let forms: Option<Vec<String>> =
                attributes.iter().map(|attribute| claims.budget_form(attribute)).collect();
            let name: Vec<String> = attributes.iter().map(|attribute| attribute.label()).collect();
            forms.map(|forms| self.labelled(&name.join("+"), forms.iter().map(String::as_str)))
        };
        let identifying: Vec<&Attribute> =
            combination.iter().filter(|attribute| attribute.can_identify()).collect();
        if !identifying.is_empty() {
            return identifying.into_iter().filter_map(|attribute| subject(vec![attribute])).collect();
        }
        let known: Vec<&Attribute> =
            combination.iter().filter(|attribute| **attribute != Attribute::BirthDate).collect();
        subject(known).into_iter().collect()
    }

    fn values(
        &self,
        key: &[u8; 32],
        combinations: &[BTreeSet<Attribute>],
        forms: impl Fn(&Attribute) -> Vec<String>,
    ) -> Vec<[u8; 32]> {
        let mut values = BTreeSet::new();
        for combination in combinations {
            let name: Vec<String> = combination.iter().map(Attribute::label).collect();
            let name = name.join("+");
            for row in each_choice(combination.iter().map(&forms)) {
                values.insert(mac(key, &[&*self.labelled(&name, row.iter().map(String::as_str))]));
            }
        }
        values.into_iter().collect()
    }

    /// Normaliser, realm, combination and fields.
    fn labelled<'a>(
        &self,
        combination: &str,
        fields: impl IntoIterator<Item = &'a str>,
    ) -> Zeroizing<Vec<u8>> {
        let version = NORMALIZER_VERSION.to_be_bytes();
        let mut parts =
            vec![&b"regain/identity"[..], &version, self.realm.as_bytes(), combination.as_bytes()];
        for field in fields {
            parts.push(field.as_bytes());
        }
        frame(&parts)
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex(..)")
    }
}

fn is_identifying(combination: &BTreeSet<Attribute>) -> bool {
    combination.iter().any(Attribute::can_identify)
}

/// The forms of an attribute on file, several for several addresses or spellings.
pub(super) fn forms_on_file(person: &Person, attribute: &Attribute) -> Vec<String> {
    let one = |form: Option<String>| form.into_iter().collect();
    match attribute {
        Attribute::GivenName => names::index_forms(&person.given_name, Kind::Given),
        Attribute::FamilyName => names::index_forms(&person.family_name, Kind::Family),
        Attribute::BirthDate => one(person.birth_date.map(normalize::date_form)),
        Attribute::RecordNumber => one(person.record_number.as_deref().and_then(normalize::record_number)),
        Attribute::Email => {
            let keys = person.emails.iter().filter_map(|address| EmailAddress::parse(address.trim()).ok());
            keys.map(|address| address.key().as_str().to_owned()).collect()
        }
        Attribute::Phone => person.phones.iter().filter_map(|number| normalize::phone(number)).collect(),
        Attribute::Custom(name) => {
            one(person.attributes.get(name).and_then(|value| normalize::custom(value)))
        }
    }
}

/// Every way to take one form of each attribute; none if an attribute has none.
fn each_choice(attributes: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    attributes.fold(vec![Vec::new()], |rows, forms| {
        let longer = |row: &Vec<String>| {
            let row = row.clone();
            forms.iter().map(move |form| [row.as_slice(), std::slice::from_ref(form)].concat())
        };
        rows.iter().flat_map(longer).collect()
    })
}
