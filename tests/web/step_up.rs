use super::{World, members::Browser};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use regain::factor::AuthLevel;
use time::Duration;

const PASSWORD: &str = "the old oboe is gone";

impl Browser<'_> {
    /// Shows once more who it is; the browser keeps the new cookie.
    async fn step_up(&mut self, back: &str, code: &str) -> String {
        let fields = [("back", back), ("password", PASSWORD), ("code", code)];
        let raised = self.post("/security/step-up", &fields).await;
        assert_eq!(raised.status, StatusCode::SEE_OTHER, "{}", raised.body);
        let cookie = raised.headers[SET_COOKIE].to_str().expect("ASCII");
        cookie.strip_prefix("member=").expect("a cookie").clone_into(&mut self.cookie);
        raised.headers[LOCATION].to_str().expect("a path").to_owned()
    }
}

/// Before the form, not after it was filled in.
#[tokio::test]
async fn who_signed_in_a_while_ago_shows_first_who_they_are() {
    let world = World::new();
    let (ana, secret, _) = world.protected("ana").await;
    let mut browser = world.browser(&ana, AuthLevel::SecondFactor);
    world.clock.advance(Duration::minutes(20));
    for (page, back) in [
        ("/app", "app"),
        ("/codes", "codes"),
        ("/email", "email"),
        ("/questions", "questions"),
        ("/remove?factor=x", "overview"),
    ] {
        let led = browser.get(&format!("/security{page}")).await;
        assert_eq!(led.headers[LOCATION], format!("/security/step-up?back={back}").as_str());
    }
    let form = browser.get("/security/step-up?back=codes").await;
    assert!(form.body.contains(r#"name="password""#) && form.body.contains(r#"name="code""#));
    let old = browser.cookie.clone();
    let code = world.code(&secret);
    assert_eq!(browser.step_up("codes", &code).await, "/security/codes");
    assert_ne!(browser.cookie, old, "the session keeps its secret");
    assert_eq!(browser.get("/security/codes").await.status, StatusCode::OK);
}

/// A form that was open for long is sent in vain, and one comes back to it.
#[tokio::test]
async fn a_change_that_comes_too_late_leads_there_as_well() {
    let world = World::new();
    let (ana, ..) = world.protected("ana").await;
    let browser = world.browser(&ana, AuthLevel::SecondFactor);
    world.clock.advance(Duration::minutes(20));
    let begun = browser.post("/security/app", &[("label", "Tablet")]).await;
    assert_eq!(begun.headers[LOCATION], "/security/step-up?back=app");
    let proposed = browser.post("/security/email", &[("address", "new@example.org"), ("replaces", "")]).await;
    assert_eq!(proposed.headers[LOCATION], "/security/step-up?back=email");
}

/// MF-8: where there is an app, the password alone raises nothing.
#[tokio::test]
async fn password_and_code_are_both_needed() {
    let world = World::new();
    let (ana, secret, _) = world.protected("ana").await;
    let browser = world.browser(&ana, AuthLevel::Password);
    let code = world.code(&secret);
    for (password, code) in
        [(PASSWORD, ""), (PASSWORD, "000"), ("wrong", ""), ("", &*code), (PASSWORD, "<b>")]
    {
        let fields = [("back", "app"), ("password", password), ("code", code)];
        let refused = browser.post("/security/step-up", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{password:?} {code:?}");
        assert!(refused.body.contains(r#"name="back" value="app""#) && !refused.body.contains("<b>"));
        assert!(password.is_empty() || !refused.body.contains(&format!("\"{password}\"")));
        assert!(!refused.headers.contains_key(SET_COOKIE));
    }
}

#[tokio::test]
async fn without_an_app_the_password_is_enough_and_no_code_is_asked_for() {
    let world = World::new();
    let ana = world.person("ana");
    let mut browser = world.browser(&ana, AuthLevel::Password);
    world.clock.advance(Duration::minutes(20));
    assert!(!browser.get("/security/step-up").await.body.contains(r#"name="code""#));
    assert_eq!(browser.step_up("app", "").await, "/security/app");
}

/// REDIR: one comes back to a page of a fixed list.
#[tokio::test]
async fn nothing_that_was_sent_becomes_a_destination() {
    let world = World::new();
    let ana = world.person("ana");
    for trick in [
        "https://evil.test",
        "//evil.test",
        "/\\evil.test",
        "/home",
        "overview/../..",
        "app\r\nX: y",
        "javascript:alert(1)",
    ] {
        let mut browser = world.browser(&ana, AuthLevel::Password);
        let form = browser.get(&format!("/security/step-up?{}", super::encode(&[("back", trick)]))).await;
        assert!(form.body.contains(r#"name="back" value="overview""#), "{trick:?}");
        assert_eq!(browser.step_up(trick, "").await, "/security", "{trick:?}");
    }
}
