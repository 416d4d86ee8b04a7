//! Where accounts and flows are kept: for now in memory, gone when the portal stops.

use crate::args::Args;
use crate::sessions::Sessions;
use async_trait::async_trait;
use regain::account::{Account, AccountStore, Applied, HashUpgrade, PasswordChange};
use regain::identity::{BlindIndex, Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::store::{FlowStore, StoreError};
use std::sync::Arc;

pub struct Stores {
    pub accounts: Arc<Patients>,
    pub flows: Arc<dyn FlowStore>,
    pub sessions: Arc<Sessions>,
}

pub fn stores(_: &Args) -> Stores {
    let sessions = Arc::new(Sessions::default());
    let accounts = Patients { accounts: MemoryAccounts::new(), sessions: sessions.clone() };
    Stores { accounts: Arc::new(accounts), flows: Arc::new(MemoryFlows::new()), sessions }
}

/// The portal's accounts, together with the sessions that end when a password is set.
pub struct Patients {
    accounts: MemoryAccounts,
    sessions: Arc<Sessions>,
}

impl Patients {
    pub fn put(&self, account: Account, index: &BlindIndex) {
        self.accounts.put(account, index);
    }
}

#[async_trait]
impl AccountStore for Patients {
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
        let applied = self.accounts.set_password(change).await?;
        if applied == Applied::Done {
            self.sessions.end_all(&change.account);
        }
        Ok(applied)
    }

    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Result<(), StoreError> {
        self.accounts.upgrade_hash(upgrade).await
    }
}
