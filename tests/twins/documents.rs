//! Twins that lose documents, mix them up, or show and hand them out in another order.

use crate::twin::*;
use crate::twins;
use regain::clock::Timestamp;
use regain::ids::{AccountId, DocumentId, Realm};
use regain::memory::MemoryFlows;
use regain::store::{Claim, Commit, Document, DocumentKind, DocumentWrite, FlowStore as _};

const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

pub const KINDS: [DocumentKind; 2] = [DocumentKind::Security, DocumentKind::Case];

pub fn document(write: &DocumentWrite) -> &Document {
    let (DocumentWrite::Insert(document) | DocumentWrite::Update(document)) = write;
    document
}

pub fn document_mut(write: &mut DocumentWrite) -> &mut Document {
    let (DocumentWrite::Insert(document) | DocumentWrite::Update(document)) = write;
    document
}

pub fn is_there(store: &MemoryFlows, next: &Document) -> Option<Document> {
    now(store.document(&next.realm, next.kind, next.id))
}

/// Changes each document that is to be written.
pub fn writes_documents(change: impl Fn(&MemoryFlows, &mut DocumentWrite) + Send + Sync + 'static) -> Twin {
    writes(move |store, mut commit| {
        commit.documents.iter_mut().for_each(|write| change(store, write));
        commit
    })
}

pub fn looks(
    other: impl Fn(&MemoryFlows, &Realm, DocumentKind, DocumentId) -> Option<Document> + Send + Sync + 'static,
) -> Twin {
    twin().document(other)
}

fn alters(change: fn(&mut Document)) -> Twin {
    writes_documents(move |_, write| change(document_mut(write)))
}

fn of_kind(store: &MemoryFlows, realm: &Realm, kind: DocumentKind, account: &AccountId) -> Vec<Document> {
    now(store.documents_of(realm, kind, account, u32::MAX))
}

fn lists(change: fn(&mut Vec<Document>)) -> Twin {
    twin().documents_of(move |store, realm, kind, account, limit| {
        let mut found = of_kind(store, realm, kind, account);
        change(&mut found);
        found.truncate(limit as usize);
        found
    })
}

type Place = Option<(Timestamp, DocumentId)>;

fn queues(other: fn(&MemoryFlows, &Realm, DocumentKind, Place, u32) -> Vec<Document>) -> Twin {
    twin().open_documents(other)
}

/// The whole queue, changed, and then cut.
fn queue(store: &MemoryFlows, realm: &Realm, kind: DocumentKind, after: Place) -> Vec<Document> {
    now(store.open_documents(realm, kind, after, u32::MAX))
}

fn claims(other: fn(Claim) -> Claim) -> Twin {
    twin().claim_documents(move |store, claim| now(store.claim_documents(&other(claim.clone()))))
}

/// Every document of a kind that is open or has an owner called Ana, Bo or ana.
fn lists_all() -> Twin {
    twin().documents_of(|store, realm, kind, _, limit| {
        let owners = ["ana", "Ana", "bo"].map(|name| AccountId::new(name).unwrap());
        let mut found: Vec<Document> =
            owners.iter().flat_map(|account| of_kind(store, realm, kind, account)).collect();
        found.sort_by_key(|next| std::cmp::Reverse((next.created_at, next.id)));
        found.truncate(limit as usize);
        found
    })
}

twins! {
    the_owner_of_a_document_is_lost breaks "every field of a document comes back as it was written":
        alters(|next| next.account = None);
    times_of_documents_begin_in_1970 breaks "every field of a document comes back as it was written":
        alters(|next| next.created_at = next.created_at.max(Timestamp::from_millis(0)));
    when_a_document_is_due_is_lost breaks "every field of a document comes back as it was written":
        alters(|next| next.due_at = None);
    a_document_without_an_end_gets_one breaks "every field of a document comes back as it was written":
        alters(|next| next.keep_until = Some(next.keep_until.unwrap_or(NEVER)));
    an_owner_once_known_stays breaks "an update of a document erases what it leaves out":
        writes_documents(|store, write| {
            if let Some(stored) = is_there(store, document(write)) {
                let next = document_mut(write);
                next.account = next.account.take().or(stored.account);
            }
        });
    documents_are_cut_at_64_kib
        breaks "what is sealed in a document comes back whole, whichever and however many bytes it has":
        alters(|next| next.sealed.truncate(65_535));
    documents_are_cut_at_nul_bytes
        breaks "what is sealed in a document comes back whole, whichever and however many bytes it has":
        alters(|next| if next.sealed.len() == 40 { next.sealed.clear(); });
    documents_of_all_realms_are_one breaks "a document is in its own realm only":
        looks(|store, _, kind, id| now(store.document(&home(), kind, id)));
    documents_of_all_kinds_are_one breaks "a document is of its own kind only":
        looks(|store, realm, kind, id| {
            now(store.document(realm, kind, id)).or_else(|| KINDS.iter().find_map(|kind| now(store.document(realm, *kind, id))))
        });
    an_update_is_for_all_realms breaks "one id may name a document of each realm and kind, each for itself":
        twin().commit(|store, commit| {
            let is_elsewhere = |write: &&DocumentWrite| commit.realm != home() && matches!(write, DocumentWrite::Update(_));
            for write in commit.documents.iter().filter(is_elsewhere) {
                let here = Document { realm: home(), ..document(write).clone() };
                let documents = vec![DocumentWrite::Update(here)];
                now(store.commit(Commit { documents, ..Commit::new(home()) }));
            }
            now(store.commit(commit))
        });
    everybodys_documents breaks "an account has its own documents of one kind and realm, the newest first":
        lists_all();
    documents_of_an_account_of_any_kind breaks "an account has its own documents of one kind and realm, the newest first":
        twin().documents_of(|store, realm, _, account, limit| {
            let mut found: Vec<Document> = KINDS.iter().flat_map(|kind| of_kind(store, realm, *kind, account)).collect();
            found.sort_by_key(|next| std::cmp::Reverse((next.created_at, next.id)));
            found.truncate(limit as usize);
            found
        });
    the_oldest_documents_first breaks "an account has its own documents of one kind and realm, the newest first":
        lists(|found| found.reverse());
    documents_of_one_moment_in_any_order
        breaks "an account has its own documents of one kind and realm, the newest first":
        lists(|found| found.sort_by_key(|next| (std::cmp::Reverse(next.created_at), next.id)));
    all_documents_of_an_account_at_once breaks "up to the limit the newest documents":
        twin().documents_of(|store, realm, kind, account, _| of_kind(store, realm, kind, account));
    the_first_owner_stays breaks "an update says anew whose a document is":
        writes_documents(|store, write| {
            if let Some(stored) = is_there(store, document(write)) && stored.version == 1 && stored.account.is_some() {
                let next = document_mut(write);
                next.account = next.account.take().map(|_| stored.account.unwrap());
            }
        });
    closed_documents_stand_in_the_queue
        breaks "open documents of one kind and realm stand in a queue, the oldest first, then by their names":
        alters(|next| if next.version == 1 && next.created_at == Timestamp::from_millis(15) { next.open = true });
    one_queue_for_all_kinds
        breaks "open documents of one kind and realm stand in a queue, the oldest first, then by their names":
        queues(|store, realm, _, after, limit| {
            let mut all: Vec<Document> = KINDS.iter().flat_map(|kind| queue(store, realm, *kind, after)).collect();
            all.sort_by_key(|next| (next.created_at, next.id));
            all.truncate(limit as usize);
            all
        });
    the_newest_stand_first
        breaks "open documents of one kind and realm stand in a queue, the oldest first, then by their names":
        queues(|store, realm, kind, after, limit| {
            queue(store, realm, kind, after).into_iter().rev().take(limit as usize).collect()
        });
    names_have_no_order
        breaks "open documents of one kind and realm stand in a queue, the oldest first, then by their names":
        queues(|store, realm, kind, after, limit| {
            let mut all = queue(store, realm, kind, after);
            all.sort_by_key(|next| (next.created_at, std::cmp::Reverse(next.id)));
            all.truncate(limit as usize);
            all
        });
    the_whole_queue_at_once breaks "the head of the queue is up to the limit":
        queues(|store, realm, kind, after, _| queue(store, realm, kind, after));
    the_place_itself_comes_again breaks "the queue goes on after a place, that place left out":
        queues(|store, realm, kind, after, limit| {
            let place = |next: &Document| Some((next.created_at, next.id)) >= after;
            queue(store, realm, kind, None).into_iter().filter(place).take(limit as usize).collect()
        });
    the_queue_goes_on_after_a_moment breaks "the queue goes on after a place, that place left out":
        queues(|store, realm, kind, after, limit| {
            let later = |next: &Document| after.is_none_or(|(moment, _)| next.created_at > moment);
            queue(store, realm, kind, None).into_iter().filter(later).take(limit as usize).collect()
        });
    the_queue_begins_anew breaks "the queue goes on after a place, that place left out":
        queues(|store, realm, kind, _, limit| now(store.open_documents(realm, kind, None, limit)));
    what_was_open_stays_open breaks "what is closed leaves the queue":
        writes_documents(|store, write| {
            let was = is_there(store, document(write)).is_some_and(|stored| stored.version == 1 && stored.due_at.is_none());
            let next = document_mut(write);
            next.open |= was && next.created_at == Timestamp::from_millis(10);
        });
    documents_are_claimed_in_all_realms breaks "documents are claimed in their own realm only":
        claims(|claim| Claim { realm: home(), ..claim });
    a_limit_of_0_is_none breaks "a limit of 0 claims no document":
        claims(|claim| Claim { limit: if claim.limit == 0 { 99 } else { claim.limit }, ..claim });
    documents_are_claimed_too_early breaks "a document that is not due is not claimed":
        claims(|claim| Claim { due_by: Timestamp::from_millis(claim.due_by.millis().saturating_add(1)), ..claim });
    documents_are_claimed_too_late breaks "a document is due to the millisecond":
        claims(|claim| Claim { due_by: Timestamp::from_millis(claim.due_by.millis() - 1), ..claim });
    documents_are_claimed_without_a_limit
        breaks "documents of all kinds are claimed, the longest due first, up to the limit":
        claims(|claim| Claim { limit: if claim.limit == 0 { 0 } else { 99 }, ..claim });
    the_lease_of_a_document_is_forgotten breaks "a document under a lease is not claimed":
        claims(|claim| Claim { lease_until: claim.due_by, ..claim });
    a_claimed_document_is_lost breaks "a claim changes nothing but when a document is due":
        claims(|claim| Claim { lease_until: NEVER, ..claim });
    a_claim_counts_a_version breaks "a claim changes nothing but when a document is due":
        looks(|store, realm, kind, id| {
            let mut found = now(store.document(realm, kind, id));
            found.iter_mut().filter(|found| found.due_at == Some(Timestamp::from_millis(100))).for_each(|found| found.version += 1);
            found
        });
    once_due_always_due breaks "without a time it is never due":
        writes_documents(|store, write| {
            let due = is_there(store, document(write)).and_then(|stored| stored.due_at);
            let next = document_mut(write);
            next.due_at = next.due_at.or(due.filter(|due| *due == Timestamp::from_millis(200)));
        });
}
