//! Twins that write documents on the wrong version, by halves or twice, and that keep them too long or not long enough.

use crate::documents::{KINDS, document, is_there, looks, writes_documents};
use crate::twin::*;
use crate::twins;
use async_trait::async_trait;
use regain::clock::Timestamp;
use regain::ids::Realm;
use regain::memory::MemoryFlows;
use regain::store::{
    Claim, Commit, Committed, Document, DocumentKind, DocumentWrite, FlowStore, SealedIn, StoreError, Sweep,
};
use regain::testing::{FlowStoreLayer, Layered};
use std::collections::BTreeMap;

const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

const LONG_AGO: Timestamp = Timestamp::from_millis(i64::MIN);

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

/// Once nothing is left that has an end, it forgets the rest.
fn forgets_at_last() -> Twin {
    looks(|store, realm, kind, id| {
        let rest = now(store.open_documents(realm, kind, None, 9));
        let is_last = rest.len() == 1 && rest[0].keep_until.is_none() && rest[0].due_at.is_some();
        now(store.document(realm, kind, id)).filter(|_| !is_last)
    })
}

twins! {
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
