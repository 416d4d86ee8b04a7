//! The key ring: one master key a generation, from which every other key is derived.
//!
//! The host loads the ring; there is no default. New things are made under one key, other things are opened by the key
//! that they name. Losing an old key harms only what was made with it.

use crate::entropy::{Entropy, EntropyError, random};
use crate::ids::Realm;
use crate::token::VerifierDigest;
use crate::wire::{frame, mac};
use chacha20poly1305::aead::{Aead, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::fmt;
use zeroize::Zeroizing;

/// Number of a key in the ring. Higher is newer; never give one number to two keys.
pub type KeyId = u32;

/// Master keys: one that new things are made with, and those that still open, or will open, what others made.
///
/// All nodes of a service have the same ring, and the database has none of it. To rotate without losing anybody:
///
/// 1. Give every node the new key with [`with_next_key`](Self::with_next_key): it opens what is sealed under it, and makes
///    nothing yet. One node needs no such step.
/// 2. Give every node the new key with [`with_key`](Self::with_key). New things are made under it; what waits is sealed
///    anew by the worker ([`Worker::old_keys_in_use`](crate::Worker::old_keys_in_use) tells when that is done), and the
///    audit record is vouched for by it within a minute.
/// 3. Make the blind indexes anew ([`reindex`](crate::identity::reindex)).
/// 4. After seven days, the life of the "this wasn't me" in a mail (links live a day at most), take the old key out. What was typed too often may then be typed again, and
///    pseudonyms in the audit record change: both are made under the oldest key.
///
/// A key that is lost before that costs what was made under it: asks and mails that wait (people ask again), links and
/// "this wasn't me" that are out, and the blind indexes (to be made anew).
#[derive(Clone)]
pub struct KeyRing {
    /// The key that new things are made with comes first.
    keys: Vec<(KeyId, Zeroizing<[u8; 32]>)>,
}

impl KeyRing {
    /// A ring with one key of 256 random bits.
    #[must_use]
    pub fn new(id: KeyId, key: [u8; 32]) -> Self {
        Self { keys: vec![(id, Zeroizing::new(key))] }
    }

    /// Adds a key. If its number is higher than that of the key that new things are made with, it takes that place.
    ///
    /// # Errors
    /// [`KeyError::DoubledId`] when the ring has that number already.
    pub fn with_key(self, id: KeyId, key: [u8; 32]) -> Result<Self, KeyError> {
        let place = usize::from(id < self.newest());
        self.with(place, id, key)
    }

    /// Adds a key that other nodes may make things with before this one does.
    ///
    /// # Errors
    /// [`KeyError::DoubledId`] when the ring has that number already.
    pub fn with_next_key(self, id: KeyId, key: [u8; 32]) -> Result<Self, KeyError> {
        self.with(1, id, key)
    }

    fn with(mut self, place: usize, id: KeyId, key: [u8; 32]) -> Result<Self, KeyError> {
        if self.keys.iter().any(|(known, _)| *known == id) {
            return Err(KeyError::DoubledId(id));
        }
        self.keys.insert(place, (id, Zeroizing::new(key)));
        Ok(self)
    }

    /// Makes a fresh random key for a new ring or a rotation.
    ///
    /// # Errors
    /// [`EntropyError`] when no randomness can be had.
    pub fn generate_key(entropy: &dyn Entropy) -> Result<[u8; 32], EntropyError> {
        random(entropy)
    }

    pub(crate) fn has_zero_key(&self) -> bool {
        self.keys.iter().any(|(_, key)| **key == [0; 32])
    }

    /// A key for one use, derived from each master key; the one to make new things with comes first.
    pub(crate) fn derive_all(&self, label: &str) -> Vec<(KeyId, [u8; 32])> {
        self.keys
            .iter()
            .map(|(id, master)| (*id, mac(&**master, &[b"regain/key/v1", label.as_bytes()])))
            .collect()
    }

    fn derive(&self, id: KeyId, label: &str) -> Option<[u8; 32]> {
        let (_, master) = self.keys.iter().find(|(known, _)| *known == id)?;
        Some(mac(&**master, &[b"regain/key/v1", label.as_bytes()]))
    }

    fn newest(&self) -> KeyId {
        self.keys[0].0
    }

    /// Those that make nothing any more.
    fn older(&self) -> impl Iterator<Item = KeyId> {
        self.keys.iter().map(|(id, _)| *id).filter(|id| *id < self.newest())
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(id, _)| id)).finish()
    }
}

/// What is wrong with keys, or with what they should open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Two keys with one number.
    #[error("the ring has a key {0} already; give a new key a higher number")]
    DoubledId(KeyId),
    /// The key that sealed this is not in the ring.
    #[error("sealed with key {0}, which is not in the ring; add it back")]
    Missing(KeyId),
    /// Altered, moved to another row, or of another realm.
    #[error("a sealed value does not open here: altered, or moved from another row or realm")]
    Altered,
    /// No randomness for the nonce.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Where a sealed value stands: it opens in this place only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) realm: &'a Realm,
    pub(crate) row: &'a [u8; 16],
    pub(crate) column: &'static str,
}

/// Seals values for one place in a table (XChaCha20-Poly1305, random 192-bit nonces).
#[derive(Clone, Debug)]
pub(crate) struct Sealer {
    ring: KeyRing,
}

const NONCE: usize = 24;

impl Sealer {
    pub(crate) fn new(ring: KeyRing) -> Self {
        Self { ring }
    }

    pub(crate) fn seal(
        &self,
        entropy: &dyn Entropy,
        place: Place<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let id = self.ring.newest();
        let nonce: [u8; NONCE] = random(entropy)?;
        let payload = Payload { msg: plain, aad: &aad(id, place) };
        let sealed =
            self.cipher(id)?.encrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::Altered)?;
        Ok([&id.to_be_bytes()[..], &nonce, &sealed].concat())
    }

    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (id, rest) = sealed.split_first_chunk::<4>().ok_or(KeyError::Altered)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(KeyError::Altered)?;
        let id = KeyId::from_be_bytes(*id);
        // Not key-committing: exactly the named key is tried.
        let payload = Payload { msg: body, aad: &aad(id, place) };
        let plain =
            self.cipher(id)?.decrypt(&XNonce::from(*nonce), payload).map_err(|_| KeyError::Altered)?;
        Ok(Zeroizing::new(plain))
    }

    /// The same value under the newest key.
    pub(crate) fn reseal(
        &self,
        entropy: &dyn Entropy,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        self.seal(entropy, place, &self.open(place, sealed)?)
    }

    /// The keys that open what was sealed before, and seal nothing any more.
    pub(crate) fn older_keys(&self) -> Vec<KeyId> {
        self.ring.older().collect()
    }

    fn cipher(&self, id: KeyId) -> Result<XChaCha20Poly1305, KeyError> {
        let key = Zeroizing::new(self.ring.derive(id, "seal").ok_or(KeyError::Missing(id))?);
        Ok(XChaCha20Poly1305::new(&(*key).into()))
    }
}

fn aad(id: KeyId, place: Place<'_>) -> Zeroizing<Vec<u8>> {
    frame(&[
        b"regain/seal/v1",
        &id.to_be_bytes(),
        place.realm.as_str().as_bytes(),
        place.row,
        place.column.as_bytes(),
    ])
}

/// Puts the ring's mark on what is stored of tokens: who can write the table, but has no key, can plant no link.
#[derive(Clone)]
pub(crate) struct Verifiers {
    keys: Vec<Zeroizing<[u8; 32]>>,
}

impl Verifiers {
    pub(crate) fn new(ring: &KeyRing) -> Self {
        let keys = ring.derive_all("verifier").into_iter().map(|(_, key)| Zeroizing::new(key));
        Self { keys: keys.collect() }
    }

    /// What to store, under the newest key.
    pub(crate) fn mark(&self, digest: &VerifierDigest) -> VerifierDigest {
        marked(&self.keys[0], digest)
    }

    /// Whether what is stored was marked for this digest, under any key of the ring.
    pub(crate) fn proves(&self, digest: &VerifierDigest, stored: &VerifierDigest) -> bool {
        self.keys.iter().fold(false, |proven, key| proven | marked(key, digest).matches(stored))
    }
}

fn marked(key: &[u8; 32], digest: &VerifierDigest) -> VerifierDigest {
    VerifierDigest::from_bytes(mac(key, &[b"regain/verifier/v1", digest.as_bytes()]))
}

/// Marks the audit record's checkpoints: who can write the table, but has no key, can make none.
#[derive(Clone)]
pub(crate) struct AuditKeys {
    keys: Vec<(KeyId, Zeroizing<[u8; 32]>)>,
}

impl AuditKeys {
    pub(crate) fn new(ring: &KeyRing) -> Self {
        let keys = ring.derive_all("audit").into_iter().map(|(id, key)| (id, Zeroizing::new(key)));
        Self { keys: keys.collect() }
    }

    pub(crate) fn newest(&self) -> KeyId {
        self.keys[0].0
    }

    /// A mark under the newest key.
    pub(crate) fn mark(&self, hash: &[u8; 32]) -> (KeyId, [u8; 32]) {
        let (id, key) = &self.keys[0];
        (*id, mac(&**key, &[b"regain/audit-mark/v1", hash]))
    }

    pub(crate) fn mark_under(&self, id: KeyId, hash: &[u8; 32]) -> Option<[u8; 32]> {
        let (_, key) = self.keys.iter().find(|(known, _)| *known == id)?;
        Some(mac(&**key, &[b"regain/audit-mark/v1", hash]))
    }
}

/// Turns what must not be stored into a key that can be: budgets, and names in the audit record. They change when the
/// oldest key leaves the ring.
#[derive(Clone)]
pub(crate) struct Pseudonyms {
    key: Zeroizing<[u8; 32]>,
    realm: Realm,
}

impl Pseudonyms {
    pub(crate) fn new(ring: &KeyRing, realm: Realm) -> Self {
        // The oldest key, so that a rotation neither refills budgets nor renames people in the audit record.
        let oldest = ring.keys.iter().min_by_key(|(id, _)| *id).map_or([0; 32], |(_, key)| **key);
        let key = mac(&oldest, &[b"regain/key/v1", b"pseudonym"]);
        Self { key: Zeroizing::new(key), realm }
    }

    pub(crate) fn of(&self, kind: &str, subject: &[u8]) -> [u8; 32] {
        mac(&*self.key, &[b"regain/pseudonym/v1", self.realm.as_str().as_bytes(), kind.as_bytes(), subject])
    }
}
