use super::{Answer, GOOD_PASSWORD, Portal, post};
use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, ORIGIN};
use axum::http::{Method, Request, StatusCode};
use serde_json::json;

impl Portal {
    async fn raw(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(post(path).body(body.into()).expect("a request")).await
    }

    fn posts(&self) -> Vec<String> {
        let operations = self.description.operations().into_iter();
        operations.filter(|(method, _)| method == Method::POST).map(|(_, path)| path).collect()
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let portal = Portal::new().await;
    let mut answers = vec![portal.get("/openapi.json").await, portal.get("/nowhere").await];
    for path in portal.posts() {
        answers.push(portal.raw(&path, "{}").await);
        answers.push(portal.raw(&path, "x".repeat(20_000)).await);
        answers.push(portal.get(&path).await);
    }
    for answer in answers {
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("cache-control"), Some("no-store"));
        assert_eq!(header("x-content-type-options"), Some("nosniff"));
        assert_eq!(header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
        assert_eq!(header("referrer-policy"), Some("no-referrer"));
        assert_eq!(header("strict-transport-security"), Some("max-age=31536000"));
        assert_eq!(header("cross-origin-resource-policy"), Some("same-origin"));
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
    }
}

#[tokio::test]
async fn other_methods_are_answered_with_those_that_are_allowed() {
    let portal = Portal::new().await;
    for (known, path) in portal.description.operations() {
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
            let request = Request::builder().method(&method).uri(format!("/api{path}")).body(Body::empty());
            let answer = portal.send(request.expect("a request")).await;
            assert_eq!((answer.status, &*answer.code()), (StatusCode::METHOD_NOT_ALLOWED, "wrong-method"));
            let allowed = answer.headers[ALLOW].to_str().unwrap();
            assert!(allowed.split(',').any(|one| one == known.as_str()), "{path}: {allowed}");
        }
    }
    assert_eq!(portal.get("/nowhere").await.code(), "not-found");
    assert_eq!(portal.raw("/Password-Links", "{}").await.code(), "not-found");
}

#[tokio::test]
async fn nothing_from_another_site_is_taken() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let token = portal.token_for(&ana).await;
    let body = json!({"token": token, "password": GOOD_PASSWORD}).to_string();
    for path in portal.posts() {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            (ORIGIN.as_str(), "https://evil.test"),
            (ORIGIN.as_str(), "http://portal.mercy.example"),
            (ORIGIN.as_str(), "null"),
        ] {
            let request = post(&path).header(name, value);
            let answer = portal.send(request.body(body.clone().into()).expect("a request")).await;
            assert_eq!(
                (answer.status, &*answer.code()),
                (StatusCode::FORBIDDEN, "foreign"),
                "{path} {name}: {value}"
            );
        }
    }
    let doubled = post("/link")
        .header(ORIGIN, "https://portal.mercy.example")
        .header(ORIGIN, "https://portal.mercy.example");
    let body = json!({"token": token}).to_string();
    assert_eq!(portal.send(doubled.body(body.clone().into()).unwrap()).await.code(), "foreign");
    let own =
        post("/link").header("sec-fetch-site", "same-origin").header(ORIGIN, "https://portal.mercy.example");
    assert_eq!(portal.send(own.body(body.into()).unwrap()).await.status, StatusCode::OK);
}

/// No browser of another origin gets leave to send JSON, nor to read an answer.
#[tokio::test]
async fn a_question_for_leave_from_another_origin_is_not_answered() {
    let portal = Portal::new().await;
    for origin in ["https://app.mercy.example", "https://evil.test", "null"] {
        let question = Request::options("/api/password-links")
            .header(ORIGIN, origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type");
        let read = Request::get("/api/openapi.json").header(ORIGIN, origin);
        for (request, status) in [(question, StatusCode::METHOD_NOT_ALLOWED), (read, StatusCode::OK)] {
            let answer = portal.send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(answer.status, status, "{origin}");
            assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")));
        }
    }
}

/// A form of another site can send these types, and none of them is read.
#[tokio::test]
async fn only_json_is_read() {
    let portal = Portal::new().await;
    let body = json!({"identifier": "ana"}).to_string();
    for kind in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
        "json",
        "application/json5",
        "text/json",
    ] {
        let request = Request::post("/api/password-links").header(CONTENT_TYPE, kind);
        let answer = portal.send(request.body(body.clone().into()).unwrap()).await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json"),
            "{kind}"
        );
    }
    let none = Request::post("/api/password-links").body(body.clone().into()).unwrap();
    assert_eq!(portal.send(none).await.code(), "not-json");
    let doubled = post("/password-links").header(CONTENT_TYPE, "application/json").body(body.clone().into());
    assert_eq!(portal.send(doubled.unwrap()).await.code(), "not-json");
    let spelled =
        Request::post("/api/password-links").header(CONTENT_TYPE, "Application/JSON ; charset=utf-8");
    assert_eq!(portal.send(spelled.body(body.into()).unwrap()).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_body_is_exactly_as_described() {
    let portal = Portal::new().await;
    for body in [
        r#"{"identifier":"ana","identifier":"ana"}"#,
        r#"{"identifier":"ana","to":"eve@evil.test"}"#,
        r#"{"identifier":{"$ne":null}}"#,
        r#"{"identifier":["ana"]}"#,
        r#"{"identifier":1}"#,
        r#"{"identifier":null}"#,
        r#"{"Identifier":"ana"}"#,
        r#"["ana"]"#,
        r#""ana""#,
        "null",
        "{}",
    ] {
        let answer = portal.raw("/password-links", body).await;
        assert_eq!((answer.status, &*answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid"), "{body}");
        assert!(!answer.body.contains("ana") && !answer.body.contains("evil"), "{}", answer.body);
    }
    let deep = format!("{{\"identifier\":{}", "[".repeat(10_000));
    for body in [
        &b""[..],
        b"{",
        b"{\"identifier\":\"ana\"} x",
        b"{\"identifier\":\"\xff\"}",
        b"{'identifier':'ana'}",
        b"\xef\xbb\xbf{}",
    ] {
        let answer = portal.raw("/password-links", body.to_vec()).await;
        assert_eq!((answer.status, &*answer.code()), (StatusCode::BAD_REQUEST, "malformed"), "{body:?}");
    }
    assert!(portal.raw("/password-links", deep).await.status.is_client_error());
    portal.world.work().await;
    assert!(portal.world.mailbox.mails().is_empty());
    let session = portal.signed_in(&portal.world.person("Ana").await).await;
    let lists =
        json!({"answers": [["learnt-to-swim", "x"], ["first-concert", "y"], ["first-job-town", "z"]]});
    assert_eq!(portal.post_as(&session, "/security/questions", lists).await.code(), "invalid");
}

#[tokio::test]
async fn a_body_of_more_than_16_kib_is_not_read() {
    let portal = Portal::new().await;
    for path in portal.posts() {
        for size in [16 * 1024 + 1, 1 << 20] {
            let answer = portal.raw(&path, vec![b' '; size]).await;
            assert_eq!(
                (answer.status, &*answer.code()),
                (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
                "{path}"
            );
        }
    }
    let mut body = json!({"identifier": "nobody"}).to_string();
    body.push_str(&" ".repeat(16 * 1024 - body.len()));
    assert_eq!(portal.raw("/password-links", body).await.status, StatusCode::ACCEPTED);
}

/// INJ, LEAK: whatever is sent, nothing of it comes back, and nothing breaks.
#[tokio::test]
async fn no_input_is_an_error_of_ours_and_none_is_repeated() {
    let portal = Portal::new().await;
    let canary = "canary-7f3a";
    for trick in [
        "<script>canary-7f3a</script>",
        "${jndi:ldap://canary-7f3a}",
        "canary-7f3a\r\nSet-Cookie: x=1",
        "../../canary-7f3a",
        "canary-7f3a\u{0}",
    ] {
        for path in portal.posts() {
            for field in [
                "identifier",
                "password",
                "token",
                "code",
                "ticket",
                "reference",
                "letter",
                "text",
                "label",
                "id",
            ] {
                let answer = portal.post(&path, json!({field: trick})).await;
                assert!(!answer.status.is_server_error(), "{path}: {}", answer.body);
                assert!(!answer.body.contains(canary), "{path}: {}", answer.body);
                assert!(
                    answer
                        .headers
                        .values()
                        .all(|value| !value.as_bytes().windows(6).any(|part| part == b"canary"))
                );
            }
        }
    }
}

/// REDIR: there is no destination to send along, and nothing is taken from an address.
#[tokio::test]
async fn nothing_in_an_address_counts() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let token = portal.token_for(&ana).await;
    for query in
        [format!("token={token}"), "next=https://evil.test".to_owned(), "redirect_uri=//evil.test".to_owned()]
    {
        let answer = portal.send(post(&format!("/link?{query}")).body("{}".into()).unwrap()).await;
        assert_eq!((answer.status, &*answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid"));
        assert!(!answer.headers.contains_key("location") && !answer.body.contains("evil"));
    }
}
