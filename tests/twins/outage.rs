//! Stores that are away, and say that there is nothing.

use crate::failure;
use async_trait::async_trait;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::sqlite::SqliteFlows;
use regain::store::{Claim, FlowStore, OutboxMail, StoreError};
use regain::testing::contract::{account_store_outage_contract, flow_store_outage_contract};
use regain::testing::{FlowStoreLayer, Layered};

/// Away, and hands out no mail instead of an error.
struct NothingToDo(SqliteFlows);

#[async_trait]
impl FlowStoreLayer for NothingToDo {
    fn inner(&self) -> &dyn FlowStore {
        &self.0
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError> {
        self.0.claim_mails(claim).await.or(Ok(vec![]))
    }
}

#[tokio::test]
async fn flows_that_are_away_are_not_empty() {
    let told = failure(flow_store_outage_contract(&MemoryFlows::new())).await;
    assert_eq!(told, "load: a store that is away answers with an error, never with nothing");
    let folder = tempfile::tempdir().unwrap();
    let away = SqliteFlows::open(folder.path().join("flows.db")).await.unwrap();
    away.close().await;
    let told = failure(flow_store_outage_contract(&Layered(NothingToDo(away)))).await;
    assert_eq!(told, "claim_mails: a store that is away answers with an error, never with nothing");
}

#[tokio::test]
async fn accounts_that_are_away_are_not_nobody() {
    let told = failure(account_store_outage_contract(&MemoryAccounts::new())).await;
    assert_eq!(told, "find_by_identifier: a store that is away answers with an error, never with nothing");
}
