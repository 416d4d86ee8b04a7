//! What holds for one after the other holds for many at once.

use super::records::*;
use crate::audit::AuditRecord;
use crate::flow::FlowRecord;
use crate::store::{Commit, Committed, FlowStore};
use crate::testing::contract::at_once::at_once;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) async fn of_many_updates_of_one_version_one_is_done(store: &Arc<dyn FlowStore>) {
    done(&**store, flows([insert(requested(1))])).await;
    let racing = store.clone();
    let answers = at_once(64, move |n| {
        let next = FlowRecord { attempts: n as u32, ..linked(1, 2, "ana") };
        let commit = Commit { mails: vec![mail(n as u8, 0)], ..flows([update(next)]) };
        let store = racing.clone();
        async move { commit_of(&*store, commit).await }
    })
    .await;
    let won: Vec<usize> = (0..64).filter(|n| answers[*n] == Committed::Done).collect();
    assert_eq!(won.len(), 1, "of many updates of one version one is done");
    let stored = load(&**store, 1).await.map(|row| row.attempts as usize);
    assert_eq!(stored, Some(won[0]), "and that one is stored");
    let mails = take_mails(&**store, &claim(10, 20, 99)).await;
    assert_eq!(mails.len(), 1, "only the update that is done queues its mail");
}

pub(super) async fn of_many_inserts_of_one_id_one_is_done(store: &Arc<dyn FlowStore>) {
    let racing = store.clone();
    let answers = at_once(32, move |n| {
        let (store, record) = (racing.clone(), FlowRecord { attempts: n as u32, ..requested(1) });
        async move { commit_of(&*store, flows([insert(record)])).await }
    })
    .await;
    let won: Vec<usize> = (0..32).filter(|n| answers[*n] == Committed::Done).collect();
    let stored = load(&**store, 1).await.map(|row| row.attempts as usize);
    assert_eq!(
        (won.len(), won.first().copied()),
        (1, stored),
        "of many inserts of one id one is done, and stored"
    );
}

/// Where locks are taken in the order of the asking, such commits wait for each other.
pub(super) async fn commits_in_opposite_orders_are_all_answered(store: &Arc<dyn FlowStore>) {
    done(&**store, flows((1..=8).map(|n| insert(requested(n))))).await;
    let racing = store.clone();
    let answers = at_once(64, move |n| {
        let mut keys: Vec<u8> = (1..=8).collect();
        if n % 2 == 1 {
            keys.reverse();
        }
        let commit = Commit {
            spends: keys.iter().map(|key| spend(*key, 1_000, 0)).collect(),
            ..flows(keys.iter().map(|flow| update(ended(*flow, 2))))
        };
        let store = racing.clone();
        async move { store.commit(commit).await.ok() }
    })
    .await;
    assert!(answers.iter().all(Option::is_some), "commits in opposite orders are all answered");
    let done = answers.iter().filter(|answer| **answer == Some(Committed::Done)).count();
    assert_eq!(done, 1, "and one of them is done");
}

pub(super) async fn of_many_links_at_once_one_is_taken(store: &Arc<dyn FlowStore>) {
    let racing = store.clone();
    let answers = at_once(32, move |n| {
        let store = racing.clone();
        let record = FlowRecord { id: crate::ids::FlowId::from_bytes(wide_id(n)), ..linked(1, 1, "ana") };
        async move { commit_of(&*store, flows([insert(record)])).await }
    })
    .await;
    let taken = answers.iter().filter(|answer| **answer == Committed::Done).count();
    let found = links(&**store, "ana").await.len();
    assert_eq!((taken, found), (1, 1), "of many links at once an account gets one");
}

/// As many of 64 at once as there are units. In rounds: where nothing waits between look and take, calls have to meet
/// by chance.
pub(super) async fn a_budget_holds_against_many_at_once(store: &Arc<dyn FlowStore>) {
    for (key, count) in (1..).zip([1, 5, 40, 40, 40, 40]) {
        let racing = store.clone();
        let answers = at_once(64, move |_| {
            let (store, commit) = (racing.clone(), spends([spend(key, count, 0), spend(99, 1_000, 0)]));
            async move { commit_of(&*store, commit).await }
        })
        .await;
        let passed = answers.into_iter().filter(|answer| *answer == Committed::Done).count();
        assert_eq!(
            passed, count as usize,
            "many at once get no more out of a budget than one after the other"
        );
    }
}

pub(super) async fn a_flow_goes_to_one_worker(store: &Arc<dyn FlowStore>) {
    done(&**store, flows((1..=80).map(|n| insert(requested(n))))).await;
    let racing = store.clone();
    let claims = at_once(32, move |_| {
        let store = racing.clone();
        async move { taken_flows(&*store, claim(5_000, 9_000, 5)).await }
    })
    .await;
    let claimed: Vec<u8> = claims.into_iter().flatten().collect();
    let distinct: HashSet<u8> = claimed.iter().copied().collect();
    assert_eq!(
        (claimed.len(), distinct.len()),
        (80, 80),
        "a flow goes to one worker of many, and none is left"
    );
}

pub(super) async fn a_mail_goes_to_one_worker(store: &Arc<dyn FlowStore>) {
    done(&**store, mails((1..=80).map(|n| mail(n, 0)))).await;
    let racing = store.clone();
    let claims = at_once(32, move |_| {
        let store = racing.clone();
        async move { taken_mails(&*store, claim(5_000, 9_000, 5)).await }
    })
    .await;
    let mut claimed: Vec<(u8, u32)> = claims.into_iter().flatten().collect();
    claimed.sort_unstable();
    assert!(
        claimed.into_iter().eq((1..=80).map(|n| (n, 1))),
        "a mail goes to one worker of many, and none is left"
    );
}

const WRITERS: usize = 47;

/// Reads on until all is written and nothing comes any more, or until what comes cannot be right.
async fn follow(store: &dyn FlowStore, written: &AtomicUsize) -> Vec<(u64, AuditRecord)> {
    let mut read: Vec<(u64, AuditRecord)> = Vec::new();
    loop {
        let all_written = written.load(Ordering::Acquire) == WRITERS;
        let after = read.last().map_or(0, |(position, _)| *position);
        let more = audit_after(store, after, 7).await;
        let at_end = all_written && more.is_empty();
        let is_wrong = more.iter().any(|(position, _)| *position <= after);
        read.extend(more);
        if at_end || is_wrong || read.len() > 2 * WRITERS {
            return read;
        }
        tokio::task::yield_now().await;
    }
}

/// A position that is given before its line can be read is passed over by whoever reads meanwhile.
pub(super) async fn a_reader_of_the_audit_record_misses_nothing(store: &Arc<dyn FlowStore>) {
    let (racing, written) = (store.clone(), Arc::new(AtomicUsize::new(0)));
    let read = at_once(WRITERS + 1, move |n| {
        let (store, written) = (racing.clone(), written.clone());
        async move {
            if n < WRITERS {
                done(&*store, audit([line(n as u8, "x"), line(n as u8, "y")])).await;
                written.fetch_add(1, Ordering::AcqRel);
                return Vec::new();
            }
            follow(&*store, &written).await
        }
    })
    .await;
    let read: Vec<AuditRecord> = read.into_iter().flatten().map(|(_, record)| record).collect();
    let distinct: HashSet<_> = read.iter().map(|record| (record.flow, record.event.clone())).collect();
    let missed = 2 * WRITERS - distinct.len();
    assert_eq!(
        (missed, read.len()),
        (0, 2 * WRITERS),
        "who follows the audit record misses nothing, and reads nothing twice"
    );
}
