//! Twins that lose, mix up, hand out twice or forget documents.

use crate::twin::*;
use crate::twins;
use async_trait::async_trait;
use regain::clock::Timestamp;
use regain::ids::{AccountId, DocumentId, Realm};
use regain::memory::MemoryFlows;
use regain::store::{
    Claim, Commit, Committed, Document, DocumentKind, DocumentWrite, FlowStore, SealedIn, StoreError, Sweep,
};
use regain::testing::{FlowStoreLayer, Layered};
use std::collections::BTreeMap;

const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);
const LONG_AGO: Timestamp = Timestamp::from_millis(i64::MIN);
const KINDS: [DocumentKind; 2] = [DocumentKind::Security, DocumentKind::Case];

fn document(write: &DocumentWrite) -> &Document {
    let (DocumentWrite::Insert(document) | DocumentWrite::Update(document)) = write;
    document
}

fn document_mut(write: &mut DocumentWrite) -> &mut Document {
    let (DocumentWrite::Insert(document) | DocumentWrite::Update(document)) = write;
    document
}

fn is_there(store: &MemoryFlows, next: &Document) -> Option<Document> {
    now(store.document(&next.realm, next.kind, next.id))
}

/// Changes each document that is to be written.
fn writes_documents(change: impl Fn(&MemoryFlows, &mut DocumentWrite) + Send + Sync + 'static) -> Twin {
    writes(move |store, mut commit| {
        commit.documents.iter_mut().for_each(|write| change(store, write));
        commit
    })
}

fn alters(change: fn(&mut Document)) -> Twin {
    writes_documents(move |_, write| change(document_mut(write)))
}

/// Whatever version is stored, it writes the next one, and says so.
fn versions_are_not_compared() -> Twin {
    twin().commit(|store, mut commit| {
        let asked = commit.clone();
        for write in &mut commit.documents {
            let stored = is_there(store, document(write));
            if let (DocumentWrite::Update(next), Some(stored)) = (write, stored) {
                next.version = stored.version + 1;
            }
        }
        let answer = now(store.commit(asked));
        if answer == Committed::Conflict && commit.flows.is_empty() {
            now(store.commit(commit))
        } else {
            answer
        }
    })
}

fn inserts_over_what_is_there(store: &MemoryFlows, write: &mut DocumentWrite) {
    if let (DocumentWrite::Insert(next), Some(stored)) = (&*write, is_there(store, document(write))) {
        *write = DocumentWrite::Update(Document { version: stored.version + 1, ..next.clone() });
    }
}

fn updates_make_what_is_not_there(store: &MemoryFlows, write: &mut DocumentWrite) {
    if is_there(store, document(write)).is_none() {
        *write = DocumentWrite::Insert(document(write).clone());
    }
}

/// Documents are written in a transaction of their own, before everything else.
fn documents_first() -> Twin {
    twin().commit(|store, mut commit| {
        let documents = std::mem::take(&mut commit.documents);
        if documents.is_empty() || commit.spends.len() > 1 {
            return now(store.commit(Commit { documents, ..commit }));
        }
        let first = now(store.commit(Commit { documents, ..Commit::new(commit.realm.clone()) }));
        if first == Committed::Done { now(store.commit(commit)) } else { first }
    })
}

/// Documents are written in a transaction of their own, after everything else.
fn documents_last() -> Twin {
    twin().commit(|store, mut commit| {
        let documents = std::mem::take(&mut commit.documents);
        let realm = commit.realm.clone();
        match now(store.commit(commit)) {
            Committed::Done => now(store.commit(Commit { documents, ..Commit::new(realm) })),
            refused => refused,
        }
    })
}

/// Of two writes of one document in a commit, the last one counts.
fn the_last_write_counts() -> Twin {
    writes(|_, mut commit| {
        let mut last = BTreeMap::new();
        for write in commit.documents {
            let (realm, kind, id) =
                (document(&write).realm.clone(), document(&write).kind.code(), document(&write).id);
            last.insert((realm, kind, id), write);
        }
        commit.documents = last.into_values().collect();
        commit
    })
}

fn looks(
    other: impl Fn(&MemoryFlows, &Realm, DocumentKind, DocumentId) -> Option<Document> + Send + Sync + 'static,
) -> Twin {
    twin().document(other)
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

fn sweeps(other: fn(Sweep) -> Sweep) -> Twin {
    twin().sweep(move |store, realm, sweep| now(store.sweep(realm, &other(*sweep))))
}

/// Where anything is to be swept at all.
fn sweeps_until(other: fn(Timestamp) -> Timestamp) -> Twin {
    twin().sweep(move |store, realm, sweep| {
        let asked = sweep.documents_kept_until;
        let until = if asked == LONG_AGO { asked } else { other(asked) };
        now(store.sweep(realm, &Sweep { documents_kept_until: until, ..*sweep }))
    })
}

fn finds_sealed(keep: fn(&SealedIn) -> bool) -> Twin {
    twin().sealed_under(move |store, realm, key, limit| {
        now(store.sealed_under(realm, key, limit)).into_iter().filter(|(place, _)| keep(place)).collect()
    })
}

/// Puts the new bytes there, whatever stands there.
fn seals_anew_whatever_stands() -> Twin {
    writes(|store, mut commit| {
        for reseal in &mut commit.reseals {
            if let SealedIn::Document(kind, id) = reseal.place
                && let Some(stored) = now(store.document(&commit.realm, kind, id))
            {
                reseal.from = stored.sealed;
            }
        }
        commit
    })
}

/// Sealing anew goes by the id alone.
fn seals_anew_by_id() -> Twin {
    writes(|store, mut commit| {
        for reseal in &mut commit.reseals {
            if let SealedIn::Document(_, id) = reseal.place {
                let stands = |kind: &DocumentKind| {
                    now(store.document(&commit.realm, *kind, id))
                        .is_some_and(|stored| stored.sealed == reseal.from)
                };
                let kind = KINDS.into_iter().find(stands).unwrap_or(DocumentKind::Case);
                reseal.place = SealedIn::Document(kind, id);
            }
        }
        commit
    })
}

/// Sealing anew writes a new version.
fn sealing_anew_counts() -> Twin {
    looks(|store, realm, kind, id| {
        let mut found = now(store.document(realm, kind, id));
        found
            .iter_mut()
            .filter(|found| found.sealed.starts_with(&[0, 0, 0, 9]))
            .for_each(|found| found.version += 1);
        found
    })
}

/// Looks whether a document fits, waits, and writes it.
struct LooksFirst {
    inner: MemoryFlows,
    inserts: bool,
}

#[async_trait]
impl FlowStoreLayer for LooksFirst {
    fn inner(&self) -> &dyn FlowStore {
        &self.inner
    }

    async fn commit(&self, mut commit: Commit) -> Result<Committed, StoreError> {
        let [write] = &commit.documents[..] else { return self.inner.commit(commit).await };
        let insert = matches!(write, DocumentWrite::Insert(_));
        let wanted = document(write).clone();
        let stored = is_there(&self.inner, &wanted).map(|stored| stored.version);
        let fits =
            if insert { stored.is_none() } else { stored.map(|stored| stored + 1) == Some(wanted.version) };
        if fits && insert == self.inserts {
            tokio::task::yield_now().await;
            let write = match is_there(&self.inner, &wanted) {
                None => DocumentWrite::Insert(wanted),
                Some(stored) => DocumentWrite::Update(Document { version: stored.version + 1, ..wanted }),
            };
            commit.documents = vec![write];
        }
        self.inner.commit(commit).await
    }
}

fn looks_first(inserts: bool) -> Layered<LooksFirst> {
    Layered(LooksFirst { inner: MemoryFlows::new(), inserts })
}

/// Looks for what is due, waits, and takes it.
struct TakesLater(MemoryFlows);

#[async_trait]
impl FlowStoreLayer for TakesLater {
    fn inner(&self) -> &dyn FlowStore {
        &self.0
    }

    async fn claim_documents(&self, claim: &Claim) -> Result<Vec<Document>, StoreError> {
        if claim.limit != 5 {
            return self.0.claim_documents(claim).await;
        }
        let look = Claim { lease_until: Timestamp::from_millis(0), ..claim.clone() };
        let mut due = self.0.claim_documents(&look).await?;
        tokio::task::yield_now().await;
        for document in &mut due {
            let version = is_there(&self.0, document).map_or(0, |stored| stored.version);
            let next = Document { version: version + 1, due_at: Some(claim.lease_until), ..document.clone() };
            let commit =
                Commit { documents: vec![DocumentWrite::Update(next)], ..Commit::new(claim.realm.clone()) };
            self.0.commit(commit).await?;
        }
        Ok(due)
    }
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

/// Once nothing is left that has an end, it forgets the rest.
fn forgets_at_last() -> Twin {
    looks(|store, realm, kind, id| {
        let rest = now(store.open_documents(realm, kind, None, 9));
        let is_last = rest.len() == 1 && rest[0].keep_until.is_none() && rest[0].due_at.is_some();
        now(store.document(realm, kind, id)).filter(|_| !is_last)
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
    documents_are_inserted_over_others breaks "a document is not inserted over another one":
        writes_documents(inserts_over_what_is_there);
    versions_of_documents_are_not_compared breaks "only the next version of a document is accepted":
        versions_are_not_compared();
    an_update_makes_a_document breaks "a document that is not there is not updated":
        writes_documents(updates_make_what_is_not_there);
    of_two_writes_the_last_counts
        breaks "documents are written in the commit's order, one twice if need be": the_last_write_counts();
    documents_are_written_before_the_rest
        breaks "a commit that is refused leaves neither documents nor flows": documents_first();
    documents_are_written_after_the_rest
        breaks "a commit that is refused leaves neither documents nor flows": documents_last();
    documents_are_not_written breaks "every field of a document comes back as it was written":
        writes(|_, commit| Commit { documents: vec![], ..commit });
    an_update_is_looked_at_first
        breaks "of many updates of one version of a document one is done": looks_first(false);
    an_insert_is_looked_at_first
        breaks "of many inserts of one document one is done": looks_first(true);
    documents_are_claimed_twice
        breaks "a document goes to one worker of many, and none is left": Layered(TakesLater(MemoryFlows::new()));
    documents_are_kept_for_ever breaks "a sweep counts the documents that it deletes":
        sweeps_until(|_| LONG_AGO);
    documents_go_too_early breaks "a sweep deletes no document before its time":
        sweeps_until(|until| Timestamp::from_millis(until.millis().saturating_add(1)));
    documents_go_too_late breaks "a sweep counts the documents that it deletes":
        sweeps_until(|until| Timestamp::from_millis(until.millis() - 1));
    documents_without_an_end_go breaks "what has no end is kept":
        forgets_at_last();
    documents_of_all_realms_are_swept breaks "a sweep of documents is of its own realm only":
        twin().sweep(|store, realm, sweep| {
            let swept = now(store.sweep(realm, sweep));
            if sweep.documents_kept_until == NEVER {
                now(store.sweep(&Realm::new("other").unwrap(), sweep));
            }
            swept
        });
    all_documents_are_swept_at_once breaks "a sweep deletes no more documents than it may":
        sweeps(|sweep| if sweep.documents_kept_until == LONG_AGO { sweep } else { Sweep { limit: 99, ..sweep } });
    old_keys_are_not_looked_for_in_documents
        breaks "what is sealed under a key is found in documents of all kinds, and nothing else is":
        finds_sealed(|place| !matches!(place, SealedIn::Document(..)));
    old_keys_are_looked_for_in_cases_only
        breaks "what is sealed under a key is found in documents of all kinds, and nothing else is":
        finds_sealed(|place| !matches!(place, SealedIn::Document(DocumentKind::Security, _)));
    a_document_is_sealed_anew_whatever_stands
        breaks "a document that was changed meanwhile is not sealed anew": seals_anew_whatever_stands();
    a_document_is_sealed_anew_by_its_id breaks "a document is sealed anew where it stands": seals_anew_by_id();
    sealing_a_document_anew_makes_a_new_version
        breaks "sealing a document anew changes nothing else of it": sealing_anew_counts();
}
