//! Twins that look first and take later, and twins that do half when their caller goes away.
//!
//! Where the gap is between two steps of one task, calls of one thread meet in it; where it is not, only calls of several
//! threads do.

use crate::twin::{clears, now, record, record_mut, stored};
use crate::twins;
use async_trait::async_trait;
use regain::audit::AuditRecord;
use regain::budget::{BudgetKey, take_all};
use regain::flow::FlowRecord;
use regain::ids::Realm;
use regain::memory::MemoryFlows;
use regain::store::{Claim, Commit, Committed, FlowStore, FlowWrite, OutboxMail, StoreError};
use regain::testing::{FlowStoreLayer, Layered};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::task::yield_now;

type Result<T> = std::result::Result<T, StoreError>;

/// Between look and take.
enum Gap {
    /// The task waits, as for a database.
    Task,
    /// The thread is held up, until another one is there too: it never waits as a task.
    Thread(AtomicUsize),
}

impl Gap {
    async fn pass(&self) {
        match self {
            Self::Task => yield_now().await,
            Self::Thread(inside) => {
                inside.fetch_add(1, Ordering::AcqRel);
                for _ in 0..500 {
                    if inside.load(Ordering::Acquire) > 1 {
                        break;
                    }
                    std::thread::yield_now();
                }
                inside.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }
}

/// Reads a budget, decides, and writes it back.
struct CountsAfterwards {
    inner: MemoryFlows,
    spent: Mutex<BTreeMap<(Realm, BudgetKey), Vec<u8>>>,
    gap: Gap,
}

fn counts_afterwards(gap: Gap) -> Layered<CountsAfterwards> {
    Layered(CountsAfterwards { inner: MemoryFlows::new(), spent: Mutex::default(), gap })
}

#[async_trait]
impl FlowStoreLayer for CountsAfterwards {
    fn inner(&self) -> &dyn FlowStore {
        &self.inner
    }

    async fn commit(&self, commit: Commit) -> Result<Committed> {
        let logs = self.spent.lock().unwrap().clone();
        let key = |key: &BudgetKey| (commit.realm.clone(), *key);
        let taken = match take_all(&commit.spends, |spent| logs.get(&key(spent)).map(|log| &log[..])) {
            Ok(taken) => taken,
            Err(retry_at) => return Ok(Committed::OverBudget { retry_at }),
        };
        // A thread that waits for another one where there is none would only make the test slow.
        if !commit.spends.is_empty() && commit.flows.is_empty() && commit.spends.len() == 2 {
            self.gap.pass().await;
        }
        let answer = now(self.inner.commit(Commit { spends: vec![], ..commit.clone() }));
        if answer == Committed::Done {
            let mut spent = self.spent.lock().unwrap();
            spent.extend(taken.into_iter().map(|(name, taken)| (key(&name), taken.log)));
            commit.clears.iter().for_each(|name| drop(spent.remove(&key(name))));
        }
        Ok(answer)
    }
}

/// Compares versions, or links, and then writes whatever is there by now.
struct WritesAfterwards {
    inner: MemoryFlows,
    fits: fn(&MemoryFlows, &FlowWrite) -> bool,
    too_late: fn(&MemoryFlows, Commit) -> Committed,
}

/// Says that it wrote: what it wrote is what is there.
fn writes_afterwards(fits: fn(&MemoryFlows, &FlowWrite) -> bool) -> Layered<WritesAfterwards> {
    Layered(WritesAfterwards { inner: MemoryFlows::new(), fits, too_late: |_, _| Committed::Done })
}

/// Writes a second link, as far as the store behind can be brought to.
fn links_afterwards() -> Layered<WritesAfterwards> {
    let too_late = |store: &MemoryFlows, mut commit: Commit| {
        record_mut(&mut commit.flows[0]).live_link = false;
        now(store.commit(commit))
    };
    Layered(WritesAfterwards { inner: MemoryFlows::new(), fits: link_fits, too_late })
}

fn update_fits(store: &MemoryFlows, write: &FlowWrite) -> bool {
    let FlowWrite::Update(next) = write else { return true };
    stored(store, next).is_some_and(|stored| stored.version + 1 == next.version)
}

fn insert_fits(store: &MemoryFlows, write: &FlowWrite) -> bool {
    matches!(write, FlowWrite::Update(_)) || stored(store, record(write)).is_none()
}

fn link_fits(store: &MemoryFlows, write: &FlowWrite) -> bool {
    let new = record(write);
    let Some(account) = new.account.as_ref().filter(|_| new.live_link) else { return true };
    now(store.live_links(&new.realm, account))
        .iter()
        .all(|old| old.id == new.id || old.purpose != new.purpose)
}

#[async_trait]
impl FlowStoreLayer for WritesAfterwards {
    fn inner(&self) -> &dyn FlowStore {
        &self.inner
    }

    async fn commit(&self, commit: Commit) -> Result<Committed> {
        let [write] = &commit.flows[..] else { return self.inner.commit(commit).await };
        let did_fit = (self.fits)(&self.inner, write);
        yield_now().await;
        if did_fit && !(self.fits)(&self.inner, write) {
            return Ok((self.too_late)(&self.inner, commit));
        }
        self.inner.commit(commit).await
    }
}

/// Two that overlap lock the same rows in another order.
#[derive(Default)]
struct LocksInAnyOrder {
    inner: MemoryFlows,
    under_way: AtomicUsize,
}

#[async_trait]
impl FlowStoreLayer for LocksInAnyOrder {
    fn inner(&self) -> &dyn FlowStore {
        &self.inner
    }

    async fn commit(&self, commit: Commit) -> Result<Committed> {
        if commit.flows.len() < 8 || commit.spends.is_empty() {
            return self.inner.commit(commit).await;
        }
        let others = self.under_way.fetch_add(1, Ordering::AcqRel);
        yield_now().await;
        self.under_way.fetch_sub(1, Ordering::AcqRel);
        if others > 0 { Err(StoreError::plain("deadlock detected")) } else { self.inner.commit(commit).await }
    }
}

/// Gives to others what it is just about to lease.
#[derive(Default)]
struct SelectsThenLeases {
    inner: MemoryFlows,
    flows: Mutex<Option<Vec<FlowRecord>>>,
    mails: Mutex<Option<Vec<OutboxMail>>>,
    only_mails: AtomicUsize,
}

async fn select_then_lease<T: Clone>(selected: &Mutex<Option<T>>, claim: impl FnOnce() -> T) -> T {
    let rows = {
        let mut selected = selected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rows) = &*selected {
            return rows.clone();
        }
        selected.insert(claim()).clone()
    };
    yield_now().await;
    *selected.lock().unwrap_or_else(PoisonError::into_inner) = None;
    rows
}

#[async_trait]
impl FlowStoreLayer for SelectsThenLeases {
    fn inner(&self) -> &dyn FlowStore {
        &self.inner
    }

    async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>> {
        if self.only_mails.load(Ordering::Acquire) == 1 {
            return self.inner.claim_flows(claim).await;
        }
        Ok(select_then_lease(&self.flows, || now(self.inner.claim_flows(claim))).await)
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>> {
        Ok(select_then_lease(&self.mails, || now(self.inner.claim_mails(claim))).await)
    }
}

/// Budgets and flows in one transaction, the rest in another one.
struct TwoTransactions(MemoryFlows);

#[async_trait]
impl FlowStoreLayer for TwoTransactions {
    fn inner(&self) -> &dyn FlowStore {
        &self.0
    }

    async fn commit(&self, commit: Commit) -> Result<Committed> {
        let rest = Commit { spends: vec![], flows: vec![], ..commit.clone() };
        let is_whole = commit.flows.is_empty() || commit.mails.is_empty();
        if is_whole {
            return self.0.commit(commit).await;
        }
        let first = Commit { spends: commit.spends, flows: commit.flows, ..Commit::new(commit.realm) };
        match self.0.commit(first).await? {
            Committed::Done => {}
            refused => return Ok(refused),
        }
        yield_now().await;
        self.0.commit(rest).await
    }
}

/// Takes budgets in a transaction of the caller's, which ends with the caller.
struct CallersBudgets(MemoryFlows);

struct RollsBack<'a>(&'a MemoryFlows, Option<Commit>);

impl Drop for RollsBack<'_> {
    fn drop(&mut self) {
        if let Some(undo) = self.1.take() {
            now(self.0.commit(undo));
        }
    }
}

#[async_trait]
impl FlowStoreLayer for CallersBudgets {
    fn inner(&self) -> &dyn FlowStore {
        &self.0
    }

    async fn commit(&self, commit: Commit) -> Result<Committed> {
        let spent = commit.spends.iter().map(|spend| spend.key).collect();
        let undo = clears(&commit.realm, spent);
        let answer = self.0.commit(commit).await?;
        if answer == Committed::Done {
            let mut transaction = RollsBack(&self.0, Some(undo));
            yield_now().await;
            transaction.1 = None;
        }
        Ok(answer)
    }
}

/// Gives a position first and writes the line later; some take longer.
#[derive(Default)]
struct NumbersFirst {
    inner: MemoryFlows,
    next: Mutex<u64>,
    lines: Mutex<BTreeMap<u64, AuditRecord>>,
}

#[async_trait]
impl FlowStoreLayer for NumbersFirst {
    fn inner(&self) -> &dyn FlowStore {
        &self.inner
    }

    async fn commit(&self, commit: Commit) -> Result<Committed> {
        let numbered: Vec<(u64, AuditRecord)> = {
            let mut next = self.next.lock().unwrap();
            let first = *next + 1;
            *next += commit.audit.len() as u64;
            (first..).zip(commit.audit.clone()).collect()
        };
        let slow = commit.audit.first().is_some_and(|line| line.flow.as_bytes()[0] % 8 < 4);
        for _ in 0..if slow { 30 } else { 1 } {
            yield_now().await;
        }
        let answer = now(self.inner.commit(Commit { audit: vec![], ..commit }));
        if answer == Committed::Done {
            self.lines.lock().unwrap().extend(numbered);
        }
        Ok(answer)
    }

    async fn audit_after(&self, realm: &Realm, after: u64, limit: u32) -> Result<Vec<(u64, AuditRecord)>> {
        let lines = self.lines.lock().unwrap();
        let own = lines.range(after + 1..).filter(|(_, line)| line.realm == *realm);
        Ok(own.take(limit as usize).map(|(position, line)| (*position, line.clone())).collect())
    }
}

twins! {
    budgets_are_looked_at_first_and_taken_later breaks "many at once get no more out of a budget than one after the other":
        counts_afterwards(Gap::Task);
    budgets_are_looked_at_first_and_taken_later_by_threads breaks "many at once get no more out of a budget than one after the other":
        counts_afterwards(Gap::Thread(AtomicUsize::new(0)));
    the_last_update_wins breaks "of many updates of one version one is done": writes_afterwards(update_fits);
    the_last_insert_wins breaks "of many inserts of one id one is done, and stored":
        writes_afterwards(insert_fits);
    links_are_compared_first_and_written_later breaks "of many links at once an account gets one":
        links_afterwards();
    commits_lock_in_any_order breaks "commits in opposite orders are all answered":
        Layered(LocksInAnyOrder::default());
    flows_are_selected_first_and_leased_later breaks "a flow goes to one worker of many, and none is left":
        Layered(SelectsThenLeases::default());
    mails_are_selected_first_and_leased_later breaks "a mail goes to one worker of many, and none is left":
        Layered(SelectsThenLeases { only_mails: AtomicUsize::new(1), ..SelectsThenLeases::default() });
    a_commit_is_two_transactions breaks "a commit whose caller goes away is done as a whole or not at all":
        Layered(TwoTransactions(MemoryFlows::new()));
    budgets_go_back_with_the_caller breaks "a commit whose caller goes away is done as a whole or not at all":
        Layered(CallersBudgets(MemoryFlows::new()));
    positions_are_given_before_the_commit breaks "who follows the audit record misses nothing, and reads nothing twice":
        Layered(NumbersFirst::default());
}
