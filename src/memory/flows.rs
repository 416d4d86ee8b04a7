//! regain's tables in memory.

use crate::audit::AuditRecord;
use crate::budget::{BudgetKey, Spent, take_all};
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::planted::{Bug, planted};
use crate::store::{
    Claim, Commit, Committed, DeadLetter, Depth, FlowStore, FlowWrite, MailOutcome, MailSettlement,
    OutboxMail, StoreError, Sweep,
};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default, Clone)]
struct Tables {
    flows: BTreeMap<(Realm, FlowId), FlowRecord>,
    mails: BTreeMap<(Realm, MailId), OutboxMail>,
    dead: Vec<(Realm, DeadLetter)>,
    budgets: BTreeMap<(Realm, BudgetKey), Spent>,
    audit: Vec<AuditRecord>,
}

/// [`FlowStore`] in memory.
#[derive(Default)]
pub struct MemoryFlows {
    tables: Mutex<Tables>,
}

impl MemoryFlows {
    /// Empty tables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    /// Everything of a commit is checked before anything is written.
    fn apply(&mut self, commit: Commit) -> Committed {
        let stored =
            |key: &BudgetKey| self.budgets.get(&(commit.realm.clone(), *key)).map(|spent| &spent.log[..]);
        let budgets = match take_all(&commit.spends, stored) {
            Ok(budgets) => budgets,
            Err(retry_at) => return Committed::OverBudget { retry_at },
        };
        let Some(flows) = self.check_flows(&commit.flows) else { return Committed::Conflict };
        self.budgets.extend(budgets.into_iter().map(|(key, spent)| ((commit.realm.clone(), key), spent)));
        for key in commit.clears {
            self.budgets.remove(&(commit.realm.clone(), key));
        }
        self.flows.extend(flows);
        self.mails.extend(commit.mails.into_iter().map(|mail| ((mail.realm.clone(), mail.id), mail)));
        for settlement in commit.settlements {
            self.settle(&commit.realm, settlement);
        }
        self.audit.extend(commit.audit);
        Committed::Done
    }

    fn check_flows(&self, writes: &[FlowWrite]) -> Option<BTreeMap<(Realm, FlowId), FlowRecord>> {
        let mut changed: BTreeMap<(Realm, FlowId), FlowRecord> = BTreeMap::new();
        for write in writes {
            let (FlowWrite::Insert(record) | FlowWrite::Update(record)) = write;
            let key = (record.realm.clone(), record.id);
            let stored = changed.get(&key).or_else(|| self.flows.get(&key));
            let fits = match write {
                FlowWrite::Insert(_) => stored.is_none(),
                FlowWrite::Update(next) => {
                    stored.is_some_and(|stored| stored.version + 1 == next.version)
                        || planted(Bug::VersionNotCompared)
                }
            };
            let rival = |(other, row): (&(Realm, FlowId), &FlowRecord)| {
                *other != key
                    && same_link(changed.get(other).unwrap_or(row), record)
                    && !planted(Bug::RivalLinkNotSeen)
            };
            if !fits || (record.live_link && self.flows.iter().chain(&changed).any(rival)) {
                return None;
            }
            let mut record = record.clone();
            if planted(Bug::ErasureForgotten) && record.sealed.is_none() {
                record.sealed = stored.and_then(|stored| stored.sealed.clone());
            }
            changed.insert(key, record);
        }
        Some(changed)
    }

    fn settle(&mut self, realm: &Realm, settlement: MailSettlement) {
        let key = (realm.clone(), settlement.id);
        let Some(mail) = self
            .mails
            .get_mut(&key)
            .filter(|mail| mail.attempts == settlement.attempts || planted(Bug::SettlementNotGuarded))
        else {
            return;
        };
        match settlement.outcome {
            MailOutcome::Retry(at) => mail.due_at = at,
            MailOutcome::Sent | MailOutcome::Stale => drop(self.mails.remove(&key)),
            MailOutcome::Dead { at, why } => {
                let letter = DeadLetter {
                    id: mail.id,
                    flow: mail.flow,
                    letter: mail.letter.clone(),
                    attempts: mail.attempts,
                    created_at: mail.created_at,
                    dead_at: at,
                    why,
                };
                self.mails.remove(&key);
                self.dead.push((realm.clone(), letter));
            }
        }
    }
}

/// Whether both rows are the live link of one account for one purpose.
fn same_link(a: &FlowRecord, b: &FlowRecord) -> bool {
    a.live_link && b.live_link && a.realm == b.realm && a.account == b.account && a.purpose == b.purpose
}

#[async_trait]
impl FlowStore for MemoryFlows {
    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        Ok(self.tables().flows.get(&(realm.clone(), id)).cloned())
    }

    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>, StoreError> {
        let tables = self.tables();
        let live = tables
            .flows
            .values()
            .filter(|row| row.live_link && row.realm == *realm && row.account.as_ref() == Some(account));
        Ok(live.cloned().collect())
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        Ok(self.tables().apply(commit))
    }

    async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>, StoreError> {
        let mut tables = self.tables();
        let mut due: Vec<&mut FlowRecord> = tables
            .flows
            .values_mut()
            .filter(|row| row.realm == claim.realm && row.due_at.is_some_and(|due| due <= claim.due_by))
            .collect();
        due.sort_by_key(|row| row.due_at);
        due.truncate(claim.limit as usize);
        Ok(due
            .into_iter()
            .map(|row| {
                let due_at = row.due_at;
                row.due_at = Some(claim.lease_until);
                let claimed = row.clone();
                if planted(Bug::FlowLeaseForgotten) {
                    row.due_at = due_at;
                }
                claimed
            })
            .collect())
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError> {
        let mut tables = self.tables();
        let mut due: Vec<&mut OutboxMail> = tables
            .mails
            .values_mut()
            .filter(|mail| mail.realm == claim.realm && mail.due_at <= claim.due_by)
            .collect();
        due.sort_by_key(|mail| mail.due_at);
        due.truncate(claim.limit as usize);
        Ok(due
            .into_iter()
            .map(|mail| {
                if !planted(Bug::MailLeaseForgotten) {
                    mail.due_at = claim.lease_until;
                }
                mail.attempts += 1;
                mail.clone()
            })
            .collect())
    }

    async fn sweep(&self, realm: &Realm, sweep: &Sweep) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let limit = sweep.limit as usize;
        let ended: Vec<_> = tables
            .flows
            .iter()
            .filter(|((of, _), row)| {
                of == realm && row.due_at.is_none() && row.created_at < sweep.ended_before
            })
            .map(|(key, _)| key.clone())
            .take(limit)
            .collect();
        let full: Vec<_> = tables
            .budgets
            .iter()
            .filter(|((of, _), spent)| of == realm && spent.full_at <= sweep.budgets_full_at)
            .map(|(key, _)| key.clone())
            .take(limit)
            .collect();
        tables.flows.retain(|key, _| !ended.contains(key));
        tables.budgets.retain(|key, _| !full.contains(key));
        let before = tables.dead.len();
        tables.dead.retain(|(of, letter)| of != realm || letter.dead_at >= sweep.dead_before);
        Ok((ended.len() + full.len() + before - tables.dead.len()) as u64)
    }

    async fn audit_after(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        let tables = self.tables();
        let numbered = (1..).zip(&tables.audit).filter(|(at, record)| *at > after && record.realm == *realm);
        Ok(numbered.map(|(at, record)| (at, record.clone())).take(limit as usize).collect())
    }

    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let tables = self.tables();
        let of_realm = tables.dead.iter().rev().filter(|(of, _)| of == realm);
        Ok(of_realm.map(|(_, letter)| letter.clone()).take(limit as usize).collect())
    }

    async fn depth(&self, realm: &Realm) -> Result<Depth, StoreError> {
        let tables = self.tables();
        Ok(Depth {
            live_flows: tables
                .flows
                .values()
                .filter(|row| row.realm == *realm && row.due_at.is_some())
                .count() as u64,
            waiting_mails: tables.mails.keys().filter(|(of, _)| of == realm).count() as u64,
            dead_letters: tables.dead.iter().filter(|(of, _)| of == realm).count() as u64,
        })
    }
}
