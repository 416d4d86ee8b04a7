//! A commit is done as a whole, once, on the version that it was made for; or nothing of it is.

use super::records::*;
use crate::flow::FlowRecord;
use crate::ids::FlowId;
use crate::store::{Commit, Committed, FlowStore, FlowWrite, MailOutcome};
use futures_util::future::poll_immediate;
use std::sync::Arc;

pub(super) async fn an_id_is_used_once(store: &dyn FlowStore) {
    done(store, Commit { mails: vec![mail(1, 0)], ..flows([insert(requested(1)), insert(ended(2, 1))]) })
        .await;
    for again in [FlowRecord { attempts: 3, ..requested(1) }, requested(2)] {
        let answer = commit_of(store, flows([insert(again)])).await;
        assert_eq!(answer, Committed::Conflict, "a flow's id is never used again");
    }
    assert_eq!(load(store, 1).await, Some(requested(1)), "a second insert changes nothing");
    let again = commit_of(store, mails([mail(1, 7)])).await;
    assert_eq!(again, Committed::Conflict, "the id of a waiting mail is not used again");
}

pub(super) async fn a_mail_that_is_refused_takes_all_along(store: &dyn FlowStore) {
    done(store, mails([mail(1, 0)])).await;
    let spent =
        Commit { spends: vec![spend(9, 1, 0)], mails: vec![mail(1, 7)], ..flows([insert(requested(3))]) };
    assert_eq!(commit_of(store, spent).await, Committed::Conflict, "whatever else is in the commit");
    assert_eq!(load(store, 3).await, None, "a mail that is refused takes its flow along");
    let unspent = commit_of(store, spends([spend(9, 1, 0)])).await;
    assert_eq!(unspent, Committed::Done, "a mail that is refused spends nothing");
}

pub(super) async fn only_the_next_version_is_accepted(store: &dyn FlowStore) {
    done(store, flows([insert(FlowRecord { version: 5, ..requested(1) })])).await;
    for version in [0, 1, 4, 5, 7, u64::from(u32::MAX)] {
        let answer = commit_of(store, flows([update(ended(1, version))])).await;
        assert_eq!(answer, Committed::Conflict, "only the next version of a flow is accepted");
    }
    for version in [1, 2] {
        let answer = commit_of(store, flows([update(ended(9, version))])).await;
        assert_eq!(answer, Committed::Conflict, "a flow that is not there is not updated");
    }
    assert_eq!(load(store, 9).await, None, "nor is it made by an update");
}

/// A commit with a bit of everything, before what makes it fail.
fn everything(spent: &[u8], last: FlowWrite) -> Commit {
    Commit {
        spends: spent.iter().map(|key| spend(*key, 1, 0)).collect(),
        clears: vec![spend(3, 1, 0).key],
        mails: vec![mail(1, 0)],
        audit: vec![line(1, "x")],
        flows: vec![insert(requested(2)), last],
        ..settle(5, 0, MailOutcome::Sent)
    }
}

async fn before(store: &dyn FlowStore) {
    done(store, Commit { mails: vec![mail(5, 0)], ..flows([insert(requested(1))]) }).await;
    done(store, spends([spend(3, 1, 0), spend(4, 1, 0)])).await;
}

async fn is_as_before(store: &dyn FlowStore, refused: &str, unspent: &[u8]) {
    assert_eq!(load(store, 1).await, Some(requested(1)), "{refused} leaves its updates out");
    assert_eq!(load(store, 2).await, None, "{refused} leaves its inserts out");
    let mails: Vec<u8> =
        take_mails(store, &claim(10, 20, 9)).await.iter().map(|mail| mail.id.as_bytes()[0]).collect();
    assert!(!mails.contains(&1), "{refused} queues no mail");
    assert!(mails.contains(&5), "{refused} settles no mail");
    assert_eq!(audit_after(store, 0, 9).await, [], "{refused} audits nothing");
    let cleared = commit_of(store, spends([spend(3, 1, 0)])).await;
    assert!(cleared != Committed::Done, "{refused} clears nothing");
    let spent = commit_of(store, spends(unspent.iter().map(|key| spend(*key, 1, 0)))).await;
    assert_eq!(spent, Committed::Done, "{refused} spends nothing");
}

pub(super) async fn a_conflict_writes_nothing(store: &dyn FlowStore) {
    before(store).await;
    let wrong = [update(ended(1, 3)), insert(ended(1, 1)), update(ended(9, 2)), insert(requested(2))];
    for (key, last) in (10..).zip(wrong) {
        let answer = commit_of(store, everything(&[key, 20], last)).await;
        assert_eq!(answer, Committed::Conflict, "one flow that does not fit makes a conflict of the commit");
    }
    is_as_before(store, "a conflict", &[10, 11, 12, 13, 20]).await;
}

pub(super) async fn whoever_is_over_budget_writes_nothing(store: &dyn FlowStore) {
    before(store).await;
    let over = Committed::OverBudget { retry_at: at(HOUR) };
    let answer = commit_of(store, everything(&[1, 2, 2], update(ended(1, 2)))).await;
    assert_eq!(answer, over, "one key that is spent twice counts twice");
    // Else it would be tried anew until it is.
    let answer = commit_of(store, everything(&[1, 4], update(ended(1, 9)))).await;
    assert_eq!(answer, over, "what is over budget and conflicts is over budget");
    is_as_before(store, "a commit over budget", &[1, 2]).await;
}

pub(super) async fn a_commit_is_done_in_its_order(store: &dyn FlowStore) {
    let nothing = commit_of(store, Commit::new(realm())).await;
    assert_eq!(nothing, Committed::Done, "a commit of nothing is done");
    let both = flows([insert(requested(1)), update(linked(1, 2, "ana")), update(ended(1, 3))]);
    let answer = commit_of(store, both).await;
    assert_eq!(answer, Committed::Done, "flows are written in the commit's order, one twice if need be");
    assert_eq!(load(store, 1).await, Some(ended(1, 3)), "and the last one stays");
    let turn = Commit { mails: vec![mail(8, 0)], ..settle(8, 0, MailOutcome::Retry(at(5_000))) };
    done(store, Commit { flows: vec![insert(requested(2))], ..turn }).await;
    let answer = (load(store, 2).await.is_some(), take_mails(store, &claim(49, 99, 9)).await.len());
    assert_eq!(answer, (true, 0), "a mail is queued before it is settled");
}

pub(super) async fn a_commit_of_many_rows_is_one(store: &dyn FlowStore) {
    let record = |n| FlowRecord { id: FlowId::from_bytes(wide_id(n)), ..requested(1) };
    let many = || (0..250).map(|n| insert(record(n)));
    let audit: Vec<_> = (0..250).map(|_| line(1, "x")).collect();
    let wrong = Commit { audit: audit.clone(), ..flows(many().chain([update(ended(1, 2))])) };
    let answer =
        (commit_of(store, wrong).await, depth(store).await.live_flows, audit_after(store, 0, 9).await.len());
    assert_eq!(answer, (Committed::Conflict, 0, 0), "of a commit of many rows all are written or none");
    let answer = (commit_of(store, Commit { audit, ..flows(many()) }).await, depth(store).await.live_flows);
    assert_eq!(answer, (Committed::Done, 250), "a commit may have many rows");
}

/// How often a call is looked at before its caller goes away.
const LOOKS: [u32; 7] = [1, 2, 3, 5, 9, 30, 200];

pub(super) async fn a_call_that_breaks_off_does_all_or_nothing(store: &Arc<dyn FlowStore>) {
    for looks in LOOKS {
        let realm = named_realm(&format!("broken-off-{looks}"));
        let whole = Commit {
            mails: vec![mail(1, 0)],
            audit: vec![line(1, "x")],
            spends: vec![spend(1, 1, 0)],
            ..flows([insert(requested(1))])
        };
        let mut call = store.commit(of(&realm, whole));
        for _ in 0..looks {
            if poll_immediate(&mut call).await.is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(call);
        // Comes after whatever of the call is still under way.
        let spent = commit_of(&**store, of(&realm, spends([spend(1, 1, 0)]))).await != Committed::Done;
        let mut is_whole = false;
        for _ in 0..1_000 {
            let flow = store.load(&realm, id(1)).await.expect("the store answers").is_some();
            let mail = store.depth(&realm).await.expect("the store answers").waiting_mails == 1;
            let audit = !store.audit_after(&realm, 0, 9).await.expect("the store answers").is_empty();
            is_whole = [flow, mail, audit] == [spent; 3];
            if is_whole {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert!(is_whole, "a commit whose caller goes away is done as a whole or not at all");
    }
}
