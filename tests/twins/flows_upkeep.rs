//! Twins that lose dead letters, keys, checkpoints or duties.

use crate::twin::*;
use crate::twins;
use regain::audit::Checkpoint;
use regain::clock::Timestamp;
use regain::ids::Realm;
use regain::store::{Commit, Committed, DutyClaim, FlowStore as _, MailOutcome, Reseal, SealedIn, Sweep};

const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);
const LONG_AGO: Timestamp = Timestamp::from_millis(i64::MIN);

fn keeps(until: Option<Timestamp>) -> Twin {
    settles(move |outcome| match outcome {
        MailOutcome::Dead { at, why, .. } => MailOutcome::Dead { at, why, keep_until: until },
        other => other,
    })
}

fn sweeps(other: fn(Sweep) -> Sweep) -> Twin {
    twin().sweep(move |store, realm, sweep| now(store.sweep(realm, &other(*sweep))))
}

/// Answers as if the letter had been there.
fn revives_anything() -> Twin {
    twin().commit(|store, mut commit| {
        let realm = commit.realm.clone();
        commit.revivals.retain(|one| {
            now(store.dead_letter(&realm, one.id)).is_some_and(|letter| letter.sealed.is_some())
        });
        now(store.commit(commit))
    })
}

/// Queues a letter as if it had waited all the time.
fn revives_as_of_old() -> Twin {
    writes(|_, mut commit| {
        commit.revivals.iter_mut().for_each(|one| one.at = Timestamp::from_millis(5));
        commit
    })
}

fn seals_anew_whatever_stands() -> Twin {
    writes(|store, mut commit| {
        for one in &mut commit.reseals {
            if let Some((_, stands)) = all_sealed(store).into_iter().find(|(place, _)| *place == one.place) {
                one.from = stands;
            }
        }
        commit
    })
}

fn all_sealed(store: &regain::memory::MemoryFlows) -> Vec<(SealedIn, Vec<u8>)> {
    [1, 2, 9, 0x0101].into_iter().flat_map(|key| now(store.sealed_under(&home(), key, 99))).collect()
}

fn finds_sealed(other: fn(&[u8], u32) -> bool) -> Twin {
    twin().sealed_under(move |store, realm, key, limit| {
        if *realm != home() {
            return now(store.sealed_under(realm, key, limit));
        }
        all_sealed(store).into_iter().filter(|(_, sealed)| other(sealed, key)).take(limit as usize).collect()
    })
}

fn finds_in(place: fn(&SealedIn) -> bool) -> Twin {
    twin().sealed_under(move |store, realm, key, limit| {
        now(store.sealed_under(realm, key, limit)).into_iter().filter(|(at, _)| place(at)).collect()
    })
}

fn reads_checkpoints(change: fn(&mut Checkpoint)) -> Twin {
    twin().checkpoints(move |store, realm, after, limit| {
        let mut read = now(store.checkpoints(realm, after, limit));
        read.iter_mut().for_each(change);
        read
    })
}

/// The checkpoint goes in by itself, whatever becomes of the rest.
fn writes_checkpoints_first() -> Twin {
    twin().commit(|store, mut commit| {
        if let Some(next) = commit.checkpoint.take() {
            let alone = Commit { checkpoint: Some(next), ..Commit::new(commit.realm.clone()) };
            let _ = now(store.commit(alone));
        }
        now(store.commit(commit))
    })
}

fn duties(given: fn(&DutyClaim) -> DutyClaim) -> Twin {
    twin().claim_duty(move |store, claim| now(store.claim_duty(&given(claim))))
}

/// Never says that a duty is taken.
fn duty_for_all() -> Twin {
    twin().claim_duty(|_, _| true)
}

twins! {
    a_dead_letter_keeps_everything breaks "what was given up is shown, with every field": keeps(Some(NEVER));
    a_dead_letter_keeps_nothing breaks "what is to be kept is there": keeps(None);
    a_sweep_keeps_what_is_sealed breaks "and is erased when its time is over":
        sweeps(|sweep| Sweep { kept_until: LONG_AGO, ..sweep });
    a_sweep_erases_what_is_to_be_kept breaks "and not before":
        sweeps(|sweep| if sweep.kept_until > LONG_AGO { Sweep { kept_until: NEVER, ..sweep } } else { sweep });
    dead_letters_of_all_realms_are_one breaks "a dead letter is in its own realm only":
        twin().dead_letter(|store, _, id| now(store.dead_letter(&home(), id)));
    a_letter_that_is_gone_is_queued breaks "a letter that is not there, or is erased, is a conflict": revives_anything();
    a_letter_is_queued_as_of_old breaks "it is queued as if it were new, under its name": revives_as_of_old();
    keys_are_found_by_their_first_byte
        breaks "what is sealed under a key is found in flows, outbox and dead letters, and nothing else is":
        finds_sealed(|sealed, key| sealed[0] == key.to_be_bytes()[0]);
    old_keys_are_looked_for_in_flows_only
        breaks "what is sealed under a key is found in flows, outbox and dead letters, and nothing else is":
        finds_in(|place| matches!(place, SealedIn::Flow(..)));
    old_keys_are_not_looked_for_in_dead_letters
        breaks "what is sealed under a key is found in flows, outbox and dead letters, and nothing else is":
        finds_in(|place| !matches!(place, SealedIn::DeadLetter(_)));
    all_old_values_at_once breaks "up to the limit":
        twin().sealed_under(|store, realm, key, _| now(store.sealed_under(realm, key, 99)));
    old_values_of_all_realms breaks "and in its own realm only":
        twin().sealed_under(|store, _, key, limit| now(store.sealed_under(&home(), key, limit)));
    a_value_is_sealed_anew_whatever_stands breaks "a value that was changed meanwhile is left alone":
        seals_anew_whatever_stands();
    nothing_is_sealed_anew breaks "a value is replaced where it stands":
        writes(|_, commit| Commit { reseals: Vec::<Reseal>::new(), ..commit });
    sealing_anew_makes_a_new_version breaks "sealing anew does not change a flow's version":
        loads(|record| if record.sealed.as_ref().is_some_and(|sealed| sealed.starts_with(&[0, 0, 0, 9])) { record.version += 1 });
    checkpoints_lose_their_time_zone breaks "checkpoints come back in order, every field":
        reads_checkpoints(|checkpoint| checkpoint.at = Timestamp::from_millis(checkpoint.at.millis().abs()));
    checkpoints_are_cut_at_nul breaks "checkpoints come back in order, every field":
        reads_checkpoints(|checkpoint| checkpoint.marks.truncate(checkpoint.marks.iter().position(|byte| *byte == 0).unwrap_or(99)));
    keys_have_31_bits breaks "checkpoints come back in order, every field":
        reads_checkpoints(|checkpoint| checkpoint.key &= 0x7fff_ffff);
    the_last_checkpoint_is_the_first breaks "the last is the one with the highest number":
        twin().last_checkpoint(|store, realm| now(store.checkpoints(realm, 0, 1)).pop());
    there_is_always_a_checkpoint breaks "there is none at first":
        twin().last_checkpoint(|store, realm| Some(now(store.last_checkpoint(realm)).unwrap_or_else(|| first(realm))));
    a_checkpoint_is_written_apart breaks "a checkpoint's number is taken once": writes_checkpoints_first();
    a_checkpoint_that_is_refused_is_not_told breaks "a checkpoint's number is taken once":
        twin().commit(refusing_no_checkpoint);
    old_records_stay breaks "the records of one checkpoint go at a time, the oldest first":
        sweeps(|sweep| Sweep { audit_closed_before: LONG_AGO, ..sweep });
    all_records_go_at_once breaks "the records of one checkpoint go at a time, the oldest first":
        twin().sweep(|store, realm, sweep| {
            let times = if sweep.audit_closed_before > LONG_AGO { 9 } else { 1 };
            (0..times).map(|_| now(store.sweep(realm, sweep))).sum()
        });
    young_records_go_too breaks "the records of one checkpoint go at a time, the oldest first":
        sweeps(|sweep| if sweep.audit_closed_before > LONG_AGO { Sweep { audit_closed_before: NEVER, ..sweep } } else { sweep });
    a_duty_is_for_all breaks "of many who ask for a duty at once one gets it": duty_for_all();
    duties_are_one breaks "another duty is another matter":
        duties(|claim| DutyClaim { duty: regain::store::Duty::Sweep, ..claim.clone() });
    duties_of_all_realms_are_one breaks "as is another realm": duties(|claim| DutyClaim { realm: home(), ..claim.clone() });
    a_duty_ends_a_little_late breaks "when it has ended it is given again":
        duties(|claim| DutyClaim { now: Timestamp::from_millis(claim.now.millis() - 1), ..claim.clone() });
    a_duty_binds_whatever_its_end breaks "an end that nobody could have set by now does not bind":
        duties(|claim| if claim.until < Timestamp::from_millis(20) { DutyClaim { until: NEVER, ..claim.clone() } } else { claim.clone() });
}

fn refusing_no_checkpoint(store: &regain::memory::MemoryFlows, commit: Commit) -> Committed {
    let closing = commit.checkpoint.is_some();
    let answer = now(store.commit(commit));
    if closing { Committed::Done } else { answer }
}

fn first(realm: &Realm) -> Checkpoint {
    Checkpoint {
        realm: realm.clone(),
        number: 1,
        through: 0,
        at: LONG_AGO,
        digest: [0; 32],
        hash: [0; 32],
        key: 1,
        mac: [0; 32],
        marks: vec![],
    }
}
