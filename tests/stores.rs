//! The stores in memory and on SQLite keep the contract. For PostgreSQL, see `tests/postgres`.

use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::testing::contract::{
    account_store_contract, account_store_outage_contract, address_contract, flow_store_contract,
    flow_store_outage_contract, last_change_contract, session_contract,
};
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

#[tokio::test]
async fn addresses_in_memory_keep_the_contract() {
    address_contract(async |accounts, index| {
        let store = MemoryAccounts::new();
        accounts.into_iter().for_each(|account| store.put(account, &index));
        Arc::new(store)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_on_sqlite_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    address_contract(async |accounts, index| {
        let store = SqliteAccounts::open(fresh_file(&folder)).await.unwrap();
        store.put(&accounts, &index).await.unwrap();
        Arc::new(store)
    })
    .await;
}

/// RC-18
#[tokio::test]
async fn sessions_in_memory_end_with_the_password_only() {
    session_contract(&MemoryAccounts::new()).await;
}

/// NO-1
#[tokio::test(flavor = "multi_thread")]
async fn what_recovery_set_stays_known() {
    last_change_contract(&MemoryAccounts::new()).await;
    let folder = tempfile::tempdir().unwrap();
    last_change_contract(&SqliteAccounts::open(fresh_file(&folder)).await.unwrap()).await;
}

/// RC-18
#[tokio::test(flavor = "multi_thread")]
async fn sessions_on_sqlite_end_with_the_password_only() {
    let folder = tempfile::tempdir().unwrap();
    session_contract(&SqliteAccounts::open(fresh_file(&folder)).await.unwrap()).await;
}

#[tokio::test]
async fn sqlite_that_is_away_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let flows = SqliteFlows::open(fresh_file(&folder)).await.unwrap();
    flows.close().await;
    flow_store_outage_contract(&flows).await;
    let accounts = SqliteAccounts::open(fresh_file(&folder)).await.unwrap();
    accounts.close().await;
    account_store_outage_contract(&accounts).await;
}

/// One thread drives the connections, and several ask.
#[tokio::test(flavor = "current_thread")]
async fn the_contract_runs_on_one_thread_too() {
    let folder = tempfile::tempdir().unwrap();
    flow_store_contract(async || Arc::new(SqliteFlows::open(fresh_file(&folder)).await.unwrap())).await;
}
