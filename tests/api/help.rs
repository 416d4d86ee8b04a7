//! Whoever is stuck writes to the desk: one answer for everybody, and one case however often it arrives.

use super::{Answer, Portal, post};
use crate::desk::session;
use axum::http::StatusCode;
use regain::testing::{Cut, World};
use serde_json::{Value, json};
use time::Duration;

const KEY: &str = "01234567-89ab-cdef-0123-456789abcdef";

fn plea() -> Value {
    json!({"text": "My phone is gone.", "reach": "+1 555 0199"})
}

impl Portal {
    async fn ask_for_help(&self, key: &str, body: Value) -> Answer {
        let request = post("/help").header("idempotency-key", key);
        self.send(request.body(body.to_string().into()).expect("a request")).await
    }

    /// The numbers of all open cases.
    async fn cases(&self) -> Vec<String> {
        let queue = self.get_as(&session("ida"), "/desk").await.json();
        let cases = queue["cases"].as_array().expect("a list").clone();
        cases.iter().map(|case| case["number"].as_str().expect("a number").to_owned()).collect()
    }
}

/// EN-1: byte for byte, with a key and without; only the number is random.
#[tokio::test]
async fn whoever_writes_gets_one_and_the_same_answer() {
    let portal = Portal::new().await;
    let (ana, dora) = (portal.world.person("Ana").await, portal.world.disabled("Dora").await);
    let mut answers = Vec::new();
    for who in [&ana.username, &ana.email, &dora.username, &dora.email, "nobody", "nobody@home.example"] {
        let body = json!({"text": format!("I am {who}"), "reach": who});
        answers.push(portal.post("/help", body.clone()).await.without("number"));
        answers.push(portal.ask_for_help(KEY, body.clone()).await.without("number"));
        answers.push(portal.ask_for_help(KEY, body).await.without("number"));
    }
    assert_eq!(
        (answers[0].status, &*answers[0].body),
        (StatusCode::ACCEPTED, r#"{"number":"9 characters"}"#)
    );
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    portal.world.work().await;
    assert!(portal.world.mailbox.mails().is_empty());
}

/// More often than a network may write, before and after staff have begun with it.
#[tokio::test]
async fn a_repetition_opens_no_second_case_and_spends_nothing() {
    let portal = Portal::new().await;
    let first = portal.ask_for_help(KEY, plea()).await;
    for _ in 0..250 {
        assert_eq!(portal.ask_for_help(KEY, plea()).await, first);
    }
    assert_eq!(portal.cases().await, [first.text("number")]);
    let case = portal.get_as(&session("ida"), "/desk").await.json()["cases"][0].clone();
    let shown =
        portal.get_as(&session("ida"), &format!("/desk/case?id={}", case["case"].as_str().unwrap())).await;
    let seen = json!({"case": case["case"], "version": shown.json()["version"]});
    assert_eq!(portal.post_as(&session("ida"), "/desk/refuse", seen).await.status, StatusCode::OK);
    assert_eq!(portal.ask_for_help(KEY, plea()).await, first, "its case is over");
    assert!(portal.cases().await.is_empty());
    // All that the hour allows but for the one that was spent.
    for number in 0..199 {
        let other = json!({"text": format!("help {number}")});
        assert_eq!(portal.post("/help", other).await.status, StatusCode::ACCEPTED, "{number}");
    }
    assert_eq!(portal.post("/help", plea()).await.code(), "too-many-attempts");
    assert_eq!(portal.ask_for_help(KEY, plea()).await, first);
}

#[tokio::test]
async fn what_was_written_and_whose_answer_was_lost_is_one_case() {
    for (cut, told) in [(Cut::OnTheWayThere, 503), (Cut::OnTheWayBack, 202)] {
        let (world, trace) = World::traced();
        let portal = Portal::on(world).await;
        trace.cut("flows.commit", cut);
        let lost = portal.ask_for_help(KEY, plea()).await;
        assert_eq!(lost.status, told, "{cut:?}");
        assert!(!trace.has_cuts_left());
        let again = portal.ask_for_help(KEY, plea()).await;
        assert_eq!(again.status, StatusCode::ACCEPTED, "{cut:?}");
        assert_eq!(portal.cases().await, [again.text("number")], "{cut:?}");
    }
}

#[tokio::test]
async fn of_many_at_a_time_one_case_is_opened() {
    let portal = Portal::new().await;
    let ask = || portal.ask_for_help(KEY, plea());
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    assert!([&b, &c, &d].iter().all(|answer| **answer == a), "{a:?} {b:?} {c:?} {d:?}");
    assert_eq!(portal.cases().await, [a.text("number")]);
}

#[tokio::test]
async fn another_key_other_words_or_another_day_make_another_case() {
    let portal = Portal::new().await;
    let mut bodies = vec![plea(), json!({"text": "My phone is gone."}), json!({"text": "+1 555 0199"})];
    bodies.push(json!({"text": "My phone is gone.+1 555 0199"}));
    let mut numbers = Vec::new();
    for body in bodies {
        for key in [KEY, &KEY.replace('0', "9")] {
            numbers.push(portal.ask_for_help(key, body.clone()).await.text("number"));
        }
    }
    portal.world.clock.advance(Duration::hours(12));
    assert_eq!(portal.ask_for_help(KEY, plea()).await.text("number"), numbers[0]);
    portal.world.clock.advance(Duration::hours(13));
    numbers.push(portal.ask_for_help(KEY, plea()).await.text("number"));
    let mut different = numbers.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), numbers.len(), "{numbers:?}");
}

#[tokio::test]
async fn a_key_that_could_be_guessed_opens_nothing() {
    let portal = Portal::new().await;
    for key in ["", "short", &"x".repeat(129)] {
        assert_eq!(portal.ask_for_help(key, plea()).await.code(), "idempotency-key", "{key:?}");
    }
    assert!(portal.cases().await.is_empty());
}
