use super::once::code_in;
use super::{Answer, GOOD_PASSWORD, Portal};
use axum::http::StatusCode;
use regain::factor::{AuthLevel, TotpSecret, step_at};
use regain::security::AuthSession;
use regain::testing::Someone;
use serde_json::json;
use time::Duration;

impl Portal {
    async fn choose(&self, token: &str, password: &str) -> Answer {
        self.post("/link/password", json!({"token": token, "password": password})).await
    }

    pub fn shown_by(&self, app: &TotpSecret) -> String {
        self.world.next_code();
        let step = step_at(self.world.clock.timestamp()).expect("a time after 1970");
        app.code(step).expose().to_string()
    }

    fn session(&self, who: &Someone) -> AuthSession {
        let authenticated_at = self.world.clock.timestamp();
        AuthSession {
            account: who.id.clone(),
            level: AuthLevel::Password,
            authenticated_at,
            binding: [9; 32],
        }
    }
}

/// The whole story, as an app tells it.
#[tokio::test]
async fn a_forgotten_password_is_replaced() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let token = portal.token_for(&ana).await;
    for _ in 0..3 {
        let looked = portal.post("/link", json!({"token": token})).await;
        assert_eq!(looked.status, StatusCode::OK, "{}", looked.body);
        let link = looked.json();
        assert_eq!((&link["factor_needed"], &link["question"]), (&json!(false), &json!("open")));
        assert_eq!(link["password_at_least"], 15);
    }
    let weak = portal.choose(&token, "ana").await;
    assert_eq!((weak.status, &*weak.code()), (StatusCode::UNPROCESSABLE_ENTITY, "password-refused"));
    let reasons = weak.json()["reasons"].as_array().unwrap().clone();
    assert!(
        reasons.iter().any(|reason| reason["code"] == "too-short" && reason["text"].is_string()),
        "{reasons:?}"
    );
    assert_eq!(portal.choose(&token, GOOD_PASSWORD).await.text("state"), "set");
    let again = portal.choose(&token, GOOD_PASSWORD).await;
    assert_eq!((again.status, &*again.code()), (StatusCode::GONE, "link-not-usable"));
    assert_eq!(portal.sign_in(&ana, GOOD_PASSWORD).await.text("state"), "signed-in");
    assert_eq!(portal.sign_in(&ana, &ana.password).await.code(), "not-accepted");
}

/// What a meter shows. Nothing is set by it, and the same link sets the password afterwards.
#[tokio::test]
async fn a_password_is_weighed_before_it_is_chosen() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let token = portal.token_for(&ana).await;
    let of = |password: &str| json!({"token": token, "password": password});
    let weak = portal.post("/link/password/strength", of("hospital hospital 1961-04-02")).await;
    assert_eq!(weak.status, StatusCode::OK, "{}", weak.body);
    let json = weak.json();
    let refused = portal.choose(&token, "hospital hospital 1961-04-02").await.json();
    assert_eq!((&json["enough"], &json["reasons"]), (&json!(false), &refused["reasons"]));
    assert!(json["percent"].as_u64().is_some_and(|percent| percent < 100), "{json}");
    let kinds: Vec<_> = json["parts"].as_array().expect("parts").iter().map(|part| &part["code"]).collect();
    assert!(kinds.contains(&&json!("copy")) && !kinds.contains(&&json!("own-data")), "{json}");
    let empty = portal.post("/link/password/strength", of("")).await.json();
    assert_eq!((&empty["percent"], &empty["reasons"][0]["code"]), (&json!(0), &json!("empty")));
    let strong = portal.post("/link/password/strength", of(GOOD_PASSWORD)).await.json();
    assert_eq!(
        (&strong["enough"], &strong["percent"], &strong["reasons"]),
        (&json!(true), &json!(100), &json!([]))
    );
    let session = portal.signed_in(&ana).await;
    let own = json!({"password": ana.password});
    let signed_in = portal.post_as(&session, "/security/password/strength", own).await;
    assert_eq!(signed_in.json()["enough"], true, "the present one is not compared: {}", signed_in.body);
    let token = portal.token_for(&ana).await;
    assert_eq!(portal.choose(&token, GOOD_PASSWORD).await.text("state"), "set");
    let dead = portal.post("/link/password/strength", json!({"token": token, "password": "x"})).await;
    assert_eq!((dead.status, &*dead.code()), (StatusCode::GONE, "link-not-usable"));
}

/// EN-5
#[tokio::test]
async fn whatever_is_wrong_with_a_link_is_answered_alike() {
    let portal = Portal::new().await;
    let (ana, bea) = (portal.world.person("Ana").await, portal.world.person("Bea").await);
    let replaced = portal.token_for(&ana).await;
    let used = portal.token_for(&ana).await;
    portal.choose(&used, GOOD_PASSWORD).await;
    let expired = portal.token_for(&bea).await;
    portal.world.clock.advance(Duration::minutes(31));
    let unknown = "A".repeat(64);
    for path in ["/link", "/link/question"] {
        let first = portal.post(path, json!({"token": unknown})).await;
        assert_eq!(first.status, StatusCode::GONE);
        for token in [&replaced, &used, &expired, "", "x", "\0", &used.to_ascii_lowercase()] {
            assert_eq!(portal.post(path, json!({"token": token})).await, first, "{token}");
        }
    }
    for token in [&replaced, &used, &expired, &unknown] {
        assert_eq!(portal.choose(token, GOOD_PASSWORD).await.code(), "link-not-usable");
    }
}

#[tokio::test]
async fn the_code_beside_the_link_works_for_the_client_that_asked() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let ticket = portal.post("/password-links", json!({"identifier": ana.username})).await.text("ticket");
    let foreign = portal.post("/password-links", json!({"identifier": "nobody"})).await.text("ticket");
    portal.world.work().await;
    let code = code_in(&portal.mail_of(&ana));
    let wrong = portal.post("/codes", json!({"code": "0000-0000", "ticket": ticket})).await;
    assert_eq!((wrong.status, &*wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, "code-not-usable"));
    for other in [&*foreign, "", "x"] {
        assert_eq!(portal.post("/codes", json!({"code": code, "ticket": other})).await, wrong, "{other}");
    }
    for none in [json!({"code": code}), json!({"code": code, "ticket": ticket, "reference": "x"})] {
        assert_eq!(portal.post("/codes", none).await.code(), "invalid");
    }
    assert_eq!(portal.post("/codes", json!({"code": code, "reference": "x"})).await, wrong);
    let taken = portal.post("/codes", json!({"code": code, "ticket": ticket})).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    assert_eq!(portal.choose(&taken.text("token"), GOOD_PASSWORD).await.text("state"), "set");
}

#[tokio::test]
async fn the_second_step_comes_before_the_password() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let app = portal.world.enrol_totp(&ana).await;
    let token = portal.token_for(&ana).await;
    let link = portal.post("/link", json!({"token": token})).await.json();
    assert_eq!((&link["factor_needed"], &link["factor_kinds"]), (&json!(true), &json!(["totp"])));
    let early = portal.choose(&token, GOOD_PASSWORD).await;
    assert_eq!((early.status, &*early.code()), (StatusCode::FORBIDDEN, "factor-needed"));
    for wrong in ["000000", "no code"] {
        let refused = portal.post("/link/factor", json!({"token": token, "code": wrong})).await;
        assert_eq!(refused.code(), "factor-not-accepted");
    }
    let code = portal.shown_by(&app);
    let proven = portal.post("/link/factor", json!({"token": token, "code": code})).await;
    assert_eq!(proven.json()["factor_needed"], false, "{}", proven.body);
    assert_eq!(portal.choose(&token, GOOD_PASSWORD).await.text("state"), "set");
}

#[tokio::test]
async fn the_question_comes_before_the_password() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let chosen = [
        ("learnt-to-swim", "The old quarry"),
        ("first-job-town", "Lower Aldermoor"),
        ("first-concert", "The Blue Herons"),
    ];
    let answers = chosen.map(|(code, answer)| (code.to_owned(), regain::factor::Answer::new(answer)));
    let info = portal.world.recovery.security_info(&portal.session(&ana), &portal.world.client());
    info.set_questions(&answers).await.unwrap();
    let token = portal.token_for(&ana).await;
    assert_eq!(portal.post("/link", json!({"token": token})).await.text("question"), "asks");
    assert_eq!(portal.choose(&token, GOOD_PASSWORD).await.code(), "question-needed");
    let question = portal.post("/link/question", json!({"token": token})).await.text("question");
    assert!(question.ends_with('?'), "{question}");
    let wrong = portal.post("/link/answer", json!({"token": token, "answer": "somewhere else"})).await;
    assert_eq!((wrong.status, &*wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, "answer-not-accepted"));
    let mut last = wrong;
    for (_, answer) in chosen {
        last = portal.post("/link/answer", json!({"token": token, "answer": answer})).await;
    }
    assert_eq!(last.text("question"), "open");
    assert_eq!(portal.choose(&token, GOOD_PASSWORD).await.text("state"), "set");
}

#[tokio::test]
async fn it_was_not_me_ends_the_link() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let token = portal.token_for(&ana).await;
    let mail = portal.mail_of(&ana);
    let (_, letter) = mail.split_once("/disown?letter=").expect("a button");
    let letter = letter.split_whitespace().next().unwrap();
    let looked = portal.post("/disown/look", json!({"letter": letter})).await;
    assert_eq!(looked.json()["hold_seconds"], 86_400, "{}", looked.body);
    assert_eq!(portal.post("/link", json!({"token": token})).await.status, StatusCode::OK);
    for _ in 0..2 {
        let done = portal.post("/disown", json!({"letter": letter})).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    }
    assert_eq!(portal.post("/link", json!({"token": token})).await.status, StatusCode::GONE);
    assert_eq!(portal.post("/disown", json!({"letter": token})).await.code(), "link-not-usable");
    for both in [json!({}), json!({"letter": letter, "token": token})] {
        assert_eq!(portal.post("/disown", both).await.code(), "invalid");
    }
}

#[tokio::test]
async fn it_was_not_me_is_said_with_the_link_too() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let token = portal.token_for(&ana).await;
    assert_eq!(portal.post("/disown", json!({"token": token})).await.status, StatusCode::OK);
    assert_eq!(portal.choose(&token, GOOD_PASSWORD).await.code(), "link-not-usable");
}
