//! Which ports are called, in which order: so that two runs can be compared without a stopwatch.
//!
//! A line names the call and how much it carries, never what: nothing of a line differs between accounts unless
//! the operations themselves do (EN-2). A store's call can be cut off by its line, to see what a crash leaves.

use crate::account::{
    Account, AccountStore, AddressChange, AddressKind, Applied, HashUpgrade, PasswordChange,
};
use crate::audit::{AuditRecord, Checkpoint};
use crate::clock::Timestamp;
use crate::entropy::{Entropy, EntropyError};
use crate::flow::FlowRecord;
use crate::identity::{Identifier, IdentityKey};
use crate::ids::{AccountId, DocumentId, FlowId, MailId, Realm};
use crate::keys::KeyId;
use crate::mail::{Delivery, Mailer, Message};
use crate::password::{HashError, PasswordHash, PasswordHasher, PreparedPassword, Verification};
use crate::store::{
    Claim, Commit, Committed, DeadLetter, Depth, Document, DocumentKind, DutyClaim, FlowStore, FlowWrite,
    OutboxMail, SealedIn, StoreError, Sweep,
};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The list of calls. Cheap to clone; all clones are one list.
///
/// ```
/// use regain::memory::MemoryAccounts;
/// use regain::testing::Trace;
/// use std::sync::Arc;
///
/// let trace = Trace::new();
/// let accounts = trace.accounts(Arc::new(MemoryAccounts::new())); // hand this to the service
/// # drop(accounts);
/// assert!(trace.take().is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Mutex<Tape>>);

#[derive(Debug, Default)]
struct Tape {
    calls: Vec<String>,
    cuts: Vec<(String, Cut)>,
    /// Store calls still to go, and the cut that comes then.
    nth: Option<(usize, Cut)>,
}

/// Where the connection to a store breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the store did anything.
    OnTheWayThere,
    /// After the store did all of it: whoever called does not know.
    OnTheWayBack,
}

impl Cut {
    fn error(self) -> StoreError {
        StoreError::plain(match self {
            Self::OnTheWayThere => "the connection broke on the way there",
            Self::OnTheWayBack => "the connection broke on the way back",
        })
    }
}

impl Trace {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The calls since the last time, in order.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.tape().calls)
    }

    /// Cuts off the next call to a store whose line begins with `call`, once.
    pub fn cut(&self, call: &str, cut: Cut) {
        self.tape().cuts.push((call.to_owned(), cut));
    }

    /// Cuts off one call to a store after so many others, whatever it is.
    pub fn cut_nth(&self, calls_before: usize, cut: Cut) {
        self.tape().nth = Some((calls_before, cut));
    }

    /// Whether a cut that was ordered has not happened yet.
    #[must_use]
    pub fn has_cuts_left(&self) -> bool {
        let tape = self.tape();
        !tape.cuts.is_empty() || tape.nth.is_some()
    }

    /// Writes down the calls to this store.
    #[must_use]
    pub fn accounts(&self, inner: Arc<dyn AccountStore>) -> Arc<TracedAccounts> {
        Arc::new(TracedAccounts { inner, trace: self.clone() })
    }

    /// Writes down the calls to this store.
    #[must_use]
    pub fn flows(&self, inner: Arc<dyn FlowStore>) -> Arc<TracedFlows> {
        Arc::new(TracedFlows { inner, trace: self.clone() })
    }

    /// Writes down the calls to this mailer.
    #[must_use]
    pub fn mailer(&self, inner: Arc<dyn Mailer>) -> Arc<TracedMailer> {
        Arc::new(TracedMailer { inner, trace: self.clone() })
    }

    /// Writes down the calls to this hasher.
    #[must_use]
    pub fn hasher(&self, inner: Arc<dyn PasswordHasher>) -> Arc<TracedHasher> {
        Arc::new(TracedHasher { inner, trace: self.clone() })
    }

    /// Writes down what is drawn from this source.
    #[must_use]
    pub fn entropy(&self, inner: Arc<dyn Entropy>) -> Arc<TracedEntropy> {
        Arc::new(TracedEntropy { inner, trace: self.clone() })
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, call: impl Into<String>) {
        self.tape().calls.push(call.into());
    }

    async fn through<T>(
        &self,
        call: impl Into<String>,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let cut = self.begin(call.into());
        if cut == Some(Cut::OnTheWayThere) {
            return Err(Cut::OnTheWayThere.error());
        }
        let done = work.await;
        cut.map_or(done, |cut| Err(cut.error()))
    }

    fn begin(&self, call: String) -> Option<Cut> {
        let mut tape = self.tape();
        let ordered = tape.cuts.iter().position(|(line, _)| call.starts_with(line.as_str()));
        tape.calls.push(call);
        if let Some((left, cut)) = tape.nth.take() {
            let Some(left) = left.checked_sub(1) else { return Some(cut) };
            tape.nth = Some((left, cut));
        }
        ordered.map(|place| tape.cuts.remove(place).1)
    }
}

/// See [`Trace::accounts`].
pub struct TracedAccounts {
    inner: Arc<dyn AccountStore>,
    trace: Trace,
}

#[async_trait]
impl AccountStore for TracedAccounts {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        self.trace.through("accounts.find_by_identifier", self.inner.find_by_identifier(identifier)).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        self.trace.through("accounts.find_by_identity", self.inner.find_by_identity(key)).await
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.trace.through("accounts.get", self.inner.get(id)).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        self.trace.through("accounts.set_password", self.inner.set_password(change)).await
    }

    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Result<(), StoreError> {
        self.trace.through("accounts.upgrade_hash", self.inner.upgrade_hash(upgrade)).await
    }

    fn takes_addresses(&self) -> bool {
        self.inner.takes_addresses()
    }

    async fn set_address(&self, change: &AddressChange) -> Result<Applied, StoreError> {
        self.trace.through("accounts.set_address", self.inner.set_address(change)).await
    }

    async fn end_sessions(&self, id: &AccountId) -> Result<(), StoreError> {
        self.trace.through("accounts.end_sessions", self.inner.end_sessions(id)).await
    }
}

/// See [`Trace::flows`].
pub struct TracedFlows {
    inner: Arc<dyn FlowStore>,
    trace: Trace,
}

/// `commit(spends=2,flows=1 insert,mails=0,settled=0,audit=1)`: how much a commit carries.
fn label(commit: &Commit) -> String {
    let inserts = commit.flows.iter().filter(|write| matches!(write, FlowWrite::Insert(_))).count();
    let updates = commit.flows.len() - inserts;
    format!(
        "flows.commit(spends={},flows={inserts} insert {updates} update,mails={},settled={},audit={})",
        commit.spends.len(),
        commit.mails.len(),
        commit.settlements.len(),
        commit.audit.len(),
    )
}

#[async_trait]
impl FlowStore for TracedFlows {
    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        self.trace.through("flows.load", self.inner.load(realm, id)).await
    }

    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>, StoreError> {
        self.trace.through("flows.live_links", self.inner.live_links(realm, account)).await
    }

    async fn document(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        id: DocumentId,
    ) -> Result<Option<Document>, StoreError> {
        self.trace.through("flows.document", self.inner.document(realm, kind, id)).await
    }

    async fn documents_of(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<Document>, StoreError> {
        self.trace.through("flows.documents_of", self.inner.documents_of(realm, kind, account, limit)).await
    }

    async fn open_documents(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        after: Option<(Timestamp, DocumentId)>,
        limit: u32,
    ) -> Result<Vec<Document>, StoreError> {
        self.trace.through("flows.open_documents", self.inner.open_documents(realm, kind, after, limit)).await
    }

    async fn claim_documents(&self, claim: &Claim) -> Result<Vec<Document>, StoreError> {
        self.trace.through("flows.claim_documents", self.inner.claim_documents(claim)).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        self.trace.through(label(&commit), self.inner.commit(commit)).await
    }

    async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>, StoreError> {
        self.trace.through("flows.claim_flows", self.inner.claim_flows(claim)).await
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError> {
        self.trace.through("flows.claim_mails", self.inner.claim_mails(claim)).await
    }

    async fn sweep(&self, realm: &Realm, sweep: &Sweep) -> Result<u64, StoreError> {
        self.trace.through("flows.sweep", self.inner.sweep(realm, sweep)).await
    }

    async fn audit_after(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        self.trace.through("flows.audit_after", self.inner.audit_after(realm, after, limit)).await
    }

    async fn claim_duty(&self, claim: &DutyClaim) -> Result<bool, StoreError> {
        self.trace.through("flows.claim_duty", self.inner.claim_duty(claim)).await
    }

    async fn checkpoints(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        self.trace.through("flows.checkpoints", self.inner.checkpoints(realm, after, limit)).await
    }

    async fn last_checkpoint(&self, realm: &Realm) -> Result<Option<Checkpoint>, StoreError> {
        self.trace.through("flows.last_checkpoint", self.inner.last_checkpoint(realm)).await
    }

    async fn sealed_under(
        &self,
        realm: &Realm,
        key: KeyId,
        limit: u32,
    ) -> Result<Vec<(SealedIn, Vec<u8>)>, StoreError> {
        self.trace.through("flows.sealed_under", self.inner.sealed_under(realm, key, limit)).await
    }

    async fn dead_letter(&self, realm: &Realm, id: MailId) -> Result<Option<DeadLetter>, StoreError> {
        self.trace.through("flows.dead_letter", self.inner.dead_letter(realm, id)).await
    }

    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        self.trace.through("flows.dead_letters", self.inner.dead_letters(realm, limit)).await
    }

    async fn depth(&self, realm: &Realm) -> Result<Depth, StoreError> {
        self.trace.through("flows.depth", self.inner.depth(realm)).await
    }

    /// Not noted: it asks nothing of the store.
    async fn work_arrived(&self) {
        self.inner.work_arrived().await;
    }
}

/// See [`Trace::mailer`].
pub struct TracedMailer {
    inner: Arc<dyn Mailer>,
    trace: Trace,
}

#[async_trait]
impl Mailer for TracedMailer {
    async fn send(&self, message: &Message) -> Delivery {
        self.trace.note("mailer.send");
        self.inner.send(message).await
    }

    fn carries(&self, kind: AddressKind) -> bool {
        self.inner.carries(kind)
    }
}

/// See [`Trace::hasher`].
pub struct TracedHasher {
    inner: Arc<dyn PasswordHasher>,
    trace: Trace,
}

impl PasswordHasher for TracedHasher {
    fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError> {
        self.trace.note("hasher.hash");
        self.inner.hash(password, salt)
    }

    fn verify(&self, password: &PreparedPassword, stored: &PasswordHash) -> Result<Verification, HashError> {
        self.trace.note("hasher.verify");
        self.inner.verify(password, stored)
    }

    /// Not noted: it computes nothing.
    fn dummy(&self) -> PasswordHash {
        self.inner.dummy()
    }
}

/// See [`Trace::entropy`].
pub struct TracedEntropy {
    inner: Arc<dyn Entropy>,
    trace: Trace,
}

impl Entropy for TracedEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self.trace.note(format!("entropy.fill({})", bytes.len()));
        self.inner.fill(bytes)
    }
}
