//! A [`FlowStore`] in front of another one, of which only what differs is written down: doubles that fail, count, lie
//! or exit.
//!
//! ```
//! use async_trait::async_trait;
//! use regain::store::{Commit, Committed, FlowStore, StoreError};
//! use regain::{memory::MemoryFlows, testing::{FlowStoreLayer, Layered}};
//!
//! /// Says that it wrote, and forgets.
//! struct Forgetful(MemoryFlows);
//!
//! #[async_trait]
//! impl FlowStoreLayer for Forgetful {
//!     fn inner(&self) -> &dyn FlowStore {
//!         &self.0
//!     }
//!
//!     async fn commit(&self, _: Commit) -> Result<Committed, StoreError> {
//!         Ok(Committed::Done)
//!     }
//! }
//!
//! let store: std::sync::Arc<dyn FlowStore> = std::sync::Arc::new(Layered(Forgetful(MemoryFlows::new())));
//! # drop(store);
//! ```

use crate::audit::{AuditRecord, Checkpoint};
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::keys::KeyId;
use crate::store::{Claim, Commit, Committed, DeadLetter, Depth, DutyClaim, FlowStore, OutboxMail, SealedIn};
use crate::store::{StoreError, Sweep};
use async_trait::async_trait;

type Result<T> = std::result::Result<T, StoreError>;

/// What differs from the store behind. A method that is left out asks that store.
#[async_trait]
#[allow(missing_docs, clippy::missing_errors_doc)] // as in `FlowStore`
pub trait FlowStoreLayer: Send + Sync {
    /// The store behind.
    fn inner(&self) -> &dyn FlowStore;

    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>> {
        self.inner().load(realm, id).await
    }

    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>> {
        self.inner().live_links(realm, account).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed> {
        self.inner().commit(commit).await
    }

    async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>> {
        self.inner().claim_flows(claim).await
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>> {
        self.inner().claim_mails(claim).await
    }

    async fn sweep(&self, realm: &Realm, sweep: &Sweep) -> Result<u64> {
        self.inner().sweep(realm, sweep).await
    }

    async fn audit_after(&self, realm: &Realm, after: u64, limit: u32) -> Result<Vec<(u64, AuditRecord)>> {
        self.inner().audit_after(realm, after, limit).await
    }

    async fn claim_duty(&self, claim: &DutyClaim) -> Result<bool> {
        self.inner().claim_duty(claim).await
    }

    async fn checkpoints(&self, realm: &Realm, after: u64, limit: u32) -> Result<Vec<Checkpoint>> {
        self.inner().checkpoints(realm, after, limit).await
    }

    async fn last_checkpoint(&self, realm: &Realm) -> Result<Option<Checkpoint>> {
        self.inner().last_checkpoint(realm).await
    }

    async fn sealed_under(&self, realm: &Realm, key: KeyId, limit: u32) -> Result<Vec<(SealedIn, Vec<u8>)>> {
        self.inner().sealed_under(realm, key, limit).await
    }

    async fn dead_letter(&self, realm: &Realm, id: MailId) -> Result<Option<DeadLetter>> {
        self.inner().dead_letter(realm, id).await
    }

    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>> {
        self.inner().dead_letters(realm, limit).await
    }

    async fn depth(&self, realm: &Realm) -> Result<Depth> {
        self.inner().depth(realm).await
    }

    async fn work_arrived(&self) {
        self.inner().work_arrived().await;
    }
}

/// A [`FlowStoreLayer`] as a [`FlowStore`].
#[derive(Debug, Clone, Default)]
pub struct Layered<L>(pub L);

#[async_trait]
impl<L: FlowStoreLayer> FlowStore for Layered<L> {
    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>> {
        self.0.load(realm, id).await
    }

    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>> {
        self.0.live_links(realm, account).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed> {
        self.0.commit(commit).await
    }

    async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>> {
        self.0.claim_flows(claim).await
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>> {
        self.0.claim_mails(claim).await
    }

    async fn sweep(&self, realm: &Realm, sweep: &Sweep) -> Result<u64> {
        self.0.sweep(realm, sweep).await
    }

    async fn audit_after(&self, realm: &Realm, after: u64, limit: u32) -> Result<Vec<(u64, AuditRecord)>> {
        self.0.audit_after(realm, after, limit).await
    }

    async fn claim_duty(&self, claim: &DutyClaim) -> Result<bool> {
        self.0.claim_duty(claim).await
    }

    async fn checkpoints(&self, realm: &Realm, after: u64, limit: u32) -> Result<Vec<Checkpoint>> {
        self.0.checkpoints(realm, after, limit).await
    }

    async fn last_checkpoint(&self, realm: &Realm) -> Result<Option<Checkpoint>> {
        self.0.last_checkpoint(realm).await
    }

    async fn sealed_under(&self, realm: &Realm, key: KeyId, limit: u32) -> Result<Vec<(SealedIn, Vec<u8>)>> {
        self.0.sealed_under(realm, key, limit).await
    }

    async fn dead_letter(&self, realm: &Realm, id: MailId) -> Result<Option<DeadLetter>> {
        self.0.dead_letter(realm, id).await
    }

    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>> {
        self.0.dead_letters(realm, limit).await
    }

    async fn depth(&self, realm: &Realm) -> Result<Depth> {
        self.0.depth(realm).await
    }

    async fn work_arrived(&self) {
        self.0.work_arrived().await;
    }
}
