//! The port to a corpus of breached passwords.

use std::collections::HashSet;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::{PreparedPassword, Reason};

/// An error of a host's own making, kept as the source.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A corpus of breached passwords, such as a file of Pwned Passwords or its range API.
///
/// ```
/// # use regain::password::{BoxError, BreachedPasswords, PreparedPassword};
/// struct NoCorpus;
///
/// #[async_trait::async_trait]
/// impl BreachedPasswords for NoCorpus {
///     async fn is_breached(&self, _password: &PreparedPassword) -> Result<bool, BoxError> {
///         Ok(false)
///     }
/// }
/// ```
#[async_trait]
pub trait BreachedPasswords: Send + Sync {
    /// Whether the whole value is in the corpus. Set a time limit: a person waits.
    async fn is_breached(&self, password: &PreparedPassword) -> Result<bool, BoxError>;
}

/// What to do with a password that could not be checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBreachFailure {
    /// Accept it, the default: the blocklist has seen it already, and people locked out of their account
    /// because another service is down are the greater harm.
    #[default]
    Accept,
    /// Refuse it until the check works again.
    Refuse,
}

impl OnBreachFailure {
    /// The reason to refuse a password, if there is one, after a check.
    ///
    /// Log the error first: here it is dropped.
    pub fn judge(self, checked: Result<bool, BoxError>) -> Option<Reason> {
        match (checked, self) {
            (Ok(true), _) => Some(Reason::Breached),
            (Ok(false), _) | (Err(_), Self::Accept) => None,
            (Err(_), Self::Refuse) => Some(Reason::BreachUnknown),
        }
    }
}

/// A corpus in memory: for tests, and for short lists of a host's own.
#[derive(Clone, Debug, Default)]
pub struct InMemoryBreached(HashSet<[u8; 32]>);

impl InMemoryBreached {
    /// A corpus of these values.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        Self(values.into_iter().map(|value| Sha256::digest(value).into()).collect())
    }
}

#[async_trait]
impl BreachedPasswords for InMemoryBreached {
    async fn is_breached(&self, password: &PreparedPassword) -> Result<bool, BoxError> {
        Ok(self.0.contains::<[u8; 32]>(&Sha256::digest(password.as_bytes()).into()))
    }
}
