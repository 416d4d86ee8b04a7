//! Documents come back as they were written, to those only who name them exactly, and change one version at a time.

use super::records::*;
use crate::flow::FlowRecord;
use crate::ids::{DocumentId, Realm};
use crate::store::{
    Claim, Commit, Committed, Document, DocumentKind, DocumentWrite, FlowStore, Reseal, SealedIn, Sweep,
};
use crate::testing::contract::at_once::at_once;
use std::collections::HashSet;
use std::sync::Arc;

const KIND: DocumentKind = DocumentKind::Case;

fn name(n: u8) -> DocumentId {
    DocumentId::from_bytes([n; 16])
}

fn paper(n: u8, version: u64) -> Document {
    Document {
        realm: realm(),
        kind: KIND,
        id: name(n),
        version,
        account: None,
        open: false,
        sealed: vec![n, 0, 0xff],
        created_at: at(1_000),
        due_at: None,
        keep_until: None,
    }
}

fn papers(writes: impl IntoIterator<Item = DocumentWrite>) -> Commit {
    Commit { documents: writes.into_iter().collect(), ..Commit::new(realm()) }
}

fn new(document: Document) -> DocumentWrite {
    DocumentWrite::Insert(document)
}

fn next(document: Document) -> DocumentWrite {
    DocumentWrite::Update(document)
}

async fn put(store: &dyn FlowStore, documents: impl IntoIterator<Item = Document>) {
    for document in documents {
        let realm = document.realm.clone();
        done(store, Commit { documents: vec![new(document)], ..Commit::new(realm) }).await;
    }
}

async fn stored(store: &dyn FlowStore, n: u8) -> Option<Document> {
    store.document(&realm(), KIND, name(n)).await.expect("the store answers")
}

/// The versions of the first documents, 0 where there is none.
async fn versions<const N: usize>(store: &dyn FlowStore) -> [u64; N] {
    let mut versions = [0; N];
    for (n, version) in (1..).zip(&mut versions) {
        *version = stored(store, n).await.map_or(0, |document| document.version);
    }
    versions
}

fn numbers(documents: &[Document]) -> Vec<u8> {
    documents.iter().map(|document| document.id.as_bytes()[0]).collect()
}

async fn comes_back(store: &dyn FlowStore, write: DocumentWrite, promise: &str) {
    let (DocumentWrite::Insert(document) | DocumentWrite::Update(document)) = &write;
    let document = document.clone();
    assert_eq!(commit_of(store, papers([write])).await, Committed::Done, "{promise}");
    let back = store.document(&realm(), document.kind, document.id).await.expect("the store answers");
    assert!(back == Some(document), "{promise}");
}

pub(super) async fn every_field_of_a_document_comes_back(store: &dyn FlowStore) {
    let promise = "every field of a document comes back as it was written";
    let full = Document {
        kind: DocumentKind::Security,
        account: Some(account("ana \u{e9} \u{65}\u{301} \u{1f511}")),
        open: true,
        created_at: at(-1),
        due_at: Some(at(i64::MIN)),
        keep_until: Some(at(i64::MAX)),
        ..paper(1, (1 << 53) + 1)
    };
    comes_back(store, new(full.clone()), promise).await;
    comes_back(store, new(paper(2, 1)), promise).await;
    let bare = Document { kind: DocumentKind::Security, ..paper(1, full.version + 1) };
    comes_back(store, next(bare), "an update of a document erases what it leaves out").await;
    let every: Vec<u8> = (0..=255).collect();
    let contents = [every.clone(), every.repeat(512), vec![0; 40], vec![], b"\\x41 %".to_vec()];
    for (n, sealed) in (10..).zip(contents) {
        let promise =
            "what is sealed in a document comes back whole, whichever and however many bytes it has";
        comes_back(store, new(Document { sealed, ..paper(n, 1) }), promise).await;
    }
}

pub(super) async fn a_document_is_named_by_realm_kind_and_id(store: &dyn FlowStore) {
    let other = named_realm("other");
    put(store, [paper(1, 1)]).await;
    let look = async |realm: &Realm, kind| store.document(realm, kind, name(1)).await.expect("answers");
    assert_eq!(stored(store, 2).await, None, "an unknown document is not there");
    assert_eq!(look(&other, KIND).await, None, "a document is in its own realm only");
    assert_eq!(look(&realm(), DocumentKind::Security).await, None, "a document is of its own kind only");
    let twins = [
        Document { kind: DocumentKind::Security, sealed: vec![2], ..paper(1, 1) },
        Document { realm: other.clone(), sealed: vec![3], ..paper(1, 1) },
    ];
    put(store, twins).await;
    let next_one = Document { realm: other.clone(), sealed: vec![4], ..paper(1, 2) };
    done(store, Commit { documents: vec![next(next_one)], ..Commit::new(other.clone()) }).await;
    let mut sealed = Vec::new();
    for (realm, kind) in [(realm(), KIND), (realm(), DocumentKind::Security), (other, KIND)] {
        sealed.push(look(&realm, kind).await.map(|document| document.sealed));
    }
    let own = [Some(paper(1, 1).sealed), Some(vec![2]), Some(vec![4])];
    assert_eq!(sealed, own, "one id may name a document of each realm and kind, each for itself");
}

pub(super) async fn an_account_has_its_documents(store: &dyn FlowStore) {
    let of = |n, owner: &str, created| Document {
        account: Some(account(owner)),
        created_at: at(created),
        ..paper(n, 1)
    };
    put(store, [of(1, "ana", 10), of(2, "ana", 30), of(4, "ana", 20), of(3, "ana", 20)]).await;
    put(store, [of(5, "Ana", 90), of(6, "bo", 90), paper(7, 1)]).await;
    put(store, [Document { kind: DocumentKind::Security, ..of(8, "ana", 90) }]).await;
    put(store, [Document { realm: named_realm("other"), ..of(9, "ana", 90) }]).await;
    let ask = async |owner: &str, limit| {
        numbers(&store.documents_of(&realm(), KIND, &account(owner), limit).await.expect("answers"))
    };
    assert_eq!(
        ask("ana", 9).await,
        [2, 4, 3, 1],
        "an account has its own documents of one kind and realm, the newest first"
    );
    assert_eq!(ask("ana", 2).await, [2, 4], "up to the limit the newest documents");
    assert_eq!(ask("an_", 9).await, [0; 0], "account ids of documents are compared byte for byte");
    done(store, papers([next(Document { version: 2, ..of(2, "bo", 30) })])).await;
    assert_eq!(ask("ana", 9).await, [4, 3, 1], "an update says anew whose a document is");
}

pub(super) async fn open_documents_stand_in_a_queue(store: &dyn FlowStore) {
    let open = |n, created| Document { open: true, created_at: at(created), ..paper(n, 1) };
    put(store, [open(1, 30), open(2, 10), open(4, 20), open(3, 20), open(5, i64::MIN)]).await;
    put(store, [Document { open: false, ..open(6, 15) }]).await;
    put(store, [Document { kind: DocumentKind::Security, ..open(7, 15) }]).await;
    put(store, [Document { realm: named_realm("other"), ..open(8, 15) }]).await;
    let ask = async |after: Option<(i64, u8)>, limit| {
        let after = after.map(|(created, n)| (at(created), name(n)));
        numbers(&store.open_documents(&realm(), KIND, after, limit).await.expect("answers"))
    };
    assert_eq!(
        ask(None, 9).await,
        [5, 2, 3, 4, 1],
        "open documents of one kind and realm stand in a queue, the oldest first, then by their names"
    );
    assert_eq!(ask(None, 2).await, [5, 2], "the head of the queue is up to the limit");
    for (after, rest) in [
        ((10, 2), &[3, 4, 1][..]),
        ((20, 3), &[4, 1]),
        ((20, 4), &[1]),
        ((19, 9), &[3, 4, 1]),
        ((30, 1), &[]),
    ] {
        assert_eq!(ask(Some(after), 9).await, rest, "the queue goes on after a place, that place left out");
    }
    done(store, papers([next(Document { version: 2, open: false, ..open(2, 10) })])).await;
    assert_eq!(ask(None, 9).await, [5, 3, 4, 1], "what is closed leaves the queue");
}

async fn claimed(store: &dyn FlowStore, claim: Claim) -> Vec<u8> {
    let mut numbers = numbers(&store.claim_documents(&claim).await.expect("the store answers"));
    numbers.sort_unstable();
    numbers
}

pub(super) async fn documents_are_claimed_when_due(store: &dyn FlowStore) {
    let due =
        |n, due: Option<i64>| Document { due_at: due.map(at), account: Some(account("ana")), ..paper(n, 1) };
    put(store, [due(1, Some(30)), due(2, Some(10)), due(4, Some(41)), due(5, None)]).await;
    put(store, [Document { kind: DocumentKind::Security, ..due(3, Some(20)) }]).await;
    let foreign = Claim { realm: named_realm("other"), ..claim(i64::MAX, i64::MAX, 9) };
    assert_eq!(claimed(store, foreign).await, [0; 0], "documents are claimed in their own realm only");
    assert_eq!(claimed(store, claim(40, 100, 0)).await, [0; 0], "a limit of 0 claims no document");
    assert_eq!(claimed(store, claim(9, 100, 9)).await, [0; 0], "a document that is not due is not claimed");
    assert_eq!(
        claimed(store, claim(40, 100, 2)).await,
        [2, 3],
        "documents of all kinds are claimed, the longest due first, up to the limit"
    );
    assert_eq!(claimed(store, claim(40, 100, 9)).await, [1], "a document under a lease is not claimed");
    assert_eq!(claimed(store, claim(41, 100, 9)).await, [4], "a document is due to the millisecond");
    let changed = Document { due_at: Some(at(100)), ..due(1, None) };
    assert_eq!(stored(store, 1).await, Some(changed), "a claim changes nothing but when a document is due");
    assert_eq!(claimed(store, claim(99, 200, 9)).await, [0; 0], "a lease of a document holds until it ends");
    assert_eq!(claimed(store, claim(100, 200, 9)).await, [1, 2, 3, 4], "and then the document is due again");
    done(store, papers([next(Document { version: 2, ..due(1, None) })])).await;
    assert_eq!(
        claimed(store, claim(i64::MAX, i64::MAX, 9)).await,
        [2, 3, 4],
        "without a time it is never due"
    );
}

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
