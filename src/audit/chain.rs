//! Checkpoints: each closes a batch of records, and is chained to the one before.
//!
//! The chain is of plain hashes, so that one checkpoint whose mark is good vouches for all before it, under whatever keys
//! they were made: an old key may leave the ring. Of each record there is a short digest in its checkpoint, which tells
//! an altered record from a missing one, and goes when the record goes.

use crate::audit::AuditRecord;
use crate::clock::Timestamp;
use crate::ids::{Realm, hex};
use crate::keys::{AuditKeys, KeyId};
use crate::wire::frame;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use subtle::ConstantTimeEq as _;

/// Position (8 bytes) and the first half of a record's SHA-256.
const MARK: usize = 8 + 16;

/// Closes the audit record up to a position.
#[derive(Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The tenant.
    pub realm: Realm,
    /// Counts a realm's checkpoints, from 1.
    pub number: u64,
    /// Position of the last record that is closed.
    pub through: u64,
    /// When it was closed.
    pub at: Timestamp,
    /// SHA-256 of the marks.
    pub digest: [u8; 32],
    /// SHA-256 of all of the above and the hash of the checkpoint before.
    pub hash: [u8; 32],
    /// The key under which the hash is marked.
    pub key: KeyId,
    /// HMAC-SHA-256 of the hash.
    pub mac: [u8; 32],
    /// For each record its position and a digest; empty once the records were deleted.
    pub marks: Vec<u8>,
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint({}, through {})", self.anchor(), self.through)
    }
}

impl Checkpoint {
    /// What to note elsewhere.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        Anchor { number: self.number, hash: self.hash }
    }

    /// How many records are marked in it.
    pub(super) fn records(&self) -> usize {
        self.marks.len() / MARK
    }
}

/// A checkpoint's number and hash: kept apart from the database, it shows that nothing up to there was taken away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    number: u64,
    hash: [u8; 32],
}

impl Anchor {
    /// The checkpoint's number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Reads what `Display` wrote: the number, a colon, 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (number, digits) = text.split_once(':')?;
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
        }
        Some(Self { number: number.parse().ok()?, hash })
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, hex(&self.hash))
    }
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Anchor({self})")
    }
}

/// What is wrong with the audit record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// A record says something else than when it was closed.
    #[error("record {0} was altered")]
    Altered(u64),
    /// A record is gone.
    #[error("record {0} is missing")]
    Missing(u64),
    /// A record was put in afterwards.
    #[error("record {0} was added afterwards")]
    Added(u64),
    /// A record stands where another one stood.
    #[error("record {at} is the one that was record {was}")]
    Moved {
        /// Where it stands.
        at: u64,
        /// Where it stood.
        was: u64,
    },
    /// A checkpoint does not follow from the one before, or was altered.
    #[error("checkpoint {0} was altered")]
    BrokenCheckpoint(u64),
    /// A checkpoint is gone.
    #[error("checkpoint {0} is missing")]
    MissingCheckpoint(u64),
    /// No key of the ring vouches for this checkpoint, nor for one after it.
    #[error(
        "checkpoint {number} and those after it are marked with keys that are not in the ring, such as {key}"
    )]
    NotVouchedFor {
        /// The first of them.
        number: u64,
        /// Its key.
        key: KeyId,
    },
    /// Records were deleted before their time.
    #[error("the records of checkpoint {0} were deleted before their time")]
    DeletedEarly(u64),
    /// The checkpoint that was noted elsewhere is not there, or is another one.
    #[error("checkpoint {0} is not the one that was noted")]
    NotAsNoted(u64),
}

/// The checkpoint that closes `records`.
pub(super) fn close(
    keys: &AuditKeys,
    realm: &Realm,
    last: Option<&Checkpoint>,
    records: &[(u64, AuditRecord)],
    at: Timestamp,
) -> Checkpoint {
    let marks: Vec<u8> = records.iter().flat_map(|(at, record)| mark(*at, record)).collect();
    let through = records.last().map(|(position, _)| *position).or(last.map(|last| last.through));
    let mut checkpoint = Checkpoint {
        realm: realm.clone(),
        number: last.map_or(1, |last| last.number + 1),
        through: through.unwrap_or(0),
        at,
        digest: Sha256::digest(&marks).into(),
        hash: [0; 32],
        key: 0,
        mac: [0; 32],
        marks,
    };
    checkpoint.hash = chained(last.map(|last| &last.hash), &checkpoint);
    (checkpoint.key, checkpoint.mac) = keys.mark(&checkpoint.hash);
    checkpoint
}

fn chained(before: Option<&[u8; 32]>, checkpoint: &Checkpoint) -> [u8; 32] {
    let bytes = frame(&[
        b"regain/checkpoint/v1",
        checkpoint.realm.as_str().as_bytes(),
        before.map_or(&[][..], |hash| hash),
        &checkpoint.number.to_be_bytes(),
        &checkpoint.through.to_be_bytes(),
        &checkpoint.at.millis().to_be_bytes(),
        &checkpoint.digest,
    ]);
    Sha256::digest(&*bytes).into()
}

fn mark(position: u64, record: &AuditRecord) -> [u8; MARK] {
    let optional = |present: bool| if present { &b"some"[..] } else { b"" };
    let bytes = frame(&[
        b"regain/audit/v2",
        record.realm.as_str().as_bytes(),
        &record.at.millis().to_be_bytes(),
        record.flow.as_bytes(),
        &record.version.to_be_bytes(),
        record.event.as_bytes(),
        optional(record.reason.is_some()),
        record.reason.as_deref().unwrap_or_default().as_bytes(),
        record.actor.code().as_bytes(),
        record.account.as_ref().map_or(&[][..], |account| account.as_bytes()),
        record.client.as_ref().map_or(&[][..], |client| client.as_bytes()),
    ]);
    let mut mark = [0; MARK];
    mark[..8].copy_from_slice(&position.to_be_bytes());
    mark[8..].copy_from_slice(&Sha256::digest(&*bytes)[..16]);
    mark
}

/// Walks along the checkpoints, the oldest first, and compares.
pub(super) struct Walk<'a> {
    keys: &'a AuditKeys,
    last: Option<Checkpoint>,
    /// The first checkpoint since the last one that a key vouches for.
    unvouched: Option<(u64, KeyId)>,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(keys: &'a AuditKeys) -> Self {
        Self { keys, last: None, unvouched: None, findings: vec![] }
    }

    pub(super) fn last(&self) -> Option<&Checkpoint> {
        self.last.as_ref()
    }

    /// The next checkpoint; `records` are all that stand behind the last one and up to this one. Records may only be gone
    /// if this was closed before `kept_since`.
    pub(super) fn step(
        &mut self,
        checkpoint: Checkpoint,
        records: &[(u64, AuditRecord)],
        kept_since: Timestamp,
    ) {
        let expected = self.last.as_ref().map_or(1, |last| last.number + 1);
        self.findings.extend((expected..checkpoint.number).map(Finding::MissingCheckpoint));
        let before = self.last.as_ref().map(|last| &last.hash);
        let follows = checkpoint.number == expected && chained(before, &checkpoint) == checkpoint.hash;
        let vouched = self.keys.proves(checkpoint.key, &checkpoint.hash, &checkpoint.mac);
        // Behind a gap the hash before is not known; there a good mark says enough.
        let gap = checkpoint.number != expected && vouched == Some(true);
        if vouched == Some(false) || !(follows || gap) {
            self.findings.push(Finding::BrokenCheckpoint(checkpoint.number));
        }
        match vouched {
            Some(true) => self.unvouched = None,
            Some(false) => {}
            None => self.unvouched = self.unvouched.or(Some((checkpoint.number, checkpoint.key))),
        }
        self.compare(&checkpoint, records, kept_since);
        self.last = Some(checkpoint);
    }

    fn compare(&mut self, checkpoint: &Checkpoint, records: &[(u64, AuditRecord)], kept_since: Timestamp) {
        let digest: [u8; 32] = Sha256::digest(&checkpoint.marks).into();
        if digest != checkpoint.digest {
            if !checkpoint.marks.is_empty() {
                self.findings.push(Finding::BrokenCheckpoint(checkpoint.number));
            } else if checkpoint.at >= kept_since {
                self.findings.push(Finding::DeletedEarly(checkpoint.number));
            } else {
                self.findings.extend(records.iter().map(|(position, _)| Finding::Added(*position)));
            }
            return;
        }
        let stood: BTreeMap<u64, &[u8]> =
            checkpoint.marks.chunks_exact(MARK).map(|mark| (position(mark), &mark[8..])).collect();
        let stand: BTreeMap<u64, [u8; MARK]> =
            records.iter().map(|(position, record)| (*position, mark(*position, record))).collect();
        for (at, mark) in &stand {
            let digest = &mark[8..];
            if stood.get(at).is_some_and(|stood| *stood == digest) {
                continue;
            }
            let was = stood.iter().find(|(_, stood)| **stood == digest).map(|(position, _)| *position);
            self.findings.push(match was {
                Some(was) => Finding::Moved { at: *at, was },
                None if stood.contains_key(at) => Finding::Altered(*at),
                None => Finding::Added(*at),
            });
        }
        self.findings
            .extend(stood.keys().filter(|at| !stand.contains_key(at)).map(|at| Finding::Missing(*at)));
    }

    /// At the end of the chain. `noted` is what the host kept elsewhere, with what stands there now.
    pub(super) fn end(mut self, noted: Option<(Anchor, Option<Anchor>)>) -> Vec<Finding> {
        if let Some((number, key)) = self.unvouched {
            self.findings.push(Finding::NotVouchedFor { number, key });
        }
        if let Some((noted, found)) = noted
            && found != Some(noted)
        {
            self.findings.push(Finding::NotAsNoted(noted.number));
        }
        self.findings.sort_unstable();
        self.findings.dedup();
        self.findings
    }
}

fn position(mark: &[u8]) -> u64 {
    mark.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

impl AuditKeys {
    /// Whether the mark is good; `None` when its key is not in the ring.
    fn proves(&self, key: KeyId, hash: &[u8; 32], mac: &[u8; 32]) -> Option<bool> {
        self.mark_under(key, hash).map(|expected| expected.ct_eq(mac).into())
    }
}
