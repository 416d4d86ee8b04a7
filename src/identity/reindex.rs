//! Index values for accounts that exist already, and for all of them after a key was rotated.

use async_trait::async_trait;

use super::person::Person;
use super::probe::{BlindIndex, IndexEntry};

/// An error of the host's own.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How many accounts are read and written at once.
pub const PAGE_SIZE: usize = 500;

/// The host's accounts, page by page.
///
/// ```
/// use async_trait::async_trait;
/// use regain::identity::{BoxError, IndexEntry, Person, ReindexSource};
/// use std::collections::BTreeMap;
/// use std::ops::Bound::{Excluded, Unbounded};
/// use std::sync::Mutex;
///
/// struct Accounts {
///     people: BTreeMap<String, Person>,
///     index: Mutex<BTreeMap<String, Vec<IndexEntry>>>,
/// }
///
/// #[async_trait]
/// impl ReindexSource for Accounts {
///     async fn page(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, Person)>, BoxError> {
///         let later = self.people.range::<str, _>((after.map_or(Unbounded, Excluded), Unbounded));
///         Ok(later.take(limit).map(|(id, person)| (id.clone(), person.clone())).collect())
///     }
///     async fn store(&self, batch: Vec<(String, Vec<IndexEntry>)>) -> Result<(), BoxError> {
///         self.index.lock().unwrap().extend(batch);
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait ReindexSource: Send + Sync {
    /// At most `limit` accounts in the order of their ids, starting behind `after`. Empty at the end.
    ///
    /// # Errors
    ///
    /// Any error ends the run; it can be resumed.
    async fn page(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, Person)>, BoxError>;

    /// Replaces the entries of these accounts, in one transaction if possible. An account without entries is
    /// in the batch too: what it had before is to be removed.
    ///
    /// # Errors
    ///
    /// Any error ends the run; the same batch comes again when it is resumed.
    async fn store(&self, batch: Vec<(String, Vec<IndexEntry>)>) -> Result<(), BoxError>;
}

/// How far a run has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Accounts done in this run.
    pub accounts: u64,
    /// Entries stored in this run.
    pub entries: u64,
    /// Accounts in this run that have no entry: nobody can find them by identity.
    pub without_entry: u64,
    /// The last account done. Keep it: a run resumes behind it.
    pub last_id: Option<String>,
}

/// Why a run ended early. Resume it behind the `last_id` of the last progress.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReindexError {
    /// The accounts could not be read.
    #[error("the accounts to index could not be read")]
    Read(#[source] BoxError),
    /// The entries could not be stored.
    #[error("the index entries could not be stored")]
    Store(#[source] BoxError),
    /// The source gave a page that does not lead on, and would do so forever.
    #[error("a page of accounts ended where it was to start; order pages by id and start behind `after`")]
    NotAdvancing,
}

/// Computes and stores the entries of all accounts behind `after`, and reports each page when it is stored.
///
/// Needs no particular runtime. Running it twice does no harm; drop the future to stop.
///
/// # Errors
///
/// [`ReindexError`] if the source fails. Whatever was reported is stored.
pub async fn reindex(
    index: &BlindIndex,
    source: &dyn ReindexSource,
    after: Option<String>,
    mut progress: impl FnMut(&Progress),
) -> Result<Progress, ReindexError> {
    let mut done = Progress { last_id: after, ..Progress::default() };
    loop {
        let page = source.page(done.last_id.as_deref(), PAGE_SIZE).await.map_err(ReindexError::Read)?;
        let Some((last, _)) = page.last() else { return Ok(done) };
        if Some(last) == done.last_id.as_ref() {
            return Err(ReindexError::NotAdvancing);
        }
        let last = last.clone();
        let batch: Vec<_> = page.into_iter().map(|(id, person)| (id, index.entries_for(&person))).collect();
        let counts: Vec<u64> = batch.iter().map(|(_, entries)| entries.len() as u64).collect();
        source.store(batch).await.map_err(ReindexError::Store)?;
        done.accounts += counts.len() as u64;
        done.entries += counts.iter().sum::<u64>();
        done.without_entry += counts.iter().filter(|count| **count == 0).count() as u64;
        done.last_id = Some(last);
        progress(&done);
    }
}
