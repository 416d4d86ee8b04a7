use super::World;
use super::members::{codes_on, hidden, secret_on};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use regain::factor::AuthLevel;
use time::Duration;

#[tokio::test]
async fn an_app_is_added_by_what_its_page_shows() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let page = browser.get(&browser.begin("My phone").await).await;
    assert!(page.body.contains("<svg") && page.body.contains(r#"autocomplete="one-time-code""#));
    assert!(page.body.contains(r#"inputmode="numeric""#));
    assert_eq!(page.headers[CACHE_CONTROL], "no-store");

    let (factor, secret) = (hidden(&page, "factor"), secret_on(&page));
    let code = world.code(&secret);
    let done = browser.post("/security/app/confirm", &[("factor", &factor), ("code", &code)]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(done.headers[CACHE_CONTROL], "no-store");
    assert_eq!(codes_on(&done).len(), 10);

    let overview = browser.get("/security").await;
    assert!(overview.body.contains("My phone") && overview.body.contains("10 of 10 are left"));
    let notice = world.mail_to("ana@example.org").await.expect("a notice");
    assert!(notice.contains("My phone"), "{notice}");
}

/// A reload shows the same QR code, and begins nothing anew.
#[tokio::test]
async fn loading_the_page_of_an_app_again_changes_nothing() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let path = browser.begin("My phone").await;
    let page = browser.get(&path).await;
    for _ in 0..3 {
        assert_eq!(browser.get(&path).await, page);
    }
    assert!(
        !browser.get("/security").await.body.contains("My phone"),
        "it is in use before a code was typed"
    );
}

#[tokio::test]
async fn a_wrong_code_can_be_typed_better() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let page = browser.get(&browser.begin("My phone").await).await;
    let (factor, secret) = (hidden(&page, "factor"), secret_on(&page));
    let right = world.code(&secret);
    let wrong = if right == "000000" { "111111" } else { "000000" };
    for typed in [wrong, "", "12345", "hello<b>", "0123-4567-89ab-cdef"] {
        let fields = [("factor", &*factor), ("code", typed)];
        let refused = browser.post("/security/app/confirm", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}");
        assert!(refused.body.contains(r#"role="alert""#) && refused.body.contains(r#"aria-invalid="true""#));
        assert_eq!(*secret_on(&refused).expose(), *secret.expose(), "the app has to be set up anew");
        assert!(typed.is_empty() || !refused.body.contains(typed), "{typed:?} is shown");
    }
    let done = browser.post("/security/app/confirm", &[("factor", &factor), ("code", &right)]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
}

/// Reload, or a double click: the codes were shown before, and are not shown again.
#[tokio::test]
async fn a_confirmation_that_is_sent_twice_shows_no_codes_again() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let page = browser.get(&browser.begin("My phone").await).await;
    let code = world.code(&secret_on(&page));
    let fields = [("factor", &*hidden(&page, "factor")), ("code", &*code)];
    assert_eq!(codes_on(&browser.post("/security/app/confirm", &fields).await).len(), 10);
    let again = browser.post("/security/app/confirm", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
    assert!(codes_on(&again).is_empty() && again.body.contains(r#"href="/security""#));
}

/// CVE-2022-42731: what was begun in one session is of no use in another, not even in one of the same person.
#[tokio::test]
async fn nobody_sees_or_confirms_what_another_session_began() {
    let world = World::new();
    let (ana, bea) = (world.person("ana"), world.person("bea"));
    let browser = world.browser(&ana, AuthLevel::Password);
    let path = browser.begin("My phone").await;
    let page = browser.get(&path).await;
    let (factor, secret) = (hidden(&page, "factor"), secret_on(&page));
    for other in [world.browser(&ana, AuthLevel::Password), world.browser(&bea, AuthLevel::Password)] {
        let seen = other.get(&path).await;
        assert_eq!(seen.status, StatusCode::CONFLICT);
        assert!(!seen.body.contains("<svg"), "{}", seen.body);
        let code = world.code(&secret);
        let fields = [("factor", &*factor), ("code", &*code)];
        let confirmed = other.post("/security/app/confirm", &fields).await;
        assert_eq!(confirmed.status, StatusCode::CONFLICT, "{}", confirmed.body);
        assert!(!other.get("/security").await.body.contains("My phone"));
    }
}

#[tokio::test]
async fn a_secret_that_was_shown_too_long_ago_binds_nothing() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let path = browser.begin("My phone").await;
    let page = browser.get(&path).await;
    world.clock.advance(Duration::minutes(16));
    let code = world.code(&secret_on(&page));
    let fields = [("factor", &*hidden(&page, "factor")), ("code", &*code)];
    let late = browser.post("/security/app/confirm", &fields).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(!browser.get(&path).await.body.contains("<svg"));
}

#[tokio::test]
async fn what_an_app_is_called_is_text() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::SecondFactor);
    let label = r#""><script>alert(1)</script>{{7*7}}"#;
    browser.enrol(label).await;
    let overview = browser.get("/security").await;
    assert!(!overview.body.contains("<script>alert"), "{}", overview.body);
    assert!(overview.body.contains("&#60;script&#62;alert(1)&#60;/script&#62;{{7*7}}"), "{}", overview.body);
    let remove = overview.body.split("/security/remove?factor=").nth(1).expect("a link");
    let sure = browser.get(&format!("/security/remove?factor={}", &remove[..32])).await;
    assert!(!sure.body.contains("<script>alert") && sure.body.contains("&#60;script&#62;"), "{}", sure.body);
}

#[tokio::test]
async fn a_name_that_cannot_be_used_is_kept_in_the_form() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let long = "x".repeat(65);
    for label in ["", "  ", "a\u{202e}b<i>", "a\nb", &long] {
        let refused = browser.post("/security/app", &[("label", label)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{label:?}");
        assert!(refused.body.contains(r#"aria-invalid="true""#) && !refused.body.contains("<i>"));
    }
    assert!(browser.post("/security/app", &[("label", &long)]).await.body.contains(&long));
}

#[tokio::test]
async fn an_app_is_removed_after_one_was_asked() {
    let world = World::new();
    let (ana, ..) = world.protected("ana").await;
    let browser = world.browser(&ana, AuthLevel::SecondFactor);
    let overview = browser.get("/security").await;
    let link = overview.body.split(r#"href="/security/remove?factor="#).nth(1).expect("a link");
    let factor = &link[..32];
    for _ in 0..3 {
        let sure = browser.get(&format!("/security/remove?factor={factor}")).await;
        assert!(sure.body.contains("Remove “My phone”?") && sure.body.contains("your password alone"));
    }
    let removed = browser.post("/security/remove", &[("factor", factor)]).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.body);
    assert!(!browser.get("/security").await.body.contains("My phone"));
    let again = browser.post("/security/remove", &[("factor", factor)]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
}

/// CVE-2020-5240: the name of somebody else's factor reaches nothing.
#[tokio::test]
async fn nobody_removes_the_app_of_somebody_else() {
    let world = World::new();
    let (ana, ..) = world.protected("ana").await;
    let (bea, ..) = world.protected("bea").await;
    let overview = world.browser(&ana, AuthLevel::SecondFactor).get("/security").await;
    let factor = &overview.body.split("remove?factor=").nth(1).expect("a link")[..32];
    let bea = world.browser(&bea, AuthLevel::SecondFactor);
    let asked = bea.get(&format!("/security/remove?factor={factor}")).await;
    assert_eq!(asked.status, StatusCode::CONFLICT);
    assert_eq!(bea.post("/security/remove", &[("factor", factor)]).await.status, StatusCode::CONFLICT);
    assert_eq!(world.browser(&ana, AuthLevel::SecondFactor).get("/security").await, overview);
}

/// What was begun stands under an address that tells nothing: neither the secret nor the name of the app.
#[tokio::test]
async fn the_secret_is_in_no_address_and_no_title() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let begun = browser.post("/security/app", &[("label", "My phone")]).await;
    let path = begun.headers[LOCATION].to_str().expect("a path").to_owned();
    let page = browser.get(&path).await;
    let secret = secret_on(&page).expose().replace(' ', "");
    assert_eq!(path.len(), "/security/app/confirm?factor=".len() + 32);
    let title = page.body.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
    assert!(!title.expect("a title").contains(&secret[..4]));
    assert!(!format!("{:?}", page.headers).contains(&secret));
}
