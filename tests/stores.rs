//! Both stores keep the contract.

use regain::account::{Account, AccountEpoch, Applied, PasswordChange};
use regain::identity::{BlindIndex, IdentityRules};
use regain::ids::{AccountId, FlowId};
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::{Argon2Hasher, Password, PasswordHash, PasswordHasher as _};
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::testing::SeedAccounts;
use regain::testing::contract::{account_store_contract, flow_store_contract};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A new file name each time.
fn fresh_file(folder: &tempfile::TempDir) -> std::path::PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    folder.path().join(format!("{}.db", NEXT.fetch_add(1, Ordering::Relaxed)))
}

#[tokio::test]
async fn flows_in_memory_keep_the_contract() {
    flow_store_contract(async || Arc::new(MemoryFlows::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_on_sqlite_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    flow_store_contract(async || Arc::new(SqliteFlows::open(fresh_file(&folder)).await.unwrap())).await;
}

#[tokio::test]
async fn accounts_in_memory_keep_the_contract() {
    account_store_contract(async |accounts, index| {
        let store = MemoryAccounts::new();
        accounts.into_iter().for_each(|account| store.put(account, &index));
        Arc::new(store)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_on_sqlite_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    account_store_contract(async |accounts, index| {
        let store = SqliteAccounts::open(fresh_file(&folder)).await.unwrap();
        store.put(&accounts, &index).await.unwrap();
        Arc::new(store)
    })
    .await;
}

fn hash(password: &str) -> PasswordHash {
    Argon2Hasher::danger_for_tests().hash(&Password::new(password).prepare().unwrap(), [7; 16]).unwrap()
}

fn change(whose: &Account, expected: AccountEpoch, password: &str) -> PasswordChange {
    let (flow, account) = (FlowId::from_bytes([1; 16]), whose.id.clone());
    PasswordChange { flow, account, expected, hash: hash(password) }
}

/// A new name or address ends nobody's session; a new password ends all of one's own, and nobody else's.
async fn sessions_end_with_the_password_only(store: &dyn SeedAccounts) {
    let index = BlindIndex::new(IdentityRules::default(), "clinic", vec![(1, [7; 32])]).unwrap();
    let [mut ana, bo] = ["ana", "bo"].map(|name| Account::new(AccountId::new(name).unwrap(), name));
    ana.password = Some(hash("present password"));
    for account in [&ana, &bo] {
        store.put(account.clone(), &index).await;
        store.begin_session(&account.id).await;
    }
    store.begin_session(&ana.id).await;

    ana.username = "anabel".to_owned();
    store.put(ana.clone(), &index).await;
    assert_eq!(store.sessions(&ana.id).await, 2, "whoever is replaced stays signed in");

    let stale = change(&ana, bo.epoch(), "stale");
    assert_eq!(store.set_password(&stale).await.unwrap(), Applied::Conflict);
    assert_eq!(store.sessions(&ana.id).await, 2, "a change that is not made ends nothing");

    let present = store.get(&ana.id).await.unwrap().unwrap().epoch();
    let fresh = change(&ana, present, "new password");
    assert_eq!(store.set_password(&fresh).await.unwrap(), Applied::Done);
    assert_eq!(store.sessions(&ana.id).await, 0, "a new password ends every session");
    assert_eq!(store.sessions(&bo.id).await, 1, "and nobody else's");
}

/// RC-18
#[tokio::test]
async fn sessions_in_memory_end_with_the_password_only() {
    sessions_end_with_the_password_only(&MemoryAccounts::new()).await;
}

/// RC-18
#[tokio::test(flavor = "multi_thread")]
async fn sessions_on_sqlite_end_with_the_password_only() {
    let folder = tempfile::tempdir().unwrap();
    sessions_end_with_the_password_only(&SqliteAccounts::open(fresh_file(&folder)).await.unwrap()).await;
}
