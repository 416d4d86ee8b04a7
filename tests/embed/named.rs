//! The users under the ids that the contract gives them: the table has its own, which are numbers.
//!
//! Only names are exchanged. An epoch is a digest over the id too, so an expected one is exchanged for that of the very
//! same state; what is decided is decided by the table, inside its transaction.

use crate::users::{Users, account_id, get};
use async_trait::async_trait;
use regain::account::{Account, AccountStore, AddressChange, Applied, HashUpgrade, PasswordChange};
use regain::identity::{BlindIndex, Identifier, IdentityKey, username_key};
use regain::ids::AccountId;
use regain::store::StoreError;
use std::collections::HashMap;

type Result<T> = std::result::Result<T, StoreError>;

pub struct Named {
    users: Users,
    numbers: HashMap<AccountId, AccountId>,
    names: HashMap<AccountId, AccountId>,
}

impl Named {
    pub async fn add(users: Users, accounts: Vec<Account>, index: &BlindIndex) -> Self {
        users.add(&accounts, index).await.unwrap();
        let (mut numbers, mut names) = (HashMap::new(), HashMap::new());
        for Account { id: name, username, .. } in accounts {
            let key = username_key(&username).unwrap().into_bytes();
            let row = sqlx::query("SELECT id FROM users WHERE login_key = $1").bind(key);
            let number = account_id(get(&row.fetch_one(users.pool()).await.unwrap(), "id").unwrap()).unwrap();
            numbers.insert(name.clone(), number.clone());
            names.insert(number, name);
        }
        Self { users, numbers, names }
    }

    /// Whoever is not there has a number that nobody has.
    fn number(&self, name: &AccountId) -> AccountId {
        self.numbers.get(name).cloned().unwrap_or_else(|| AccountId::new("-1").unwrap())
    }

    fn named(&self, mut account: Account) -> Account {
        account.id = self.names[&account.id].clone();
        account
    }
}

#[async_trait]
impl AccountStore for Named {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>> {
        let found = self.users.find_by_identifier(identifier).await?;
        Ok(found.into_iter().map(|account| self.named(account)).collect())
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>> {
        let found = self.users.find_by_identity(key).await?;
        Ok(found.into_iter().map(|account| self.named(account)).collect())
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>> {
        Ok(self.users.get(&self.number(id)).await?.map(|account| self.named(account)))
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied> {
        let number = self.number(&change.account);
        let mut change = change.clone();
        let present = self.users.get(&number).await?;
        let same = present.filter(|present| self.named(present.clone()).epoch() == change.expected);
        change.expected = same.map_or(change.expected, |same| same.epoch());
        self.users.set_password(&PasswordChange { account: number, ..change }).await
    }

    fn takes_addresses(&self) -> bool {
        self.users.takes_addresses()
    }

    async fn set_address(&self, change: &AddressChange) -> Result<Applied> {
        let number = self.number(&change.account);
        let mut change = change.clone();
        let present = self.users.get(&number).await?;
        let same = present.filter(|present| self.named(present.clone()).epoch() == change.expected);
        change.expected = same.map_or(change.expected, |same| same.epoch());
        self.users.set_address(&AddressChange { account: number, ..change }).await
    }

    async fn end_sessions(&self, id: &AccountId) -> Result<()> {
        self.users.end_sessions(&self.number(id)).await
    }

    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Result<()> {
        let account = self.number(&upgrade.account);
        self.users.upgrade_hash(&HashUpgrade { account, ..upgrade.clone() }).await
    }
}
