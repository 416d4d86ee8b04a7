//! The contract of [`FlowStore`].

use super::upkeep;
use crate::audit::{Actor, AuditRecord, Pseudonym};
use crate::budget::{BudgetKey, Quota, Spend};
use crate::clock::Timestamp;
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::store::{
    Claim, Commit, Committed, FlowStore, FlowWrite, MailOutcome, MailSettlement, OutboxMail, Sweep,
};
use futures_util::future::join_all;
use std::collections::HashSet;
use std::sync::Arc;
use time::Duration;

/// Runs the whole contract; `fresh` gives an empty store each time.
///
/// # Panics
/// With the name of the broken promise.
pub async fn flow_store_contract<S: FlowStore + 'static>(fresh: impl AsyncFn() -> Arc<S>) {
    every_field_comes_back(&*fresh().await).await;
    other_realms_and_unknown_flows_are_not_there(&*fresh().await).await;
    a_flow_is_inserted_once(&*fresh().await).await;
    a_refused_commit_writes_nothing(&*fresh().await).await;
    of_many_updates_of_one_version_one_is_done(&fresh().await).await;
    a_budget_allows_exactly_its_count(&*fresh().await).await;
    a_budget_holds_against_many_at_once(&fresh().await).await;
    an_account_has_one_live_link_for_a_purpose(&*fresh().await).await;
    account_ids_are_compared_byte_for_byte(&*fresh().await).await;
    flows_are_claimed_when_due_in_order_and_under_a_lease(&*fresh().await).await;
    a_claim_goes_to_one_worker(&fresh().await).await;
    mails_are_claimed_counted_and_settled(&*fresh().await).await;
    a_late_settlement_changes_nothing(&*fresh().await).await;
    a_sweep_leaves_what_lives(&*fresh().await).await;
    the_audit_record_keeps_its_order(&*fresh().await).await;
    upkeep::contract(fresh).await;
}

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

fn account(name: &str) -> AccountId {
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

fn spend(n: u8, count: u32, when: i64) -> Spend {
    Spend { key: BudgetKey::from_bytes([n; 32]), quota: Quota::new(count, Duration::HOUR), at: at(when) }
}

fn flows(writes: impl IntoIterator<Item = FlowWrite>) -> Commit {
    Commit { flows: writes.into_iter().collect(), ..Commit::new(realm()) }
}

fn insert(record: FlowRecord) -> FlowWrite {
    FlowWrite::Insert(record)
}

pub(super) async fn done(store: &dyn FlowStore, commit: Commit) {
    assert_eq!(commit_of(store, commit).await, Committed::Done, "a commit that fits must be done");
}

pub(super) async fn commit_of(store: &dyn FlowStore, commit: Commit) -> Committed {
    store.commit(commit).await.expect("the store answers")
}

async fn load(store: &dyn FlowStore, n: u8) -> Option<FlowRecord> {
    store.load(&realm(), id(n)).await.expect("the store answers")
}

fn claim(due_by: i64, lease_until: i64, limit: u32) -> Claim {
    Claim { realm: realm(), due_by: at(due_by), lease_until: at(lease_until), limit }
}

/// A sweep that finds nothing old enough.
pub(super) fn nothing_swept(limit: u32) -> Sweep {
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

async fn every_field_comes_back(store: &dyn FlowStore) {
    let full = FlowRecord {
        epoch: Some([9; 32]),
        sealed: Some((0..=255).collect()),
        reason: Some("no_address".into()),
        attempts: u32::MAX,
        created_at: at(i64::MIN),
        expires_at: Some(at(i64::MAX)),
        ..linked(2, 1 << 40, "ana \u{e9} \u{65}\u{301}")
    };
    for record in [requested(1), full, ended(3, 1)] {
        let key = record.id;
        done(store, flows([insert(record.clone())])).await;
        let back = store.load(&realm(), key).await.expect("the store answers");
        assert_eq!(back, Some(record), "every field of a flow comes back as it was written");
    }
}

async fn other_realms_and_unknown_flows_are_not_there(store: &dyn FlowStore) {
    done(store, flows([insert(requested(1)), insert(linked(2, 1, "ana"))])).await;
    let other = named_realm("other");
    assert_eq!(load(store, 9).await, None, "an unknown flow is not there");
    assert_eq!(store.load(&other, id(1)).await.expect("answers"), None, "a flow is in its own realm only");
    let links = store.live_links(&other, &account("ana")).await.expect("answers");
    assert_eq!(links, [], "a link is in its own realm only");
    let foreign = Claim { realm: other.clone(), ..claim(i64::MAX, i64::MAX, 10) };
    assert_eq!(
        store.claim_flows(&foreign).await.expect("answers"),
        [],
        "work is claimed in its own realm only"
    );
    let namesake = FlowRecord { realm: other.clone(), ..requested(1) };
    done(store, Commit { realm: other.clone(), ..flows([insert(namesake.clone())]) }).await;
    assert_eq!(
        store.load(&other, id(1)).await.expect("answers"),
        Some(namesake),
        "ids are unique within a realm"
    );
    assert_eq!(
        load(store, 1).await,
        Some(requested(1)),
        "another realm's flow of the same id changes nothing"
    );
}

async fn a_flow_is_inserted_once(store: &dyn FlowStore) {
    done(store, flows([insert(requested(1))])).await;
    let again = flows([insert(FlowRecord { attempts: 3, ..requested(1) })]);
    assert_eq!(commit_of(store, again).await, Committed::Conflict, "an id is never used again");
    assert_eq!(load(store, 1).await, Some(requested(1)), "a second insert changes nothing");
}

async fn a_refused_commit_writes_nothing(store: &dyn FlowStore) {
    done(store, flows([insert(requested(1))])).await;
    for version in [1, 3, 0] {
        let commit = Commit {
            spends: vec![spend(1, 1, 0)],
            flows: vec![insert(requested(2)), FlowWrite::Update(FlowRecord { version, ..ended(1, 0) })],
            mails: vec![mail(1, 0)],
            audit: vec![line(1, "x")],
            ..Commit::new(realm())
        };
        assert_eq!(commit_of(store, commit).await, Committed::Conflict, "only the next version is accepted");
    }
    let over = Commit {
        spends: vec![spend(1, 1, 0), spend(2, 1, 0), spend(2, 1, 0)],
        flows: vec![insert(requested(2))],
        mails: vec![mail(1, 0)],
        audit: vec![line(1, "x")],
        ..Commit::new(realm())
    };
    let answer = commit_of(store, over).await;
    assert_eq!(answer, Committed::OverBudget { retry_at: at(3_600_000) }, "one key spent twice counts twice");
    assert_eq!(load(store, 1).await, Some(requested(1)), "a refused commit leaves its updates out");
    assert_eq!(load(store, 2).await, None, "a refused commit leaves its inserts out");
    assert_eq!(
        store.claim_mails(&claim(10, 20, 9)).await.expect("answers"),
        [],
        "a refused commit queues no mail"
    );
    assert_eq!(
        store.audit_after(&realm(), 0, 9).await.expect("answers"),
        [],
        "a refused commit audits nothing"
    );
    let spent = Commit { spends: vec![spend(1, 1, 0), spend(2, 1, 0)], ..Commit::new(realm()) };
    assert_eq!(commit_of(store, spent).await, Committed::Done, "a refused commit spends nothing");
}

async fn of_many_updates_of_one_version_one_is_done<S: FlowStore>(store: &Arc<S>) {
    done(&**store, flows([insert(requested(1))])).await;
    let updates = (0..64).map(|n| {
        let next = FlowRecord { attempts: n, ..linked(1, 2, "ana") };
        let commit =
            Commit { mails: vec![mail(u8::try_from(n).unwrap_or(0), 0)], ..flows([FlowWrite::Update(next)]) };
        async { commit_of(&**store, commit).await }
    });
    let answers = join_all(updates).await;
    let won: Vec<usize> = (0..64).filter(|n| answers[*n] == Committed::Done).collect();
    assert_eq!(won.len(), 1, "of 64 updates of one version one is done");
    assert_eq!(
        load(&**store, 1).await.map(|row| row.attempts as usize),
        Some(won[0]),
        "and that one is stored"
    );
    let mails = store.claim_mails(&claim(10, 20, 99)).await.expect("answers");
    assert_eq!(mails.len(), 1, "only the update that is done queues its mail");
}

async fn a_budget_allows_exactly_its_count(store: &dyn FlowStore) {
    let one = |n, when| Commit { spends: vec![spend(n, 3, when)], ..Commit::new(realm()) };
    for _ in 0..3 {
        assert_eq!(commit_of(store, one(1, 0)).await, Committed::Done, "the count is allowed at once");
    }
    let refused = Committed::OverBudget { retry_at: at(3_600_000) };
    assert_eq!(commit_of(store, one(1, 0)).await, refused, "one more than the count is refused");
    assert_eq!(commit_of(store, one(2, 0)).await, Committed::Done, "another key has a budget of its own");
    let other = Commit { realm: named_realm("other"), ..one(1, 0) };
    assert_eq!(commit_of(store, other).await, Committed::Done, "another realm has budgets of its own");
    assert_eq!(commit_of(store, one(1, 3_600_000)).await, Committed::Done, "a budget refills with time");
    for _ in 0..2 {
        let clear = Commit { clears: vec![spend(2, 3, 0).key], ..one(2, 0) };
        done(store, Commit { spends: vec![spend(2, 3, 0); 2], ..one(2, 0) }).await;
        assert_eq!(commit_of(store, one(2, 0)).await, refused, "a budget that is used up");
        done(store, Commit { spends: vec![], ..clear }).await;
        assert_eq!(commit_of(store, one(2, 0)).await, Committed::Done, "is full again once it is cleared");
    }
}

async fn a_budget_holds_against_many_at_once<S: FlowStore>(store: &Arc<S>) {
    let tries = (0..64).map(|_| {
        let commit = Commit { spends: vec![spend(1, 5, 0)], ..Commit::new(realm()) };
        async { commit_of(&**store, commit).await }
    });
    let passed = join_all(tries).await.into_iter().filter(|answer| *answer == Committed::Done).count();
    assert_eq!(passed, 5, "64 at once get no more out of a budget than one after the other");
}

async fn an_account_has_one_live_link_for_a_purpose(store: &dyn FlowStore) {
    done(store, flows([insert(linked(1, 1, "ana")), insert(requested(2))])).await;
    let second = FlowWrite::Update(linked(2, 2, "ana"));
    let answer = commit_of(store, flows([second.clone()])).await;
    assert_eq!(answer, Committed::Conflict, "an account has one live link for a purpose");
    let other_purpose = FlowRecord { purpose: "username".into(), ..linked(3, 1, "ana") };
    done(store, flows([insert(other_purpose.clone()), insert(linked(4, 1, "bo"))])).await;
    done(store, flows([FlowWrite::Update(ended(1, 2)), second])).await;
    let mut live = store.live_links(&realm(), &account("ana")).await.expect("answers");
    live.sort_by_key(|row| row.id);
    assert_eq!(live, [linked(2, 2, "ana"), other_purpose], "the live links of an account, and no others");
}

async fn account_ids_are_compared_byte_for_byte(store: &dyn FlowStore) {
    let names =
        ["ana", "Ana", "\u{e1}na", "a\u{301}na", "ana ", "\u{212a}", "k", "K", "stra\u{df}e", "strasse"];
    for (n, name) in (1..).zip(names) {
        done(store, flows([insert(linked(n, 1, name))])).await;
    }
    for (n, name) in (1..).zip(names) {
        let live = store.live_links(&realm(), &account(name)).await.expect("answers");
        assert_eq!(live, [linked(n, 1, name)], "account ids are compared byte for byte");
    }
}

async fn flows_are_claimed_when_due_in_order_and_under_a_lease(store: &dyn FlowStore) {
    for (n, due) in [(1, Some(30)), (2, Some(10)), (3, Some(20)), (4, Some(41)), (5, None)] {
        done(store, flows([insert(FlowRecord { due_at: due.map(at), ..requested(n) })])).await;
    }
    let ids = |rows: Vec<FlowRecord>| rows.into_iter().map(|row| row.id).collect::<HashSet<_>>();
    let first = ids(store.claim_flows(&claim(40, 100, 2)).await.expect("answers"));
    assert_eq!(first, HashSet::from([id(2), id(3)]), "the longest due are claimed first, up to the limit");
    let rest = store.claim_flows(&claim(40, 100, 9)).await.expect("answers");
    assert_eq!(
        rest.iter().map(|row| row.version).collect::<Vec<_>>(),
        [1],
        "a claim does not change the version"
    );
    assert_eq!(ids(rest), HashSet::from([id(1)]), "what is under a lease or not due is not claimed");
    assert_eq!(
        store.claim_flows(&claim(99, 200, 9)).await.expect("answers").len(),
        1,
        "until the lease ends"
    );
    let again = ids(store.claim_flows(&claim(100, 200, 9)).await.expect("answers"));
    assert_eq!(again, HashSet::from([id(1), id(2), id(3)]), "when the lease has ended they come again");
}

async fn a_claim_goes_to_one_worker<S: FlowStore>(store: &Arc<S>) {
    done(&**store, flows((1..=40).map(|n| insert(requested(n))))).await;
    let claims =
        (0..16).map(|_| async { store.claim_flows(&claim(5_000, 9_000, 5)).await.expect("answers") });
    let claimed: Vec<FlowId> = join_all(claims).await.into_iter().flatten().map(|row| row.id).collect();
    let distinct: HashSet<FlowId> = claimed.iter().copied().collect();
    assert_eq!((claimed.len(), distinct.len()), (40, 40), "no flow goes to two workers, and none is left");
}

async fn mails_are_claimed_counted_and_settled(store: &dyn FlowStore) {
    let queue = Commit { mails: (1..=4).map(|n| mail(n, i64::from(n))).collect(), ..Commit::new(realm()) };
    done(store, queue).await;
    let settle = |n: u8, attempts, outcome| Commit {
        settlements: vec![MailSettlement { id: MailId::from_bytes([n; 16]), attempts, outcome }],
        ..Commit::new(realm())
    };
    let claimed = store.claim_mails(&claim(3, 50, 9)).await.expect("answers");
    assert_eq!(claimed.len(), 3, "mails are claimed when they are due");
    assert!(claimed.iter().all(|mail| mail.attempts == 1), "a claim counts the try");
    assert!(claimed.iter().any(|got| got.sealed == mail(2, 2).sealed), "what was sealed comes back");
    done(store, settle(1, 1, MailOutcome::Sent)).await;
    done(store, settle(2, 1, MailOutcome::Retry(at(30)))).await;
    done(store, settle(3, 1, MailOutcome::Dead { at: at(9), why: "refused".into(), keep_until: None })).await;
    let again = store.claim_mails(&claim(30, 60, 9)).await.expect("answers");
    let mut again: Vec<_> = again.into_iter().map(|mail| (mail.id.as_bytes()[0], mail.attempts)).collect();
    again.sort_unstable();
    assert_eq!(
        again,
        [(2, 2), (4, 1)],
        "a mail to be tried again comes again, one sent or given up does not"
    );
    let dead = store.dead_letters(&realm(), 9).await.expect("answers");
    let dead: Vec<_> =
        dead.iter().map(|letter| (letter.id.as_bytes()[0], letter.dead_at, letter.why.as_str())).collect();
    assert_eq!(dead, [(3, at(9), "refused")], "what was given up is shown");
    let depth = store.depth(&realm()).await.expect("answers");
    assert_eq!(
        (depth.waiting_mails, depth.dead_letters),
        (2, 1),
        "what waits and what was given up is counted"
    );
}

async fn a_late_settlement_changes_nothing(store: &dyn FlowStore) {
    done(store, Commit { mails: vec![mail(1, 0)], ..Commit::new(realm()) }).await;
    for _ in 0..2 {
        store.claim_mails(&claim(1_000, 1_000, 9)).await.expect("answers");
    }
    for outcome in [
        MailOutcome::Sent,
        MailOutcome::Retry(at(1)),
        MailOutcome::Dead { at: at(1), why: "refused".into(), keep_until: None },
    ] {
        let late = MailSettlement { id: MailId::from_bytes([1; 16]), attempts: 1, outcome };
        done(store, Commit { settlements: vec![late], ..Commit::new(realm()) }).await;
    }
    assert_eq!(
        store.claim_mails(&claim(999, 2_000, 9)).await.expect("answers"),
        [],
        "a late settlement moves nothing"
    );
    let third = store.claim_mails(&claim(1_000, 2_000, 9)).await.expect("answers");
    assert_eq!(third.iter().map(|mail| mail.attempts).collect::<Vec<_>>(), [3], "and erases nothing");
    assert_eq!(store.dead_letters(&realm(), 9).await.expect("answers"), [], "and gives up nothing");
}

async fn a_sweep_leaves_what_lives(store: &dyn FlowStore) {
    let old = |record: FlowRecord| insert(FlowRecord { created_at: at(10), ..record });
    let ends = (1..=3).map(|n| old(ended(n, 1)));
    let lives = [old(requested(4)), old(linked(5, 1, "ana")), insert(ended(6, 1))];
    done(store, flows(ends.chain(lives))).await;
    done(store, Commit { spends: vec![spend(1, 1, 0), spend(2, 1, 8)], ..Commit::new(realm()) }).await;
    let sweep =
        |limit| Sweep { ended_before: at(11), budgets_full_at: at(3_600_000), ..nothing_swept(limit) };
    assert_eq!(
        store.sweep(&realm(), &sweep(2)).await.expect("answers"),
        3,
        "two flows and one budget, as limited"
    );
    assert_eq!(store.sweep(&realm(), &sweep(9)).await.expect("answers"), 1, "then the third flow");
    for (n, there) in [(1, false), (2, false), (3, false), (4, true), (5, true), (6, true)] {
        assert_eq!(
            load(store, n).await.is_some(),
            there,
            "a sweep deletes what ended long ago, and nothing else"
        );
    }
    let spent = Commit { spends: vec![spend(2, 1, 8)], ..Commit::new(realm()) };
    assert!(commit_of(store, spent).await != Committed::Done, "a budget that is not full again stays");
}

async fn the_audit_record_keeps_its_order(store: &dyn FlowStore) {
    for n in 1..=3 {
        let lines = vec![line(n, "first"), line(n, "second \0 \r\n \u{1f600}")];
        done(store, Commit { audit: lines, ..Commit::new(realm()) }).await;
    }
    let all = store.audit_after(&realm(), 0, 99).await.expect("answers");
    let expected: Vec<AuditRecord> =
        (1..=3).flat_map(|n| [line(n, "first"), line(n, "second \0 \r\n \u{1f600}")]).collect();
    let records: Vec<AuditRecord> = all.iter().map(|(_, record)| record.clone()).collect();
    assert_eq!(records, expected, "the audit record keeps every field, in the order of the commits");
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "positions rise");
    let after = store.audit_after(&realm(), all[3].0, 1).await.expect("answers");
    assert_eq!(after, [all[4].clone()], "reading goes on after a position, up to the limit");
    let other = store.audit_after(&named_realm("other"), 0, 9).await.expect("answers");
    assert_eq!(other, [], "an audit record is in its own realm only");
}
