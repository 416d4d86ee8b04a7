//! What a host changes about the pages, and where password managers look.

use super::World;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use regain::web::{self, ClientAddress, Logo, WebConfig};

const STYLE: &str = ":root { --brand: #7a1f5c }";

fn dressed() -> World {
    let world = World::new();
    let config = WebConfig::new(ClientAddress::Socket)
        .style_sheet(STYLE)
        .logo(Logo::Svg(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec().into()));
    World { app: web::router(world.recovery.clone(), config), ..world }
}

#[tokio::test]
async fn a_hosts_style_sheet_comes_after_ours_and_its_logo_is_decoration() {
    let world = dressed();
    let page = world.get("/recovery/forgot-password").await.body;
    let (ours, own) = (page.find("/recovery/assets/regain.css"), page.find("/recovery/assets/own.css"));
    assert!(ours.is_some() && ours < own, "{page}");
    assert!(page.contains(r#"<img src="/recovery/assets/logo.svg" alt="" height="40">"#), "{page}");
    let sheet = world.get("/recovery/assets/own.css").await;
    assert_eq!((sheet.status, sheet.body.as_str()), (StatusCode::OK, STYLE));
    assert_eq!(sheet.headers[CONTENT_TYPE], "text/css; charset=utf-8");
    // Opened on its own it is a document, and may run scripts; the policy of the pages forbids them here too.
    let logo = world.get("/recovery/assets/logo.svg").await;
    assert_eq!(logo.headers[CONTENT_TYPE], "image/svg+xml");
    assert!(
        logo.headers["content-security-policy"]
            .to_str()
            .is_ok_and(|policy| policy.contains("default-src 'none'"))
    );
}

#[tokio::test]
async fn without_them_no_page_names_them() {
    let world = World::new();
    let page = world.get("/recovery/forgot-password").await.body;
    assert!(!page.contains("own.css") && !page.contains("logo"), "{page}");
    for name in ["own.css", "logo.svg", "logo.png"] {
        assert_eq!(world.get(&format!("/recovery/assets/{name}")).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_password_manager_finds_where_the_password_is_changed() {
    let found =
        World { app: web::change_password_router("/security/password").expect("a path"), ..World::new() };
    let answer = found.get("/.well-known/change-password").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[LOCATION], "/security/password");
    let posted = found.post("/.well-known/change-password", &[]).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    for elsewhere in ["//evil.test", "https://evil.test", "/a?b", "security"] {
        assert!(web::change_password_router(elsewhere).is_err(), "{elsewhere}");
    }
}
