//! Accounts in memory.

use crate::account::AddressOnFile;
use crate::account::{Account, AccountStore, AddressChange, Applied, HashUpgrade, PasswordChange};
use crate::identity::{BlindIndex, EmailAddress, Identifier, IdentityKey, username_key};
use crate::ids::{AccountId, FlowId};
use crate::store::StoreError;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Row {
    account: Option<Account>,
    index: Vec<[u8; 32]>,
    sessions: u32,
    /// The recovery that set a password last: see [`PasswordChange::flow`].
    recovered_by: Option<FlowId>,
    /// The change of the addresses that was applied last: see [`AddressChange::change`].
    addressed_by: Option<FlowId>,
}

/// A host's accounts, in memory.
#[derive(Default)]
pub struct MemoryAccounts {
    rows: Mutex<BTreeMap<AccountId, Row>>,
}

impl MemoryAccounts {
    /// Nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account, or replaces it, with its blind-index values.
    pub fn put(&self, account: Account, index: &BlindIndex) {
        let index =
            account.person.iter().flat_map(|person| index.entries_for(person)).map(|entry| entry.value);
        let index = index.collect();
        let mut rows = self.rows();
        let row = rows.entry(account.id.clone()).or_default();
        row.index = index;
        row.account = Some(account);
    }

    /// Changes an account in place, as a host would; `false` when it is not there.
    pub fn change(&self, id: &AccountId, change: impl FnOnce(&mut Account)) -> bool {
        let mut rows = self.rows();
        let account = rows.get_mut(id).and_then(|row| row.account.as_mut());
        account.map(change).is_some()
    }

    /// Deletes an account.
    pub fn remove(&self, id: &AccountId) {
        self.rows().remove(id);
    }

    /// Begins a session, and says how many the account has now.
    pub fn begin_session(&self, id: &AccountId) -> u32 {
        let mut rows = self.rows();
        let row = rows.entry(id.clone()).or_default();
        row.sessions += 1;
        row.sessions
    }

    /// How many sessions an account has.
    #[must_use]
    pub fn sessions(&self, id: &AccountId) -> u32 {
        self.rows().get(id).map_or(0, |row| row.sessions)
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<AccountId, Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, wanted: impl Fn(&Row, &Account) -> bool) -> Vec<Account> {
        let rows = self.rows();
        let pairs = rows.values().filter_map(|row| row.account.as_ref().map(|account| (row, account)));
        pairs.filter(|(row, account)| wanted(row, account)).map(|(_, account)| account.clone()).collect()
    }
}

fn has_email(account: &Account, key: &str) -> bool {
    let mut emails = account.addresses.iter().filter_map(AddressOnFile::email);
    emails.any(|address| EmailAddress::key(address).as_str() == key)
}

#[async_trait]
impl AccountStore for MemoryAccounts {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        Ok(self.find(|_, account| {
            let by_name = identifier
                .username_key()
                .is_some_and(|key| username_key(&account.username).as_deref() == Some(key));
            by_name || identifier.email_key().is_some_and(|key| has_email(account, key))
        }))
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        Ok(self.find(|row, _| row.index.iter().any(|value| key.values().contains(value))))
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.rows().get(id).and_then(|row| row.account.clone()))
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        let mut rows = self.rows();
        let row = rows.get_mut(&change.account);
        let last = row.as_ref().and_then(|row| row.recovered_by);
        let applied = change.against_last(last, row.as_ref().and_then(|row| row.account.as_ref()));
        if let (Applied::Done, Some(row)) = (applied, row)
            && let Some(account) = &mut row.account
        {
            account.password = Some(change.hash.clone());
            account.must_change_password = false;
            row.sessions = 0;
            row.recovered_by = Some(change.flow);
        }
        Ok(applied)
    }

    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Result<(), StoreError> {
        let mut rows = self.rows();
        if let Some(account) = rows.get_mut(&upgrade.account).and_then(|row| row.account.as_mut())
            && account.password.as_ref() == Some(&upgrade.from)
        {
            account.password = Some(upgrade.to.clone());
        }
        Ok(())
    }

    fn takes_addresses(&self) -> bool {
        true
    }

    async fn set_address(&self, change: &AddressChange) -> Result<Applied, StoreError> {
        let mut rows = self.rows();
        let row = rows.get_mut(&change.account);
        let last = row.as_ref().and_then(|row| row.addressed_by);
        let applied = change.against_last(last, row.as_ref().and_then(|row| row.account.as_ref()));
        if let (Applied::Done, Some(row)) = (applied, row)
            && let Some(account) = &mut row.account
        {
            account.addresses.clone_from(&change.addresses);
            row.addressed_by = Some(change.change);
        }
        Ok(applied)
    }

    async fn end_sessions(&self, id: &AccountId) -> Result<(), StoreError> {
        if let Some(row) = self.rows().get_mut(id) {
            row.sessions = 0;
        }
        Ok(())
    }
}
