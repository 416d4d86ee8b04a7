//! Stores that answer slowly: whoever waits for them can be measured.

use async_trait::async_trait;
use regain::account::{Account, AccountStore, Applied, HashUpgrade, PasswordChange};
use regain::flow::FlowRecord;
use regain::identity::{Identifier, IdentityKey};
use regain::ids::{AccountId, FlowId, Realm};
use regain::store::{Claim, Commit, Committed, FlowStore, OutboxMail, StoreError};
use regain::testing::{FlowStoreLayer, SeedAccounts};
use std::sync::Arc;

/// Lets everybody else go first, many times, before it answers.
pub struct Slow<S: ?Sized>(pub Arc<S>);

async fn loiter() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

#[async_trait]
impl AccountStore for Slow<dyn SeedAccounts> {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        loiter().await;
        self.0.find_by_identifier(identifier).await
    }
    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        loiter().await;
        self.0.find_by_identity(key).await
    }
    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        loiter().await;
        self.0.get(id).await
    }
    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        loiter().await;
        self.0.set_password(change).await
    }
    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Result<(), StoreError> {
        loiter().await;
        self.0.upgrade_hash(upgrade).await
    }
}

/// A slow store of flows.
pub struct SlowFlows(pub Arc<dyn FlowStore>);

#[async_trait]
impl FlowStoreLayer for SlowFlows {
    fn inner(&self) -> &dyn FlowStore {
        &*self.0
    }
    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        loiter().await;
        self.0.load(realm, id).await
    }
    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>, StoreError> {
        loiter().await;
        self.0.live_links(realm, account).await
    }
    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        loiter().await;
        self.0.commit(commit).await
    }
    async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>, StoreError> {
        loiter().await;
        self.0.claim_flows(claim).await
    }
    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError> {
        loiter().await;
        self.0.claim_mails(claim).await
    }
}
