use super::once::code_in;
use super::{GOOD_PASSWORD, Portal, cookie};
use axum::http::StatusCode;
use regain::factor::TotpSecret;
use serde_json::json;
use time::Duration;

#[tokio::test]
async fn nobody_sees_or_changes_anything_without_a_session() {
    let portal = Portal::new().await;
    for (method, path) in portal.description.operations() {
        if !path.starts_with("/security") {
            continue;
        }
        let body = match path.as_str() {
            "/security/step-up" => json!({"password": "x"}),
            "/security/password" => json!({"present": "x", "password": GOOD_PASSWORD}),
            "/security/password/strength" => json!({"password": GOOD_PASSWORD}),
            "/security/apps" => json!({"label": "x"}),
            "/security/apps/confirm" => json!({"id": "x", "code": "000000"}),
            "/security/factors/remove" => json!({"id": "x"}),
            "/security/addresses" => json!({"address": "eve@evil.test"}),
            "/security/addresses/confirm" => json!({"code": "x"}),
            "/security/questions" => json!({"answers": []}),
            _ => json!({}),
        };
        for session in ["", "member=", "member=session-99"] {
            let answer = if method == "GET" {
                portal.get_as(session, &path).await
            } else {
                portal.post_as(session, &path, body.clone()).await
            };
            assert_eq!((answer.status.as_u16(), &*answer.code()), (403, "not-signed-in"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn an_app_is_added_and_removed() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let session = portal.signed_in(&ana).await;
    let begun = portal.post_as(&session, "/security/apps", json!({"label": "My phone"})).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.body);
    let (id, app) = (begun.text("id"), TotpSecret::import_base32(&begun.text("secret")).expect("base32"));
    assert!(begun.text("uri").starts_with("otpauth://totp/"));
    for wrong in ["000000", "none"] {
        let refused =
            portal.post_as(&session, "/security/apps/confirm", json!({"id": id, "code": wrong})).await;
        assert_eq!(refused.code(), "code-not-usable");
    }
    let confirm = json!({"id": id, "code": portal.shown_by(&app)});
    let confirmed = portal.post_as(&session, "/security/apps/confirm", confirm).await;
    assert_eq!(confirmed.json()["codes"].as_array().map(Vec::len), Some(10), "{}", confirmed.body);

    let weaker = portal.post_as(&session, "/security/factors/remove", json!({"id": id})).await;
    assert_eq!((weaker.status, &*weaker.code()), (StatusCode::FORBIDDEN, "step-up-required"));
    let missing = portal.post_as(&session, "/security/step-up", json!({"password": ana.password})).await;
    assert_eq!(missing.code(), "factor-needed");
    let proof = json!({"password": ana.password, "code": portal.shown_by(&app)});
    let session = cookie(&portal.post_as(&session, "/security/step-up", proof).await);

    let shown = portal.get_as(&session, "/security").await.json();
    assert_eq!(
        (&shown["factors"][0]["label"], &shown["step_up_needed"]),
        (&json!("My phone"), &json!(false))
    );
    let codes =
        shown["factors"].as_array().unwrap().iter().find(|one| one["kind"] == "recovery_codes").unwrap();
    let renew = json!({"replaces": codes["id"]});
    let made = portal.post_as(&session, "/security/codes", renew.clone()).await;
    assert_eq!(made.json()["codes"].as_array().map(Vec::len), Some(10), "{}", made.body);
    let again = portal.post_as(&session, "/security/codes", renew).await;
    assert_eq!(
        (again.status, &again.json()["reasons"][0]["code"]),
        (StatusCode::CONFLICT, &json!("not-there"))
    );

    let removed = portal.post_as(&session, "/security/factors/remove", json!({"id": id})).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.body);
    let gone = portal.post_as(&session, "/security/factors/remove", json!({"id": id})).await;
    assert_eq!(gone.code(), "change-refused");
    portal.world.work().await;
    assert!(portal.world.subjects_to(&ana).len() >= 3, "{:?}", portal.world.subjects_to(&ana));
}

#[tokio::test]
async fn an_address_is_changed_by_the_code_that_went_there() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let session = portal.signed_in(&ana).await;
    let elsewhere = json!({"address": "ana@new.example", "replaces": "bea@home.example"});
    assert_eq!(portal.post_as(&session, "/security/addresses", elsewhere).await.code(), "change-refused");
    let none = portal.post_as(&session, "/security/addresses", json!({"address": "none"})).await;
    assert_eq!(none.code(), "invalid");
    let proposal = json!({"address": "ana@new.example", "replaces": ana.email});
    let proposed = portal.post_as(&session, "/security/addresses", proposal).await;
    assert_eq!((proposed.status, &*proposed.text("state")), (StatusCode::ACCEPTED, "awaits-code"));
    portal.world.work().await;
    let code = code_in(&portal.world.mailbox.to("ana@new.example").pop().expect("a mail").text);
    let wrong = portal.post_as(&session, "/security/addresses/confirm", json!({"code": "0000-0000"})).await;
    assert_eq!(wrong.code(), "code-not-usable");
    let done = portal.post_as(&session, "/security/addresses/confirm", json!({"code": code})).await;
    assert_eq!(done.text("state"), "done");
    assert_eq!(portal.get_as(&session, "/security").await.json()["addresses"], json!(["ana@new.example"]));
}

#[tokio::test]
async fn questions_are_chosen_and_taken_away() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let session = portal.signed_in(&ana).await;
    let offered = portal.get_as(&session, "/security/questions").await.json();
    let codes: Vec<_> =
        offered["questions"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    let answers = ["The old quarry", "Lower Aldermoor", "The Blue Herons"];
    let chosen = |answers: [&str; 3]| {
        let each =
            answers.iter().zip(&codes).map(|(answer, code)| json!({"question": code, "answer": answer}));
        json!({"answers": each.collect::<Vec<_>>()})
    };
    let short = portal.post_as(&session, "/security/questions", chosen(["a", "b", "c"])).await;
    assert_eq!(
        (short.code().as_str(), &short.json()["reasons"][0]["code"]),
        ("change-refused", &json!("answer-too-short"))
    );
    let set = portal.post_as(&session, "/security/questions", chosen(answers)).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
    assert_eq!(
        portal.get_as(&session, "/security").await.json()["questions"].as_array().map(Vec::len),
        Some(3)
    );
    let removed = portal.post_as(&session, "/security/questions/remove", json!({})).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.body);
    assert_eq!(portal.get_as(&session, "/security").await.json()["questions"], json!([]));
}

#[tokio::test]
async fn a_password_is_changed_with_the_present_one() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let session = portal.signed_in(&ana).await;
    let change = |present: &str, new: &str| json!({"present": present, "password": new});
    let wrong = portal.post_as(&session, "/security/password", change("wrong", GOOD_PASSWORD)).await;
    assert_eq!(wrong.code(), "not-accepted");
    let weak = portal.post_as(&session, "/security/password", change(&ana.password, "short")).await;
    assert_eq!(weak.code(), "password-refused");
    let set = portal.post_as(&session, "/security/password", change(&ana.password, GOOD_PASSWORD)).await;
    assert_eq!(set.text("state"), "set");
    assert_eq!(portal.sign_in(&ana, GOOD_PASSWORD).await.text("state"), "signed-in");
}

#[tokio::test]
async fn an_old_session_has_to_show_who_it_is() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let session = portal.signed_in(&ana).await;
    portal.world.clock.advance(Duration::minutes(16));
    let late = portal.post_as(&session, "/security/apps", json!({"label": "phone"})).await;
    assert_eq!(late.code(), "step-up-required");
    let proof = json!({"password": "wrong"});
    assert_eq!(portal.post_as(&session, "/security/step-up", proof).await.code(), "not-accepted");
    let proof = json!({"password": ana.password});
    let session = cookie(&portal.post_as(&session, "/security/step-up", proof).await);
    let begun = portal.post_as(&session, "/security/apps", json!({"label": "phone"})).await;
    assert_eq!(begun.status, StatusCode::CREATED);
}
