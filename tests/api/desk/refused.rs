//! What staff are refused, and everybody else.

use super::staff::session;
use super::{Portal, code, evidence, shown, step_on};
use crate::post;
use axum::http::Method;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, COOKIE};
use regain::language::Language;
use regain::memory::MemoryFlows;
use regain::testing::World;
use serde_json::{Value, json};
use std::sync::Arc;

/// All that staff do, each with all that it needs.
fn steps(case: &Value, about: &str) -> [(&'static str, Value); 8] {
    let with = |fields: Value| step_on(case, fields);
    [
        ("", json!({"account": about})),
        ("/concern", with(json!({"account": about}))),
        ("/assign", with(json!({"to": "jon"}))),
        ("/note", with(json!({"text": "called back"}))),
        ("/evidence", with(evidence())),
        ("/approve", with(json!({"need": "password", "to": "recorded"}))),
        ("/refuse", with(json!({}))),
        ("/withdraw", with(json!({}))),
    ]
}

/// SD-3
#[tokio::test]
async fn who_opened_a_case_or_recorded_evidence_does_not_decide_it() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let case = portal.opened("ida", &ana).await;
    let case = shown(&portal.step("ida", "assign", &case, json!({"to": "jon"})).await);
    let case = shown(&portal.step("jon", "evidence", &case, evidence()).await);
    for who in ["ida", "jon"] {
        let refused = portal.approve(who, &case).await;
        assert_eq!(code(&refused), (422, "second-person-needed".into()), "{who}");
    }
    assert_eq!(shown(&portal.approve("kim", &case).await)["state"], "approved");
}

/// SD-6
#[tokio::test]
async fn nobody_reaches_an_account_above_their_own_and_nobody_their_own() {
    let portal = Portal::new().await;
    let chief = portal.world.person("Chief").await;
    portal.clinic.employ(&chief, "chief");
    let open = json!({"account": chief.username});
    let above = portal.post_as(&session("ida"), "/desk", open.clone()).await;
    assert_eq!(code(&above), (403, "above-own-role".into()));
    assert_eq!(code(&portal.post_as(&session("chief"), "/desk", open).await), (403, "own-case".into()));
    let case = portal.opened("chief-2", &chief).await;
    for (who, why) in [("ida", "above-own-role"), ("chief", "own-case")] {
        let seen = portal.case(who, &case).await;
        assert_eq!(code(&seen), (403, why.into()));
        assert!(!seen.body.contains(chief.id.as_str()));
        for (step, fields) in [
            ("assign", json!({"to": who})),
            ("note", json!({"text": "mine"})),
            ("refuse", json!({})),
            ("withdraw", json!({})),
        ] {
            assert_eq!(code(&portal.step(who, step, &case, fields).await), (403, why.into()), "{step}");
        }
    }
    assert_eq!(shown(&portal.case("chief-2", &case).await)["version"], 1);
}

#[tokio::test]
async fn a_step_on_what_somebody_else_has_changed_is_not_taken() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let case = portal.opened("ida", &ana).await;
    let now = shown(&portal.step("ida", "assign", &case, json!({"to": "ida"})).await);
    assert_eq!((&case["version"], &now["version"]), (&json!(1), &json!(2)));
    let to = &case["addresses"][0]["reference"];
    for (step, fields) in [
        ("concern", json!({"account": ana.username})),
        ("assign", json!({"to": "jon"})),
        ("note", json!({"text": "late"})),
        ("evidence", evidence()),
        ("approve", json!({"need": "password", "to": to})),
        ("refuse", json!({})),
        ("withdraw", json!({})),
    ] {
        for version in [0, 1, 3, u64::MAX] {
            let mut seen = case.clone();
            seen["version"] = json!(version);
            let late = portal.step("jon", step, &seen, fields.clone()).await;
            assert_eq!(code(&late), (409, "case-changed".into()), "{step} {version}");
        }
    }
    assert_eq!(shown(&portal.case("jon", &case).await), now);
}

/// Whatever they ask for, whatever is there.
#[tokio::test]
async fn who_is_not_staff_gets_one_and_the_same_refusal() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let member = portal.signed_in(&ana).await;
    let case = portal.opened("ida", &ana).await;
    let nowhere = json!({"case": "0".repeat(32), "version": 1});
    let before = portal.world.audit().await;
    let mut described = portal.description.operations();
    described.retain(|(method, path)| method == Method::POST && path.starts_with("/desk"));
    assert_eq!(described.len(), steps(&case, "").len());
    let mut answers = Vec::new();
    for session in ["", "staff=", "staff=eve", "member=session-99", member.as_str()] {
        for case in [&case, &nowhere] {
            let name = case["case"].as_str().unwrap();
            answers.push(portal.get_as(session, &format!("/desk/case?id={name}")).await);
            for (step, body) in steps(case, &ana.username) {
                answers.push(portal.post_as(session, &format!("/desk{step}"), body).await);
            }
        }
        for path in ["/desk", "/desk?after=x", "/desk/case", "/desk/case?id=x"] {
            answers.push(portal.get_as(session, path).await);
        }
    }
    answers.push(portal.get("/desk").await);
    answers.push(portal.post("/desk", json!({"account": ana.username})).await);
    assert_eq!(answers.len(), 5 * (2 * 9 + 4) + 2);
    assert_eq!(code(&answers[0]), (403, "not-staff".into()));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "one of them is told more");
    assert_eq!(portal.world.audit().await, before);
    assert_eq!(code(&portal.staff_see("unreachable", "/desk").await), (503, "unavailable".into()));
}

/// Of another service on the same tables, too: nobody learns that there is one.
#[tokio::test]
async fn a_case_of_another_realm_is_one_that_is_not_there() {
    let flows = Arc::new(MemoryFlows::new());
    let portal = Portal::on(World::builder().flows(flows.clone()).build()).await;
    let other = Portal::on(World::builder().flows(flows).realm("library").build()).await;
    let ana = portal.world.person("Ana").await;
    let case = portal.opened("ida", &ana).await;
    let mut answers = Vec::new();
    for name in [case["case"].as_str().unwrap(), &"0".repeat(32), "x", "", "../desk"] {
        let case = json!({"case": name, "version": 1});
        answers.push(other.case("ida", &case).await);
        answers.push(other.step("ida", "note", &case, json!({"text": "x"})).await);
        answers.push(other.step("ida", "withdraw", &case, json!({})).await);
    }
    answers.push(other.staff_see("ida", "/desk/case").await);
    assert_eq!(code(&answers[0]), (404, "no-such-case".into()));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "one of them is told more");
    assert_eq!(shown(&other.staff_see("ida", "/desk").await)["cases"], json!([]));
    assert_eq!(shown(&portal.case("ida", &case).await), case);
}

#[tokio::test]
async fn a_step_is_exactly_as_described() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let case = portal.evidenced(&ana, evidence()).await;
    let name = &case["case"];
    let with = |fields: Value| step_on(&case, fields);
    let new = |address: Value| {
        let mut fields = evidence();
        (fields["kind"], fields["new_address"]) = (json!("proofed_anew"), address);
        with(fields)
    };
    let code_of = |field: &str, value: Value| {
        let mut fields = evidence();
        fields[field] = value;
        with(fields)
    };
    for (step, body) in [
        ("note", json!({"case": name, "text": "x"})),
        ("note", json!({"version": case["version"], "text": "x"})),
        ("note", json!({"case": name, "version": "3", "text": "x"})),
        ("note", json!({"case": name, "version": -1, "text": "x"})),
        ("note", json!({"case": name, "version": 3.5, "text": "x"})),
        ("note", json!([name, 3, "x"])),
        ("note", with(json!({"text": " \n "}))),
        ("note", with(json!({"text": "x", "by": "jon"}))),
        ("assign", with(json!({"to": ""}))),
        ("assign", with(json!({"to": "a\nb"}))),
        ("assign", with(json!({"to": "a".repeat(256)}))),
        ("refuse", with(json!({"staff": "jon"}))),
        ("approve", with(json!({"need": "password", "to": ana.email}))),
        ("approve", with(json!({"need": "password", "to": ""}))),
        ("approve", with(json!({"need": "everything", "to": "recorded"}))),
        ("approve", with(json!({"need": "password"}))),
        ("evidence", code_of("kind", json!("PhotoIdInPerson"))),
        ("evidence", code_of("level", json!("ial4"))),
        ("evidence", code_of("level", json!(2))),
        ("evidence", code_of("need", Value::Null)),
        ("evidence", new(json!(["email", "ana@new.example"]))),
        ("evidence", new(json!("ana@new.example"))),
        ("evidence", new(json!({"kind": "email", "address": "nowhere"}))),
        ("evidence", new(json!({"kind": "pigeon", "address": "ana@new.example"}))),
        ("evidence", new(json!({"address": "ana@new.example"}))),
    ] {
        let answer = portal.post_as(&session("ida"), &format!("/desk/{step}"), body.clone()).await;
        assert_eq!(code(&answer), (422, "invalid".into()), "{step} {body}");
    }
    assert_eq!(shown(&portal.case("ida", &case).await), case);
}

/// Each refusal has a code of its own, and the words of the pages in the language that is asked for.
#[tokio::test]
async fn what_is_not_done_is_said_in_the_words_of_the_pages() {
    let portal = Portal::new().await;
    let (ana, bea) = (portal.world.person("Ana").await, portal.world.person("Bea").await);
    portal.post("/help", json!({"text": "help"})).await;
    let listed = shown(&portal.staff_see("ida", "/desk").await)["cases"][0].clone();
    let plain = shown(&portal.case("ida", &listed).await);
    let taken = shown(&portal.step("ida", "assign", &plain, json!({"to": "ida"})).await);
    let case = portal.evidenced(&ana, evidence()).await;
    let weak = json!({"kind": "record_details", "level": "ial1", "need": "password"});
    let weak = portal.evidenced(&bea, weak).await;
    let to = |case: &Value| case["addresses"][0]["reference"].clone();
    let elsewhere = "1".repeat(32);
    for (step, body, code, key) in [
        ("", json!({"account": "who"}), "no-such-account", "desk.no-account"),
        ("", json!({"account": ana.username}), "case-already-open", "desk.error.already-open"),
        ("/evidence", step_on(&taken, evidence()), "account-not-said", "desk.error.no-account"),
        ("/evidence", step_on(&case, evidence()), "not-assigned", "desk.error.not-assigned"),
        (
            "/approve",
            step_on(&case, json!({"need": "password", "to": elsewhere})),
            "address-not-on-file",
            "desk.error.no-such-address",
        ),
        (
            "/approve",
            step_on(&case, json!({"need": "lost_factor", "to": to(&case)})),
            "nothing-lost",
            "desk.error.nothing-lost",
        ),
        (
            "/approve",
            step_on(&case, json!({"need": "password", "to": "recorded"})),
            "new-address-not-shown",
            "desk.error.no-new-address",
        ),
        (
            "/approve",
            step_on(&weak, json!({"need": "password", "to": to(&weak)})),
            "evidence-too-weak",
            "desk.error.too-weak",
        ),
    ] {
        // Only who looks after a case records evidence, whatever it lacks.
        let who = if code == "account-not-said" { "ida" } else { "jon" };
        for language in [Language::english(), Language::spanish()] {
            let request = post(&format!("/desk{step}"))
                .header(COOKIE, session(who))
                .header(ACCEPT_LANGUAGE, language.tag().as_str());
            let answer = portal.send(request.body(body.to_string().into()).unwrap()).await;
            assert_eq!((answer.status.as_u16(), &*answer.code()), (422, code), "{}", answer.body);
            let words = language.text(key).replace("{level}", "IAL2");
            assert_eq!(
                (answer.text("detail"), answer.text("title")),
                (words, language.text("desk.not-done").to_owned())
            );
            assert_eq!(answer.headers[CONTENT_LANGUAGE].to_str().unwrap(), language.tag().as_str());
        }
    }
    portal.staff_heard_no_secret_of(&ana);
}

#[tokio::test]
async fn a_page_of_another_site_does_nothing_in_the_session_of_staff() {
    let portal = Portal::new().await;
    let (ana, bea) = (portal.world.person("Ana").await, portal.world.person("Bea").await);
    let case = portal.evidenced(&ana, evidence()).await;
    let before = portal.world.audit().await;
    for (step, body) in steps(&case, &bea.username) {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.test"),
            ("origin", "null"),
        ] {
            let request = post(&format!("/desk{step}")).header(COOKIE, session("jon")).header(name, value);
            let answer = portal.send(request.body(body.to_string().into()).unwrap()).await;
            assert_eq!(code(&answer), (403, "foreign".into()), "{step} {value}");
        }
    }
    assert_eq!(portal.world.audit().await, before);
}

/// INJ, LEAK: whatever staff send, nothing of it is in what they are refused with, and nothing breaks.
#[tokio::test]
async fn what_staff_send_is_no_error_of_ours_and_no_problem_repeats_it() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let case = portal.evidenced(&ana, evidence()).await;
    for trick in [
        "<script>canary</script>",
        "${jndi:ldap://canary}",
        "canary\r\nSet-Cookie: x=1",
        "../../canary",
        "canary\u{0}",
        "' OR 1=1 --canary",
    ] {
        for (step, body) in steps(&case, &ana.username) {
            for field in body.as_object().unwrap().keys().filter(|field| *field != "text" && *field != "to") {
                let mut body = body.clone();
                body[field] = json!(trick);
                let answer = portal.post_as(&session("jon"), &format!("/desk{step}"), body).await;
                assert!(answer.status.is_client_error(), "{step} {field}: {}", answer.body);
                assert!(!answer.body.contains("canary"), "{step} {field}: {}", answer.body);
            }
        }
        let path = trick.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        for path in [format!("/desk?after={path}"), format!("/desk/case?id={path}")] {
            let answer = portal.get_as(&session("jon"), &path).await;
            assert!(answer.status.is_client_error() && !answer.body.contains("canary"), "{}", answer.body);
        }
    }
    assert_eq!(shown(&portal.case("jon", &case).await)["version"], case["version"]);
}
