//! Claims: what somebody says of themself on the page "forgot username".
//!
//! They are typed by anyone, so nothing here fails: fields are bounded, and what cannot be true (31 February)
//! makes the claims *malformed*, which outwardly is the same as finding nobody (ID-5). They are personal data
//! of someone who may not even be the asker: kept as bytes only until resolved, wiped on drop, never printed.

use std::collections::BTreeMap;
use std::fmt;

use time::Date;
use zeroize::{Zeroize, Zeroizing};

use super::email::EmailAddress;
use super::names::Kind;
use super::person::{Attribute, AttributeName};
use super::{names, normalize, text};

/// A field longer than this many bytes makes the claims malformed, and only this much of it is kept.
pub const MAX_FIELD_BYTES: usize = 320;
/// More attributes of the host's own than this make the claims malformed.
const MAX_ATTRIBUTES: usize = 16;
const FORMAT: u8 = 1;

/// The fields of the page, as they were typed. Leave a field that the page does not have empty.
#[derive(Clone, Default)]
pub struct TypedClaims {
    /// Given names.
    pub given_name: String,
    /// Family names.
    pub family_name: String,
    /// Date of birth as `YYYY-MM-DD`.
    pub birth_date: String,
    /// Record number, in any spelling: `mrn 0042`.
    pub record_number: String,
    /// E-mail address.
    pub email: String,
    /// Telephone number.
    pub phone: String,
    /// The host's own attributes.
    pub attributes: BTreeMap<AttributeName, String>,
}

impl fmt::Debug for TypedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedClaims(..)")
    }
}

/// What somebody says of themself: bounded and checked, not yet believed.
///
/// ```
/// use regain::identity::{IdentityClaims, TypedClaims};
/// use time::macros::date;
///
/// let typed = TypedClaims { birth_date: "1990-02-31".into(), record_number: "7".into(), ..TypedClaims::default() };
/// assert!(IdentityClaims::new(typed).is_malformed());
///
/// let typed = TypedClaims { birth_date: "2031-01-01".into(), record_number: "7".into(), ..TypedClaims::default() };
/// let claims = IdentityClaims::new(typed);
/// assert!(!claims.is_malformed());
/// assert!(claims.is_malformed_on(date!(2030 - 12 - 31)), "born tomorrow");
/// ```
#[derive(Clone)]
pub struct IdentityClaims {
    typed: TypedClaims,
    was_cut: bool,
}

impl IdentityClaims {
    /// Takes what was typed. White space at the ends of a field is dropped.
    #[must_use]
    pub fn new(mut typed: TypedClaims) -> Self {
        let mut was_cut = typed.attributes.len() > MAX_ATTRIBUTES;
        while typed.attributes.len() > MAX_ATTRIBUTES {
            typed.attributes.pop_last();
        }
        for field in fields_mut(&mut typed) {
            was_cut |= field.len() > MAX_FIELD_BYTES;
            let kept = text::prefix(field, MAX_FIELD_BYTES).trim().to_owned();
            std::mem::replace(field, kept).zeroize();
        }
        Self { typed, was_cut }
    }

    /// Whether they can belong to nobody: a field too long, a date that does not exist, a record number
    /// without letter or digit, a control character, or nothing at all.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        let typed = &self.typed;
        let known = fields(typed).into_iter().any(|field| !field.is_empty());
        let unprintable = fields(typed).into_iter().any(|field| field.contains(char::is_control));
        let wrong = |field: &str, valid: bool| !field.is_empty() && !valid;
        self.was_cut
            || !known
            || unprintable
            || wrong(&typed.birth_date, self.birth_date().is_some())
            || wrong(&typed.record_number, normalize::record_number(&typed.record_number).is_some())
            || wrong(&typed.email, EmailAddress::parse(&typed.email).is_ok())
            || wrong(&typed.phone, normalize::phone(&typed.phone).is_some())
            || typed.attributes.values().any(|value| wrong(value, normalize::custom(value).is_some()))
    }

    /// Whether they can belong to nobody on that day: malformed, or born later.
    #[must_use]
    pub fn is_malformed_on(&self, today: Date) -> bool {
        self.is_malformed() || self.birth_date().is_some_and(|born| born > today)
    }

    /// The claims as bytes, to be sealed and stored until they are resolved.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let typed = &self.typed;
        let length: usize = fields(typed).iter().map(|field| field.len() + 4).sum();
        let names: usize = typed.attributes.keys().map(|name| name.as_str().len() + 4).sum();
        // Allocated once: a vector that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 + length + names));
        bytes.extend([FORMAT, u8::from(self.was_cut)]);
        let plain = [
            &typed.given_name,
            &typed.family_name,
            &typed.birth_date,
            &typed.record_number,
            &typed.email,
            &typed.phone,
        ];
        for field in plain {
            put(&mut bytes, field);
        }
        for (name, value) in &typed.attributes {
            put(&mut bytes, name.as_str());
            put(&mut bytes, value);
        }
        bytes
    }

    /// The claims that [`IdentityClaims::to_bytes`] wrote, or `None` for any other bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [FORMAT, cut @ 0..=1, rest @ ..] = bytes else { return None };
        let mut rest = rest;
        // Read into claims at once, so that they are wiped also when a later field is broken.
        let mut claims = Self { typed: TypedClaims::default(), was_cut: *cut == 1 };
        for field in plain_mut(&mut claims.typed) {
            *field = take(&mut rest)?.to_owned();
        }
        while !rest.is_empty() {
            let name = AttributeName::new(take(&mut rest)?).ok()?;
            let value = take(&mut rest)?.to_owned();
            let next = claims.typed.attributes.last_key_value().is_none_or(|(last, _)| *last < name);
            claims.typed.attributes.insert(name, value);
            if !next || claims.typed.attributes.len() > MAX_ATTRIBUTES {
                return None;
            }
        }
        Some(claims)
    }

    pub(super) fn given_name(&self) -> &str {
        &self.typed.given_name
    }

    pub(super) fn family_name(&self) -> &str {
        &self.typed.family_name
    }

    pub(super) fn birth_date(&self) -> Option<Date> {
        normalize::birth_date(&self.typed.birth_date)
    }

    /// The forms of an attribute to look up: none if it was not typed, two if a name may be spelled two ways.
    pub(super) fn forms(&self, attribute: &Attribute) -> Vec<String> {
        let typed = &self.typed;
        let one = |form: Option<String>| form.into_iter().collect();
        match attribute {
            Attribute::GivenName => names::index_forms(&typed.given_name, Kind::Given),
            Attribute::FamilyName => names::index_forms(&typed.family_name, Kind::Family),
            Attribute::BirthDate => one(self.birth_date().map(normalize::date_form)),
            Attribute::RecordNumber => one(normalize::record_number(&typed.record_number)),
            Attribute::Email => {
                one(EmailAddress::parse(&typed.email).ok().map(|a| a.key().as_str().to_owned()))
            }
            Attribute::Phone => one(normalize::phone(&typed.phone)),
            Attribute::Custom(name) => {
                one(typed.attributes.get(name).and_then(|value| normalize::custom(value)))
            }
        }
    }

    /// The one form of an attribute that budgets are keyed on.
    pub(super) fn budget_form(&self, attribute: &Attribute) -> Option<String> {
        let form = match attribute {
            Attribute::GivenName => Some(names::budget_form(&self.typed.given_name, Kind::Given)),
            Attribute::FamilyName => Some(names::budget_form(&self.typed.family_name, Kind::Family)),
            other => self.forms(other).pop(),
        };
        form.filter(|form| !form.is_empty())
    }
}

impl Drop for IdentityClaims {
    fn drop(&mut self) {
        for field in fields_mut(&mut self.typed) {
            field.zeroize();
        }
    }
}

impl fmt::Debug for IdentityClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityClaims(..)")
    }
}

fn fields(typed: &TypedClaims) -> Vec<&String> {
    let TypedClaims { given_name, family_name, birth_date, record_number, email, phone, attributes } = typed;
    let plain = [given_name, family_name, birth_date, record_number, email, phone];
    plain.into_iter().chain(attributes.values()).collect()
}

fn plain_mut(typed: &mut TypedClaims) -> [&mut String; 6] {
    let TypedClaims { given_name, family_name, birth_date, record_number, email, phone, .. } = typed;
    [given_name, family_name, birth_date, record_number, email, phone]
}

fn fields_mut(typed: &mut TypedClaims) -> Vec<&mut String> {
    let TypedClaims { given_name, family_name, birth_date, record_number, email, phone, attributes } = typed;
    let plain = [given_name, family_name, birth_date, record_number, email, phone];
    plain.into_iter().chain(attributes.values_mut()).collect()
}

fn put(bytes: &mut Vec<u8>, field: &str) {
    // Fields are at most `MAX_FIELD_BYTES` long.
    let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
    bytes.extend(length.to_be_bytes());
    bytes.extend(field.as_bytes());
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length =
        usize::try_from(u32::from_be_bytes(*length)).ok().filter(|length| *length <= MAX_FIELD_BYTES)?;
    let (field, after) = after.split_at_checked(length)?;
    *rest = after;
    std::str::from_utf8(field).ok()
}
