//! Index values for accounts that exist already.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use regain::identity::{
    BoxError, IdentityRules, IndexEntry, PAGE_SIZE, Person, ReindexError, ReindexSource, reindex,
};

use crate::{index, person};

#[derive(Default)]
struct Accounts {
    people: BTreeMap<String, Person>,
    stored: Mutex<BTreeMap<String, Vec<IndexEntry>>>,
    fails_behind: Option<String>,
    ignores_after: bool,
}

#[async_trait]
impl ReindexSource for Accounts {
    async fn page(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, Person)>, BoxError> {
        if self.fails_behind.is_some() && after == self.fails_behind.as_deref() {
            return Err("connection lost".into());
        }
        let later = self
            .people
            .iter()
            .filter(|(id, _)| self.ignores_after || after.is_none_or(|after| id.as_str() > after));
        Ok(later.take(limit).map(|(id, person)| (id.clone(), person.clone())).collect())
    }

    async fn store(&self, batch: Vec<(String, Vec<IndexEntry>)>) -> Result<(), BoxError> {
        self.stored.lock().unwrap().extend(batch);
        Ok(())
    }
}

fn accounts(count: usize) -> Accounts {
    let people =
        (0..count).map(|n| (format!("{n:05}"), person("Ana", "Silva").with_record_number(format!("{n}"))));
    Accounts { people: people.collect(), ..Accounts::default() }
}

#[tokio::test]
async fn existing_accounts_are_indexed_page_by_page() {
    let mut accounts = accounts(2 * PAGE_SIZE);
    accounts.people.insert("99999".into(), Person::new("No", "Number"));
    let index = index(IdentityRules::default());
    let mut reports = Vec::new();
    let done = reindex(&index, &accounts, None, |progress| reports.push(progress.clone())).await.unwrap();
    assert_eq!(reports.len(), 3);
    assert_eq!(reports.last(), Some(&done));
    assert_eq!(
        (done.accounts, done.entries, done.without_entry),
        (2 * PAGE_SIZE as u64 + 1, 2 * PAGE_SIZE as u64, 1)
    );
    let stored = accounts.stored.lock().unwrap();
    assert!(accounts.people.iter().all(|(id, person)| stored[id] == index.entries_for(person)));
}

#[tokio::test]
async fn an_interrupted_run_resumes_where_it_was() {
    let mut accounts = accounts(3 * PAGE_SIZE);
    let index = index(IdentityRules::default());
    accounts.fails_behind = Some(format!("{:05}", PAGE_SIZE - 1));
    let mut last = None;
    let failed = reindex(&index, &accounts, None, |progress| last = progress.last_id.clone()).await;
    assert!(matches!(failed, Err(ReindexError::Read(_))));
    assert_eq!(last, accounts.fails_behind);
    accounts.fails_behind = None;
    let done = reindex(&index, &accounts, last, |_| {}).await.unwrap();
    assert_eq!(done.accounts, 2 * PAGE_SIZE as u64);
    assert_eq!(accounts.stored.lock().unwrap().len(), 3 * PAGE_SIZE);
}

#[tokio::test]
async fn a_source_that_gives_the_same_page_for_ever_is_an_error() {
    let accounts = Accounts { ignores_after: true, ..accounts(3) };
    let run = reindex(&index(IdentityRules::default()), &accounts, None, |_| {}).await;
    assert!(matches!(run, Err(ReindexError::NotAdvancing)));
}
