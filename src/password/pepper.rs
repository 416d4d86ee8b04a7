//! Keys that hashes are made under and that are kept apart from them.

use std::fmt;

use zeroize::Zeroizing;

/// Bytes of a key: as strong as the tag.
const KEY_BYTES: usize = 32;

/// One pepper: a key that a thief of the hashes does not have.
///
/// Its id is written into every hash made under it (`keyid` in the PHC string), so that a later ring still
/// knows which key to use. The id is no secret.
#[derive(Clone)]
pub struct Pepper {
    id: String,
    key: Zeroizing<[u8; KEY_BYTES]>,
}

impl Pepper {
    /// A key under an id of one to eight ASCII letters or digits, as much as a PHC string holds.
    ///
    /// # Errors
    ///
    /// [`PepperIdError`] for any other id.
    pub fn new(id: &str, key: [u8; KEY_BYTES]) -> Result<Self, PepperIdError> {
        let key = Zeroizing::new(key);
        if !(1..=8).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(PepperIdError);
        }
        Ok(Self { id: id.to_owned(), key })
    }

    pub(super) fn id(&self) -> &[u8] {
        self.id.as_bytes()
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key[..]
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pepper({}, ..)", self.id)
    }
}

/// The pepper that new hashes are made under, and former ones that old hashes still need.
///
/// To rotate, make the new key current and keep the old one until every hash that names it has been replaced:
/// verification then answers [`RightButOutdated`](super::Verification::RightButOutdated).
///
/// So do hashes from before there was a pepper. A pepper is thus no proof of who wrote a hash: whoever can
/// write to the store can still put one of their own there.
#[derive(Clone, Debug)]
pub struct PepperRing {
    current: Pepper,
    former: Vec<Pepper>,
}

impl PepperRing {
    /// A ring of one key.
    pub fn new(current: Pepper) -> Self {
        Self { current, former: Vec::new() }
    }

    /// Adds a former key, for verification only. A key whose id is in the ring already is not used.
    #[must_use]
    pub fn with_former(mut self, former: Pepper) -> Self {
        self.former.push(former);
        self
    }

    pub(super) fn current(&self) -> &Pepper {
        &self.current
    }

    pub(super) fn find(&self, id: &[u8]) -> Option<&Pepper> {
        std::iter::once(&self.current).chain(&self.former).find(|pepper| pepper.id() == id)
    }
}

/// The id of a pepper cannot be written into a PHC string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of a pepper is one to eight ASCII letters or digits")]
pub struct PepperIdError;
