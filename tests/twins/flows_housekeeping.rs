//! Twins that delete too much or too little, or lose the thread of the audit record.

use crate::twin::*;
use crate::twins;
use regain::audit::AuditRecord;
use regain::clock::Timestamp;
use regain::flow::FlowRecord;
use regain::store::{Commit, Depth, FlowStore as _, FlowWrite, Sweep};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

fn sweeps(other: fn(Sweep) -> Sweep) -> Twin {
    twin().sweep(move |store, realm, sweep| now(store.sweep(realm, &other(*sweep))))
}

/// Ends what lives, so that it can be deleted.
fn sweeps_what_lives() -> Twin {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let all = seen.clone();
    twin()
        .commit(move |store, commit| {
            seen.lock().unwrap().extend(commit.flows.iter().map(|write| record(write).id));
            now(store.commit(commit))
        })
        .sweep(move |store, realm, sweep| {
            for old in all.lock().unwrap().iter().filter_map(|id| now(store.load(realm, *id))) {
                let next = FlowRecord { version: old.version + 1, due_at: None, live_link: false, ..old };
                now(store
                    .commit(Commit { flows: vec![FlowWrite::Update(next)], ..Commit::new(realm.clone()) }));
            }
            now(store.sweep(realm, sweep))
        })
}

/// Deletes the lines of a flow along with it.
fn cascades() -> Twin {
    let swept = Arc::new(AtomicBool::new(false));
    let gone = swept.clone();
    twin()
        .sweep(move |store, realm, sweep| {
            swept.store(true, Ordering::Release);
            now(store.sweep(realm, sweep))
        })
        .audit_after(move |store, realm, after, limit| {
            if gone.load(Ordering::Acquire) { vec![] } else { now(store.audit_after(realm, after, limit)) }
        })
}

fn reads_audit(change: fn(&mut AuditRecord)) -> Twin {
    twin().audit_after(move |store, realm, after, limit| {
        let mut lines = now(store.audit_after(realm, after, limit));
        lines.iter_mut().for_each(|(_, line)| change(line));
        lines
    })
}

twins! {
    a_sweep_deletes_what_lives breaks "a sweep leaves flows that have not ended": sweeps_what_lives();
    a_sweep_deletes_what_ended_just_now breaks "a sweep leaves flows that are not old enough":
        sweeps(|sweep| Sweep { ended_before: Timestamp::from_millis(sweep.ended_before.millis() + 1), ..sweep });
    a_sweep_deletes_no_flow breaks "a sweep deletes what ended long ago":
        sweeps(|sweep| Sweep { ended_before: Timestamp::from_millis(i64::MIN), ..sweep });
    a_sweep_deletes_all_dead_letters breaks "a sweep deletes old dead letters only":
        sweeps(|sweep| Sweep { dead_before: NEVER, ..sweep });
    a_sweep_deletes_budgets_in_use breaks "a sweep leaves budgets that are not full again":
        sweeps(|sweep| Sweep { budgets_full_at: NEVER, ..sweep });
    a_sweep_deletes_audit breaks "a sweep leaves the audit record": cascades();
    a_sweep_does_not_count breaks "a sweep says how many rows it deleted":
        twin().sweep(|store, realm, sweep| now(store.sweep(realm, sweep)).min(1));
    a_sweep_is_of_all_realms breaks "a sweep is of its own realm only":
        twin().sweep(|store, realm, sweep| {
            if *realm != home() {
                now(store.sweep(&home(), sweep));
            }
            now(store.sweep(realm, sweep))
        });
    a_sweep_has_no_limit breaks "a sweep deletes no more rows of each table than it may":
        sweeps(|sweep| Sweep { limit: u32::MAX, ..sweep });
    a_sweep_stops_at_the_first_table breaks "a sweep deletes no more rows of each table than it may":
        twin().sweep(|store, realm, sweep| {
            let budgets = Sweep { ended_before: Timestamp::from_millis(i64::MIN), dead_before: Timestamp::from_millis(i64::MIN), ..*sweep };
            match now(store.sweep(realm, &budgets)) {
                full if full == u64::from(sweep.limit) => full,
                swept => swept + now(store.sweep(realm, sweep)),
            }
        });

    a_line_loses_its_client breaks "every field of a line of audit comes back as it was written":
        reads_audit(|line| line.client = None);
    a_line_loses_its_order breaks "the audit record keeps the order of the commits":
        twin().audit_after(|store, realm, after, limit| {
            let lines = now(store.audit_after(realm, after, limit));
            let (positions, mut records): (Vec<u64>, Vec<AuditRecord>) = lines.into_iter().unzip();
            records.sort_by_key(|line| line.flow);
            positions.into_iter().zip(records).collect()
        });
    positions_stand_still breaks "positions rise":
        twin().audit_after(|store, realm, after, limit| now(store.audit_after(realm, after, limit)).into_iter().map(|(at, line)| (at.div_ceil(2), line)).collect());
    audit_comes_without_limit breaks "reading goes on after a position, up to the limit":
        twin().audit_after(|store, realm, after, _| now(store.audit_after(realm, after, u32::MAX)));
    audit_comes_from_the_position_on breaks "reading goes on after a position, up to the limit":
        twin().audit_after(|store, realm, after, limit| now(store.audit_after(realm, if after == 4 { 3 } else { after }, limit)));
    text_ends_at_a_nul breaks "text may have a NUL in it":
        reads_audit(|line| line.event.truncate(line.event.find('\0').unwrap_or(line.event.len())));
    what_has_ended_is_counted breaks "what lives, waits and was given up is counted":
        twin().depth(|store, realm| {
            let depth = now(store.depth(realm));
            Depth { live_flows: depth.live_flows + u64::from(depth.live_flows == 2), ..depth }
        });
    what_is_under_a_lease_is_not_counted breaks "what is under a lease still counts": {
        let leased = Arc::new(AtomicBool::new(false));
        let claimed = leased.clone();
        twin()
            .claim_flows(move |store, claim| {
                claimed.store(true, Ordering::Release);
                now(store.claim_flows(claim))
            })
            .depth(move |store, realm| {
                if leased.load(Ordering::Acquire) { Depth::default() } else { now(store.depth(realm)) }
            })
    };
}
