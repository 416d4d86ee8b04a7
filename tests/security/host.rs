//! A host that may be out of order.

use super::*;
use async_trait::async_trait;
use regain::account::{Account, AccountStore, AddressChange, Applied, PasswordChange};
use regain::identity::{Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::memory::MemoryAccounts;
use regain::store::StoreError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use tokio::sync::Notify;

#[derive(Default)]
pub struct Host {
    pub accounts: Arc<MemoryAccounts>,
    pub sets_none: AtomicBool,
    /// The next change of addresses waits until it is let go.
    pub stops: AtomicBool,
    pub reached: Notify,
    pub let_go: Notify,
}

impl Host {
    pub fn world(self: &Arc<Self>) -> World {
        World::builder().accounts(self.accounts.clone()).served_accounts(self.clone()).build()
    }

    pub fn answers(&self, does: bool) {
        self.sets_none.store(!does, SeqCst);
    }
}

#[async_trait]
impl AccountStore for Host {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        self.accounts.find_by_identifier(identifier).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        self.accounts.find_by_identity(key).await
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.accounts.get(id).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        self.accounts.set_password(change).await
    }

    fn takes_addresses(&self) -> bool {
        true
    }

    async fn set_address(&self, change: &AddressChange) -> Result<Applied, StoreError> {
        if self.sets_none.load(SeqCst) {
            return Err(StoreError::plain("the host does not answer"));
        }
        if self.stops.swap(false, SeqCst) {
            self.reached.notify_one();
            self.let_go.notified().await;
        }
        self.accounts.set_address(change).await
    }
}
