use super::World;
use super::members::{codes_on, hidden};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use regain::factor::AuthLevel;

#[tokio::test]
async fn new_codes_are_shown_once_and_the_old_ones_open_nothing() {
    let world = World::new();
    let (ana, _, old) = world.protected("ana").await;
    let browser = world.browser(&ana, AuthLevel::SecondFactor);
    let sure = browser.get("/security/codes").await;
    assert_eq!(browser.get("/security/codes").await, sure, "opening the page changes nothing");
    assert!(codes_on(&sure).is_empty());

    let made = browser.post("/security/codes", &[("factor", &hidden(&sure, "factor"))]).await;
    assert_eq!((made.status, &made.headers[CACHE_CONTROL]), (StatusCode::OK, &"no-store".parse().unwrap()));
    let new = codes_on(&made);
    assert_eq!(new.len(), 10);
    for page in ["/security", "/security/codes"] {
        let shown = browser.get(page).await;
        assert!(new.iter().chain(&old).all(|code| !shown.body.contains(code)), "{page}");
    }
    assert_eq!(world.second_step("ana", &old[0]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.second_step("ana", &new[0]).await.status, StatusCode::SEE_OTHER);
}

/// Whoever loads the page again after printing it must not lose what is on the paper.
#[tokio::test]
async fn a_reload_makes_no_other_codes() {
    let world = World::new();
    let (ana, ..) = world.protected("ana").await;
    let browser = world.browser(&ana, AuthLevel::SecondFactor);
    let set = hidden(&browser.get("/security/codes").await, "factor");
    let printed = codes_on(&browser.post("/security/codes", &[("factor", &set)]).await);
    let again = browser.post("/security/codes", &[("factor", &set)]).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
    assert!(codes_on(&again).is_empty());
    assert_eq!(world.second_step("ana", &printed[3]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn without_an_app_there_is_nothing_that_codes_stand_in_for() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    assert!(!browser.get("/security").await.body.contains("/security/codes"));
    let made = browser.post("/security/codes", &[("factor", "none")]).await;
    assert_eq!(made.status, StatusCode::CONFLICT);
    assert!(codes_on(&made).is_empty());
}
