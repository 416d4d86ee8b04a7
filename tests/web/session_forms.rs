//! The pages of a session: who may send their forms, and that nothing is done by opening them.

use super::members::hidden;
use super::{FORM, World, encode};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN};
use axum::http::{Method, Request, StatusCode};
use regain::factor::AuthLevel;

const PAGES: [&str; 9] = [
    "/security",
    "/security/app",
    "/security/app/confirm?factor=00000000000000000000000000000000",
    "/security/codes",
    "/security/remove?factor=00000000000000000000000000000000",
    "/security/password",
    "/security/email",
    "/security/questions",
    "/security/step-up?back=app",
];
const FORMS: [&str; 11] = [
    "/security/password-strength",
    "/security/app",
    "/security/app/confirm",
    "/security/codes",
    "/security/remove",
    "/security/password",
    "/security/email",
    "/security/email/confirm",
    "/security/questions",
    "/security/questions/remove",
    "/security/step-up",
];

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_the_sign_in_page() {
    let world = World::new();
    for path in PAGES {
        let led = world.get(path).await;
        assert_eq!(
            (led.status, &led.headers[LOCATION]),
            (StatusCode::SEE_OTHER, &"/sign-in".parse().unwrap())
        );
        assert_eq!(led.headers[CACHE_CONTROL], "no-store");
    }
    for path in FORMS {
        let answer = world.post(path, &[("form", "x")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.body.contains("You are signed out") && answer.body.contains(r#"href="/sign-in""#));
    }
}

/// The cookie comes by itself; a token of this very session does not.
#[tokio::test]
async fn a_form_without_the_token_of_its_session_is_not_taken() {
    let world = World::new();
    let (ana, bea) = (world.person("ana"), world.person("bea"));
    let browser = world.browser(&ana, AuthLevel::Password);
    let own = browser.form().await;
    let others = [
        world.browser(&ana, AuthLevel::Password).form().await,
        world.browser(&bea, AuthLevel::Password).form().await,
    ];
    assert!(!others.contains(&own), "two sessions have one token");
    let cut = &own[..own.len() - 1];
    for path in FORMS {
        for token in [&*others[0], &*others[1], "", cut, &format!("{own}A"), &own.to_ascii_lowercase()] {
            let answer = browser.post_raw(path, encode(&[("form", token)])).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {token:?}");
            assert!(answer.body.contains("This page was too old"), "{}", answer.body);
        }
        let none = browser.post_raw(path, "").await;
        assert_eq!(none.status, StatusCode::FORBIDDEN, "{path}");
        let twice = browser.post_raw(path, encode(&[("form", &own), ("form", &own)])).await;
        assert_eq!(twice.status, StatusCode::FORBIDDEN, "{path}");
    }
}

/// CSRF: what another site makes a browser send does nothing, whatever it holds.
#[tokio::test]
async fn nothing_from_another_site_is_taken_even_with_the_token() {
    let world = World::new();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let body = encode(&[("form", &browser.form().await), ("label", "Theirs")]);
    for path in FORMS {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            (ORIGIN.as_str(), "null"),
            (ORIGIN.as_str(), "https://evil.test"),
        ] {
            let request = Request::post(path).header(CONTENT_TYPE, FORM).header(name, value);
            let request = request.header(COOKIE, format!("member={}", browser.cookie));
            let answer = world.send(request.body(body.clone().into()).expect("a request")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {name}: {value}");
        }
    }
    assert!(!browser.get("/security").await.body.contains("Theirs"));
}

#[tokio::test]
async fn opening_pages_changes_nothing() {
    let world = World::new();
    let (ana, ..) = world.protected("ana").await;
    let browser = world.browser(&ana, AuthLevel::SecondFactor);
    let before = browser.get("/security").await;
    let factor = before.body.split("remove?factor=").nth(1).expect("a link")[..32].to_owned();
    world.mail_to("ana@example.org").await;
    let mails = world.mailbox.mails().len();
    let remove = format!("/security/remove?factor={factor}");
    for path in PAGES.into_iter().chain([&*remove]) {
        for method in [Method::GET, Method::HEAD] {
            let request = Request::builder().method(method).uri(path);
            let request = request.header(COOKIE, format!("member={}", browser.cookie));
            let answer = world.send(request.body(Body::empty()).expect("a request")).await;
            assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
            assert_eq!(answer.headers[CACHE_CONTROL], "no-store", "{path}");
        }
    }
    world.worker.drain().await.expect("the worker works");
    assert_eq!(world.mailbox.mails().len(), mails);
    assert_eq!(browser.get("/security").await, before);
}

#[tokio::test]
async fn no_input_is_an_error_of_ours() {
    let world = World::patient();
    let ana = world.person("ana");
    let browser = world.browser(&ana, AuthLevel::Password);
    let form = browser.form().await;
    let bodies: [&[u8]; 8] = [
        b"&factor=%00&label=%00&code=%00&address=%00&password=%00&back=%00",
        b"&label=a%0d%0aSet-Cookie:%20x&back=a%0d%0aSet-Cookie:%20x&factor=a%0d%0ax",
        b"&label=%ff&factor=%ff&code=%ff&address=%ff",
        b"&label=x&label=y&factor=x&factor=y",
        b"&label[]=x&factor[$ne]=x",
        b"&factor=${jndi:ldap://evil.test}&address=a@evil.test%0d%0aBcc:%20x&label={{7*7}}",
        b"&label=<svg/onload=alert(1)>&address=<svg/onload=alert(1)>&code=<svg/onload=alert(1)>",
        b"&&&===&%&%%&+",
    ];
    for path in FORMS {
        for body in bodies {
            let body = [format!("form={form}").as_bytes(), body].concat();
            let answer = browser.post_raw(path, body).await;
            assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
            assert!(!answer.body.contains("<svg/onload") && !format!("{:?}", answer.headers).contains("Bcc"));
        }
        let large = browser.post_raw(path, vec![b'a'; 16 * 1024 + 1]).await;
        assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

/// The token is made under a key of the ring: whoever read the host's table of sessions cannot make it.
#[tokio::test]
async fn the_token_is_no_digest_of_what_the_host_stores() {
    let (one, other) = (World::new(), World::new());
    let tokens = [one.person("ana"), other.person("ana")];
    let tokens = [
        one.browser(&tokens[0], AuthLevel::Password).form().await,
        other.browser(&tokens[1], AuthLevel::Password).form().await,
    ];
    assert_ne!(tokens[0], tokens[1], "the same session under another key has the same token");
}

/// The policy of the pages allows nothing inline and nothing from elsewhere, so there must be nothing; and no page is heavy.
#[tokio::test]
async fn a_page_needs_nothing_that_its_policy_forbids() {
    let world = World::new();
    let (ana, ..) = world.protected("ana").await;
    let browser = world.browser(&ana, AuthLevel::SecondFactor);
    let begun = browser.begin("My tablet").await;
    let set = hidden(&browser.get("/security/codes").await, "factor");
    let mut pages =
        vec![browser.get(&begun).await, browser.post("/security/codes", &[("factor", &set)]).await];
    for path in PAGES {
        pages.push(browser.get(path).await);
    }
    let mut assets = 0;
    for name in ["regain.css", "icon.svg", "codes.js", "password.js", "link.js"] {
        assets += world.get(&format!("/recovery/assets/{name}")).await.body.len();
    }
    for page in pages {
        let body = page.body.replace("xmlns=\"http://www.w3.org/2000/svg\"", "").replace("otpauth://", "");
        for forbidden in ["style=", "<style", "onclick", "javascript:", "src=\"http", "href=\"http", "//"] {
            assert!(!body.contains(forbidden), "{forbidden} in {body}");
        }
        assert_eq!(body.matches("<h1>").count(), 1, "{body}");
        assert!(body.len() + assets < 30_000, "{} bytes", body.len() + assets);
    }
}
