//! Documents change one version at a time, together with the rest of their commit, whoever else is at it; and go when
//! their time is over.

use super::documents::*;
use super::records::*;
use crate::flow::FlowRecord;
use crate::store::{Commit, Committed, Document, DocumentKind, FlowStore, Reseal, SealedIn, Sweep};
use crate::testing::contract::at_once::at_once;
use std::collections::HashSet;
use std::sync::Arc;

pub(super) async fn a_document_is_written_on_the_version_it_was_made_for(store: &dyn FlowStore) {
    put(store, [paper(1, 5)]).await;
    for again in [paper(1, 1), paper(1, 5), paper(1, 6)] {
        let answer = commit_of(store, papers([new(again)])).await;
        assert_eq!(answer, Committed::Conflict, "a document is not inserted over another one");
    }
    for version in [0, 1, 4, 5, 7, u64::from(u32::MAX)] {
        let answer = commit_of(store, papers([next(paper(1, version))])).await;
        assert_eq!(answer, Committed::Conflict, "only the next version of a document is accepted");
    }
    for version in [1, 2] {
        let answer = commit_of(store, papers([next(paper(2, version))])).await;
        assert_eq!(answer, Committed::Conflict, "a document that is not there is not updated");
    }
    assert_eq!(versions(store).await, [5, 0], "what is refused changes no document");
    let twice = papers([new(paper(2, 1)), next(paper(1, 6)), next(paper(2, 2)), next(paper(2, 3))]);
    let answer = commit_of(store, twice).await;
    assert_eq!(answer, Committed::Done, "documents are written in the commit's order, one twice if need be");
    assert_eq!(versions(store).await, [6, 3], "and the last version stays");
    let twice = papers([next(paper(2, 4)), next(paper(2, 4))]);
    assert_eq!(commit_of(store, twice).await, Committed::Conflict, "of two equal versions one does not fit");
    let many = |last| papers((20..220).map(|n| new(paper(n, 1))).chain([last]));
    let answer = (commit_of(store, many(next(paper(1, 8)))).await, stored(store, 20).await);
    assert_eq!(answer, (Committed::Conflict, None), "of many documents all are written or none");
    let answer = (commit_of(store, many(next(paper(1, 7)))).await, stored(store, 219).await);
    assert_eq!(answer, (Committed::Done, Some(paper(219, 1))), "a commit may have many documents");
}

/// A new flow, a mail, a line, a spent budget and a document; and what makes it fail.
fn together(n: u8, last: Commit) -> Commit {
    let mut commit = Commit {
        spends: vec![spend(n, 1, 0)],
        mails: vec![mail(n, 0)],
        audit: vec![line(n, "x")],
        documents: vec![new(paper(n, 1)), next(paper(1, 2))],
        ..flows([insert(requested(n))])
    };
    commit.spends.extend(last.spends);
    commit.flows.extend(last.flows);
    commit.documents.extend(last.documents);
    commit.mails.extend(last.mails);
    commit
}

pub(super) async fn a_document_and_the_rest_of_its_commit_are_one(store: &dyn FlowStore) {
    put(store, [paper(1, 1), paper(2, 1)]).await;
    done(store, Commit { mails: vec![mail(9, 0)], ..flows([insert(requested(9))]) }).await;
    let wrong = [
        papers([next(paper(2, 3))]),
        papers([new(paper(2, 1))]),
        papers([next(paper(3, 2))]),
        flows([update(ended(9, 3))]),
        flows([insert(requested(9))]),
        mails([mail(9, 0)]),
    ];
    for (n, last) in (10..).zip(wrong) {
        let answer = commit_of(store, together(n, last)).await;
        assert_eq!(
            answer,
            Committed::Conflict,
            "what does not fit makes a conflict of a commit with documents"
        );
    }
    let over = together(20, spends([spend(99, 1, 0), spend(99, 1, 0)]));
    let answer = commit_of(store, Commit { documents: vec![next(paper(1, 9))], ..over.clone() }).await;
    let retry = Committed::OverBudget { retry_at: at(HOUR) };
    assert_eq!(answer, retry, "what is over budget and would not fit is over budget");
    assert_eq!(commit_of(store, over).await, retry, "a commit with documents is refused over budget");
    for n in (10..=15).chain([20]) {
        let left = (stored(store, n).await.is_some(), load(store, n).await.is_some());
        assert_eq!(left, (false, false), "a commit that is refused leaves neither documents nor flows");
        let unspent = commit_of(store, spends([spend(n, 1, 0)])).await;
        assert_eq!(unspent, Committed::Done, "a commit that is refused for a document spends nothing");
    }
    assert_eq!(versions(store).await, [1, 1], "a commit that is refused updates no document");
    let waiting = (depth(store).await.waiting_mails, audit_after(store, 0, 9).await.len());
    assert_eq!(waiting, (1, 0), "a commit that is refused for a document queues and audits nothing");
    done(store, together(30, Commit::new(realm()))).await;
    let both = (stored(store, 30).await.is_some(), load(store, 30).await.is_some(), versions(store).await);
    assert_eq!(both, (true, true, [2, 1]), "documents and flows of a commit are written together");
}

pub(super) async fn of_many_versions_of_one_document_one_is_done(store: &Arc<dyn FlowStore>) {
    put(&**store, [paper(1, 1)]).await;
    let racing = store.clone();
    let answers = at_once(64, move |n| {
        let next_one = Document { sealed: vec![n as u8], ..paper(1, 2) };
        let commit = Commit { spends: vec![spend(9, 100, 0)], ..papers([next(next_one)]) };
        let (store, flow) =
            (racing.clone(), insert(FlowRecord { attempts: n as u32, ..requested(n as u8 + 1) }));
        async move { commit_of(&*store, Commit { flows: vec![flow], ..commit }).await }
    })
    .await;
    let won: Vec<usize> = (0..64).filter(|n| answers[*n] == Committed::Done).collect();
    assert_eq!(won.len(), 1, "of many updates of one version of a document one is done");
    let sealed = stored(&**store, 1).await.map(|document| document.sealed);
    assert_eq!(sealed, Some(vec![won[0] as u8]), "and that one's document is stored");
    assert_eq!(depth(&**store).await.live_flows, 1, "only the commit that is done writes its flow");
}

pub(super) async fn of_many_first_versions_of_one_document_one_is_done(store: &Arc<dyn FlowStore>) {
    let racing = store.clone();
    let answers = at_once(32, move |n| {
        let (store, document) = (racing.clone(), Document { sealed: vec![n as u8], ..paper(1, 1) });
        async move { commit_of(&*store, papers([new(document)])).await }
    })
    .await;
    let won: Vec<u8> = (0..32).filter(|n| answers[usize::from(*n)] == Committed::Done).collect();
    assert_eq!(won.len(), 1, "of many inserts of one document one is done");
    let sealed = stored(&**store, 1).await.map(|document| document.sealed);
    assert_eq!(sealed, Some(won), "and that one's bytes are stored");
}

/// Names may be derived, so that many come to make the same documents at once, each in an order of its own.
pub(super) async fn documents_in_opposite_orders_are_all_answered(store: &Arc<dyn FlowStore>) {
    for version in 1..=3 {
        let racing = store.clone();
        let answers = at_once(32, move |n| {
            let mut names: Vec<u8> = (1..=8).collect();
            if n % 2 == 1 {
                names.reverse();
            }
            let write = |n: u8| if version == 1 { new(paper(n, 1)) } else { next(paper(n, version)) };
            let (store, commit) = (racing.clone(), papers(names.into_iter().map(write)));
            async move { store.commit(commit).await.ok() }
        })
        .await;
        assert!(answers.iter().all(Option::is_some), "documents in opposite orders are all answered");
        let done = answers.iter().filter(|answer| **answer == Some(Committed::Done)).count();
        assert_eq!(done, 1, "and one of many commits of the same documents is done");
    }
}

pub(super) async fn a_document_goes_to_one_worker(store: &Arc<dyn FlowStore>) {
    let due = |n| new(Document { due_at: Some(at(1_000)), ..paper(n, 1) });
    done(&**store, papers((1..=80).map(due))).await;
    let racing = store.clone();
    let claims = at_once(32, move |_| {
        let store = racing.clone();
        async move { claimed(&*store, claim(5_000, 9_000, 5)).await }
    })
    .await;
    let claimed: Vec<u8> = claims.into_iter().flatten().collect();
    let distinct: HashSet<u8> = claimed.iter().copied().collect();
    let counts = (claimed.len(), distinct.len());
    assert_eq!(counts, (80, 80), "a document goes to one worker of many, and none is left");
}

pub(super) async fn documents_are_kept_for_their_time(store: &dyn FlowStore) {
    let kept = |n, until: Option<i64>| Document {
        keep_until: until.map(at),
        open: true,
        due_at: Some(at(0)),
        ..paper(n, 1)
    };
    put(store, [kept(1, Some(50)), kept(2, Some(51)), kept(3, None)]).await;
    put(store, [Document { realm: named_realm("other"), ..kept(4, Some(1)) }]).await;
    let until = |millis, limit| Sweep { documents_kept_until: at(millis), ..bounds(limit) };
    assert_eq!(sweep(store, until(49, 9)).await, 0, "a sweep deletes no document before its time");
    assert_eq!(sweep(store, until(50, 9)).await, 1, "a sweep counts the documents that it deletes");
    assert_eq!(
        versions(store).await,
        [0, 1, 1],
        "a document is deleted when its time is over, and no other is"
    );
    assert_eq!(sweep(store, until(i64::MAX, 9)).await, 1, "each when its own time is over");
    assert_eq!(versions(store).await, [0, 0, 1], "what has no end is kept");
    let foreign = store.document(&named_realm("other"), KIND, name(4)).await.expect("answers");
    assert!(foreign.is_some(), "a sweep of documents is of its own realm only");
    put(store, (11..=15).map(|n| kept(n, Some(1)))).await;
    let mut rounds = Vec::new();
    for _ in 0..4 {
        rounds.push(sweep(store, until(1, 2)).await);
    }
    assert_eq!(rounds, [2, 2, 1, 0], "a sweep deletes no more documents than it may");
}

fn under(key: u32) -> Vec<u8> {
    [&key.to_be_bytes()[..], &[0, 0xff, 7]].concat()
}

pub(super) async fn documents_are_sealed_anew(store: &dyn FlowStore) {
    let sealed = |n, key| Document { sealed: under(key), account: Some(account("ana")), ..paper(n, 3) };
    let security = Document { kind: DocumentKind::Security, ..sealed(1, 2) };
    put(store, [sealed(1, 1), sealed(2, 2), sealed(3, 0x0201), security]).await;
    put(store, [Document { realm: named_realm("other"), ..sealed(4, 2) }]).await;
    let found = async |key| {
        let mut found = store.sealed_under(&realm(), key, 9).await.expect("answers");
        found.sort();
        found
    };
    let place = |kind, n| SealedIn::Document(kind, name(n));
    assert_eq!(
        found(2).await,
        [(place(DocumentKind::Security, 1), under(2)), (place(KIND, 2), under(2))],
        "what is sealed under a key is found in documents of all kinds, and nothing else is"
    );
    let anew = |from: u32, kind, n| Reseal { place: place(kind, n), from: under(from), to: under(9) };
    let reseals = vec![anew(7, KIND, 2)];
    done(store, Commit { reseals, ..Commit::new(realm()) }).await;
    assert_eq!(found(9).await, [], "a document that was changed meanwhile is not sealed anew");
    let reseals = vec![anew(2, KIND, 2), anew(1, DocumentKind::Security, 1)];
    done(store, Commit { reseals, ..Commit::new(realm()) }).await;
    assert_eq!(found(9).await, [(place(KIND, 2), under(9))], "a document is sealed anew where it stands");
    let expected = Document { sealed: under(9), ..sealed(2, 9) };
    assert_eq!(stored(store, 2).await, Some(expected), "sealing a document anew changes nothing else of it");
}
