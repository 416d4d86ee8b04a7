//! Closing and verifying the audit record of a realm, batch after batch.

use crate::audit::chain::{Walk, close};
use crate::audit::{Anchor, AuditRecord, Checkpoint, Finding};
use crate::clock::Timestamp;
use crate::ids::Realm;
use crate::keys::{AuditKeys, KeyRing};
use crate::store::{Commit, Committed, FlowStore, StoreError};
use std::sync::Arc;

/// Records in one checkpoint at most.
const BATCH: u32 = 1_000;
/// Checkpoints read at once.
const CHECKPOINTS: u32 = 16;

/// The audit record of a realm.
///
/// A [`Worker`](crate::Worker) closes it by itself. Verifying needs the store and the key ring, and nothing else:
/// `cargo run --example audit_verify` is such a program.
#[derive(Clone)]
pub struct AuditTrail {
    realm: Realm,
    keys: AuditKeys,
    flows: Arc<dyn FlowStore>,
}

/// What [`AuditTrail::verify`] saw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AuditReport {
    /// Records that were compared with their checkpoint.
    pub records: u64,
    /// Checkpoints that were followed.
    pub checkpoints: u64,
    /// Checkpoints whose records were deleted when their time was over.
    pub emptied: u64,
    /// Records that are not closed yet: nothing can be said of them.
    pub open: u64,
    /// The last checkpoint: to be noted elsewhere.
    pub last: Option<Anchor>,
    /// What is wrong; nothing is if this is empty.
    pub findings: Vec<Finding>,
}

impl AuditTrail {
    /// The record of a realm in a store.
    #[must_use]
    pub fn new(realm: Realm, keys: &KeyRing, flows: Arc<dyn FlowStore>) -> Self {
        Self { realm, keys: AuditKeys::new(keys), flows }
    }

    /// Closes what is open, and tells the checkpoint; `None` when there is nothing to close, or somebody else closed it.
    /// At most 1,000 records go into one: call it until it gives `None`.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn close(&self, now: Timestamp) -> Result<Option<Checkpoint>, StoreError> {
        let last = self.flows.last_checkpoint(&self.realm).await?;
        let after = last.as_ref().map_or(0, |last| last.through);
        let records = self.flows.audit_after(&self.realm, after, BATCH).await?;
        // The newest key vouches for all that was closed under older ones, so that these may leave the ring.
        let vouched = last.as_ref().is_none_or(|last| last.key >= self.keys.newest());
        if records.is_empty() && vouched {
            return Ok(None);
        }
        let checkpoint = close(&self.keys, &self.realm, last.as_ref(), &records, now);
        let commit = Commit { checkpoint: Some(checkpoint.clone()), ..Commit::new(self.realm.clone()) };
        Ok((self.flows.commit(commit).await? == Committed::Done).then_some(checkpoint))
    }

    /// Compares every closed record with its checkpoint, and every checkpoint with the one before.
    ///
    /// `kept_since` is how far back records must still be there: the retention, counted back from now. `noted` is a
    /// checkpoint that was kept elsewhere.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn verify(
        &self,
        kept_since: Timestamp,
        noted: Option<Anchor>,
    ) -> Result<AuditReport, StoreError> {
        let mut report = AuditReport::default();
        let mut walk = Walk::new(&self.keys);
        let mut found = None;
        let mut records = Records { trail: self, read: vec![], after: 0 };
        loop {
            let after = walk.last().map_or(0, |last| last.number);
            let batch = self.flows.checkpoints(&self.realm, after, CHECKPOINTS).await?;
            if batch.is_empty() {
                break;
            }
            for checkpoint in batch {
                let closed = records.up_to(checkpoint.through).await?;
                let checkpoint = self.again_if_swept(checkpoint, closed.len()).await?;
                report.checkpoints += 1;
                report.records += closed.len() as u64;
                report.emptied += u64::from(checkpoint.marks.is_empty() && closed.is_empty());
                report.last = Some(checkpoint.anchor());
                if noted.is_some_and(|noted| noted.number() == checkpoint.number) {
                    found = Some(checkpoint.anchor());
                }
                walk.step(checkpoint, &closed, kept_since);
            }
        }
        report.open = records.rest().await?;
        report.findings = walk.end(noted.map(|noted| (noted, found)));
        Ok(report)
    }
}

impl AuditTrail {
    /// Records may have been deleted in their time since the checkpoint was read.
    async fn again_if_swept(&self, read: Checkpoint, records: usize) -> Result<Checkpoint, StoreError> {
        if read.records() == records {
            return Ok(read);
        }
        let mut again = self.flows.checkpoints(&self.realm, read.number - 1, 1).await?;
        Ok(again.pop().filter(|again| again.anchor() == read.anchor()).unwrap_or(read))
    }
}

/// The records in their order, read as they are needed.
struct Records<'a> {
    trail: &'a AuditTrail,
    read: Vec<(u64, AuditRecord)>,
    after: u64,
}

impl Records<'_> {
    async fn up_to(&mut self, through: u64) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        while self.after < through && self.more().await? {}
        let end = self.read.partition_point(|(position, _)| *position <= through);
        Ok(self.read.drain(..end).collect())
    }

    async fn rest(&mut self) -> Result<u64, StoreError> {
        let mut count = 0;
        loop {
            count += self.read.drain(..).count() as u64;
            if !self.more().await? {
                return Ok(count);
            }
        }
    }

    /// Reads on; `false` at the end.
    async fn more(&mut self) -> Result<bool, StoreError> {
        let next = self.trail.flows.audit_after(&self.trail.realm, self.after, BATCH).await?;
        let Some((last, _)) = next.last() else { return Ok(false) };
        self.after = *last;
        self.read.extend(next);
        Ok(true)
    }
}
