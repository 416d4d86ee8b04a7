//! Every call to a store or to the mail system has a number, and a process can be told to exit right beside one.
//!
//! A call has up to three points: before it, after it, and, where it writes, its reply lost: it was done, and whoever
//! called is told that it failed.

use async_trait::async_trait;
use regain::account::{Account, AccountStore, Applied, HashUpgrade, PasswordChange};
use regain::audit::{AuditRecord, Checkpoint};
use regain::clock::Timestamp;
use regain::flow::FlowRecord;
use regain::identity::{Identifier, IdentityKey};
use regain::ids::{AccountId, DocumentId, FlowId, MailId, Realm};
use regain::keys::KeyId;
use regain::mail::{Delivery, Mailer, Message};
use regain::store::{
    Claim, Commit, Committed, DeadLetter, Depth, Document, DocumentKind, DutyClaim, FlowStore, FlowWrite,
    OutboxMail,
};
use regain::store::{SealedIn, StoreError, Sweep};
use regain::testing::FlowStoreLayer;
use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What a process exits with at its point: nothing else in it does.
pub const EXIT: i32 = 86;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Before,
    After,
    ReplyLost,
}

/// One place in the story: a call by its number, from 0 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub call: usize,
    pub when: When,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = match self.when {
            When::Before => "before",
            When::After => "after",
            When::ReplyLost => "reply-lost",
        };
        write!(f, "{when}:{}", self.call)
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (when, call) = text.split_once(':').ok_or("a point is when:call")?;
        let when = match when {
            "before" => When::Before,
            "after" => When::After,
            "reply-lost" => When::ReplyLost,
            _ => return Err(format!("no such point: {text}")),
        };
        Ok(Self { call: call.parse().map_err(|error| format!("{error}"))?, when })
    }
}

/// A call of the story, as the process that counted wrote it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub writes: bool,
    /// What was called, and in which act.
    pub name: String,
}

impl Call {
    pub fn points(&self, call: usize) -> Vec<Point> {
        let mut points = vec![Point { call, when: When::Before }, Point { call, when: When::After }];
        points.extend(self.writes.then_some(Point { call, when: When::ReplyLost }));
        points
    }

    /// What [`Counter`] wrote.
    pub fn read_all(file: &Path) -> Vec<Self> {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let call = |line: &str| {
            let (kind, name) = line.split_once(' ').expect("kind and name");
            Self { writes: kind == "writes", name: name.to_owned() }
        };
        text.lines().map(call).collect()
    }
}

/// What the worker does when it has nothing else to do.
const DUTIES: [&str; 6] =
    ["claim_duty", "sweep", "last_checkpoint", "audit_after", "commit of 1 checkpoints", "sealed_under"];

/// Whether an act's calls for the worker's duties have numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duties {
    Numbered,
    NotNumbered,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reads,
    Writes,
}

/// Counts the calls of one process, and ends it at its point.
pub struct Counter {
    exit_at: Option<Point>,
    next: AtomicUsize,
    writes: AtomicUsize,
    lost_a_reply: AtomicBool,
    act: Mutex<String>,
    mutes_duties: AtomicBool,
    log: File,
}

/// The call was done, and its reply is lost.
struct ReplyLost;

impl Counter {
    pub fn new(log: &Path, exit_at: Option<Point>) -> Arc<Self> {
        let log = File::options().create(true).append(true).open(log).unwrap();
        Arc::new(Self {
            exit_at,
            next: AtomicUsize::new(0),
            writes: AtomicUsize::new(0),
            lost_a_reply: AtomicBool::new(false),
            act: Mutex::default(),
            mutes_duties: AtomicBool::new(false),
            log,
        })
    }

    /// From now on calls are part of this act. The worker's duties repeat in each of them what they do in one, and are
    /// numbered where they matter.
    pub fn begin(&self, act: &str, duties: Duties) {
        self.mutes_duties.store(duties == Duties::NotNumbered, Ordering::SeqCst);
        act.clone_into(&mut self.act.lock().unwrap());
    }

    /// How many calls that write there were.
    pub fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }

    /// Whether a reply was lost.
    pub fn lost_a_reply(&self) -> bool {
        self.lost_a_reply.load(Ordering::SeqCst)
    }

    async fn pass<T>(&self, name: &str, kind: Kind, work: impl Future<Output = T>) -> Result<T, ReplyLost> {
        if self.mutes_duties.load(Ordering::SeqCst) && DUTIES.iter().any(|duty| name.starts_with(duty)) {
            return Ok(work.await);
        }
        let call = self.next.fetch_add(1, Ordering::SeqCst);
        let verb = if kind == Kind::Writes { "writes" } else { "reads" };
        self.writes.fetch_add(usize::from(kind == Kind::Writes), Ordering::SeqCst);
        let line = format!("{verb} {name}, {}\n", self.act.lock().unwrap());
        (&self.log).write_all(line.as_bytes()).unwrap();
        self.exit_if_at(Point { call, when: When::Before });
        let done = work.await;
        self.exit_if_at(Point { call, when: When::After });
        let lost = self.exit_at == Some(Point { call, when: When::ReplyLost });
        self.lost_a_reply.fetch_or(lost, Ordering::SeqCst);
        if lost { Err(ReplyLost) } else { Ok(done) }
    }

    fn exit_if_at(&self, point: Point) {
        if self.exit_at == Some(point) {
            std::process::exit(EXIT);
        }
    }

    async fn store<T>(
        &self,
        name: &str,
        kind: Kind,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let passed = self.pass(name, kind, work).await;
        passed.unwrap_or_else(|ReplyLost| Err(StoreError::plain("the reply was lost")))
    }
}

/// A [`FlowStore`] whose calls are numbered.
pub struct NumberedFlows {
    pub inner: Arc<dyn FlowStore>,
    pub counter: Arc<Counter>,
}

/// What a commit carries, such as `commit of 2 flows, 1 mail, 2 lines`.
fn carried(commit: &Commit) -> String {
    let inserts = commit.flows.iter().filter(|write| matches!(write, FlowWrite::Insert(_))).count();
    let parts = [
        (commit.spends.len(), "spends"),
        (commit.clears.len(), "clears"),
        (inserts, "new flows"),
        (commit.flows.len() - inserts, "flows"),
        (commit.documents.len(), "documents"),
        (commit.mails.len(), "mails"),
        (commit.settlements.len(), "settlements"),
        (commit.audit.len(), "lines"),
        (usize::from(commit.checkpoint.is_some()), "checkpoints"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    format!("commit of {}", parts.collect::<Vec<_>>().join(", "))
}

type Stored<T> = Result<T, StoreError>;

#[async_trait]
impl FlowStoreLayer for NumberedFlows {
    fn inner(&self) -> &dyn FlowStore {
        &*self.inner
    }

    async fn load(&self, realm: &Realm, id: FlowId) -> Stored<Option<FlowRecord>> {
        self.counter.store("load", Kind::Reads, self.inner.load(realm, id)).await
    }

    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Stored<Vec<FlowRecord>> {
        self.counter.store("live_links", Kind::Reads, self.inner.live_links(realm, account)).await
    }

    async fn commit(&self, commit: Commit) -> Stored<Committed> {
        let name = carried(&commit);
        self.counter.store(&name, Kind::Writes, self.inner.commit(commit)).await
    }

    async fn document(&self, realm: &Realm, kind: DocumentKind, id: DocumentId) -> Stored<Option<Document>> {
        self.counter.store("document", Kind::Reads, self.inner.document(realm, kind, id)).await
    }

    async fn documents_of(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        account: &AccountId,
        limit: u32,
    ) -> Stored<Vec<Document>> {
        let found = self.inner.documents_of(realm, kind, account, limit);
        self.counter.store("documents_of", Kind::Reads, found).await
    }

    async fn open_documents(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        after: Option<(Timestamp, DocumentId)>,
        limit: u32,
    ) -> Stored<Vec<Document>> {
        let found = self.inner.open_documents(realm, kind, after, limit);
        self.counter.store("open_documents", Kind::Reads, found).await
    }

    async fn claim_documents(&self, claim: &Claim) -> Stored<Vec<Document>> {
        self.counter.store("claim_documents", Kind::Writes, self.inner.claim_documents(claim)).await
    }

    async fn claim_flows(&self, claim: &Claim) -> Stored<Vec<FlowRecord>> {
        self.counter.store("claim_flows", Kind::Writes, self.inner.claim_flows(claim)).await
    }

    async fn claim_mails(&self, claim: &Claim) -> Stored<Vec<OutboxMail>> {
        self.counter.store("claim_mails", Kind::Writes, self.inner.claim_mails(claim)).await
    }

    async fn claim_duty(&self, claim: &DutyClaim) -> Stored<bool> {
        let name = format!("claim_duty {}", claim.duty.code());
        self.counter.store(&name, Kind::Writes, self.inner.claim_duty(claim)).await
    }

    async fn sweep(&self, realm: &Realm, sweep: &Sweep) -> Stored<u64> {
        self.counter.store("sweep", Kind::Writes, self.inner.sweep(realm, sweep)).await
    }

    async fn audit_after(&self, realm: &Realm, after: u64, limit: u32) -> Stored<Vec<(u64, AuditRecord)>> {
        // On PostgreSQL it gives positions, so it writes.
        self.counter.store("audit_after", Kind::Writes, self.inner.audit_after(realm, after, limit)).await
    }

    async fn checkpoints(&self, realm: &Realm, after: u64, limit: u32) -> Stored<Vec<Checkpoint>> {
        self.counter.store("checkpoints", Kind::Reads, self.inner.checkpoints(realm, after, limit)).await
    }

    async fn last_checkpoint(&self, realm: &Realm) -> Stored<Option<Checkpoint>> {
        self.counter.store("last_checkpoint", Kind::Reads, self.inner.last_checkpoint(realm)).await
    }

    async fn sealed_under(&self, realm: &Realm, key: KeyId, limit: u32) -> Stored<Vec<(SealedIn, Vec<u8>)>> {
        self.counter.store("sealed_under", Kind::Reads, self.inner.sealed_under(realm, key, limit)).await
    }

    async fn dead_letter(&self, realm: &Realm, id: MailId) -> Stored<Option<DeadLetter>> {
        self.counter.store("dead_letter", Kind::Reads, self.inner.dead_letter(realm, id)).await
    }

    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Stored<Vec<DeadLetter>> {
        self.counter.store("dead_letters", Kind::Reads, self.inner.dead_letters(realm, limit)).await
    }

    async fn depth(&self, realm: &Realm) -> Stored<Depth> {
        self.counter.store("depth", Kind::Reads, self.inner.depth(realm)).await
    }
}

/// An [`AccountStore`] whose calls are numbered.
pub struct NumberedAccounts {
    pub inner: Arc<dyn AccountStore>,
    pub counter: Arc<Counter>,
}

#[async_trait]
impl AccountStore for NumberedAccounts {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Stored<Vec<Account>> {
        let found = self.inner.find_by_identifier(identifier);
        self.counter.store("find_by_identifier", Kind::Reads, found).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Stored<Vec<Account>> {
        self.counter.store("find_by_identity", Kind::Reads, self.inner.find_by_identity(key)).await
    }

    async fn get(&self, id: &AccountId) -> Stored<Option<Account>> {
        self.counter.store("get", Kind::Reads, self.inner.get(id)).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Stored<Applied> {
        self.counter.store("set_password", Kind::Writes, self.inner.set_password(change)).await
    }

    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Stored<()> {
        self.counter.store("upgrade_hash", Kind::Writes, self.inner.upgrade_hash(upgrade)).await
    }
}

/// A [`Mailer`] whose calls are numbered.
pub struct NumberedMailer {
    pub inner: Arc<dyn Mailer>,
    pub counter: Arc<Counter>,
}

#[async_trait]
impl Mailer for NumberedMailer {
    async fn send(&self, message: &Message) -> Delivery {
        let sent = self.counter.pass("send", Kind::Writes, self.inner.send(message)).await;
        sent.unwrap_or_else(|ReplyLost| Delivery::RetryLater("the reply was lost".into()))
    }
}
