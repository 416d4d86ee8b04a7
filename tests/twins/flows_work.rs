//! Twins that hand out work too early, too late, twice, in no order, or not at all.

use crate::twin::*;
use crate::twins;
use regain::clock::Timestamp;
use regain::store::{Claim, Commit, Committed, FlowStore as _, FlowWrite, MailOutcome};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// The same flows, claimed otherwise.
fn claims(other: fn(Claim) -> Claim) -> Twin {
    twin().claim_flows(move |store, claim| now(store.claim_flows(&other(claim.clone()))))
}

fn claims_mails(other: fn(Claim) -> Claim) -> Twin {
    twin().claim_mails(move |store, claim| now(store.claim_mails(&other(claim.clone()))))
}

fn earlier(claim: Claim) -> Claim {
    Claim { due_by: Timestamp::from_millis(claim.due_by.millis() - 1), ..claim }
}

fn later(claim: Claim) -> Claim {
    Claim { due_by: Timestamp::from_millis(claim.due_by.millis().saturating_add(1)), ..claim }
}

fn unlimited(claim: Claim) -> Claim {
    Claim { limit: if claim.limit == 0 { 0 } else { u32::MAX }, ..claim }
}

fn zero_is_no_limit(claim: Claim) -> Claim {
    Claim { limit: if claim.limit == 0 { u32::MAX } else { claim.limit }, ..claim }
}

fn without_lease(claim: Claim) -> Claim {
    Claim { lease_until: claim.due_by, ..claim }
}

/// Makes all that is due due at once, so that it loses its order.
fn in_no_order(claim: &Claim) -> Claim {
    unlimited(without_lease(claim.clone()))
}

fn changes_mails(change: fn(&mut regain::store::OutboxMail)) -> Twin {
    twin().claim_mails(move |store, claim| {
        let mut mails = now(store.claim_mails(claim));
        mails.iter_mut().for_each(change);
        mails
    })
}

/// What was settled before is missed.
fn settles_what_is_there_only() -> Twin {
    let waiting = Mutex::new(BTreeSet::new());
    twin().commit(move |store, commit| {
        let mut waiting = waiting.lock().unwrap();
        waiting.extend(commit.mails.iter().map(|mail| (mail.realm.clone(), mail.id)));
        if commit.flows.is_empty() && commit.mails.is_empty() {
            for one in &commit.settlements {
                let key = (commit.realm.clone(), one.id);
                let there = if let MailOutcome::Retry(_) = one.outcome {
                    waiting.contains(&key)
                } else {
                    waiting.remove(&key)
                };
                if !there {
                    return Committed::Conflict;
                }
            }
        }
        now(store.commit(commit))
    })
}

/// Settles whichever try is under way.
fn settles_any_try(which: fn(&MailOutcome) -> bool) -> Twin {
    writes(move |_, mut commit| {
        let settlements = std::mem::take(&mut commit.settlements);
        for one in settlements {
            let tries = if which(&one.outcome) { 0..=3 } else { one.attempts..=one.attempts };
            commit
                .settlements
                .extend(tries.map(|attempts| regain::store::MailSettlement { attempts, ..one.clone() }));
        }
        commit
    })
}

twins! {
    zero_flows_is_no_limit breaks "a limit of 0 claims nothing": claims(zero_is_no_limit);
    flows_are_claimed_before_they_are_due breaks "what is not due yet is not claimed": claims(later);
    flows_are_claimed_after_they_are_due breaks "what is due to the millisecond is claimed": claims(earlier);
    flows_are_claimed_without_limit breaks "the longest due are claimed first, up to the limit":
        claims(unlimited);
    flows_are_claimed_in_no_order breaks "the longest due are claimed first, up to the limit":
        twin().claim_flows(|store, claim| {
            now(store.claim_flows(&in_no_order(claim)));
            now(store.claim_flows(claim))
        });
    flows_have_no_lease breaks "what is under a lease is not claimed": claims(without_lease);
    ended_flows_are_due breaks "what has ended is never due":
        writes_flows(|_, mut write| {
            let row = record_mut(&mut write);
            if row.state == "requested" {
                row.due_at = row.due_at.or(Some(Timestamp::from_millis(i64::MAX)));
            }
            write
        });
    a_claim_is_a_new_version breaks "a claim changes nothing but when a flow is due":
        twin().claim_flows(|store, claim| {
            let mut rows = now(store.claim_flows(claim));
            for row in &mut rows {
                row.version += 1;
                now(store.commit(Commit { flows: vec![FlowWrite::Update(row.clone())], ..Commit::new(row.realm.clone()) }));
            }
            rows
        });
    a_claim_gives_the_old_due_time breaks "a claim changes nothing but when a flow is due":
        twin().claim_flows(|store, claim| {
            let mut rows = now(store.claim_flows(claim));
            rows.iter_mut().for_each(|row| row.due_at = Some(claim.due_by));
            rows
        });
    a_claim_leaves_out_what_is_sealed breaks "a claim changes nothing but when a flow is due":
        twin().claim_flows(|store, claim| {
            let mut rows = now(store.claim_flows(claim));
            rows.iter_mut().for_each(|row| row.sealed = None);
            rows
        });
    a_lease_is_kept_by_an_update breaks "an update says anew when a flow is due":
        writes_flows(|store, mut write| {
            let lease = stored(store, record(&write)).and_then(|old| old.due_at);
            let next = record_mut(&mut write);
            next.due_at = next.due_at.map(|due| lease.unwrap_or(due).max(due));
            write
        });
    a_page_is_50_rows breaks "each of a thousand due flows is claimed":
        twin().claim_flows(|store, claim| now(store.claim_flows(claim)).into_iter().take(50).collect());

    zero_mails_is_no_limit breaks "a limit of 0 claims no mail": claims_mails(zero_is_no_limit);
    mails_are_claimed_before_they_are_due breaks "a mail that is not due yet is not claimed":
        claims_mails(later);
    tries_are_not_counted breaks "a claim counts the try": changes_mails(|mail| mail.attempts -= 1);
    when_a_mail_was_queued_is_lost breaks "every field of a mail comes back as it was written":
        changes_mails(|mail| mail.created_at = mail.due_at);
    mails_are_claimed_without_limit breaks "the longest due mails are claimed first, up to the limit":
        claims_mails(unlimited);
    mails_have_no_lease breaks "nobody gets a mail that is under a lease":
        claims_mails(|claim| if claim.due_by.millis() > 10 { without_lease(claim) } else { claim });
    a_sent_mail_stays breaks "a mail that was sent does not come again":
        settles(|outcome| if outcome == MailOutcome::Sent { MailOutcome::Retry(Timestamp::from_millis(2_000_000)) } else { outcome });
    a_stale_mail_stays breaks "a stale mail does not come again":
        settles(|outcome| if outcome == MailOutcome::Stale { MailOutcome::Retry(Timestamp::from_millis(2_000_000)) } else { outcome });
    a_mail_is_tried_again_at_once breaks "a mail is not tried before its time":
        settles(|outcome| match outcome {
            MailOutcome::Retry(at) if at.millis() < 40 => MailOutcome::Retry(Timestamp::from_millis(0)),
            outcome => outcome,
        });
    a_mail_is_tried_again_when_the_lease_ends breaks "a mail to be tried again comes again at its time":
        settles(|outcome| match outcome {
            MailOutcome::Retry(at) if at.millis() == 30 => MailOutcome::Retry(Timestamp::from_millis(50)),
            outcome => outcome,
        });
    a_lease_on_a_mail_never_ends breaks "a mail comes again when its lease ends":
        twin().claim_mails(|store, claim| {
            let forever = Claim { lease_until: Timestamp::from_millis(i64::MAX), ..claim.clone() };
            let mut mails = now(store.claim_mails(&forever));
            mails.iter_mut().for_each(|mail| mail.due_at = claim.lease_until);
            mails
        });
    a_mail_that_was_given_up_stays breaks "a mail that was given up does not come again":
        settles(|outcome| match outcome {
            MailOutcome::Dead { .. } => MailOutcome::Retry(Timestamp::from_millis(2_000_000)),
            outcome => outcome,
        });
    a_mail_is_tried_too_soon breaks "a mail to be tried later comes later":
        settles(|outcome| match outcome {
            MailOutcome::Retry(at) if at.millis() == 70 => MailOutcome::Retry(Timestamp::from_millis(60)),
            outcome => outcome,
        });
    a_mail_to_be_tried_again_is_erased breaks "a mail to be tried again is not lost":
        settles(|outcome| match outcome {
            MailOutcome::Retry(at) if at.millis() == 70 => MailOutcome::Sent,
            outcome => outcome,
        });
    what_was_settled_before_conflicts breaks "what was settled before is no conflict":
        settles_what_is_there_only();
    dead_letters_are_lost breaks "what was given up is shown, with every field":
        twin().dead_letters(|store, realm, limit| now(store.dead_letters(realm, limit)).into_iter().filter(|letter| letter.why != "expired").collect());
    why_it_was_given_up_is_lost breaks "what was given up is shown, with every field":
        settles(|outcome| match outcome {
            MailOutcome::Dead { at, keep_until, .. } => MailOutcome::Dead { at, why: "refused".into(), keep_until },
            outcome => outcome,
        });
    the_oldest_dead_letter_comes_first breaks "the latest that was given up is shown first":
        twin().dead_letters(|store, realm, limit| now(store.dead_letters(realm, limit)).into_iter().rev().collect());
    dead_letters_come_without_limit breaks "no more is shown than was asked for":
        twin().dead_letters(|store, realm, _| now(store.dead_letters(realm, u32::MAX)));
    a_late_retry_counts breaks "a late settlement moves nothing":
        settles_any_try(|outcome| matches!(outcome, MailOutcome::Retry(_)));
    a_late_success_counts breaks "a late settlement erases nothing":
        settles_any_try(|outcome| matches!(outcome, MailOutcome::Sent | MailOutcome::Stale));
}
