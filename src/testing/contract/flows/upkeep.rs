//! The contract of [`FlowStore`], where it is about housekeeping: dead letters, keys, checkpoints, duties.

use super::records::*;
use crate::audit::Checkpoint;
use crate::flow::FlowRecord;
use crate::ids::MailId;
use crate::store::{
    Claim, Commit, Committed, Duty, DutyClaim, FlowStore, FlowWrite, MailOutcome, MailSettlement, OutboxMail,
    Reseal, Revival, SealedIn, Sweep,
};
use crate::testing::contract::at_once::at_once;
use std::sync::Arc;

fn mail_id(n: u8) -> MailId {
    MailId::from_bytes([n; 16])
}

/// Queues a mail and gives it up.
pub(super) async fn bury(store: &dyn FlowStore, n: u8, keep_until: Option<i64>) {
    let outcome = MailOutcome::Dead { at: at(9), why: "refused".into(), keep_until: keep_until.map(at) };
    done(store, Commit { mails: vec![mail(n, 5)], ..Commit::new(realm()) }).await;
    let settlements = vec![MailSettlement { id: mail_id(n), attempts: 0, outcome }];
    done(store, Commit { settlements, ..Commit::new(realm()) }).await;
}

pub(super) async fn sealed_in_letter(store: &dyn FlowStore, n: u8) -> Option<Vec<u8>> {
    let letter = store.dead_letter(&realm(), mail_id(n)).await.expect("answers");
    letter.expect("a dead letter is found by its name").sealed
}

pub(super) async fn what_is_sealed_in_a_dead_letter_is_kept_for_its_time(store: &dyn FlowStore) {
    bury(store, 1, None).await;
    bury(store, 2, Some(50)).await;
    bury(store, 3, Some(51)).await;
    assert_eq!(sealed_in_letter(store, 1).await, None, "what is not to be kept is erased at once");
    assert_eq!(sealed_in_letter(store, 2).await, Some(mail(2, 5).sealed), "what is to be kept is there");
    assert_eq!(
        store.dead_letter(&named_realm("other"), mail_id(2)).await.expect("answers"),
        None,
        "a dead letter is in its own realm only"
    );
    store.sweep(&realm(), &Sweep { kept_until: at(50), ..bounds(9) }).await.expect("answers");
    assert_eq!(sealed_in_letter(store, 2).await, None, "and is erased when its time is over");
    assert_eq!(sealed_in_letter(store, 3).await, Some(mail(3, 5).sealed), "and not before");
    let listed = store.dead_letters(&realm(), 9).await.expect("answers");
    assert_eq!(listed.len(), 3, "the letters stay");
}

pub(super) async fn a_dead_letter_is_queued_again_once(store: &dyn FlowStore) {
    bury(store, 1, Some(50)).await;
    bury(store, 2, None).await;
    let revive = |n| Commit {
        revivals: vec![Revival { id: mail_id(n), at: at(20) }],
        audit: vec![line(n, "mail.sent_again")],
        ..Commit::new(realm())
    };
    for n in [2, 3] {
        let answer = commit_of(store, revive(n)).await;
        assert_eq!(answer, Committed::Conflict, "a letter that is not there, or is erased, is a conflict");
    }
    done(store, revive(1)).await;
    assert_eq!(commit_of(store, revive(1)).await, Committed::Conflict, "a letter is queued again once");
    let claim = Claim { realm: realm(), due_by: at(20), lease_until: at(30), limit: 9 };
    let queued = OutboxMail { attempts: 1, created_at: at(20), due_at: at(30), ..mail(1, 5) };
    assert_eq!(
        store.claim_mails(&claim).await.expect("answers"),
        [queued],
        "it is queued as if it were new, under its name"
    );
    assert_eq!(store.dead_letter(&realm(), mail_id(1)).await.expect("answers"), None, "and is dead no more");
    let audit = store.audit_after(&realm(), 0, 9).await.expect("answers");
    assert_eq!(audit.len(), 1, "what is refused leaves no line");
}

fn sealed_under(key: u32) -> Vec<u8> {
    [&key.to_be_bytes()[..], &[0, 0xff, 7]].concat()
}

/// A flow, a mail and a dead letter under each of three keys; and an ended flow, which has nothing to be found.
pub(super) async fn fill_with_sealed(store: &dyn FlowStore) {
    for (n, key) in [(1, 1), (2, 2), (3, 0x0101)] {
        let flow = FlowRecord { sealed: Some(sealed_under(key)), ..requested(n) };
        let letters = [n, n + 10].map(|n| OutboxMail { sealed: sealed_under(key), ..mail(n, 5) });
        let commit =
            Commit { flows: vec![FlowWrite::Insert(flow)], mails: letters.into(), ..Commit::new(realm()) };
        done(store, commit).await;
        let outcome = MailOutcome::Dead { at: at(9), why: "refused".into(), keep_until: Some(at(99)) };
        let settlements = vec![MailSettlement { id: mail_id(n + 10), attempts: 0, outcome }];
        done(store, Commit { settlements, ..Commit::new(realm()) }).await;
    }
}

pub(super) async fn values_under_a_key_are_found_wherever_they_are(store: &dyn FlowStore) {
    fill_with_sealed(store).await;
    let mut found = store.sealed_under(&realm(), 2, 9).await.expect("answers");
    found.sort();
    let places = [
        SealedIn::Flow(id(2), "requested".into()),
        SealedIn::Mail(mail_id(2)),
        SealedIn::DeadLetter(mail_id(12)),
    ];
    assert_eq!(
        found,
        places.map(|place| (place, sealed_under(2))),
        "what is sealed under a key is found in flows, outbox and dead letters, and nothing else is"
    );
    assert_eq!(store.sealed_under(&realm(), 2, 2).await.expect("answers").len(), 2, "up to the limit");
    let other = store.sealed_under(&named_realm("other"), 2, 9).await.expect("answers");
    assert_eq!(other, [], "and in its own realm only");
}

pub(super) async fn a_value_is_sealed_anew_only_if_it_is_the_one_that_was_read(store: &dyn FlowStore) {
    fill_with_sealed(store).await;
    let found = store.sealed_under(&realm(), 1, 9).await.expect("answers");
    let anew = |from: Vec<u8>, place| Reseal { place, from, to: sealed_under(9) };
    let reseals = found.iter().map(|(place, _)| anew(b"another".to_vec(), place.clone())).collect();
    done(store, Commit { reseals, ..Commit::new(realm()) }).await;
    let under = async |key| store.sealed_under(&realm(), key, 9).await.expect("answers").len();
    assert_eq!(under(1).await, 3, "a value that was changed meanwhile is left alone");
    let reseals = found.into_iter().map(|(place, from)| anew(from, place)).collect();
    done(store, Commit { reseals, ..Commit::new(realm()) }).await;
    assert_eq!((under(1).await, under(9).await), (0, 3), "a value is replaced where it stands");
    let flow = store.load(&realm(), id(1)).await.expect("answers").expect("it is there");
    assert_eq!(
        (flow.version, flow.sealed),
        (1, Some(sealed_under(9))),
        "sealing anew does not change a flow's version"
    );
}

fn checkpoint(number: u64, through: u64, closed: i64) -> Checkpoint {
    Checkpoint {
        realm: realm(),
        number,
        through,
        at: at(closed),
        digest: [1; 32],
        hash: [u8::try_from(number).unwrap_or(0); 32],
        key: u32::MAX,
        mac: [3; 32],
        marks: vec![0, 0xff, 4],
    }
}

fn closing(checkpoint: Checkpoint) -> Commit {
    Commit { checkpoint: Some(checkpoint), ..Commit::new(realm()) }
}

pub(super) async fn checkpoints_come_back_in_order_and_none_twice(store: &dyn FlowStore) {
    assert_eq!(store.last_checkpoint(&realm()).await.expect("answers"), None, "there is none at first");
    for number in 1..=11 {
        done(store, closing(checkpoint(number, number, -1))).await;
    }
    let again = Commit { audit: vec![line(1, "x")], ..closing(checkpoint(11, 99, 0)) };
    assert_eq!(commit_of(store, again).await, Committed::Conflict, "a checkpoint's number is taken once");
    let other = Checkpoint { realm: named_realm("other"), ..checkpoint(1, 5, 0) };
    done(store, Commit { realm: named_realm("other"), ..closing(other) }).await;
    let read = store.checkpoints(&realm(), 8, 2).await.expect("answers");
    assert_eq!(
        read,
        [checkpoint(9, 9, -1), checkpoint(10, 10, -1)],
        "checkpoints come back in order, every field"
    );
    let last = store.last_checkpoint(&realm()).await.expect("answers");
    assert_eq!(last, Some(checkpoint(11, 11, -1)), "the last is the one with the highest number");
    let audit = store.audit_after(&realm(), 0, 9).await.expect("answers");
    assert_eq!(audit, [], "a checkpoint that is refused takes its commit along");
}

pub(super) async fn old_records_go_with_the_marks_of_their_checkpoint(store: &dyn FlowStore) {
    let other = named_realm("other");
    for realm in [&other, &realm()] {
        let mut lines: Vec<_> = (1..=6).map(|n| line(n, "x")).collect();
        lines.iter_mut().for_each(|line| line.realm = realm.clone());
        done(store, Commit { realm: realm.clone(), audit: lines, ..Commit::new(realm.clone()) }).await;
    }
    let places: Vec<u64> =
        store.audit_after(&realm(), 0, 9).await.expect("answers").into_iter().map(|(at, _)| at).collect();
    for (number, last, closed) in [(1, 1, 10), (2, 3, 20), (3, 4, 30)] {
        done(store, closing(checkpoint(number, places[last], closed))).await;
    }
    let sweep = Sweep { audit_closed_before: at(30), ..bounds(9) };
    for left in [4, 2, 2] {
        store.sweep(&realm(), &sweep).await.expect("answers");
        let rest = store.audit_after(&realm(), 0, 9).await.expect("answers");
        let rest: Vec<u64> = rest.into_iter().map(|(at, _)| at).collect();
        assert_eq!(rest, places[6 - left..], "the records of one checkpoint go at a time, the oldest first");
    }
    let read = store.checkpoints(&realm(), 0, 9).await.expect("answers");
    let marked: Vec<bool> = read.iter().map(|checkpoint| !checkpoint.marks.is_empty()).collect();
    assert_eq!(marked, [false, false, true], "checkpoints stay, without the marks of what is gone");
    let foreign = store.audit_after(&other, 0, 9).await.expect("answers");
    assert_eq!(foreign.len(), 6, "another realm's records stay");
    done(store, Commit { audit: vec![line(7, "x")], ..Commit::new(realm()) }).await;
    let next = store.audit_after(&realm(), places[5], 9).await.expect("answers");
    assert_eq!(next.len(), 1, "positions are never given again");
}

fn duty(now: i64, until: i64) -> DutyClaim {
    DutyClaim { realm: realm(), duty: Duty::Sweep, now: at(now), until: at(until) }
}

pub(super) async fn a_duty_goes_to_one(store: &Arc<dyn FlowStore>) {
    let racing = store.clone();
    let answers = at_once(32, move |_| {
        let store = racing.clone();
        async move { store.claim_duty(&duty(10, 20)).await.expect("answers") }
    });
    let given = answers.await.into_iter().filter(|given| *given).count();
    assert_eq!(given, 1, "of many who ask for a duty at once one gets it");
    let ask = async |claim| store.claim_duty(&claim).await.expect("answers");
    assert!(!ask(duty(19, 29)).await, "and nobody else until it ends");
    assert!(ask(DutyClaim { duty: Duty::Reseal, ..duty(19, 29) }).await, "another duty is another matter");
    assert!(ask(DutyClaim { realm: named_realm("other"), ..duty(19, 29) }).await, "as is another realm");
    assert!(ask(duty(20, 30)).await, "when it has ended it is given again");
    assert!(!ask(duty(0, 30)).await, "to one whose clock is behind a little it is still taken");
    assert!(ask(duty(0, 10)).await, "an end that nobody could have set by now does not bind");
}
