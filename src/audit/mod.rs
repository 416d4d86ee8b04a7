//! The audit record: who did what to which flow, and when; and the chain that shows tampering.
//!
//! A record names people by keyed pseudonyms only, never by what was typed (ID-9). Asking never waits for the chain: the
//! worker closes it in batches, each a [`Checkpoint`] over the one before. Whoever can write the tables but has no key of
//! the ring can alter, remove, add or swap no closed record without [`AuditTrail::verify`] saying which.
//!
//! What no chain can show is a tail that was cut off, checkpoints and all: note the last [`Anchor`] elsewhere
//! ([`RecoveryEvent::AuditClosed`](crate::events::RecoveryEvent) tells each), and verify against it. Records are closed
//! within a minute; until then they can be removed unseen.

mod chain;
mod trail;

pub use chain::{Anchor, Checkpoint, Finding};
pub use trail::{AuditReport, AuditTrail};

use crate::clock::Timestamp;
use crate::flow::coded;
use crate::ids::{FlowId, Realm, hex};
use std::fmt;

coded! {
    /// Whose doing a transition was.
    Actor {
        /// Somebody who asked; nothing is known of them.
        Asker = "asker",
        /// The account's owner, signing in or signed in.
        Owner = "owner",
        /// Whoever holds the link.
        Bearer = "bearer",
        /// regain's worker.
        Worker = "worker",
        /// The service that embeds regain.
        Host = "host",
        /// Somebody of the support desk.
        Staff = "staff",
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
    /// From where, where that is known; what staff did has the pseudonym of who did it.
    pub client: Option<Pseudonym>,
}
