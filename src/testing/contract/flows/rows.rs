//! A row comes back as it was written: at once, whole, and to those only who name it exactly.

use super::records::*;
use crate::flow::FlowRecord;
use crate::store::{Commit, Committed, FlowStore};

/// A notice about a sign-in belongs to no flow, and a swept flow leaves its lines of audit.
pub(super) async fn nothing_has_to_belong_to_a_flow(store: &dyn FlowStore) {
    let orphans = Commit { mails: vec![mail(7, 0)], audit: vec![line(8, "x")], ..Commit::new(realm()) };
    let answer = store.commit(orphans).await.ok();
    assert_eq!(answer, Some(Committed::Done), "a mail or a line of audit may name a flow that is not there");
}

pub(super) async fn what_is_committed_is_read_at_once(store: &dyn FlowStore) {
    let lines = audit([line(1, "x")]);
    done(store, Commit { mails: vec![mail(1, 0)], ..flows([insert(requested(1))]) }).await;
    let version = load(store, 1).await.map(|row| row.version);
    assert_eq!(version, Some(1), "what is committed is loaded by the next call");
    done(store, Commit { audit: lines.audit, ..flows([update(linked(1, 2, "ana"))]) }).await;
    let version = load(store, 1).await.map(|row| row.version);
    assert_eq!(version, Some(2), "the next call loads the latest version");
    assert_eq!(links(store, "ana").await.len(), 1, "a link is found by the next call");
    assert_eq!(audit_after(store, 0, 9).await.len(), 1, "a line of audit is read by the next call");
    assert_eq!(depth(store).await.waiting_mails, 1, "what waits is counted by the next call");
}

async fn comes_back(store: &dyn FlowStore, record: FlowRecord, promise: &str) {
    let (realm, id) = (record.realm.clone(), record.id);
    let write = if record.version == 1 { insert(record.clone()) } else { update(record.clone()) };
    assert_eq!(commit_of(store, flows([write])).await, Committed::Done, "{promise}");
    let back = store.load(&realm, id).await.expect("the store answers");
    assert!(back.as_ref() == Some(&record), "{promise}");
}

pub(super) async fn every_field_comes_back(store: &dyn FlowStore) {
    let every = "every field of a flow comes back as it was written";
    for record in [requested(1), linked(2, 1, "ana \u{e9} \u{65}\u{301} \u{1f511}"), ended(3, 1)] {
        comes_back(store, record, every).await;
    }
    let full =
        FlowRecord { epoch: Some([9; 32]), code: Some([8; 32]), sealed: Some(vec![1]), ..linked(4, 1, "bo") };
    comes_back(store, FlowRecord { reason: Some("no_address".into()), ..full }, every).await;
    let erased = "an update erases what it leaves out";
    comes_back(store, ended(4, 2), erased).await;
    let counts = "counts come back exactly";
    done(store, flows([insert(FlowRecord { version: (1 << 53) + 1, attempts: u32::MAX, ..requested(5) })]))
        .await;
    let back = load(store, 5).await.map(|row| (row.version, row.attempts));
    assert_eq!(back, Some(((1 << 53) + 1, u32::MAX)), "{counts}");
}

pub(super) async fn times_come_back(store: &dyn FlowStore) {
    for (n, millis) in (1..).zip([1_764_035_999_997, 0]) {
        let promise = "times come back to the millisecond, in no other time zone";
        comes_back(
            store,
            FlowRecord { created_at: at(millis), due_at: Some(at(millis)), ..requested(n) },
            promise,
        )
        .await;
    }
    for (n, millis) in (10..).zip([-1, -86_400_001, i64::MIN]) {
        let promise = "times before 1970 come back";
        comes_back(
            store,
            FlowRecord { created_at: at(millis), high: Some(at(millis)), ..requested(n) },
            promise,
        )
        .await;
    }
    for (n, millis) in (20..).zip([253_402_300_800_000, i64::MAX]) {
        let promise = "times in the far future come back";
        comes_back(store, FlowRecord { expires_at: Some(at(millis)), ..requested(n) }, promise).await;
    }
}

pub(super) async fn bytes_come_back_whole(store: &dyn FlowStore) {
    let every: Vec<u8> = (0..=255).collect();
    for (n, bytes) in
        (1..).zip([every.clone(), every.repeat(256), vec![0; 40], vec![0xff; 1], b"\\x41 %".to_vec()])
    {
        let record = FlowRecord { sealed: Some(bytes.clone()), ..requested(n) };
        comes_back(store, record, "sealed bytes come back whole, whichever and however many").await;
        done(store, mails([crate::store::OutboxMail { sealed: bytes.clone(), ..mail(n, i64::from(n)) }]))
            .await;
        let back = take_mails(store, &claim(i64::from(n), i64::MAX, 1)).await;
        assert!(
            back.iter().map(|mail| &mail.sealed).eq([&bytes]),
            "a sealed mail comes back whole, whichever and however many bytes it has"
        );
    }
    let long = "\u{1f511}".repeat(63) + "abc";
    for (n, name) in (101..).zip([long.clone(), long[..252].to_owned() + "abd", "x".repeat(255)]) {
        comes_back(store, linked(n, 1, &name), "account ids of up to 255 bytes come back whole").await;
    }
}

/// The last two are one under LIKE, the ones before under a column that takes text for numbers.
const NAMES: [&str; 22] = [
    "ana",
    "Ana",
    "ANA",
    "\u{e1}na",
    "a\u{301}na",
    "ana ",
    " ana",
    "a-na",
    "an\u{200b}a",
    "\u{212a}",
    "k",
    "K",
    "stra\u{df}e",
    "strasse",
    "1",
    "01",
    "1.0",
    "1e2",
    "100",
    "null",
    "a_a",
    "aba",
];

pub(super) async fn account_ids_are_compared_byte_for_byte(store: &dyn FlowStore) {
    let promise = "account ids are compared byte for byte";
    for (n, name) in (1..).zip(NAMES) {
        assert_eq!(commit_of(store, flows([insert(linked(n, 1, name))])).await, Committed::Done, "{promise}");
    }
    for (n, name) in (1..).zip(NAMES) {
        assert_eq!(links(store, name).await, [linked(n, 1, name)], "{promise}");
    }
    for name in ["%", "an", "anaa", "_na", "' OR '1'='1", "*"] {
        assert_eq!(links(store, name).await, [], "{promise}");
    }
}
