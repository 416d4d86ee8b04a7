//! Asks that arrive more than once.

use super::{Answer, Portal, post};
use axum::http::StatusCode;
use regain::recovery::Retention;
use regain::testing::{Cut, World};
use serde_json::{Value, json};
use time::Duration;

const KEY: &str = "01234567-89ab-cdef-0123-456789abcdef";

impl Portal {
    async fn ask_with(&self, key: &str, path: &str, body: Value) -> Answer {
        let request = post(path).header("idempotency-key", key);
        self.send(request.body(body.to_string().into()).expect("a request")).await
    }
}

#[tokio::test]
async fn a_repetition_is_answered_alike_and_sends_no_second_mail() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let ask = json!({"identifier": ana.username});
    let first = portal.ask_with(KEY, "/password-links", ask.clone()).await;
    assert_eq!(first.status, StatusCode::ACCEPTED);
    // More often than the budget allows, before and after the worker has done its part.
    for round in 0..8 {
        assert_eq!(portal.ask_with(KEY, "/password-links", ask.clone()).await, first, "round {round}");
        portal.world.work().await;
    }
    assert_eq!(portal.world.mailbox.to(&ana.email).len(), 1);
    // Nothing of the budget was spent by them: four more go.
    for _ in 0..4 {
        assert_eq!(portal.post("/password-links", ask.clone()).await.status, StatusCode::ACCEPTED);
    }
    assert_eq!(portal.post("/password-links", ask.clone()).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(portal.ask_with(KEY, "/password-links", ask).await, first);
}

#[tokio::test]
async fn the_ticket_of_a_repetition_takes_the_code() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let ask = json!({"identifier": ana.username});
    portal.ask_with(KEY, "/password-links", ask.clone()).await;
    portal.world.work().await;
    let ticket = portal.ask_with(KEY, "/password-links", ask).await.text("ticket");
    let code = code_in(&portal.mail_of(&ana));
    let taken = portal.post("/codes", json!({"code": code, "ticket": ticket})).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
}

/// The code of a mail: two groups of four.
pub fn code_in(mail: &str) -> String {
    let is_code = |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-' && !word.contains('/');
    mail.split_whitespace().find(is_code).unwrap_or_else(|| panic!("no code in {mail}")).to_owned()
}

/// Where the store did its part and could not say so, the service finds the row itself.
#[tokio::test]
async fn an_ask_whose_answer_was_lost_is_made_once() {
    for (cut, told) in [(Cut::OnTheWayThere, 503), (Cut::OnTheWayBack, 202)] {
        let (world, trace) = World::traced();
        let ana = world.person("Ana").await;
        let portal = Portal::on(world).await;
        let ask = json!({"identifier": ana.username});
        trace.cut("flows.commit", cut);
        let lost = portal.ask_with(KEY, "/password-links", ask.clone()).await;
        assert_eq!(lost.status, told, "{cut:?}");
        assert!(!trace.has_cuts_left());
        let again = portal.ask_with(KEY, "/password-links", ask).await;
        assert_eq!(again.status, StatusCode::ACCEPTED, "{cut:?}");
        portal.world.work().await;
        assert_eq!(portal.world.mailbox.to(&ana.email).len(), 1, "{cut:?}");
    }
}

#[tokio::test]
async fn of_many_at_a_time_one_is_made() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let ask = || portal.ask_with(KEY, "/password-links", json!({"identifier": ana.username}));
    let answers = tokio::join!(ask(), ask(), ask(), ask(), ask(), ask(), ask());
    let tickets = [answers.0, answers.1, answers.2, answers.3, answers.4, answers.5, answers.6]
        .map(|one| one.text("ticket"));
    assert!(tickets.iter().all(|ticket| ticket == &tickets[0]));
    portal.world.work().await;
    assert_eq!(portal.world.mailbox.to(&ana.email).len(), 1);
}

#[tokio::test]
async fn another_key_or_another_body_is_another_ask() {
    let portal = Portal::new().await;
    let first = portal.ask_with(KEY, "/password-links", json!({"identifier": "ana"})).await.text("ticket");
    let other_body =
        portal.ask_with(KEY, "/password-links", json!({"identifier": "bea"})).await.text("ticket");
    let other_key = KEY.replace('0', "9");
    let other_key =
        portal.ask_with(&other_key, "/password-links", json!({"identifier": "ana"})).await.text("ticket");
    assert!(first != other_body && first != other_key && other_body != other_key);
}

/// EN-1: a key shows nothing of an account, at once or later. Here rows of nobody are swept after an hour, while those with a
/// link stay for a day: a key must not count for longer than any row stays.
#[tokio::test]
async fn a_repetition_tells_nothing_of_the_account_however_late() {
    let mut seen = Vec::new();
    for kind in ["known", "unknown", "disabled"] {
        let world = World::builder().configure(|builder| {
            let mut retention = Retention::default();
            retention.ended_flows = Duration::HOUR;
            builder.link_life(Duration::DAY).retention(retention)
        });
        let world = world.build();
        let who = if kind == "disabled" { world.disabled("Ana").await } else { world.person("Ana").await };
        let typed = if kind == "unknown" { "nobody".to_owned() } else { who.username };
        let portal = Portal::on(world).await;
        let mut answers = Vec::new();
        // No other ask comes between: a newer link would end the flow of the first.
        for minutes in [0, 29, 120] {
            portal.world.clock.advance(Duration::minutes(minutes));
            portal.world.work().await;
            answers.push(portal.ask_with(KEY, "/password-links", json!({"identifier": typed})).await.status);
        }
        // What is left of the budget.
        for _ in 0..5 {
            answers.push(portal.post("/password-links", json!({"identifier": typed})).await.status);
        }
        seen.push((kind, answers));
    }
    assert!(seen[0].1.contains(&StatusCode::TOO_MANY_REQUESTS));
    for (kind, answers) in &seen {
        assert_eq!(answers, &seen[0].1, "{kind}");
    }
}

#[tokio::test]
async fn after_a_day_a_key_is_another_ask() {
    let portal = Portal::new().await;
    let ask = json!({"identifier": "nobody"});
    let first = portal.ask_with(KEY, "/password-links", ask.clone()).await.text("ticket");
    portal.world.clock.advance(Duration::hours(12));
    assert_eq!(portal.ask_with(KEY, "/password-links", ask.clone()).await.text("ticket"), first);
    portal.world.clock.advance(Duration::hours(13));
    assert_ne!(portal.ask_with(KEY, "/password-links", ask).await.text("ticket"), first);
}

#[tokio::test]
async fn a_username_is_mailed_once() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let claims = &ana.claims;
    let ask = json!({
        "given_name": claims.given_name, "family_name": claims.family_name,
        "birth_date": claims.birth_date, "record_number": claims.record_number,
    });
    for _ in 0..7 {
        assert_eq!(portal.ask_with(KEY, "/username-reminders", ask.clone()).await.body, "{}");
        portal.world.work().await;
    }
    assert_eq!(portal.world.mailbox.mails().len(), 1);
}

#[tokio::test]
async fn a_key_that_could_be_guessed_is_refused() {
    let portal = Portal::new().await;
    let ask = || json!({"identifier": "ana"});
    for key in ["", "1", "short", &"x".repeat(129), "with blanks in the middle of it"] {
        let answer = portal.ask_with(key, "/password-links", ask()).await;
        assert_eq!((answer.status, &*answer.code()), (StatusCode::BAD_REQUEST, "idempotency-key"), "{key:?}");
    }
    let doubled = post("/password-links").header("idempotency-key", KEY).header("idempotency-key", KEY);
    let answer = portal.send(doubled.body(ask().to_string().into()).unwrap()).await;
    assert_eq!(answer.code(), "idempotency-key");
}
