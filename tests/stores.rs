//! Both stores keep the contract.

use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::sqlite::{SqliteAccounts, SqliteFlows};
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
