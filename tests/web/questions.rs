use super::members::{Browser, hidden};
use super::{GOOD_PASSWORD, World};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use regain::factor::AuthLevel;

const CHOSEN: [(&str, &str); 6] = [
    ("question-1", "learnt-to-swim"),
    ("answer-1", "The old quarry"),
    ("question-2", "first-job-town"),
    ("answer-2", "Lower Aldermoor"),
    ("question-3", "first-concert"),
    ("answer-3", "The Blue Herons"),
];

async fn set(browser: &Browser<'_>) {
    let kept = browser.post("/security/questions", &CHOSEN).await;
    assert_eq!(
        (kept.status, &kept.headers[LOCATION]),
        (StatusCode::SEE_OTHER, &"/security".parse().unwrap())
    );
}

#[tokio::test]
async fn a_question_is_asked_between_the_link_and_the_new_password() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let form = browser.get("/security/questions").await;
    assert!(form.body.matches("<option").count() == 33, "{}", form.body);
    set(&browser).await;
    assert!(browser.get("/security").await.body.contains("One of your 3 questions is asked"));

    let token = world.token_for("ana").await;
    let page = world.post("/recovery/link", &[("token", &token)]).await;
    assert!(
        page.body.contains("Where did you learn to swim?") && !page.body.contains("new-password"),
        "{}",
        page.body
    );
    let early = world.post("/recovery/new-password", &[("token", &token), ("password", GOOD_PASSWORD)]).await;
    assert!(early.body.contains("Where did you learn to swim?"), "{}", early.body);
    let refused = world.post("/recovery/question", &[("token", &token), ("answer", "no <b>idea")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains(r#"role="alert""#) && !refused.body.contains("idea"), "{}", refused.body);
    let right = [("token", &*token), ("answer", "the old QUARRY")];
    let page = world.post("/recovery/question", &right).await;
    assert!(page.body.contains(r#"autocomplete="new-password""#), "{}", page.body);
    let done = world.post("/recovery/new-password", &[("token", &token), ("password", GOOD_PASSWORD)]).await;
    assert!(done.body.contains("Your new password is set"), "{}", done.body);
}

#[tokio::test]
async fn the_question_behind_a_link_is_asked_in_the_language_of_the_page() {
    let world = World::new();
    let ana = world.person("ana");
    set(&world.browser(&ana, AuthLevel::Password)).await;
    let token = world.token_for("ana").await;
    let page = world.post("/recovery/link?lang=es", &[("token", &token)]).await;
    assert!(page.body.contains("¿Dónde aprendió a nadar?"), "{}", page.body);
}

#[tokio::test]
async fn answers_that_cannot_be_kept_are_not_shown_again() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let mut fields = CHOSEN;
    fields[1].1 = "n/a";
    let refused = browser.post("/security/questions", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("easy to guess") && !refused.body.contains("Aldermoor"),
        "{}",
        refused.body
    );
    assert!(refused.body.contains(r#"value="first-concert" selected"#), "{}", refused.body);
    fields[0].1 = "\"><script>alert(1)</script>";
    let refused = browser.post("/security/questions", &fields).await;
    assert!(
        refused.body.contains("from the lists") && !refused.body.contains("<script>alert"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn questions_are_removed_after_one_was_asked_whether_one_is_sure() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    set(&browser).await;
    let sure = browser.get("/security/questions/remove").await;
    assert!(!hidden(&sure, "form").is_empty());
    assert!(browser.get("/security").await.body.contains("One of your 3 questions"), "a GET removes nothing");
    let removed = browser.post("/security/questions/remove", &[]).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.body);
    assert!(browser.get("/security").await.body.contains("You have none."));
}

/// SQ-1, SQ-2: first the factor, then the question, the same one until it is answered.
#[tokio::test]
async fn the_question_comes_after_the_factor() {
    let world = World::new();
    let (ana, secret, _) = world.protected("ana").await;
    set(&world.browser(&ana, AuthLevel::SecondFactor)).await;
    let token = world.token_for("ana").await;
    let page = world.post("/recovery/link", &[("token", &token)]).await;
    assert!(page.body.contains(r#"action="/recovery/factor""#), "{}", page.body);
    for (_, answer) in [CHOSEN[1], CHOSEN[3], CHOSEN[5]] {
        let early = world.post("/recovery/question", &[("token", &token), ("answer", answer)]).await;
        assert_eq!(early, page, "{answer}");
    }
    let code = world.code(&secret);
    let asked = world.post("/recovery/factor", &[("token", &token), ("code", &code)]).await;
    assert!(asked.body.contains(r#"action="/recovery/question""#), "{}", asked.body);
    assert_eq!(world.post("/recovery/link", &[("token", &token)]).await, asked);
}

/// EN-5
#[tokio::test]
async fn a_dead_link_asks_nothing() {
    let world = World::new();
    let dead = world.get("/recovery/link").await;
    for token in ["", "x", &"A".repeat(64)] {
        assert_eq!(world.post("/recovery/question", &[("token", token), ("answer", "x")]).await, dead);
    }
}
