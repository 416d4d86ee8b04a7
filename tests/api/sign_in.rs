use super::{Portal, cookie};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use serde_json::json;

/// EN-3
#[tokio::test]
async fn a_wrong_password_and_a_wrong_name_are_answered_alike() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let disabled = portal.world.disabled("Dora").await;
    let wrong = portal.sign_in(&ana, "wrong").await;
    assert_eq!((wrong.status, &*wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, "not-accepted"));
    assert!(!wrong.headers.contains_key(SET_COOKIE));
    let nobody = portal.post("/sign-in", json!({"identifier": "nobody", "password": "wrong"})).await;
    assert_eq!(nobody, wrong);
    assert_eq!(portal.sign_in(&disabled, &disabled.password).await, wrong);
}

#[tokio::test]
async fn the_second_step_begins_the_session() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let app = portal.world.enrol_totp(&ana).await;
    let first = portal.sign_in(&ana, &ana.password).await;
    assert!(!first.headers.contains_key(SET_COOKIE));
    assert_eq!(
        (first.text("state"), &first.json()["factor_kinds"]),
        ("factor-needed".to_owned(), &json!(["totp"]))
    );
    let ticket = first.text("ticket");
    for (ticket, code) in [(&*ticket, "000000"), (&*ticket, "none"), ("x", "000000"), ("", "")] {
        let refused = portal.post("/sign-in/factor", json!({"ticket": ticket, "code": code})).await;
        assert_eq!(
            (refused.status.as_u16(), &*refused.code()),
            (422, "factor-not-accepted"),
            "{ticket} {code}"
        );
    }
    let code = portal.shown_by(&app);
    let done = portal.post("/sign-in/factor", json!({"ticket": ticket, "code": code})).await;
    assert_eq!(done.text("state"), "signed-in");
    let session = cookie(&done);
    assert_eq!(portal.get_as(&session, "/security").await.text("level_needed"), "second_factor");
}

#[tokio::test]
async fn who_has_to_change_the_password_does_nothing_else() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    portal.world.change(&ana, |account| account.must_change_password = true).await;
    let signed_in = portal.sign_in(&ana, &ana.password).await;
    assert_eq!(signed_in.text("change_required"), "by_host");
    let session = cookie(&signed_in);
    let refused = portal.get_as(&session, "/security").await;
    assert_eq!((refused.status, &*refused.code()), (StatusCode::FORBIDDEN, "change-required"));
    let begun = portal.post_as(&session, "/security/apps", json!({"label": "phone"})).await;
    assert_eq!(begun.code(), "change-required");
    let change = json!({"present": ana.password, "password": super::GOOD_PASSWORD});
    assert_eq!(portal.post_as(&session, "/security/password", change).await.text("state"), "set");
}
