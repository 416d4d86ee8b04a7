//! The meter beside a new password: it says what the refusal would say, to those who would hear it, and does nothing.

use super::members::Browser;
use super::{Answer, GOOD_PASSWORD, World, hash};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use regain::account::AccountStore as _;
use regain::factor::AuthLevel;
use serde_json::{Value, json};

/// Ana Silva was born on 17 May 1990.
const OWN: &str = "Ana Silva 17.05.1990";
const WEAK: [&str; 5] = ["lampshade", "passwordpasswordpassword", OWN, "to be or not to be", " "];

impl World {
    async fn meter(&self, token: &str, password: &str) -> Answer {
        self.post("/recovery/password-strength", &[("token", token), ("password", password)]).await
    }
}

impl Browser<'_> {
    async fn meter(&self, password: &str) -> Answer {
        self.post("/security/password-strength", &[("password", password)]).await
    }
}

#[track_caller]
fn shown(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json");
    assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    serde_json::from_str(&answer.body).expect("JSON")
}

#[tokio::test]
async fn the_meter_says_what_the_refusal_says_and_sets_nothing() {
    let world = World::new();
    let ana = world.person("ana");
    let token = world.token_for("ana").await;
    for typed in WEAK {
        let meter = shown(&world.meter(&token, typed).await);
        let text = meter["text"].as_str().expect("a text").to_owned();
        assert!(meter["percent"].as_u64().is_some_and(|percent| percent < 100), "{typed}: {meter}");
        let refused = world.post("/recovery/new-password", &[("token", &token), ("password", typed)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(&format!("<li>{text}</li>")), "{text} is not said of {typed:?}");
    }
    let enough = json!({"percent": 100, "enough": true, "text": "This is strong enough."});
    assert_eq!(shown(&world.meter(&token, GOOD_PASSWORD).await), enough);
    // The present password is not compared: who types it here learns nothing.
    assert_eq!(shown(&world.meter(&token, "the old oboe is gone").await), enough);
    let spanish = [("token", &*token), ("password", "corta")];
    let spanish = world.post("/recovery/password-strength?lang=es", &spanish).await;
    assert!(shown(&spanish)["text"].as_str().expect("a text").starts_with("Es demasiado corta."));
    let stored = world.accounts.get(&ana.id).await.expect("memory answers").expect("ana");
    assert_eq!(stored.password, Some(hash("the old oboe is gone")));
    let set = world.post("/recovery/new-password", &[("token", &token), ("password", GOOD_PASSWORD)]).await;
    assert!(set.body.contains("Your new password is set"), "{}", set.body);
}

/// Sixty for one account, over its links; the form itself goes on.
#[tokio::test]
async fn what_is_weighed_is_counted_for_the_account_and_takes_no_choice_away() {
    let world = World::new();
    world.person("ana");
    let (first, other) = (world.token_for("ana").await, world.person("bea"));
    for _ in 0..30 {
        assert_eq!(world.meter(&first, OWN).await.status, StatusCode::OK);
    }
    let token = world.token_for("ana").await;
    for _ in 0..30 {
        assert_eq!(world.meter(&token, OWN).await.status, StatusCode::OK);
    }
    let over = world.meter(&token, OWN).await;
    assert_eq!(over.status, StatusCode::TOO_MANY_REQUESTS, "{}", over.body);
    assert!(!over.body.contains("birth date"), "{}", over.body);
    assert_eq!(world.browser(&other, AuthLevel::Password).meter(OWN).await.status, StatusCode::OK);
    world.clock.advance(time::Duration::DAY);
    let token = world.token_for("ana").await;
    assert_eq!(world.meter(&token, OWN).await.status, StatusCode::OK);
    let set = world.post("/recovery/new-password", &[("token", &token), ("password", GOOD_PASSWORD)]).await;
    assert!(set.body.contains("Your new password is set"), "{}", set.body);
}

/// How a password is judged depends on the person's own data, so the factor comes first here as well.
#[tokio::test]
async fn before_the_second_step_nothing_is_said() {
    let world = World::new();
    let (ana, secret, _) = world.protected("ana").await;
    let token = world.token_for("ana").await;
    let answers = [world.meter(&token, OWN).await, world.meter(&token, GOOD_PASSWORD).await];
    assert_eq!(answers[0].status, StatusCode::FORBIDDEN);
    assert_eq!(answers[0], answers[1], "own data makes a difference");
    let weak = world.browser(&ana, AuthLevel::Password);
    let answers = [weak.meter(OWN).await, weak.meter(GOOD_PASSWORD).await];
    assert_eq!(answers[0].status, StatusCode::FORBIDDEN);
    assert_eq!(answers[0], answers[1], "own data makes a difference");
    let code = world.code(&secret);
    world.post("/recovery/factor", &[("token", &token), ("code", &code)]).await;
    assert_eq!(shown(&world.meter(&token, OWN).await)["enough"], false);
    assert_eq!(shown(&world.browser(&ana, AuthLevel::SecondFactor).meter(OWN).await)["enough"], false);
}

/// Whose data counts comes from the session alone; and a session that may only choose another password has the meter, too.
#[tokio::test]
async fn while_signed_in_ones_own_data_counts_and_nobody_elses() {
    let world = World::new();
    let (ana, mut bea) = (world.person("ana"), world.person("bea"));
    bea.person = Some(regain::identity::Person::new("Beatrix", "Oduya"));
    world.keep(&bea);
    let typed = "Beatrix Oduya 9fq7";
    for change_required in [false, true] {
        let browser = world.browser_of(&bea, AuthLevel::Password, change_required);
        let own = shown(&browser.meter(typed).await);
        assert!(own["text"].as_str().is_some_and(|text| text.contains("your name")), "{own}");
    }
    let browser = world.browser(&ana, AuthLevel::Password);
    let others = shown(&browser.meter(typed).await);
    assert!(!others["text"].as_str().expect("a text").contains("your name"), "{others}");
    assert_eq!(shown(&browser.meter("the old oboe is gone").await)["enough"], true, "it is compared");
    let mut gone = ana.clone();
    gone.may_change_password = false;
    world.keep(&gone);
    assert_eq!(browser.meter(OWN).await.status, StatusCode::FORBIDDEN);
}

/// Only the fields for a new password have one; where nothing runs, it is not there.
#[tokio::test]
async fn the_page_says_where_to_ask_and_has_no_meter_of_its_own() {
    let world = World::new();
    let ana = world.person("ana");
    let token = world.token_for("ana").await;
    let pages = [
        world.post("/recovery/link", &[("token", &token)]).await,
        world.browser(&ana, AuthLevel::Password).get("/security/password").await,
    ];
    for page in pages {
        assert_eq!(page.body.matches(r#"data-ask="password-strength""#).count(), 1, "{}", page.body);
        assert!(!page.body.contains("role=\"meter\"") && !page.body.contains("class=\"strength\""));
    }
    let spanish = world.post("/recovery/link?lang=es", &[("token", &token)]).await;
    assert!(spanish.body.contains(r#"data-ask="password-strength?lang=es""#), "{}", spanish.body);
    for path in ["/sign-in", "/security/step-up?back=app"] {
        assert!(
            !world.browser(&ana, AuthLevel::Password).get(path).await.body.contains("data-ask"),
            "{path}"
        );
    }
}
