//! regain's own tables: flows, outbox, budgets, audit.
//!
//! A store compares versions and writes bytes; it holds no rule. Everything that has to happen together is
//! one [`Commit`], in one durable transaction.

use crate::audit::{AuditRecord, Checkpoint};
use crate::budget::{BudgetKey, Spend};
use crate::clock::Timestamp;
use crate::flow::{FlowRecord, coded};
use crate::ids::{AccountId, DocumentId, FlowId, MailId, Realm};
use crate::keys::KeyId;
use async_trait::async_trait;
use std::fmt;

/// What is the matter with a store, for alarms and for whoever has to put it right. Nobody who asks is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It is not there, or no connection to it came free in time. It may come back by itself.
    Unreachable,
    /// It is there and has too much to do: a lock or a statement took too long, or no connection is left.
    Busy,
    /// No room is left.
    Full,
    /// It may be read only: a replica, or a file without the right to write.
    ReadOnly,
    /// A right is missing.
    Rights,
    /// A newer regain wrote it.
    SchemaNewer,
    /// Tables or rows are missing, or are not as regain wrote them.
    Damaged,
    /// What it was configured with does not fit: address, name, role, password, TLS.
    Misconfigured,
    /// Anything else, and whatever a host's own store did not sort.
    Other,
}

/// Why a store did not do what it was asked. The backend's own error is kept as the source.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct StoreError {
    kind: StoreErrorKind,
    context: &'static str,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// Wraps a backend's error; `context` says what was being done.
    pub fn new(context: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Other, context, source: Some(source.into()) }
    }

    /// An error without a cause of its own.
    #[must_use]
    pub const fn plain(context: &'static str) -> Self {
        Self { kind: StoreErrorKind::Other, context, source: None }
    }

    /// Says what is the matter.
    #[must_use]
    pub fn with_kind(self, kind: StoreErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// What is the matter.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

/// A change of one flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowWrite {
    /// A new flow.
    Insert(FlowRecord),
    /// The next version of a flow; only if the stored version is exactly one lower.
    Update(FlowRecord),
}

/// A mail that waits, sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxMail {
    /// Its name, the same across all tries.
    pub id: MailId,
    /// The tenant.
    pub realm: Realm,
    /// The flow that it belongs to.
    pub flow: FlowId,
    /// Code of the letter.
    pub letter: String,
    /// The whole message, sealed.
    pub sealed: Vec<u8>,
    /// Tries so far, this one included once it is claimed.
    pub attempts: u32,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it is to be tried next.
    pub due_at: Timestamp,
}

impl fmt::Debug for OutboxMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxMail")
            .field("id", &self.id)
            .field("letter", &self.letter)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// What became of a try to send a mail. Applies only if the stored count of tries is still `attempts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettlement {
    /// The mail.
    pub id: MailId,
    /// The try that this settles.
    pub attempts: u32,
    /// What became of it.
    pub outcome: MailOutcome,
}

/// See [`MailSettlement`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// Accepted by the mail system: the row is erased.
    Sent,
    /// Not worth sending any more, such as a link that was replaced: the row is erased.
    Stale,
    /// To be tried again then.
    Retry(Timestamp),
    /// Given up: the row stays for the host to see.
    Dead {
        /// When.
        at: Timestamp,
        /// A stable code: `refused`, `expired`, `too_old`, `unreadable`.
        why: String,
        /// Until when what was sealed is kept, so that the host may send it again; `None` erases it at once.
        keep_until: Option<Timestamp>,
    },
}

/// A mail that was given up.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its name.
    pub id: MailId,
    /// The flow that it belonged to.
    pub flow: FlowId,
    /// Code of the letter.
    pub letter: String,
    /// Tries.
    pub attempts: u32,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it was given up.
    pub dead_at: Timestamp,
    /// Why: `refused`, `expired` (the link in it), `too_old`, `unreadable`.
    pub why: String,
    /// The whole message, sealed, while it can be sent again.
    pub sealed: Option<Vec<u8>>,
    /// Until when that is kept.
    pub keep_until: Option<Timestamp>,
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.id)
            .field("letter", &self.letter)
            .field("attempts", &self.attempts)
            .field("why", &self.why)
            .finish_non_exhaustive()
    }
}

coded! {
    /// What a document is about.
    DocumentKind {
        /// The security record of one account: factors, their counters, holds.
        Security = "security",
        /// A case of the support desk.
        Case = "case",
    }
}

/// A sealed row with a version: whatever regain keeps that is neither a flow nor a mail. A store keeps every field as it is
/// and derives nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// The tenant.
    pub realm: Realm,
    /// What it is about; with realm and name, the key.
    pub kind: DocumentKind,
    /// Its name.
    pub id: DocumentId,
    /// Counts the changes, from 1.
    pub version: u64,
    /// Whose, where that is known.
    pub account: Option<AccountId>,
    /// Whether it stands in the queue of its kind.
    pub open: bool,
    /// What it says, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a worker has to look at it next.
    pub due_at: Option<Timestamp>,
    /// From then on it may be deleted.
    pub keep_until: Option<Timestamp>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("version", &self.version)
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

/// A change of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentWrite {
    /// A new document.
    Insert(Document),
    /// The next version of a document; only if the stored version is exactly one lower.
    Update(Document),
}

impl DocumentWrite {
    /// The document as it will be.
    #[must_use]
    pub fn document(&self) -> &Document {
        match self {
            Self::Insert(document) | Self::Update(document) => document,
        }
    }
}

/// A dead letter to be queued once more, as if it had been queued then. It keeps its name, and with it its `Message-ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revival {
    /// The mail.
    pub id: MailId,
    /// When.
    pub at: Timestamp,
}

/// Where a sealed value is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SealedIn {
    /// In a flow that is in this state (its code).
    Flow(FlowId, String),
    /// In the outbox.
    Mail(MailId),
    /// In a dead letter.
    DeadLetter(MailId),
    /// In a document.
    Document(DocumentKind, DocumentId),
}

/// A sealed value, sealed anew. Applies only if `from` is what is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Reseal {
    /// Where.
    pub place: SealedIn,
    /// What is stored.
    pub from: Vec<u8>,
    /// What to store.
    pub to: Vec<u8>,
}

impl fmt::Debug for Reseal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reseal").field("place", &self.place).finish_non_exhaustive()
    }
}

/// What happens together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The tenant of all of it.
    pub realm: Realm,
    /// Budgets to take from, in this order. If one refuses, nothing of the commit happens, the other spends included.
    pub spends: Vec<Spend>,
    /// Budgets to forget what was spent of.
    pub clears: Vec<BudgetKey>,
    /// Flows to write, in this order.
    pub flows: Vec<FlowWrite>,
    /// Documents to write, in this order.
    pub documents: Vec<DocumentWrite>,
    /// Mails to queue.
    pub mails: Vec<OutboxMail>,
    /// Mails that were tried.
    pub settlements: Vec<MailSettlement>,
    /// Dead letters to queue again; one that is not there, or has nothing sealed any more, is a conflict.
    pub revivals: Vec<Revival>,
    /// Values that were sealed anew.
    pub reseals: Vec<Reseal>,
    /// Lines of the audit record.
    pub audit: Vec<AuditRecord>,
    /// The next checkpoint of the audit record; if there is one of its number, that is a conflict.
    pub checkpoint: Option<Checkpoint>,
}

impl Commit {
    /// A commit of nothing.
    #[must_use]
    pub fn new(realm: Realm) -> Self {
        Self {
            realm,
            spends: vec![],
            clears: vec![],
            flows: vec![],
            documents: vec![],
            mails: vec![],
            settlements: vec![],
            revivals: vec![],
            reseals: vec![],
            audit: vec![],
            checkpoint: None,
        }
    }
}

/// What became of a [`Commit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Durable.
    Done,
    /// A budget refused; nothing was written.
    OverBudget {
        /// When that budget has something again.
        retry_at: Timestamp,
    },
    /// Another version of a flow or document than expected is stored, or the account has a live link for the purpose
    /// already; nothing was written.
    Conflict,
}

/// Work to be handed to one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The tenant.
    pub realm: Realm,
    /// What is due by then.
    pub due_by: Timestamp,
    /// Until then nobody else gets it.
    pub lease_until: Timestamp,
    /// At most so many, the longest due first.
    pub limit: u32,
}

coded! {
    /// Housekeeping that one node at a time does for all.
    Duty {
        /// Deleting what has had its time.
        Sweep = "sweep",
        /// Closing the audit record.
        CloseAudit = "close_audit",
        /// Sealing anew what is sealed under an old key.
        Reseal = "reseal",
    }
}

/// Asks for a duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyClaim {
    /// The tenant.
    pub realm: Realm,
    /// Which.
    pub duty: Duty,
    /// The time.
    pub now: Timestamp,
    /// Until then nobody else gets it.
    pub until: Timestamp,
}

/// What to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweep {
    /// Flows that have ended and were created before.
    pub ended_before: Timestamp,
    /// Budgets that are full again by then.
    pub budgets_full_at: Timestamp,
    /// Dead letters given up before.
    pub dead_before: Timestamp,
    /// What is sealed in dead letters and was to be kept until then is erased; the letters stay.
    pub kept_until: Timestamp,
    /// Documents that were to be kept until then.
    pub documents_kept_until: Timestamp,
    /// The records of the oldest checkpoint that still has marks, if it was closed before; its marks go with them.
    pub audit_closed_before: Timestamp,
    /// At most so many rows of each.
    pub limit: u32,
}

/// A store's tables, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Flows that wait for the worker or for their link.
    pub live_flows: u64,
    /// Mails that wait.
    pub waiting_mails: u64,
    /// Mails that were given up.
    pub dead_letters: u64,
}

/// regain's own tables.
///
/// The contract is checked by [`flow_store_contract`](crate::testing) (feature `testing`). A store that is
/// unavailable answers with an error, never with an empty result.
#[async_trait]
pub trait FlowStore: Send + Sync {
    /// One flow.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError>;

    /// The flows of an account that have a link out.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>, StoreError>;

    /// One document.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn document(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        id: DocumentId,
    ) -> Result<Option<Document>, StoreError>;

    /// The documents of an account, the newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn documents_of(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<Document>, StoreError>;

    /// Open documents, the oldest first and those of one moment by name; only those that come after this one.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn open_documents(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        after: Option<(Timestamp, DocumentId)>,
        limit: u32,
    ) -> Result<Vec<Document>, StoreError>;

    /// Takes documents that are due, of any kind, and makes them due again when the lease ends. None goes to two callers.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn claim_documents(&self, claim: &Claim) -> Result<Vec<Document>, StoreError>;

    /// Does all of it durably, or nothing. Budgets are decided by [`Spend::against`], one after the other with
    /// nobody in between.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer. The commit may then have happened or not.
    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError>;

    /// Takes flows that are due, and makes them due again when the lease ends. No flow goes to two callers.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>, StoreError>;

    /// Takes mails that are due, counts the try, and makes them due again when the lease ends.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError>;

    /// Gives a duty to one caller: unless somebody has it, which is so while the stored end lies after `now` and no later
    /// than `until`. (An end that lies further ahead comes from a clock that was put right since.)
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn claim_duty(&self, claim: &DutyClaim) -> Result<bool, StoreError>;

    /// Deletes what has had its time, and says how many rows.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn sweep(&self, realm: &Realm, sweep: &Sweep) -> Result<u64, StoreError>;

    /// The audit record from `after` on, oldest first, with positions.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn audit_after(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, AuditRecord)>, StoreError>;

    /// The checkpoints of the audit record with a number over `after`, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn checkpoints(&self, realm: &Realm, after: u64, limit: u32)
    -> Result<Vec<Checkpoint>, StoreError>;

    /// The checkpoint with the highest number.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn last_checkpoint(&self, realm: &Realm) -> Result<Option<Checkpoint>, StoreError>;

    /// Values sealed under this key (its number is their first four bytes, the highest first): in live flows, in the
    /// outbox, in dead letters, in documents.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn sealed_under(
        &self,
        realm: &Realm,
        key: KeyId,
        limit: u32,
    ) -> Result<Vec<(SealedIn, Vec<u8>)>, StoreError>;

    /// One mail that was given up.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn dead_letter(&self, realm: &Realm, id: MailId) -> Result<Option<DeadLetter>, StoreError>;

    /// Mails that were given up, the latest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>, StoreError>;

    /// How much waits.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn depth(&self, realm: &Realm) -> Result<Depth, StoreError>;

    /// Returns when another node may have left work here, in whatever realm. Best effort: what is missed here is found
    /// when a worker's poll comes. A store that has no other node, or no way to hear of it, never returns; nor does one
    /// that is out of order, for that is no news of work.
    async fn work_arrived(&self) {
        std::future::pending().await
    }
}
