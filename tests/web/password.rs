use super::{GOOD_PASSWORD, World, hash};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use regain::account::AccountStore as _;
use regain::factor::AuthLevel;

const PRESENT: &str = "the old oboe is gone";

#[tokio::test]
async fn a_new_password_is_chosen_while_signed_in() {
    let world = World::new();
    let ana = world.person("ana");
    world.accounts.begin_session(&ana.id);
    let browser = world.browser(&ana, AuthLevel::Password);
    let form = browser.get("/security/password").await;
    assert!(form.body.contains(r#"autocomplete="current-password""#));
    assert!(form.body.contains(r#"autocomplete="new-password""#));
    let changed =
        browser.post("/security/password", &[("present", PRESENT), ("password", GOOD_PASSWORD)]).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert!(changed.body.contains("Your new password is set") && changed.body.contains(r#"href="/sign-in""#));
    assert_eq!(world.accounts.sessions(&ana.id), 0);
    let signed_in = world.post("/sign-in", &[("identifier", "ana"), ("password", GOOD_PASSWORD)]).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_no_password_is_kept() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    for (present, new, said, at) in [
        (
            "not the present one",
            GOOD_PASSWORD,
            "Your present password is not right",
            r#"aria-describedby="wrong""#,
        ),
        (PRESENT, "short", "Use at least 15 characters", r#"aria-describedby="problem hint""#),
        (PRESENT, PRESENT, "This is your present password", r#"aria-describedby="problem hint""#),
    ] {
        let refused = browser.post("/security/password", &[("present", present), ("password", new)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(refused.body.contains(said) && refused.body.contains(at), "{}", refused.body);
        assert_eq!(refused.body.matches(r#"aria-invalid="true""#).count(), 1);
        assert!(!refused.body.contains(present) && !refused.body.contains(&format!("\"{new}\"")));
    }
    let stored = world.accounts.get(&ana.id).await.expect("memory answers").expect("ana");
    assert_eq!(stored.password, Some(hash(PRESENT)));
}

/// A session that has to choose another password does nothing else before.
#[tokio::test]
async fn who_must_change_the_password_gets_to_no_other_page() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser_of(&ana, AuthLevel::Password, true);
    for path in
        ["/security", "/security/app", "/security/codes", "/security/email", "/security/email/confirm"]
    {
        let led = browser.get(path).await;
        assert_eq!(
            (led.status, &led.headers[LOCATION]),
            (StatusCode::SEE_OTHER, &"/security/password".parse().unwrap())
        );
    }
    let begun = browser.post("/security/app", &[("label", "My phone")]).await;
    assert_eq!(begun.headers[LOCATION], "/security/password");
    let fields = [("present", PRESENT), ("password", GOOD_PASSWORD)];
    assert_eq!(browser.post("/security/password", &fields).await.status, StatusCode::OK);
}

/// With an app, the password alone is too little for a new password.
#[tokio::test]
async fn with_an_app_a_weak_session_shows_first_who_it_is() {
    let world = World::new();
    let (ana, ..) = world.protected("ana").await;
    let weak = world.browser(&ana, AuthLevel::Password);
    let sent = weak.post("/security/password", &[("present", PRESENT), ("password", GOOD_PASSWORD)]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(sent.headers[LOCATION], "/security/step-up?back=password");
}
