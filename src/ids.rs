//! The names that bind things together: realm, account, flow, mail.
//!
//! Each is a type of its own, so that one is never passed for another.

use std::fmt;
use std::sync::Arc;

/// A tenant. Bound into every key, digest and row, so that nothing of one realm opens anything in another.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Realm(Arc<str>);

impl Realm {
    /// Names a realm: 1 to 64 characters out of `a-z`, `0-9`, `-`, `_` and `.`.
    ///
    /// # Errors
    /// [`InvalidName`] for anything else.
    pub fn new(name: &str) -> Result<Self, InvalidName> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
        if name.is_empty() || name.len() > 64 || !name.bytes().all(legal) {
            return Err(InvalidName { what: "realm", rule: "1 to 64 of a-z, 0-9, '-', '_', '.'" });
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Realm({})", self.0)
    }
}

/// The host's name for an account: never re-used for another one (LG-8), and best no personal datum.
///
/// `Debug` leaves it out, since a host may use an e-mail address as its id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// Wraps a host's account id: 1 to 255 bytes without control characters.
    ///
    /// # Errors
    /// [`InvalidName`] for anything else.
    pub fn new(id: &str) -> Result<Self, InvalidName> {
        if id.is_empty() || id.len() > 255 || id.chars().any(char::is_control) {
            return Err(InvalidName {
                what: "account id",
                rule: "1 to 255 bytes without control characters",
            });
        }
        Ok(Self(id.into()))
    }

    /// The id as the host gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountId(..)")
    }
}

/// A name that breaks its rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}")]
pub struct InvalidName {
    what: &'static str,
    rule: &'static str,
}

impl InvalidName {
    pub(crate) const fn new(what: &'static str, rule: &'static str) -> Self {
        Self { what, rule }
    }
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Wraps 16 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

random_id! {
    /// The public name of one recovery flow: 128 random bits. Knowing it opens nothing.
    FlowId
}

random_id! {
    /// The name of one mail in the outbox: 128 random bits, the same across all tries.
    MailId
}

random_id! {
    /// The name of one document: 128 bits, random or derived from what the document is about.
    DocumentId
}

random_id! {
    /// The name of one case of the support desk: 128 random bits. Knowing it opens nothing.
    CaseId
}

random_id! {
    /// The name of one factor of one account: 128 random bits.
    FactorId
}

impl CaseId {
    /// Reads what `Display` wrote: 32 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        unhex(text).map(Self)
    }
}

/// 16 bytes in the one spelling that [`hex`] gives.
pub(crate) fn unhex(text: &str) -> Option<[u8; 16]> {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let plain = text.len() == 32 && text.bytes().all(digit);
    let bits = u128::from_str_radix(text, 16).ok().filter(|_| plain)?;
    Some(bits.to_be_bytes())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
