//! Two people of the staff help somebody, and see nothing that is not theirs.

mod refused;
mod staff;

pub use staff::{Clinic, Heard, session};

use super::{Answer, GOOD_PASSWORD, Portal};
use axum::http::StatusCode;
use regain::testing::Someone;
use serde_json::{Value, json};
use time::Duration;

/// What a page would keep in its hidden fields, and what is filled in.
fn step_on(case: &Value, fields: Value) -> Value {
    let mut body = json!({"case": case["case"], "version": case["version"]});
    let fields = fields.as_object().expect("fields").clone();
    body.as_object_mut().expect("an object").extend(fields);
    body
}

fn evidence() -> Value {
    json!({"kind": "photo_id_in_person", "level": "ial2", "need": "password"})
}

/// The case as the step has left it.
fn shown(answer: &Answer) -> Value {
    assert!(answer.status.is_success(), "{}", answer.body);
    answer.json()
}

/// Why nothing was done.
fn code(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

impl Portal {
    async fn staff_see(&self, who: &str, path: &str) -> Answer {
        self.get_as(&session(who), path).await
    }

    async fn case(&self, who: &str, case: &Value) -> Answer {
        self.staff_see(who, &format!("/desk/case?id={}", case["case"].as_str().expect("a name"))).await
    }

    /// One of the staff takes a step of a case that they have just seen.
    async fn step(&self, who: &str, step: &str, case: &Value, fields: Value) -> Answer {
        self.post_as(&session(who), &format!("/desk/{step}"), step_on(case, fields)).await
    }

    async fn opened(&self, who: &str, about: &Someone) -> Value {
        let opened = self.post_as(&session(who), "/desk", json!({"account": about.username})).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
        opened.json()
    }

    /// Ida opens a case, takes it and records evidence.
    async fn evidenced(&self, about: &Someone, evidence: Value) -> Value {
        let case = self.opened("ida", about).await;
        let case = shown(&self.step("ida", "assign", &case, json!({"to": "ida"})).await);
        shown(&self.step("ida", "evidence", &case, evidence).await)
    }

    async fn approve(&self, who: &str, case: &Value) -> Answer {
        let to = &case["addresses"][0]["reference"];
        self.step(who, "approve", case, json!({"need": "password", "to": to})).await
    }

    fn links_to(&self, address: &str) -> usize {
        self.world.mailbox.to(address).iter().filter(|mail| mail.text.contains("?token=")).count()
    }
}

#[tokio::test]
async fn two_people_of_the_staff_bring_somebody_to_a_new_password() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let plea = json!({"text": "I am Ana, and stuck", "reach": "call me"});
    let number = portal.post("/help", plea).await.text("number");
    portal.world.clock.advance(Duration::hours(5));
    let queue = shown(&portal.staff_see("ida", "/desk").await);
    let listed = &queue["cases"][0];
    assert_eq!((&listed["number"], &listed["age_seconds"]), (&json!(number), &json!(18_000)));
    assert_eq!((&listed["state"], &listed["overdue"]), (&json!("opened"), &json!("answer")));
    assert_eq!(queue["next"], Value::Null);

    let case = shown(&portal.case("ida", listed).await);
    assert_eq!(case["plea"], json!({"text": "I am Ana, and stuck", "reach": "call me"}));
    assert_eq!(case["steps"], json!(["concern", "assign", "note", "refuse", "withdraw"]));
    let case = shown(&portal.step("ida", "assign", &case, json!({"to": "ida"})).await);
    let case = shown(&portal.step("ida", "concern", &case, json!({"account": ana.username})).await);
    assert_eq!((&case["account"], &case["level_needed"]), (&json!(ana.id.as_str()), &json!("ial2")));
    let case = shown(&portal.step("ida", "note", &case, json!({"text": "called her back"})).await);
    let case = shown(&portal.step("ida", "evidence", &case, evidence()).await);
    assert!(!case["steps"].as_array().unwrap().contains(&json!("approve")), "ida is not offered to decide");

    let case = shown(&portal.case("jon", &case).await);
    assert!(case["steps"].as_array().unwrap().contains(&json!("approve")));
    assert_eq!(case["addresses"][0]["hint"], "a\u{2026}@home.example");
    let case = shown(&portal.approve("jon", &case).await);
    let reference = case["addresses"][0]["reference"].clone();
    assert_eq!((&case["approval"]["by"], &case["approval"]["to"]), (&json!("jon"), &reference));
    portal.world.work().await;
    assert_eq!(portal.links_to(&ana.email), 0, "it waits");
    let listed = shown(&portal.staff_see("ida", "/desk").await)["cases"][0].clone();
    assert_eq!(listed["waits_until"], case["approval"]["until"]);

    portal.world.clock.advance(Duration::DAY);
    portal.world.work().await;
    let case = shown(&portal.case("jon", &case).await);
    assert_eq!((&case["state"], &case["steps"]), (&json!("acted"), &json!([])));
    assert_eq!(case["log"].as_array().unwrap().last().unwrap()["by"], Value::Null);
    assert_eq!(portal.links_to(&ana.email), 1);
    let token = portal.world.link_of(&ana).expose().to_string();
    let chosen = portal.post("/link/password", json!({"token": token, "password": GOOD_PASSWORD})).await;
    assert_eq!(chosen.text("state"), "set");
    assert_eq!(portal.sign_in(&ana, GOOD_PASSWORD).await.status, StatusCode::OK);
    portal.staff_see("ida", "/desk").await;
    portal.staff_heard_no_secret_of(&ana);
}

#[tokio::test]
async fn after_a_proofing_anew_the_link_goes_to_the_new_address() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let mut anew = evidence();
    anew["new_address"] = json!({"kind": "email", "address": "ana@new.example"});
    let case = portal.opened("ida", &ana).await;
    let case = shown(&portal.step("ida", "assign", &case, json!({"to": "ida"})).await);
    let weaker = portal.step("ida", "evidence", &case, anew.clone()).await;
    assert_eq!(code(&weaker), (422, "new-address-not-shown".into()));
    anew["kind"] = json!("proofed_anew");
    let case = shown(&portal.step("ida", "evidence", &case, anew).await);
    assert_eq!(case["evidence"][0]["new_address"]["address"], "ana@new.example");
    let decision = json!({"need": "password", "to": "recorded"});
    let case = shown(&portal.step("jon", "approve", &case, decision).await);
    assert_eq!(case["approval"]["to"], "recorded");
    portal.world.clock.advance(Duration::DAY);
    portal.world.work().await;
    assert_eq!((portal.links_to("ana@new.example"), portal.links_to(&ana.email)), (1, 0));
    shown(&portal.case("jon", &case).await);
    portal.staff_heard_no_secret_of(&ana);
}

#[tokio::test]
async fn this_was_not_me_ends_the_case_and_nothing_goes_out() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let case = portal.evidenced(&ana, evidence()).await;
    let case = shown(&portal.approve("jon", &case).await);
    portal.world.work().await;
    let mail = portal.mail_of(&ana);
    let (_, letter) = mail.split_once("/recovery/disown?letter=").expect("a button");
    let letter = letter.split_whitespace().next().unwrap();
    let disowned = portal.post("/disown", json!({"letter": letter})).await;
    assert_eq!(disowned.status, StatusCode::OK, "{}", disowned.body);
    let late = portal.step("jon", "note", &case, json!({"text": "late"})).await;
    assert_eq!(code(&late), (409, "case-changed".into()));
    let case = shown(&portal.case("jon", &case).await);
    assert_eq!((&case["state"], &case["approval"]), (&json!("disputed"), &Value::Null));
    let after = portal.step("jon", "note", &case, json!({"text": "after"})).await;
    assert_eq!(code(&after), (422, "step-not-possible".into()));
    portal.world.clock.advance(Duration::days(2));
    portal.world.work().await;
    assert_eq!(portal.links_to(&ana.email), 0);
    portal.staff_heard_no_secret_of(&ana);
}

#[tokio::test]
async fn a_case_is_decided_against_or_taken_back() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    for (step, state) in [("refuse", "refused"), ("withdraw", "withdrawn")] {
        let case = portal.evidenced(&ana, evidence()).await;
        let case = shown(&portal.approve("jon", &case).await);
        let ended = shown(&portal.step("ida", step, &case, json!({})).await);
        assert_eq!((&ended["state"], &ended["steps"]), (&json!(state), &json!([])));
        let again = portal.step("ida", step, &case, json!({})).await;
        assert_eq!(code(&again), (409, "case-changed".into()), "so is one that is sent again");
    }
    portal.world.clock.advance(Duration::days(2));
    portal.world.work().await;
    assert_eq!(portal.links_to(&ana.email), 0);
    assert_eq!(shown(&portal.staff_see("ida", "/desk").await)["cases"], json!([]));
}

#[tokio::test]
async fn the_queue_has_pages() {
    let portal = Portal::new().await;
    let mut numbers = Vec::new();
    for _ in 0..30 {
        numbers.push(portal.post("/help", json!({"text": "help"})).await.text("number"));
        portal.world.clock.advance(Duration::MINUTE);
    }
    let first = shown(&portal.staff_see("ida", "/desk").await);
    let path = format!("/desk?after={}", first["next"].as_str().expect("more"));
    let second = shown(&portal.staff_see("ida", &path).await);
    let cases = [&first, &second].map(|page| page["cases"].as_array().unwrap().clone());
    assert_eq!((cases[0].len(), cases[1].len(), &second["next"]), (25, 5, &Value::Null));
    let listed: Vec<_> =
        cases.iter().flatten().map(|case| case["number"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, numbers, "the oldest first");
    for wrong in ["", "x", "1", "-", "1-0", &format!("{}&after=1", path.split_once('=').unwrap().1)] {
        let answer = portal.staff_see("ida", &format!("/desk?after={wrong}")).await;
        assert_eq!(code(&answer), (422, "invalid".into()), "{wrong:?}");
    }
}
