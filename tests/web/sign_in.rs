use super::{World, hash};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, ORIGIN, REFERRER_POLICY, SET_COOKIE};
use regain::account::AccountStatus;

#[tokio::test]
async fn the_right_password_leads_to_the_hosts_own_page() {
    let world = World::new();
    let ana = world.person("ana");
    for typed in ["ana", "ANA@example.org"] {
        let fields = [("identifier", typed), ("password", "the old oboe is gone")];
        let answer = world.post("/sign-in", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.headers[LOCATION], "/home");
        assert!(answer.headers.contains_key(SET_COOKIE));
    }
    assert_eq!(world.accounts.sessions(&ana.id), 2);
}

/// EN-1, GHSA CVE-2024-24766: one answer for all that is wrong.
#[tokio::test]
async fn whatever_is_wrong_with_a_sign_in_is_answered_alike() {
    let world = World::new();
    world.person("ana");
    let mut disabled = world.person("disabled");
    disabled.status = AccountStatus::Disabled;
    world.keep(&disabled);
    let mut empty = world.person("empty");
    empty.password = None;
    world.keep(&empty);
    let wrong = world.post("/sign-in", &[("identifier", "ana"), ("password", "wrong<b>")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Username or password is wrong"));
    for (name, password) in [
        ("nobody", "the old oboe is gone"),
        ("disabled", "the old oboe is gone"),
        ("empty", ""),
        ("", ""),
        ("ana", ""),
        ("ana\0", "the old oboe is gone"),
        ("ana", "the old oboe is gone\0"),
    ] {
        let fields = [("identifier", name), ("password", password)];
        assert_eq!(world.post("/sign-in", &fields).await, wrong, "{name:?}");
    }
}

/// Nobody is signed in from another site, into another person's account.
#[tokio::test]
async fn only_our_own_page_signs_in() {
    let world = World::new();
    let ana = world.person("ana");
    let body = super::encode(&[("identifier", "ana"), ("password", "the old oboe is gone")]);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        (ORIGIN.as_str(), "null"),
        (ORIGIN.as_str(), "https://evil.test"),
    ] {
        let request = axum::http::Request::post("/sign-in").header("content-type", super::FORM);
        let request = request.header(name, value).body(body.clone().into()).expect("a request");
        assert_eq!(world.send(request).await.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert_eq!(world.accounts.sessions(&ana.id), 0);
    // Under `no-referrer` older browsers would send `Origin: null` from our own page.
    assert_eq!(world.get("/sign-in").await.headers[REFERRER_POLICY], "same-origin");
}

/// RC-7
#[tokio::test]
async fn a_sign_in_ends_the_link_that_is_out() {
    let world = World::new();
    let mut ana = world.person("ana");
    ana.password = Some(hash("remembered after all, it was this"));
    world.keep(&ana);
    let token = world.token_for("ana").await;
    let fields = [("identifier", "ana"), ("password", "remembered after all, it was this")];
    assert_eq!(world.post("/sign-in", &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.get(&format!("/recovery/link?token={token}")).await.status, StatusCode::GONE);
}
