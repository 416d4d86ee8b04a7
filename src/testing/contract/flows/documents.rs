//! Documents come back as they were written, to those only who name them exactly, in the order that is promised.

use super::records::*;
use crate::ids::{DocumentId, Realm};
use crate::store::{Claim, Commit, Committed, Document, DocumentKind, DocumentWrite, FlowStore};

pub(super) const KIND: DocumentKind = DocumentKind::Case;

pub(super) fn name(n: u8) -> DocumentId {
    DocumentId::from_bytes([n; 16])
}

pub(super) fn paper(n: u8, version: u64) -> Document {
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

pub(super) fn papers(writes: impl IntoIterator<Item = DocumentWrite>) -> Commit {
    Commit { documents: writes.into_iter().collect(), ..Commit::new(realm()) }
}

pub(super) fn new(document: Document) -> DocumentWrite {
    DocumentWrite::Insert(document)
}

pub(super) fn next(document: Document) -> DocumentWrite {
    DocumentWrite::Update(document)
}

pub(super) async fn put(store: &dyn FlowStore, documents: impl IntoIterator<Item = Document>) {
    for document in documents {
        let realm = document.realm.clone();
        done(store, Commit { documents: vec![new(document)], ..Commit::new(realm) }).await;
    }
}

pub(super) async fn stored(store: &dyn FlowStore, n: u8) -> Option<Document> {
    store.document(&realm(), KIND, name(n)).await.expect("the store answers")
}

/// The versions of the first documents, 0 where there is none.
pub(super) async fn versions<const N: usize>(store: &dyn FlowStore) -> [u64; N] {
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

pub(super) async fn claimed(store: &dyn FlowStore, claim: Claim) -> Vec<u8> {
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
