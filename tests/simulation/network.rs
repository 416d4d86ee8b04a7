//! The ports as a node sees them: behind a network that delays, drops and loses, with the oracle at the far end.

use crate::clock::NodeClock;
use crate::oracle::Oracle;
use crate::profile::{Fate, Port, Weather};
use crate::stage::{Stage, count};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use regain::account::{Account, AccountStore, Applied, HashUpgrade, PasswordChange};
use regain::audit::{AuditRecord, Checkpoint};
use regain::clock::Timestamp;
use regain::flow::FlowRecord;
use regain::identity::{Identifier, IdentityKey};
use regain::ids::{AccountId, DocumentId, FlowId, Realm};
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::store::{
    Claim, Commit, Committed, Document, DocumentKind, DutyClaim, FlowStore, OutboxMail, StoreError, Sweep,
};
use regain::testing::FlowStoreLayer;
use std::sync::Arc;

/// A node's line to everything else.
#[derive(Clone)]
pub struct Wire {
    pub stage: Arc<Stage>,
    pub weather: Arc<Weather>,
    pub oracle: Arc<Oracle>,
    pub clock: Arc<NodeClock>,
    pub node: usize,
}

impl Wire {
    pub async fn travel(&self) {
        let delay = self.weather.delay(&mut self.stage.dice());
        if let Some(delay) = delay {
            self.stage.sleep(delay).await;
        }
    }

    async fn through<T>(
        &self,
        port: Port,
        call: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let doing = self.stage.doing();
        self.travel().await;
        let fate = self.weather.fate(&mut self.stage.dice(), port, self.stage.now());
        let fails = |why: &'static str| {
            count(&doing.errors, 1);
            self.stage.tally("calls that failed");
            self.stage.note(&format!("n{} {} #{} {call}: {why}", self.node, doing.what, doing.id));
            StoreError::plain(why)
        };
        if let Fate::FailsBefore(why) = fate {
            return Err(fails(why));
        }
        if !matches!(call, "claim_flows" | "claim_mails" | "claim_documents" | "claim_duty" | "sweep") {
            self.stage.note(&format!("n{} {} #{} {call}", self.node, doing.what, doing.id));
        }
        let done = work.await;
        self.travel().await;
        if fate == Fate::ReplyLost {
            return Err(fails("the reply was lost"));
        }
        done
    }
}

/// regain's tables, from a node.
pub struct FarFlows {
    pub wire: Wire,
    pub tables: Arc<MemoryFlows>,
}

type Answer<T> = Result<T, StoreError>;

#[async_trait]
impl FlowStoreLayer for FarFlows {
    fn inner(&self) -> &dyn FlowStore {
        &*self.tables
    }

    async fn load(&self, realm: &Realm, id: FlowId) -> Answer<Option<FlowRecord>> {
        self.wire.through(Port::Flows, "load", self.tables.load(realm, id)).await
    }

    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Answer<Vec<FlowRecord>> {
        let work = async {
            self.wire.oracle.links_read(account);
            self.tables.live_links(realm, account).await
        };
        self.wire.through(Port::Flows, "live_links", work).await
    }

    async fn document(&self, realm: &Realm, kind: DocumentKind, id: DocumentId) -> Answer<Option<Document>> {
        self.wire.through(Port::Flows, "document", self.tables.document(realm, kind, id)).await
    }

    async fn documents_of(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        account: &AccountId,
        limit: u32,
    ) -> Answer<Vec<Document>> {
        let work = self.tables.documents_of(realm, kind, account, limit);
        self.wire.through(Port::Flows, "documents_of", work).await
    }

    async fn open_documents(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        after: Option<(Timestamp, DocumentId)>,
        limit: u32,
    ) -> Answer<Vec<Document>> {
        let work = self.tables.open_documents(realm, kind, after, limit);
        self.wire.through(Port::Flows, "open_documents", work).await
    }

    async fn claim_documents(&self, claim: &Claim) -> Answer<Vec<Document>> {
        self.wire.through(Port::FlowsWriting, "claim_documents", self.tables.claim_documents(claim)).await
    }

    async fn commit(&self, commit: Commit) -> Answer<Committed> {
        let work = async {
            let copy = commit.clone();
            let outcome = self.tables.commit(commit).await?;
            self.wire.oracle.committed(&self.wire.clock, &copy, &outcome);
            Ok(outcome)
        };
        self.wire.through(Port::FlowsWriting, "commit", work).await
    }

    async fn claim_flows(&self, claim: &Claim) -> Answer<Vec<FlowRecord>> {
        let work = async {
            let rows = self.tables.claim_flows(claim).await?;
            self.wire.oracle.flows_claimed(claim, &rows);
            Ok(rows)
        };
        self.wire.through(Port::FlowsWriting, "claim_flows", work).await
    }

    async fn claim_mails(&self, claim: &Claim) -> Answer<Vec<OutboxMail>> {
        let work = async {
            let mails = self.tables.claim_mails(claim).await?;
            self.wire.oracle.mails_claimed(claim, &mails);
            Ok(mails)
        };
        self.wire.through(Port::FlowsWriting, "claim_mails", work).await
    }

    async fn claim_duty(&self, claim: &DutyClaim) -> Answer<bool> {
        self.wire.through(Port::FlowsWriting, "claim_duty", self.tables.claim_duty(claim)).await
    }

    async fn last_checkpoint(&self, realm: &Realm) -> Answer<Option<Checkpoint>> {
        self.wire.through(Port::Flows, "last_checkpoint", self.tables.last_checkpoint(realm)).await
    }

    async fn audit_after(&self, realm: &Realm, after: u64, limit: u32) -> Answer<Vec<(u64, AuditRecord)>> {
        self.wire.through(Port::Flows, "audit_after", self.tables.audit_after(realm, after, limit)).await
    }

    async fn sweep(&self, realm: &Realm, sweep: &Sweep) -> Answer<u64> {
        let work = async {
            self.wire.oracle.swept(sweep);
            self.tables.sweep(realm, sweep).await
        };
        self.wire.through(Port::FlowsWriting, "sweep", work).await
    }
}

/// The host's accounts, from a node.
pub struct FarAccounts {
    pub wire: Wire,
    pub accounts: Arc<MemoryAccounts>,
}

impl FarAccounts {
    fn seen(&self) {
        count(&self.wire.stage.doing().account_calls, 1);
    }

    fn now(&self, id: &AccountId) -> Option<Account> {
        self.accounts.get(id).now_or_never().and_then(Result::ok).flatten()
    }
}

#[async_trait]
impl AccountStore for FarAccounts {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Answer<Vec<Account>> {
        self.seen();
        let work = self.accounts.find_by_identifier(identifier);
        self.wire.through(Port::Accounts, "find_by_identifier", work).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Answer<Vec<Account>> {
        self.seen();
        self.wire.through(Port::Accounts, "find_by_identity", self.accounts.find_by_identity(key)).await
    }

    async fn get(&self, id: &AccountId) -> Answer<Option<Account>> {
        self.seen();
        self.wire.through(Port::Accounts, "get", self.accounts.get(id)).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Answer<Applied> {
        self.seen();
        let work = async {
            let before = self.now(&change.account);
            let applied = self.accounts.set_password(change).await?;
            let after = self.now(&change.account);
            self.wire.oracle.password_set(before.as_ref(), after.as_ref(), change, applied);
            self.wire.stage.note(&format!("  {} {applied:?}", change.account.as_str()));
            Ok(applied)
        };
        self.wire.through(Port::Accounts, "set_password", work).await
    }

    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Answer<()> {
        self.seen();
        let work = async {
            self.accounts.upgrade_hash(upgrade).await?;
            self.wire.oracle.hash_upgraded(upgrade, self.now(&upgrade.account).as_ref());
            Ok(())
        };
        self.wire.through(Port::Accounts, "upgrade_hash", work).await
    }
}
