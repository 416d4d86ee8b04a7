//! regain's tables in memory.

use crate::audit::{AuditRecord, Checkpoint};
use crate::budget::{BudgetKey, Spent, take_all};
use crate::clock::Timestamp;
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::keys::KeyId;
use crate::planted::{Bug, planted};
use crate::store::{
    Claim, Commit, Committed, DeadLetter, Depth, Duty, DutyClaim, FlowStore, FlowWrite, MailOutcome,
    MailSettlement, OutboxMail, Reseal, Revival, SealedIn, StoreError, Sweep,
};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default, Clone)]
struct Tables {
    flows: BTreeMap<(Realm, FlowId), FlowRecord>,
    mails: BTreeMap<(Realm, MailId), OutboxMail>,
    dead: Vec<(Realm, DeadLetter)>,
    budgets: BTreeMap<(Realm, BudgetKey), Spent>,
    audit: BTreeMap<(Realm, u64), AuditRecord>,
    checkpoints: BTreeMap<(Realm, u64), Checkpoint>,
    duties: HashMap<(Realm, Duty), Timestamp>,
    last_position: u64,
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
        let known = |mail: &OutboxMail| self.mails.contains_key(&(mail.realm.clone(), mail.id));
        let gone = |revival: &Revival| !self.can_revive(&commit.realm, revival.id);
        let taken = |next: &Checkpoint| self.checkpoints.contains_key(&(next.realm.clone(), next.number));
        if commit.mails.iter().any(known)
            || commit.revivals.iter().any(gone)
            || commit.checkpoint.as_ref().is_some_and(taken)
        {
            return Committed::Conflict;
        }
        self.budgets.extend(budgets.into_iter().map(|(key, spent)| ((commit.realm.clone(), key), spent)));
        for key in commit.clears {
            self.budgets.remove(&(commit.realm.clone(), key));
        }
        self.flows.extend(flows);
        self.mails.extend(commit.mails.into_iter().map(|mail| ((mail.realm.clone(), mail.id), mail)));
        for settlement in commit.settlements {
            self.settle(&commit.realm, settlement);
        }
        for revival in commit.revivals {
            self.revive(&commit.realm, revival);
        }
        for reseal in commit.reseals {
            self.reseal(&commit.realm, reseal);
        }
        for record in commit.audit {
            self.last_position += 1;
            self.audit.insert((record.realm.clone(), self.last_position), record);
        }
        self.checkpoints.extend(commit.checkpoint.map(|next| ((next.realm.clone(), next.number), next)));
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
            MailOutcome::Dead { at, why, keep_until } => {
                let letter = DeadLetter {
                    sealed: keep_until.map(|_| mail.sealed.clone()),
                    keep_until,
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

impl Tables {
    fn dead_letter(&self, realm: &Realm, id: MailId) -> Option<&DeadLetter> {
        self.dead.iter().find(|(of, letter)| of == realm && letter.id == id).map(|(_, letter)| letter)
    }

    fn can_revive(&self, realm: &Realm, id: MailId) -> bool {
        self.dead_letter(realm, id).is_some_and(|letter| letter.sealed.is_some())
    }

    fn revive(&mut self, realm: &Realm, revival: Revival) {
        let at = self.dead.iter().position(|(of, letter)| of == realm && letter.id == revival.id);
        let Some((_, letter)) = at.map(|at| self.dead.remove(at)) else { return };
        let mail = OutboxMail {
            id: letter.id,
            realm: realm.clone(),
            flow: letter.flow,
            letter: letter.letter,
            sealed: letter.sealed.unwrap_or_default(),
            attempts: letter.attempts,
            created_at: revival.at,
            due_at: revival.at,
        };
        self.mails.insert((realm.clone(), mail.id), mail);
    }

    fn reseal(&mut self, realm: &Realm, reseal: Reseal) {
        let mut dead = self.dead.iter_mut();
        let stored = match &reseal.place {
            SealedIn::Flow(id, _) => {
                self.flows.get_mut(&(realm.clone(), *id)).and_then(|row| row.sealed.as_mut())
            }
            SealedIn::Mail(id) => self.mails.get_mut(&(realm.clone(), *id)).map(|mail| &mut mail.sealed),
            SealedIn::DeadLetter(id) => dead
                .find(|(of, letter)| of == realm && letter.id == *id)
                .and_then(|(_, letter)| letter.sealed.as_mut()),
        };
        if let Some(stored) = stored.filter(|stored| **stored == reseal.from) {
            *stored = reseal.to;
        }
    }

    /// The records of the oldest checkpoint that has marks, if its time is over.
    fn empty_checkpoint(&mut self, realm: &Realm, closed_before: Timestamp) -> usize {
        let oldest =
            self.checkpoints.values_mut().find(|next| next.realm == *realm && !next.marks.is_empty());
        let Some(oldest) = oldest.filter(|oldest| oldest.at < closed_before) else { return 0 };
        oldest.marks.clear();
        let (through, before) = (oldest.through, self.audit.len());
        self.audit.retain(|(of, position), _| of != realm || *position > through);
        before - self.audit.len()
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

    async fn claim_duty(&self, claim: &DutyClaim) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let key = (claim.realm.clone(), claim.duty);
        let held = tables.duties.get(&key).is_some_and(|end| claim.now < *end && *end <= claim.until);
        if !held {
            tables.duties.insert(key, claim.until);
        }
        Ok(!held)
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
        let old: Vec<MailId> = tables
            .dead
            .iter()
            .filter(|(of, letter)| of == realm && letter.dead_at < sweep.dead_before)
            .map(|(_, letter)| letter.id)
            .take(limit)
            .collect();
        tables.dead.retain(|(of, letter)| of != realm || !old.contains(&letter.id));
        let over = |letter: &DeadLetter| letter.keep_until.is_some_and(|until| until <= sweep.kept_until);
        let kept = tables.dead.iter_mut().filter(|(of, letter)| of == realm && over(letter));
        kept.take(limit).for_each(|(_, letter)| (letter.sealed, letter.keep_until) = (None, None));
        let records = tables.empty_checkpoint(realm, sweep.audit_closed_before);
        Ok((ended.len() + full.len() + old.len() + records) as u64)
    }

    async fn audit_after(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        let tables = self.tables();
        let from = (realm.clone(), after.saturating_add(1));
        let of_realm = tables.audit.range(from..=(realm.clone(), u64::MAX));
        Ok(of_realm.map(|((_, at), record)| (*at, record.clone())).take(limit as usize).collect())
    }

    async fn checkpoints(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        let from = (realm.clone(), after.saturating_add(1));
        let tables = self.tables();
        let of_realm = tables.checkpoints.range(from..=(realm.clone(), u64::MAX));
        Ok(of_realm.map(|(_, checkpoint)| checkpoint.clone()).take(limit as usize).collect())
    }

    async fn last_checkpoint(&self, realm: &Realm) -> Result<Option<Checkpoint>, StoreError> {
        let tables = self.tables();
        let mut of_realm = tables.checkpoints.range((realm.clone(), 0)..=(realm.clone(), u64::MAX));
        Ok(of_realm.next_back().map(|(_, checkpoint)| checkpoint.clone()))
    }

    async fn sealed_under(
        &self,
        realm: &Realm,
        key: KeyId,
        limit: u32,
    ) -> Result<Vec<(SealedIn, Vec<u8>)>, StoreError> {
        let tables = self.tables();
        let flows = tables.flows.values().filter(|row| row.realm == *realm && row.due_at.is_some());
        let flows = flows.map(|row| (SealedIn::Flow(row.id, row.state.clone()), row.sealed.as_ref()));
        let mails = tables.mails.values().filter(|mail| mail.realm == *realm);
        let mails = mails.map(|mail| (SealedIn::Mail(mail.id), Some(&mail.sealed)));
        let dead = tables.dead.iter().filter(|(of, _)| of == realm);
        let dead = dead.map(|(_, letter)| (SealedIn::DeadLetter(letter.id), letter.sealed.as_ref()));
        let all = flows.chain(mails).chain(dead);
        let sealed = all.filter_map(|(place, sealed)| Some((place, sealed?.clone())));
        Ok(sealed.filter(|(_, sealed)| sealed.starts_with(&key.to_be_bytes())).take(limit as usize).collect())
    }

    async fn dead_letter(&self, realm: &Realm, id: MailId) -> Result<Option<DeadLetter>, StoreError> {
        Ok(self.tables().dead_letter(realm, id).cloned())
    }

    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let tables = self.tables();
        let of_realm = tables.dead.iter().rev().filter(|(of, _)| of == realm);
        let mut letters: Vec<DeadLetter> = of_realm.map(|(_, letter)| letter.clone()).collect();
        letters.sort_by_key(|letter| std::cmp::Reverse(letter.dead_at));
        letters.truncate(limit as usize);
        Ok(letters)
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
