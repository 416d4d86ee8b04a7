//! A store in memory, of which single calls are answered otherwise.

use async_trait::async_trait;
use futures_util::FutureExt as _;
use regain::audit::{AuditRecord, Checkpoint};
use regain::budget::BudgetKey;
use regain::clock::Timestamp;
use regain::flow::FlowRecord;
use regain::ids::{AccountId, DocumentId, FlowId, MailId, Realm};
use regain::keys::KeyId;
use regain::memory::MemoryFlows;
use regain::store::{
    Claim, Commit, Committed, DeadLetter, Depth, Document, DocumentKind, DutyClaim, FlowStore, FlowWrite,
    MailOutcome, OutboxMail, SealedIn, StoreError, Sweep,
};
use regain::testing::{FlowStoreLayer, Layered};

type Result<T> = std::result::Result<T, StoreError>;

/// A call, answered otherwise. `fn(inner, ..)` may ask the store behind.
macro_rules! calls {
    ($($call:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)+) => {
        #[derive(Default)]
        pub struct Calls {
            inner: MemoryFlows,
            $($call: Option<Box<dyn Fn(&MemoryFlows, $($kind),*) -> $answer + Send + Sync>>,)+
        }

        pub trait Otherwise: Sized {
            fn calls(&mut self) -> &mut Calls;
            $(fn $call(mut self, answer: impl Fn(&MemoryFlows, $($kind),*) -> $answer + Send + Sync + 'static) -> Self {
                self.calls().$call = Some(Box::new(answer));
                self
            })+
        }

        #[async_trait]
        impl FlowStoreLayer for Calls {
            fn inner(&self) -> &dyn FlowStore {
                &self.inner
            }

            $(async fn $call(&self, $($arg: $kind),*) -> Result<$answer> {
                match &self.$call {
                    Some(answer) => Ok(answer(&self.inner, $($arg),*)),
                    None => self.inner.$call($($arg),*).await,
                }
            })+
        }
    };
}

calls! {
    load(realm: &Realm, id: FlowId) -> Option<FlowRecord>;
    live_links(realm: &Realm, account: &AccountId) -> Vec<FlowRecord>;
    document(realm: &Realm, kind: DocumentKind, id: DocumentId) -> Option<Document>;
    documents_of(realm: &Realm, kind: DocumentKind, account: &AccountId, limit: u32) -> Vec<Document>;
    open_documents(realm: &Realm, kind: DocumentKind, after: Option<(Timestamp, DocumentId)>, limit: u32) -> Vec<Document>;
    claim_documents(claim: &Claim) -> Vec<Document>;
    commit(commit: Commit) -> Committed;
    claim_flows(claim: &Claim) -> Vec<FlowRecord>;
    claim_mails(claim: &Claim) -> Vec<OutboxMail>;
    sweep(realm: &Realm, sweep: &Sweep) -> u64;
    audit_after(realm: &Realm, after: u64, limit: u32) -> Vec<(u64, AuditRecord)>;
    dead_letters(realm: &Realm, limit: u32) -> Vec<DeadLetter>;
    depth(realm: &Realm) -> Depth;
    claim_duty(claim: &DutyClaim) -> bool;
    checkpoints(realm: &Realm, after: u64, limit: u32) -> Vec<Checkpoint>;
    last_checkpoint(realm: &Realm) -> Option<Checkpoint>;
    sealed_under(realm: &Realm, key: KeyId, limit: u32) -> Vec<(SealedIn, Vec<u8>)>;
    dead_letter(realm: &Realm, id: MailId) -> Option<DeadLetter>;
}

pub type Twin = Layered<Calls>;

pub fn twin() -> Twin {
    Layered(Calls::default())
}

impl Otherwise for Twin {
    fn calls(&mut self) -> &mut Calls {
        &mut self.0
    }
}

/// What a store in memory answers: it never waits.
pub fn now<T>(answer: impl Future<Output = Result<T>>) -> T {
    answer.now_or_never().expect("memory does not wait").expect("memory answers")
}

/// A twin that writes something else than it was asked to.
pub fn writes(other: impl Fn(&MemoryFlows, Commit) -> Commit + Send + Sync + 'static) -> Twin {
    twin().commit(move |store, commit| now(store.commit(other(store, commit))))
}

/// A twin that changes each flow it is to write.
pub fn writes_flows(change: impl Fn(&MemoryFlows, FlowWrite) -> FlowWrite + Send + Sync + 'static) -> Twin {
    writes(move |store, mut commit| {
        commit.flows = commit.flows.into_iter().map(|write| change(store, write)).collect();
        commit
    })
}

/// A twin that settles mails otherwise.
pub fn settles(change: impl Fn(MailOutcome) -> MailOutcome + Send + Sync + 'static) -> Twin {
    writes(move |_, mut commit| {
        for settlement in &mut commit.settlements {
            settlement.outcome = change(settlement.outcome.clone());
        }
        commit
    })
}

/// A twin that gives back another flow than was written.
pub fn loads(change: impl Fn(&mut FlowRecord) + Send + Sync + 'static) -> Twin {
    twin().load(move |store, realm, id| {
        let mut record = now(store.load(realm, id));
        record.iter_mut().for_each(&change);
        record
    })
}

pub fn stored(store: &MemoryFlows, record: &FlowRecord) -> Option<FlowRecord> {
    now(store.load(&record.realm, record.id))
}

pub fn record(write: &FlowWrite) -> &FlowRecord {
    let (FlowWrite::Insert(record) | FlowWrite::Update(record)) = write;
    record
}

pub fn record_mut(write: &mut FlowWrite) -> &mut FlowRecord {
    let (FlowWrite::Insert(record) | FlowWrite::Update(record)) = write;
    record
}

/// The same commit, of another realm.
pub fn of(realm: &Realm, mut commit: Commit) -> Commit {
    commit.realm = realm.clone();
    commit.flows.iter_mut().for_each(|write| record_mut(write).realm = realm.clone());
    commit.mails.iter_mut().for_each(|mail| mail.realm = realm.clone());
    commit.audit.iter_mut().for_each(|line| line.realm = realm.clone());
    commit
}

/// The realm that most of the contract is about.
pub fn home() -> Realm {
    Realm::new("contract").unwrap()
}

pub fn clears(realm: &Realm, keys: Vec<BudgetKey>) -> Commit {
    Commit { clears: keys, ..Commit::new(realm.clone()) }
}
