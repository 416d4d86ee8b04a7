use super::{Answer, FORM, GOOD_PASSWORD, World, encode, form};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{Method, Request, StatusCode};

const FORMS: [&str; 11] = [
    "/recovery/code",
    "/recovery/forgot-username",
    "/recovery/forgot-password",
    "/recovery/link",
    "/recovery/factor",
    "/recovery/question",
    "/recovery/password-strength",
    "/recovery/new-password",
    "/recovery/disown",
    "/sign-in",
    "/sign-in/factor",
];
const PAGES: [&str; 4] =
    ["/recovery/forgot-username", "/recovery/forgot-password", "/recovery/link?token=x", "/sign-in"];
const ASSETS: [&str; 5] = [
    "/recovery/assets/regain.css",
    "/recovery/assets/icon.svg",
    "/recovery/assets/codes.js",
    "/recovery/assets/link.js",
    "/recovery/assets/password.js",
];

#[track_caller]
fn assert_dressed(answer: &Answer, what: &str) {
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(
        header("content-security-policy"),
        Some(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "{what}"
    );
    assert_eq!(header("x-content-type-options"), Some("nosniff"), "{what}");
    assert_eq!(header("x-frame-options"), Some("DENY"), "{what}");
    assert_eq!(header("cross-origin-opener-policy"), Some("same-origin"), "{what}");
    assert_eq!(header("strict-transport-security"), Some("max-age=31536000"), "{what}");
    assert!(header("permissions-policy").is_some(), "{what}");
    let referrer = if what.contains("/sign-in") { "same-origin" } else { "no-referrer" };
    assert_eq!(header("referrer-policy"), Some(referrer), "{what}");
    let asked = what == "/recovery/forgot-password answered with 200 OK";
    assert_eq!(answer.headers.contains_key(SET_COOKIE), asked, "{what}");
    assert!(!answer.headers.contains_key(LOCATION), "{what}");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let world = World::patient();
    for path in PAGES {
        let answer = world.get(path).await;
        assert_dressed(&answer, path);
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    }
    for path in ASSETS {
        assert_dressed(&world.get(path).await, path);
    }
    for path in FORMS {
        let forged = form(path).header("sec-fetch-site", "cross-site").body(Body::empty());
        let large = form(path).body("x".repeat(20_000).into());
        let json = Request::post(path).header(CONTENT_TYPE, "application/json").body("{}".into());
        let put = Request::put(path).body(Body::empty());
        for request in [form(path).body(Body::empty()), forged, large, json, put] {
            let answer = world.send(request.expect("a request")).await;
            assert_dressed(&answer, &format!("{path} answered with {}", answer.status));
            assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
            assert!(answer.body.contains("<h1>"), "{path}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let world = World::new();
    for path in FORMS.into_iter().chain(PAGES).chain(ASSETS) {
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
            let request = Request::builder().method(method.clone()).uri(path).body(Body::empty());
            let answer = world.send(request.expect("a request")).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
    assert_eq!(world.get("/recovery/new-password").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn nothing_from_another_site_is_taken() {
    let world = World::new();
    world.person("ana");
    let token = world.token_for("ana").await;
    let body = encode(&[("token", &token), ("password", GOOD_PASSWORD)]);
    for path in FORMS {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            (ORIGIN.as_str(), "https://evil.test"),
            (ORIGIN.as_str(), "http://portal.example.org"),
        ] {
            let request = Request::post(path).header(CONTENT_TYPE, FORM).header(name, value);
            let answer = world.send(request.body(body.clone().into()).expect("a request")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {name}: {value}");
        }
    }
    assert_eq!(world.get(&format!("/recovery/link?token={token}")).await.status, StatusCode::OK);
}

/// Browsers without `Sec-Fetch-Site` say `Origin: null` on a page with `Referrer-Policy: no-referrer`.
#[tokio::test]
async fn an_older_browser_gets_through() {
    let world = World::new();
    world.person("ana");
    let token = world.token_for("ana").await;
    let request = Request::post("/recovery/link").header(CONTENT_TYPE, FORM).header(ORIGIN, "null");
    let body = encode(&[("token", &token)]);
    assert_eq!(world.send(request.body(body.into()).expect("a request")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_input_is_an_error_of_ours() {
    let world = World::patient();
    let bodies: [&[u8]; 12] = [
        b"",
        b"\0",
        b"\xff\xfe",
        b"&&&===&%&%%&+",
        b"token=%00&password=%00&identifier=%00",
        b"identifier=a%0d%0aBcc:%20x&token=a%0d%0aSet-Cookie:%20x",
        b"identifier=%ff&token=%ff&password=%ff",
        b"identifier=x&identifier=y&token=x&token=y",
        b"{\"identifier\":{\"$ne\":null}}",
        b"identifier[]=x&token[]=x&password[$ne]=x",
        b"birth_year=99999999999999999999&birth_month=-1&birth_day=1e9",
        b"identifier=${jndi:ldap://evil.test}&token={{7*7}}&given_name=<svg/onload=alert(1)>",
    ];
    for path in FORMS {
        for body in bodies {
            let answer = world.post_raw(path, body.to_vec()).await;
            assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
            assert!(!answer.body.contains("evil.test") && !answer.body.contains("onload"), "{path}");
        }
        for (size, status) in [(16 * 1024 + 1, 413), (1 << 20, 413)] {
            let answer = world.post_raw(path, vec![b'a'; size]).await;
            assert_eq!(answer.status.as_u16(), status, "{path}");
        }
    }
    for query in
        ["token", "token=%", "token=%ff%00", "token=a%0d%0ax", "token[]=x", "%&=&", "token=%E2%80%AE"]
    {
        assert_eq!(world.get(&format!("/recovery/link?{query}")).await.status, StatusCode::GONE, "{query}");
    }
}

#[tokio::test]
async fn only_forms_are_read() {
    let world = World::new();
    world.person("ana");
    for kind in ["application/json", "multipart/form-data; boundary=x", "text/plain", "", "form"] {
        let request = Request::post("/recovery/forgot-password").header(CONTENT_TYPE, kind);
        let answer = world.send(request.body("identifier=ana".into()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind:?}");
    }
    for kind in [FORM, "Application/X-WWW-Form-Urlencoded ; charset=UTF-8"] {
        let request = Request::post("/recovery/forgot-password").header(CONTENT_TYPE, kind);
        let answer = world.send(request.body("identifier=ana".into()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::OK, "{kind:?}");
    }
}

/// GHSA-x3f4-v83f-7wp2, CVE-2021-23435, CVE-2023-49438: there is no destination to send along.
#[tokio::test]
async fn no_value_of_a_request_becomes_a_destination() {
    let world = World::patient();
    for trick in ["https://evil.test", "//evil.test", "/////evil.test", "/\\evil.test", "javascript:alert(1)"]
    {
        for name in ["next", "redirect", "redirect_uri", "return_to", "url", "continue"] {
            let pair = encode(&[(name, trick)]);
            for path in PAGES {
                let answer = world.get(&format!("{}?{pair}", path.split('?').next().unwrap_or(path))).await;
                assert!(!answer.status.is_redirection() && !answer.body.contains("evil"), "{path} {pair}");
            }
            for path in FORMS {
                let answer = world.post_raw(path, pair.clone()).await;
                assert!(!answer.status.is_redirection() && !answer.body.contains("evil"), "{path} {pair}");
            }
        }
    }
}

/// The policy of the pages allows nothing inline and nothing from elsewhere, so there must be nothing.
#[tokio::test]
async fn a_page_needs_nothing_that_its_policy_forbids() {
    let world = World::new();
    world.person("ana");
    let token = world.token_for("ana").await;
    let mut pages = vec![
        world.get(&format!("/recovery/link?token={token}")).await,
        world.post("/recovery/link", &[("token", &token)]).await,
        world.post("/recovery/new-password", &[("token", &token), ("password", "x")]).await,
    ];
    for path in PAGES {
        pages.push(world.get(path).await);
    }
    let mut weight = 0;
    for path in ASSETS {
        weight += world.get(path).await.body.len();
    }
    for page in pages {
        let body = &page.body;
        for forbidden in ["style=", "<style", "onclick", "javascript:", "src=\"http", "href=\"http", "//"] {
            assert!(!body.contains(forbidden), "{forbidden} in {body}");
        }
        assert_eq!(body.matches("<h1>").count(), 1);
        assert!(body.contains("<html lang=\"en\" dir=\"ltr\">"));
        assert!(body.contains("Mercy Hospital &#60;portal&#62; &#38; more"), "{body}");
        assert!(body.len() + weight < 30_000, "{} bytes", body.len() + weight);
    }
}
