//! What the suites write, and how they ask.

use crate::audit::{Actor, AuditRecord, Pseudonym};
use crate::budget::{BudgetKey, Quota, Spend};
use crate::clock::Timestamp;
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::store::{
    Claim, Commit, Committed, DeadLetter, Depth, FlowStore, FlowWrite, MailOutcome, MailSettlement,
    OutboxMail, Sweep,
};
use time::Duration;

pub(super) const HOUR: i64 = 3_600_000;

pub(super) fn realm() -> Realm {
    named_realm("contract")
}

pub(super) fn named_realm(name: &str) -> Realm {
    Realm::new(name).expect("a legal realm")
}

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(super) fn id(n: u8) -> FlowId {
    FlowId::from_bytes([n; 16])
}

/// One of very many.
pub(super) fn wide_id(n: usize) -> [u8; 16] {
    (n as u128 + 1_000).to_be_bytes()
}

pub(super) fn account(name: &str) -> AccountId {
    AccountId::new(name).expect("a legal account id")
}

pub(super) fn requested(n: u8) -> FlowRecord {
    FlowRecord {
        id: id(n),
        realm: realm(),
        purpose: "password".into(),
        version: 1,
        state: "requested".into(),
        reason: None,
        account: None,
        live_link: false,
        digest: None,
        epoch: None,
        factor: None,
        attempts: 0,
        sealed: Some(vec![0, 1, 0xff, 0]),
        created_at: at(1_000),
        opened_at: Some(at(1_000)),
        expires_at: Some(at(9_000)),
        high: Some(at(1_000)),
        due_at: Some(at(1_000)),
    }
}

pub(super) fn linked(n: u8, version: u64, owner: &str) -> FlowRecord {
    FlowRecord {
        version,
        state: "link_sent".into(),
        account: Some(account(owner)),
        live_link: true,
        digest: Some([n; 32]),
        factor: Some("not_needed".into()),
        attempts: 4,
        sealed: None,
        due_at: Some(at(9_000)),
        ..requested(n)
    }
}

pub(super) fn ended(n: u8, version: u64) -> FlowRecord {
    FlowRecord {
        version,
        state: "dismissed".into(),
        reason: Some("no_account".into()),
        sealed: None,
        opened_at: None,
        expires_at: None,
        high: None,
        due_at: None,
        ..requested(n)
    }
}

pub(super) fn mail(n: u8, due: i64) -> OutboxMail {
    OutboxMail {
        id: MailId::from_bytes([n; 16]),
        realm: realm(),
        flow: id(n),
        letter: "recovery_link".into(),
        sealed: vec![n, 0, 0xff],
        attempts: 0,
        created_at: at(due),
        due_at: at(due),
    }
}

pub(super) fn line(n: u8, event: &str) -> AuditRecord {
    AuditRecord {
        realm: realm(),
        at: at(-1),
        flow: id(n),
        version: 7,
        event: event.into(),
        reason: Some("no_account".into()),
        actor: Actor::Bearer,
        account: Some(Pseudonym::from_bytes([n; 16])),
        client: None,
    }
}

pub(super) fn spend(n: u8, count: u32, when: i64) -> Spend {
    Spend { key: BudgetKey::from_bytes([n; 32]), quota: Quota::new(count, Duration::HOUR), at: at(when) }
}

pub(super) fn spends(spends: impl IntoIterator<Item = Spend>) -> Commit {
    Commit { spends: spends.into_iter().collect(), ..Commit::new(realm()) }
}

pub(super) fn flows(writes: impl IntoIterator<Item = FlowWrite>) -> Commit {
    Commit { flows: writes.into_iter().collect(), ..Commit::new(realm()) }
}

pub(super) fn mails(mails: impl IntoIterator<Item = OutboxMail>) -> Commit {
    Commit { mails: mails.into_iter().collect(), ..Commit::new(realm()) }
}

pub(super) fn audit(lines: impl IntoIterator<Item = AuditRecord>) -> Commit {
    Commit { audit: lines.into_iter().collect(), ..Commit::new(realm()) }
}

pub(super) fn settle(n: u8, attempts: u32, outcome: MailOutcome) -> Commit {
    let settlement = MailSettlement { id: MailId::from_bytes([n; 16]), attempts, outcome };
    Commit { settlements: vec![settlement], ..Commit::new(realm()) }
}

pub(super) fn dead(millis: i64) -> MailOutcome {
    MailOutcome::Dead { at: at(millis), why: "refused".into(), keep_until: None }
}

/// The same commit, of another realm.
pub(super) fn of(realm: &Realm, mut commit: Commit) -> Commit {
    commit.realm = realm.clone();
    for write in &mut commit.flows {
        let (FlowWrite::Insert(record) | FlowWrite::Update(record)) = write;
        record.realm = realm.clone();
    }
    commit.mails.iter_mut().for_each(|mail| mail.realm = realm.clone());
    commit.audit.iter_mut().for_each(|line| line.realm = realm.clone());
    commit
}

pub(super) fn insert(record: FlowRecord) -> FlowWrite {
    FlowWrite::Insert(record)
}

pub(super) fn update(record: FlowRecord) -> FlowWrite {
    FlowWrite::Update(record)
}

pub(super) async fn done(store: &dyn FlowStore, commit: Commit) {
    assert_eq!(commit_of(store, commit).await, Committed::Done, "a commit that fits must be done");
}

pub(super) async fn commit_of(store: &dyn FlowStore, commit: Commit) -> Committed {
    store.commit(commit).await.expect("the store answers")
}

pub(super) async fn load(store: &dyn FlowStore, n: u8) -> Option<FlowRecord> {
    store.load(&realm(), id(n)).await.expect("the store answers")
}

pub(super) async fn links(store: &dyn FlowStore, owner: &str) -> Vec<FlowRecord> {
    let mut links = store.live_links(&realm(), &account(owner)).await.expect("the store answers");
    links.sort_by_key(|row| row.id);
    links
}

pub(super) fn claim(due_by: i64, lease_until: i64, limit: u32) -> Claim {
    Claim { realm: realm(), due_by: at(due_by), lease_until: at(lease_until), limit }
}

/// Flows, by their ids.
pub(super) async fn take_flows(store: &dyn FlowStore, claim: &Claim) -> Vec<FlowRecord> {
    let mut flows = store.claim_flows(claim).await.expect("the store answers");
    flows.sort_by_key(|row| row.id);
    flows
}

/// Mails, by their ids.
pub(super) async fn take_mails(store: &dyn FlowStore, claim: &Claim) -> Vec<OutboxMail> {
    let mut mails = store.claim_mails(claim).await.expect("the store answers");
    mails.sort_by_key(|mail| mail.id);
    mails
}

/// The numbers of flows that are claimed.
pub(super) async fn taken_flows(store: &dyn FlowStore, claim: Claim) -> Vec<u8> {
    take_flows(store, &claim).await.iter().map(|row| row.id.as_bytes()[0]).collect()
}

/// The numbers of mails that are claimed, and which try it is.
pub(super) async fn taken_mails(store: &dyn FlowStore, claim: Claim) -> Vec<(u8, u32)> {
    take_mails(store, &claim).await.iter().map(|mail| (mail.id.as_bytes()[0], mail.attempts)).collect()
}

pub(super) async fn audit_after(store: &dyn FlowStore, after: u64, limit: u32) -> Vec<(u64, AuditRecord)> {
    store.audit_after(&realm(), after, limit).await.expect("the store answers")
}

pub(super) async fn dead_letters(store: &dyn FlowStore, limit: u32) -> Vec<DeadLetter> {
    store.dead_letters(&realm(), limit).await.expect("the store answers")
}

pub(super) async fn depth(store: &dyn FlowStore) -> Depth {
    store.depth(&realm()).await.expect("the store answers")
}

/// A sweep of nothing yet.
pub(super) fn bounds(limit: u32) -> Sweep {
    let never = at(i64::MIN);
    Sweep {
        ended_before: never,
        budgets_full_at: never,
        dead_before: never,
        kept_until: never,
        audit_closed_before: never,
        limit,
    }
}

pub(super) async fn sweep(store: &dyn FlowStore, sweep: Sweep) -> u64 {
    store.sweep(&realm(), &sweep).await.expect("the store answers")
}
