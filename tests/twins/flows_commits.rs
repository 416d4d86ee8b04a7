//! Twins that write half, twice, on the wrong version, or without counting.

use crate::twin::*;
use crate::twins;
use regain::budget::{BudgetKey, Quota, take_all};
use regain::clock::Timestamp;
use regain::memory::MemoryFlows;
use regain::store::{Commit, Committed, FlowStore as _, FlowWrite, MailOutcome, MailSettlement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// Of a commit that is refused like this, it keeps a part.
fn keeps(refused: fn(Committed) -> bool, part: fn(Commit) -> Commit) -> Twin {
    twin().commit(move |store, commit| {
        let answer = now(store.commit(commit.clone()));
        if refused(answer) {
            now(store.commit(part(commit)));
        }
        answer
    })
}

fn conflicts(answer: Committed) -> bool {
    answer == Committed::Conflict
}

fn over_budget(answer: Committed) -> bool {
    matches!(answer, Committed::OverBudget { .. })
}

fn inserts(commit: Commit) -> Commit {
    let flows = commit.flows.into_iter().take(1).collect();
    Commit { flows, ..Commit::new(commit.realm) }
}

fn mails(commit: Commit) -> Commit {
    Commit { mails: commit.mails, ..Commit::new(commit.realm) }
}

fn audit(commit: Commit) -> Commit {
    Commit { audit: commit.audit, ..Commit::new(commit.realm) }
}

fn settlements(commit: Commit) -> Commit {
    Commit { settlements: commit.settlements, ..Commit::new(commit.realm) }
}

fn cleared(commit: Commit) -> Commit {
    clears(&commit.realm, commit.clears)
}

fn first_spend(commit: Commit) -> Commit {
    Commit { spends: commit.spends.into_iter().take(1).collect(), ..Commit::new(commit.realm) }
}

/// Fits by the versions that are stored before the commit.
fn fits(store: &MemoryFlows, write: &FlowWrite) -> bool {
    let stored = stored(store, record(write));
    match write {
        FlowWrite::Insert(_) => stored.is_none(),
        FlowWrite::Update(next) => stored.is_some_and(|stored| stored.version + 1 == next.version),
    }
}

/// Other live links of the account and purpose, before the commit.
fn has_rival(store: &MemoryFlows, write: &FlowWrite) -> bool {
    let new = record(write);
    let Some(account) = new.account.as_ref().filter(|_| new.live_link) else { return false };
    now(store.live_links(&new.realm, account))
        .iter()
        .any(|old| old.id != new.id && old.purpose == new.purpose)
}

fn conflict_if(wrong: fn(&MemoryFlows, &Commit) -> bool) -> Twin {
    twin().commit(
        move |store, commit| {
            if wrong(store, &commit) { Committed::Conflict } else { now(store.commit(commit)) }
        },
    )
}

/// Counts in windows that begin at the full hour.
fn fixed_windows() -> Twin {
    let windows = Mutex::new(BTreeMap::new());
    twin().commit(move |store, commit| {
        let mut windows = windows.lock().unwrap();
        for spend in &commit.spends {
            let count = windows
                .entry((commit.realm.clone(), spend.key, spend.at.millis().div_euclid(3_600_000)))
                .or_insert(0);
            *count += 1;
            if *count > spend.quota.count() {
                return Committed::OverBudget { retry_at: Timestamp::from_millis(3_600_000) };
            }
        }
        now(store.commit(Commit { spends: vec![], ..commit }))
    })
}

/// Keeps 255 bytes of what was spent.
fn short_memory() -> Twin {
    let logs = Mutex::new(BTreeMap::new());
    twin().commit(move |store, commit| {
        let mut logs = logs.lock().unwrap();
        match take_all(&commit.spends, |key: &BudgetKey| logs.get(key).map(|log: &Vec<u8>| &log[..])) {
            Err(retry_at) => return Committed::OverBudget { retry_at },
            Ok(taken) => logs.extend(taken.into_iter().map(|(key, mut spent)| {
                spent.log.truncate(255);
                (key, spent.log)
            })),
        }
        now(store.commit(Commit { spends: vec![], ..commit }))
    })
}

fn spends(change: fn(&mut regain::budget::Spend)) -> Twin {
    writes(move |_, mut commit| {
        commit.spends.iter_mut().for_each(change);
        commit
    })
}

/// Clears whatever was ever spent.
fn clears_everything() -> Twin {
    let seen = Mutex::new(BTreeSet::new());
    writes(move |_, mut commit| {
        let mut seen = seen.lock().unwrap();
        seen.extend(commit.spends.iter().map(|spend| spend.key));
        if !commit.clears.is_empty() {
            commit.clears = seen.iter().copied().collect();
        }
        commit
    })
}

/// Whether a flow is there is looked up by account, and dead links are found along.
fn remembers_links() -> Twin {
    let seen = std::sync::Arc::new(Mutex::new(BTreeSet::new()));
    let all = seen.clone();
    twin()
        .commit(move |store, commit| {
            seen.lock().unwrap().extend(commit.flows.iter().map(|write| record(write).id));
            now(store.commit(commit))
        })
        .live_links(move |store, realm, account| {
            let all = all.lock().unwrap();
            let rows = all.iter().filter_map(|id| now(store.load(realm, *id)));
            rows.filter(|row| row.account.as_ref() == Some(account)).collect()
        })
}

twins! {
    budgets_are_not_counted breaks "one more than the count is refused":
        writes(|_, commit| Commit { spends: vec![], ..commit });
    budgets_give_one_more breaks "one more than the count is refused":
        spends(|spend| spend.quota = Quota::new(spend.quota.count() + 1, spend.quota.period()));
    budgets_have_fixed_windows breaks "one more than the count is refused": fixed_windows();
    one_budget_is_for_all breaks "another key has a budget of its own":
        spends(|spend| spend.key = BudgetKey::from_bytes([0; 32]));
    budget_keys_are_cut breaks "keys are told apart by each of their bytes":
        spends(|spend| {
            let mut key = *spend.key.as_bytes();
            key[16..].fill(0);
            spend.key = BudgetKey::from_bytes(key);
        });
    budgets_never_refill breaks "a budget refills with time":
        spends(|spend| spend.at = spend.at.min(Timestamp::from_millis(3_599_999)));
    budgets_forget breaks "a budget remembers all that was spent": short_memory();
    clears_are_ignored breaks "a budget is full once it is cleared":
        writes(|_, commit| Commit { clears: vec![], ..commit });
    clears_are_for_all_budgets breaks "another budget is not cleared along": clears_everything();
    spends_are_judged_backwards breaks "the first budget that refuses says when to come again":
        writes(|_, mut commit| {
            commit.spends.reverse();
            commit
        });

    an_insert_overwrites breaks "a flow's id is never used again":
        writes_flows(|store, write| match (stored(store, record(&write)), write) {
            (Some(old), FlowWrite::Insert(mut new)) => {
                new.version = old.version + 1;
                FlowWrite::Update(new)
            }
            (_, write) => write,
        });
    an_insert_is_skipped_in_silence breaks "a flow's id is never used again":
        writes(|store, mut commit| {
            commit.flows.retain(|write| matches!(write, FlowWrite::Update(_)) || stored(store, record(write)).is_none());
            commit
        });
    a_mail_overwrites breaks "the id of a waiting mail is not used again":
        writes(|store, commit| {
            for mail in &commit.mails {
                let gone = MailSettlement { id: mail.id, attempts: 0, outcome: MailOutcome::Sent };
                now(store.commit(Commit { settlements: vec![gone], ..Commit::new(commit.realm.clone()) }));
            }
            commit
        });
    versions_are_not_compared breaks "only the next version of a flow is accepted":
        writes_flows(|store, mut write| {
            let old = stored(store, record(&write));
            if let (FlowWrite::Update(next), Some(old)) = (&mut write, old) {
                next.version = old.version + 1;
            }
            write
        });
    an_update_inserts breaks "a flow that is not there is not updated":
        writes_flows(|store, write| match write {
            FlowWrite::Update(next) if stored(store, &next).is_none() => FlowWrite::Insert(next),
            write => write,
        });

    inserts_stay_after_a_conflict breaks "a conflict leaves its inserts out": keeps(conflicts, inserts);
    the_outbox_has_its_own_transaction breaks "a conflict queues no mail": keeps(conflicts, mails);
    mails_are_settled_in_their_own_transaction breaks "a conflict settles no mail":
        keeps(conflicts, settlements);
    the_audit_record_has_its_own_transaction breaks "a conflict audits nothing": keeps(conflicts, audit);
    budgets_are_cleared_in_their_own_transaction breaks "a conflict clears nothing":
        keeps(conflicts, cleared);
    budgets_stay_spent_after_a_conflict breaks "a conflict spends nothing": keeps(conflicts, first_spend);
    flows_are_written_before_budgets_refuse breaks "a commit over budget leaves its inserts out":
        keeps(over_budget, inserts);
    mails_are_queued_before_budgets_refuse breaks "a commit over budget queues no mail":
        keeps(over_budget, mails);
    mails_are_settled_before_budgets_refuse breaks "a commit over budget settles no mail":
        keeps(over_budget, settlements);
    audit_is_written_before_budgets_refuse breaks "a commit over budget audits nothing":
        keeps(over_budget, audit);
    budgets_are_cleared_before_budgets_refuse breaks "a commit over budget clears nothing":
        keeps(over_budget, cleared);
    budgets_are_spent_one_by_one breaks "a commit over budget spends nothing":
        keeps(over_budget, first_spend);
    a_key_is_spent_once_a_commit breaks "one key that is spent twice counts twice":
        writes(|_, mut commit| {
            let mut seen = BTreeSet::new();
            // As some would, for the sake of one statement: the last row for a key stays.
            if !commit.flows.is_empty() {
                commit.spends.retain(|spend| seen.insert(spend.key));
            }
            commit
        });
    versions_are_judged_before_budgets breaks "what is over budget and conflicts is over budget":
        conflict_if(|store, commit| !commit.spends.is_empty() && commit.flows.iter().any(|write| matches!(write, FlowWrite::Update(_)) && !fits(store, write)));

    nothing_is_a_conflict breaks "a commit of nothing is done":
        conflict_if(|_, commit| *commit == Commit::new(commit.realm.clone()));
    writes_are_judged_before_the_commit breaks "flows are written in the commit's order, one twice if need be":
        conflict_if(|store, commit| commit.spends.is_empty() && !commit.flows.iter().all(|write| fits(store, write)));
    mails_are_settled_before_they_are_queued breaks "a mail is queued before it is settled":
        twin().commit(|store, commit| {
            let first = settlements(commit.clone());
            let answer = now(store.commit(Commit { settlements: vec![], ..commit }));
            if answer == Committed::Done && first.settlements.iter().all(|one| matches!(one.outcome, MailOutcome::Sent | MailOutcome::Dead { .. })) {
                now(store.commit(first));
            }
            answer
        });
    large_commits_go_in_pieces breaks "of a commit of many rows all are written or none":
        twin().commit(|store, mut commit| {
            while commit.flows.len() > 100 {
                let rest = commit.flows.split_off(100);
                now(store.commit(Commit { flows: std::mem::replace(&mut commit.flows, rest), ..Commit::new(commit.realm.clone()) }));
            }
            now(store.commit(commit))
        });

    two_links_may_live breaks "an account has one live link for a purpose":
        writes_flows(|store, mut write| {
            if has_rival(store, &write) {
                record_mut(&mut write).live_link = false;
            }
            write
        });
    two_links_may_live_from_one_commit breaks "an account has one live link for a purpose, in one commit too":
        writes(|_, mut commit| {
            let mut seen = BTreeSet::new();
            for write in commit.flows.iter_mut().filter(|write| record(write).live_link) {
                let row = record_mut(write);
                row.live_link = seen.insert((row.account.clone(), row.purpose.clone()));
            }
            commit
        });
    a_link_is_a_rival_for_any_purpose breaks "another purpose or account is no rival":
        conflict_if(|store, commit| commit.flows.iter().any(|write| {
            let new = record(write);
            let account = new.account.as_ref().filter(|_| new.live_link);
            account.is_some_and(|account| now(store.live_links(&new.realm, account)).iter().any(|old| old.id != new.id && old.purpose != new.purpose))
        }));
    a_link_is_its_own_rival breaks "a link is no rival of itself":
        conflict_if(|store, commit| commit.flows.iter().any(|write| record(write).live_link && stored(store, record(write)).is_some_and(|old| old.live_link)));
    links_are_compared_before_the_commit breaks "a new link takes the old one's place in one commit":
        conflict_if(|store, commit| commit.flows.iter().any(|write| has_rival(store, write)));
    one_link_is_found breaks "all live links of an account are found, and no others":
        twin().live_links(|store, realm, account| now(store.live_links(realm, account)).into_iter().take(1).collect());
    dead_links_are_found breaks "what has no live link is not among the live links": remembers_links();
}
