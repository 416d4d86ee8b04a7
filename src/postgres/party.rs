//! Which commits go together.
//!
//! Members of one transaction touch different flows, different documents, different mails, and the links of different accounts: so each gets
//! the answer that it would get alone, whatever becomes of the others, and all rows of a table can be written by one
//! statement. Budgets they may share; those are decided one after the other.

use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::postgres::documents;
use crate::postgres::writes::record;
use crate::store::{Commit, FlowWrite};
use std::collections::HashSet;

/// At most so many commits in one transaction; fewer where another transaction could take its share of them.
const MOST: usize = 128;
/// Not worth a transaction of their own.
const FEW: usize = 16;

/// What the members of a transaction touch.
#[derive(Default)]
pub(super) struct Party {
    realm: Option<Realm>,
    members: usize,
    seats: usize,
    closed: bool,
    flows: HashSet<FlowId>,
    accounts: HashSet<AccountId>,
    documents: HashSet<documents::Key>,
    mails: HashSet<MailId>,
}

impl Party {
    /// For a fair share of those who wait, where so many transactions could begin now.
    pub(super) fn of(waiting: usize, transactions: usize) -> Self {
        Self { seats: waiting.div_ceil(transactions.max(1)).clamp(FEW, MOST), ..Self::default() }
    }

    /// Whether nobody else can come.
    pub(super) fn is_full(&self) -> bool {
        self.closed || self.members == self.seats
    }

    /// Takes the commit in, unless it has to wait for the next transaction. The first is always taken in.
    pub(super) fn admits(&mut self, commit: &Commit) -> bool {
        if self.members == 0 {
            self.realm = Some(commit.realm.clone());
            self.closed = !in_any_order(commit);
        } else if self.is_full() || self.is_touched_by(commit) || !in_any_order(commit) {
            return false;
        }
        self.members += 1;
        self.flows.extend(flows(commit));
        self.accounts.extend(accounts(commit).cloned());
        self.documents.extend(documents::keys(commit));
        self.mails.extend(mails(commit));
        true
    }

    fn is_touched_by(&self, commit: &Commit) -> bool {
        self.realm.as_ref() != Some(&commit.realm)
            || flows(commit).any(|id| self.flows.contains(&id))
            || accounts(commit).any(|id| self.accounts.contains(id))
            || documents::keys(commit).any(|key| self.documents.contains(&key))
            || mails(commit).any(|id| self.mails.contains(&id))
    }
}

/// Whether nothing changes when the rows of each table are written at once: links that end first, then all the others.
pub(super) fn in_any_order(commit: &Commit) -> bool {
    let links_end_first = commit.flows.is_sorted_by_key(|write| record(write).live_link);
    let tried = || commit.settlements.iter().map(|settlement| settlement.id);
    links_end_first
        && all_differ(flows(commit))
        && all_differ(documents::keys(commit))
        && all_differ(tried())
        && !is_upkeep(commit)
}

/// Such a commit comes now and then, and goes by itself.
pub(super) fn is_upkeep(commit: &Commit) -> bool {
    !commit.revivals.is_empty() || !commit.reseals.is_empty() || commit.checkpoint.is_some()
}

fn all_differ<T: Eq + std::hash::Hash>(things: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    things.into_iter().all(|thing| seen.insert(thing))
}

fn flows(commit: &Commit) -> impl Iterator<Item = FlowId> {
    commit.flows.iter().map(|write: &FlowWrite| record(write).id)
}

pub(super) fn accounts(commit: &Commit) -> impl Iterator<Item = &AccountId> {
    commit.flows.iter().filter_map(|write| record(write).account.as_ref())
}

fn mails(commit: &Commit) -> impl Iterator<Item = MailId> {
    let queued = commit.mails.iter().map(|mail| mail.id);
    queued.chain(commit.settlements.iter().map(|settlement| settlement.id))
}
