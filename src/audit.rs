//! The audit record: who did what to which flow, and when; and the chain that shows tampering.
//!
//! A record names people by keyed pseudonyms only, never by what was typed (ID-9). [`ChainHash`]
//! computes the chain over records in their order; nothing closes it yet.

use crate::clock::Timestamp;
use crate::flow::coded;
use crate::ids::{FlowId, Realm, hex};
use crate::wire::frame;
use sha2::{Digest as _, Sha256};
use std::fmt;

coded! {
    /// Whose doing a transition was.
    Actor {
        /// Somebody who asked; nothing is known of them.
        Asker = "asker",
        /// Whoever holds the link.
        Bearer = "bearer",
        /// regain's worker.
        Worker = "worker",
        /// The service that embeds regain.
        Host = "host",
    }
}

/// A keyed pseudonym: the same subject has the same one, and nobody can read the subject from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pseudonym([u8; 16]);

impl Pseudonym {
    /// Wraps stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn cut(digest: [u8; 32]) -> Self {
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        Self(short)
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonym({self})")
    }
}

/// One line of the audit record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// The tenant.
    pub realm: Realm,
    /// When, by regain's clock.
    pub at: Timestamp,
    /// The flow: the interaction's id.
    pub flow: FlowId,
    /// The flow's version after this.
    pub version: u64,
    /// What happened: a stable code such as `password.link_sent`.
    pub event: String,
    /// More about it: a stable code such as `no_account`.
    pub reason: Option<String>,
    /// Whose doing.
    pub actor: Actor,
    /// Which account, where one is known.
    pub account: Option<Pseudonym>,
    /// From where, where that is known.
    pub client: Option<Pseudonym>,
}

/// The value that closes the chain over all records up to one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// Where a realm's chain begins.
    #[must_use]
    pub fn genesis(realm: &Realm) -> Self {
        Self(Sha256::digest(&*frame(&[b"regain/audit/v1/genesis", realm.as_str().as_bytes()])).into())
    }

    /// The chain with one record more.
    #[must_use]
    pub fn then(&self, record: &AuditRecord) -> Self {
        let bytes = frame(&[
            b"regain/audit/v1",
            &self.0,
            record.realm.as_str().as_bytes(),
            &record.at.millis().to_be_bytes(),
            record.flow.as_bytes(),
            &record.version.to_be_bytes(),
            record.event.as_bytes(),
            record.reason.as_deref().unwrap_or_default().as_bytes(),
            record.actor.code().as_bytes(),
            record.account.as_ref().map_or(&[][..], |account| account.as_bytes()),
            record.client.as_ref().map_or(&[][..], |client| client.as_bytes()),
        ]);
        Self(Sha256::digest(&*bytes).into())
    }

    /// Wraps stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainHash({})", hex(&self.0))
    }
}
