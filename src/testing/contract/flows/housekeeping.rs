//! What has had its time goes, nothing else does, and the audit record is read in its order.

use super::records::*;
use crate::audit::AuditRecord;
use crate::flow::FlowRecord;
use crate::store::{Commit, Committed, Depth, FlowStore, Sweep};

fn created(record: FlowRecord, millis: i64) -> FlowRecord {
    FlowRecord { created_at: at(millis), ..record }
}

pub(super) async fn a_sweep_leaves_what_lives(store: &dyn FlowStore) {
    let old = [ended(1, 1), requested(2), linked(3, 1, "ana")].map(|record| insert(created(record, 10)));
    done(store, flows(old)).await;
    let young = [created(ended(4, 1), 11), created(ended(5, 1), 12)].map(insert);
    done(store, Commit { audit: vec![line(1, "x")], ..flows(young) }).await;
    done(store, mails((1..=3).map(|n| mail(n, 0)))).await;
    done(
        store,
        Commit {
            settlements: [settle(1, 0, dead(10)), settle(2, 0, dead(11))]
                .into_iter()
                .flat_map(|one| one.settlements)
                .collect(),
            ..Commit::new(realm())
        },
    )
    .await;
    done(store, spends([spend(1, 1, 0), spend(2, 1, 60_001)])).await;
    let all = Sweep { ended_before: at(11), budgets_full_at: at(HOUR), dead_before: at(11), ..bounds(9) };
    let swept = sweep(store, all).await;
    for n in [2, 3] {
        assert!(load(store, n).await.is_some(), "a sweep leaves flows that have not ended");
    }
    for n in [4, 5] {
        assert!(load(store, n).await.is_some(), "a sweep leaves flows that are not old enough");
    }
    assert_eq!(load(store, 1).await, None, "a sweep deletes what ended long ago");
    let letters: Vec<u8> =
        dead_letters(store, 9).await.iter().map(|letter| letter.id.as_bytes()[0]).collect();
    assert_eq!(letters, [2], "a sweep deletes old dead letters only");
    let spent = commit_of(store, spends([spend(2, 1, 60_001)])).await;
    assert!(spent != Committed::Done, "a sweep leaves budgets that are not full again");
    assert_eq!(audit_after(store, 0, 9).await.len(), 1, "a sweep leaves the audit record");
    assert_eq!(depth(store).await.waiting_mails, 1, "a sweep leaves mails that wait");
    assert_eq!(swept, 3, "a sweep says how many rows it deleted");
}

pub(super) async fn a_sweep_is_limited(store: &dyn FlowStore) {
    done(
        store,
        Commit {
            mails: (1..=5).map(|n| mail(n, 0)).collect(),
            ..flows((1..=5).map(|n| insert(ended(n, 1))))
        },
    )
    .await;
    for n in 1..=5 {
        done(store, settle(n, 0, dead(5))).await;
        done(store, spends([spend(n, 1, 0)])).await;
    }
    let all = |limit| Sweep {
        ended_before: at(HOUR),
        budgets_full_at: at(HOUR),
        dead_before: at(HOUR),
        ..bounds(limit)
    };
    let mut rounds = Vec::new();
    for _ in 0..4 {
        rounds.push(sweep(store, all(2)).await);
    }
    assert_eq!(rounds, [6, 6, 3, 0], "a sweep deletes no more rows of each table than it may");
}

pub(super) async fn the_audit_record_keeps_its_order(store: &dyn FlowStore) {
    let last = AuditRecord {
        reason: None,
        account: None,
        client: line(9, "").account,
        at: at(i64::MAX),
        ..line(3, "third")
    };
    let pair = |n| [line(n, "first"), line(n, "second \r\n \u{1f600} it's")];
    for n in [3, 1, 2] {
        done(store, audit(pair(n))).await;
    }
    done(store, audit([last.clone()])).await;
    let expected: Vec<AuditRecord> = [3, 1, 2].into_iter().flat_map(pair).chain([last]).collect();
    let all = audit_after(store, 0, 99).await;
    let records: Vec<AuditRecord> = all.iter().map(|(_, record)| record.clone()).collect();
    for record in &expected {
        assert!(records.contains(record), "every field of a line of audit comes back as it was written");
    }
    assert_eq!(records, expected, "the audit record keeps the order of the commits");
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "positions rise");
    assert_eq!(
        audit_after(store, all[3].0, 1).await,
        [all[4].clone()],
        "reading goes on after a position, up to the limit"
    );
    assert_eq!(audit_after(store, all[6].0, 9).await, [], "after the last line there is none");
    let nul = line(4, "a \0 b");
    let written = store.commit(audit([nul.clone()])).await.ok();
    assert_eq!(written, Some(Committed::Done), "text may have a NUL in it");
    let read = audit_after(store, all[6].0, 9).await.into_iter().map(|(_, record)| record);
    assert!(read.eq([nul]), "text may have a NUL in it");
}

pub(super) async fn depth_counts_what_waits(store: &dyn FlowStore) {
    done(store, flows([insert(requested(1)), insert(linked(2, 1, "ana")), insert(ended(3, 1))])).await;
    done(store, mails((1..=4).map(|n| mail(n, 0)))).await;
    done(store, settle(1, 0, dead(5))).await;
    let expected = Depth { live_flows: 2, waiting_mails: 3, dead_letters: 1 };
    assert_eq!(depth(store).await, expected, "what lives, waits and was given up is counted");
    take_flows(store, &claim(i64::MAX, i64::MAX, 9)).await;
    take_mails(store, &claim(i64::MAX, i64::MAX, 9)).await;
    assert_eq!(depth(store).await, expected, "what is under a lease still counts");
}

pub(super) async fn a_sweep_is_of_one_realm(store: &dyn FlowStore) {
    let other = named_realm("other");
    let old =
        Commit { mails: vec![mail(1, 0)], spends: vec![spend(1, 1, 0)], ..flows([insert(ended(1, 1))]) };
    done(store, old).await;
    done(store, settle(1, 0, dead(5))).await;
    let all = crate::store::Sweep {
        ended_before: at(HOUR),
        budgets_full_at: at(HOUR),
        dead_before: at(HOUR),
        ..bounds(9)
    };
    let swept = store.sweep(&other, &all).await.expect("answers");
    let letters = dead_letters(store, 9).await.len();
    let spent = commit_of(store, spends([spend(1, 1, 0)])).await != Committed::Done;
    let left = (swept, load(store, 1).await.is_some(), letters, spent);
    assert_eq!(left, (0, true, 1, true), "a sweep is of its own realm only");
}
