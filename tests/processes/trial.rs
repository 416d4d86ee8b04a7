//! The checker on trial: evidence made by hand, with one thing wrong at a time.

use crate::checker::{Finding, judge};
use crate::evidence::{Evidence, Flow, Line, Stored, User};
use crate::mails::{About, Mail};
use crate::people::{Asks, Told};

fn flow(id: u8, version: i64, state: &str) -> Flow {
    Flow {
        id: vec![id],
        version,
        state: state.into(),
        purpose: "password".into(),
        is_open: state == "link_sent",
    }
}

fn line(flow: u8, version: i64, event: &str, account: u8) -> Line {
    Line { flow: vec![flow], version, event: format!("password.{event}"), account: Some(vec![account]) }
}

fn mail(id: &str, to: &str, about: About) -> Mail {
    Mail { id: id.into(), to: to.into(), about }
}

fn link(flow: u8) -> About {
    About::Link { path: format!("/recovery/link?token={flow}"), flow: vec![flow] }
}

fn user(email: &str, told: Option<Told>, times_set: i64) -> User {
    let stored = if times_set > 0 { Stored::New } else { Stored::Old };
    User { email: email.into(), username: email.into(), stored, times_set, told, mistaken: false }
}

fn told(answered: u32, done: bool) -> Told {
    let asks_for_password = Asks { answered, unclear: 0 };
    Told { asks_for_password, done, signed_in: done, signs_in: done, ..Told::default() }
}

/// Ana is through; Bo asked twice, and has a link that is good.
fn clean() -> Evidence {
    let ended = ["requested", "link_sent", "password_chosen", "completed"];
    let mut audit: Vec<Line> = (1..).zip(ended).map(|(version, event)| line(1, version, event, 1)).collect();
    audit.extend(
        (1..)
            .zip(["requested", "link_sent", "superseded"])
            .map(|(version, event)| line(2, version, event, 2)),
    );
    audit.extend((1..).zip(["requested", "link_sent"]).map(|(version, event)| line(3, version, event, 2)));
    Evidence {
        flows: vec![flow(1, 4, "completed"), flow(2, 3, "superseded"), flow(3, 2, "link_sent")],
        audit,
        breaks: vec![],
        waiting_mails: 0,
        dead_letters: 0,
        users: vec![
            user("ana", Some(told(1, true)), 1),
            user("bo", Some(told(2, false)), 0),
            user("eve", None, 0),
        ],
        mails: vec![
            mail("a", "ana", link(1)),
            mail("b", "ana", About::Changed),
            mail("b", "ana", About::Changed),
            mail("c", "bo", link(3)),
        ],
    }
}

/// What the checker finds when one thing is wrong.
fn found(wrong: impl FnOnce(&mut Evidence)) -> Vec<Finding> {
    let mut evidence = clean();
    wrong(&mut evidence);
    judge(&evidence).findings
}

fn is_lost(finding: &Finding) -> bool {
    matches!(finding, Finding::Lost(_))
}

fn is_doubled(finding: &Finding) -> bool {
    matches!(finding, Finding::Doubled(_))
}

fn is_astray(finding: &Finding) -> bool {
    matches!(finding, Finding::Astray(_))
}

#[test]
fn what_is_in_order_is_found_to_be() {
    assert_eq!(
        found(|_| ()),
        [],
        "one mail twice under one id, and a replaced link without a mail, are in order"
    );
}

#[test]
fn what_is_lost_is_found() {
    type Wrong = fn(&mut Evidence);
    let wrongs: [(&str, Wrong); 12] = [
        ("a link mail", |all| drop(all.mails.remove(3))),
        ("a notice", |all| all.mails.retain(|mail| mail.id != "b")),
        ("an audit line", |all| drop(all.audit.remove(1))),
        ("a link of the chain", |all| all.breaks.push("missing".into())),
        ("a flow", |all| drop(all.flows.remove(0))),
        ("the end of a flow", |all| all.flows[2].is_open = false),
        ("a mail that still waits", |all| all.waiting_mails = 1),
        ("a mail that was given up", |all| all.dead_letters = 1),
        ("an ask that was answered", |all| {
            all.users[1].told.as_mut().unwrap().asks_for_password.answered = 3
        }),
        ("a new password", |all| all.users[0].stored = Stored::Old),
        ("a bystander's password", |all| all.users[2].stored = Stored::Neither),
        ("a way in", |all| all.users[0].told.as_mut().unwrap().signs_in = false),
    ];
    for (what, wrong) in wrongs {
        assert!(found(wrong).iter().any(is_lost), "{what} is lost, and nobody finds out");
    }
}

#[test]
fn a_promise_that_was_not_kept_is_found() {
    assert!(found(|all| all.users[1].told.as_mut().unwrap().done = true).iter().any(is_lost));
    let complaint = "a link was answered 404".to_owned();
    assert!(found(|all| all.users[1].told.as_mut().unwrap().complaints.push(complaint)).iter().any(is_lost));
}

#[test]
fn what_is_doubled_is_found() {
    type Wrong = fn(&mut Evidence);
    let wrongs: [(&str, Wrong); 6] = [
        ("a link mail", |all| all.mails.push(mail("d", "ana", link(1)))),
        ("a notice", |all| all.mails.push(mail("d", "ana", About::Changed))),
        ("an id", |all| all.mails.push(mail("a", "ana", link(2)))),
        ("an audit line", |all| all.audit.push(line(1, 2, "link_sent", 1))),
        ("a password", |all| all.users[0].times_set = 2),
        ("an ask", |all| all.users[1].told.as_mut().unwrap().asks_for_password.answered = 1),
    ];
    for (what, wrong) in wrongs {
        assert!(found(wrong).iter().any(is_doubled), "{what} is there twice, and nobody finds out");
    }
}

#[test]
fn what_went_to_the_wrong_place_is_found() {
    type Wrong = fn(&mut Evidence);
    let wrongs: [(&str, Wrong); 4] = [
        ("a link to a bystander", |all| all.mails[3].to = "eve".into()),
        ("a link to nobody", |all| all.mails[3].to = "nobody".into()),
        ("a link to another one who asked", |all| all.mails[3].to = "ana".into()),
        ("a username to another one", |all| all.mails.push(mail("d", "bo", About::Reminder("ana".into())))),
    ];
    for (what, wrong) in wrongs {
        assert!(found(wrong).iter().any(is_astray), "{what}, and nobody finds out");
    }
}
