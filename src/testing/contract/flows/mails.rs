//! A mail that waits is handed out, counted and settled once; what was given up is shown.

use super::records::*;
use crate::ids::MailId;
use crate::store::{Committed, DeadLetter, FlowStore, MailOutcome, OutboxMail};

pub(super) async fn mails_are_claimed_when_due_and_in_order(store: &dyn FlowStore) {
    done(store, mails([mail(1, 30), mail(2, 10), mail(3, 20), mail(4, 41)])).await;
    assert_eq!(taken_mails(store, claim(40, 100, 0)).await, [], "a limit of 0 claims no mail");
    assert_eq!(taken_mails(store, claim(9, 100, 9)).await, [], "a mail that is not due yet is not claimed");
    let first = take_mails(store, &claim(10, 100, 9)).await;
    let leased = OutboxMail { attempts: 1, due_at: at(100), ..mail(2, 10) };
    assert_eq!(first.iter().map(|mail| mail.attempts).collect::<Vec<_>>(), [1], "a claim counts the try");
    assert_eq!(first, [leased], "every field of a mail comes back as it was written");
    let (sealed, created) = (&first[0].sealed, first[0].created_at);
    assert_eq!(
        (sealed, created),
        (&mail(2, 10).sealed, at(10)),
        "every field of a mail comes back as it was written"
    );
    assert_eq!(
        taken_mails(store, claim(40, 100, 1)).await,
        [(3, 1)],
        "the longest due mails are claimed first, up to the limit"
    );
    assert_eq!(
        taken_mails(store, claim(99, 200, 9)).await,
        [(1, 1), (4, 1)],
        "nobody gets a mail that is under a lease"
    );
    assert_eq!(
        taken_mails(store, claim(100, 300, 9)).await,
        [(2, 2), (3, 2)],
        "a mail comes again when its lease ends"
    );
}

pub(super) async fn a_mail_is_settled(store: &dyn FlowStore) {
    done(store, mails((1..=5).map(|n| mail(n, i64::from(n))))).await;
    take_mails(store, &claim(9, 50, 9)).await;
    done(store, settle(1, 1, MailOutcome::Sent)).await;
    done(store, settle(2, 1, MailOutcome::Retry(at(30)))).await;
    done(store, settle(3, 1, MailOutcome::Retry(at(70)))).await;
    done(store, settle(4, 1, MailOutcome::Stale)).await;
    done(store, settle(5, 1, dead(9))).await;
    let gone = store.commit(settle(1, 1, MailOutcome::Sent)).await.ok();
    assert_eq!(gone, Some(Committed::Done), "what was settled before is no conflict");
    assert_eq!(taken_mails(store, claim(29, 99, 9)).await, [], "a mail is not tried before its time");
    assert_eq!(
        taken_mails(store, claim(30, 99, 9)).await,
        [(2, 2)],
        "a mail to be tried again comes again at its time"
    );
    assert_eq!(taken_mails(store, claim(69, 99, 9)).await, [], "a mail to be tried later comes later");
    let rest = taken_mails(store, claim(i64::MAX, i64::MAX, 9)).await;
    assert!(!rest.iter().any(|(n, _)| *n == 1), "a mail that was sent does not come again");
    assert!(!rest.iter().any(|(n, _)| *n == 4), "a stale mail does not come again");
    assert!(!rest.iter().any(|(n, _)| *n == 5), "a mail that was given up does not come again");
    assert_eq!(rest, [(2, 3), (3, 2)], "a mail to be tried again is not lost");
}

pub(super) async fn what_was_given_up_is_shown(store: &dyn FlowStore) {
    done(store, mails((1..=3).map(|n| mail(n, i64::from(n))))).await;
    take_mails(store, &claim(9, 50, 9)).await;
    let whys = ["refused", "expired", "too_old"];
    for ((n, millis), why) in [(1, 300), (2, 100), (3, 200)].into_iter().zip(whys) {
        done(store, settle(n, 1, MailOutcome::Dead { at: at(millis), why: why.into(), keep_until: None }))
            .await;
    }
    let letter = |n: u8, millis, why: &str| DeadLetter {
        id: MailId::from_bytes([n; 16]),
        flow: id(n),
        letter: "recovery_link".into(),
        attempts: 1,
        created_at: at(i64::from(n)),
        dead_at: at(millis),
        why: why.into(),
        sealed: None,
        keep_until: None,
    };
    let (one, two, three) = (letter(1, 300, "refused"), letter(2, 100, "expired"), letter(3, 200, "too_old"));
    let mut shown = dead_letters(store, 9).await;
    let latest_first = [one.clone(), three.clone(), two.clone()];
    let in_order = shown == latest_first;
    shown.sort_by_key(|letter| letter.id);
    assert_eq!(shown, [one.clone(), two, three.clone()], "what was given up is shown, with every field");
    assert!(in_order, "the latest that was given up is shown first");
    assert_eq!(dead_letters(store, 2).await, [one, three], "no more is shown than was asked for");
}

/// Try 1 took so long that another worker is at try 2: whatever try 1 says then is about nothing any more.
pub(super) async fn a_late_settlement_changes_nothing(store: &dyn FlowStore) {
    done(store, mails([mail(1, 0)])).await;
    for _ in 0..2 {
        take_mails(store, &claim(1_000, 1_000, 9)).await;
    }
    for attempts in [0, 1, 3] {
        for outcome in [MailOutcome::Sent, MailOutcome::Stale, MailOutcome::Retry(at(1)), dead(1)] {
            done(store, settle(1, attempts, outcome)).await;
        }
    }
    assert_eq!(taken_mails(store, claim(999, 2_000, 9)).await, [], "a late settlement moves nothing");
    assert_eq!(
        taken_mails(store, claim(1_000, 2_000, 9)).await,
        [(1, 3)],
        "a late settlement erases nothing"
    );
    assert_eq!(dead_letters(store, 9).await, [], "a late settlement gives up nothing");
}
