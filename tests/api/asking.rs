use super::{Answer, Portal, post};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use regain::testing::World;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Somebody of each kind, with what is typed for them.
async fn everybody(world: &World) -> Vec<String> {
    let ana = world.person("Ana").await;
    let disabled = world.disabled("Dora").await;
    let managed = world.may_not_change("Max").await;
    let without = world.person_without_password("Nia").await;
    let addressless = world.no_address("Noa").await;
    let (shared, _) = world.sharing_an_email("Eva", "Ida").await;
    let protected = world.with_factor("Fay").await;
    let known =
        [&ana, &disabled, &managed, &without, &addressless, &protected].map(|who| who.username.clone());
    let odd = [
        "nobody",
        "nobody@home.example",
        "",
        " ",
        "\0",
        "a\r\nBcc: eve@evil.test",
        "\u{202e}ana",
        "' OR 1=1 --",
    ];
    let odd = odd.map(str::to_owned);
    known.into_iter().chain([ana.email, shared.email]).chain(odd).chain(["a".repeat(9_000)]).collect()
}

fn alike(answers: &[(String, Answer)]) {
    for (typed, answer) in answers {
        assert_eq!(answer, &answers[0].1, "{typed:?} is answered differently");
    }
}

/// EN-1
#[tokio::test]
async fn whoever_asks_for_a_link_gets_one_and_the_same_answer() {
    let portal = Portal::new().await;
    let mut answers = Vec::new();
    for typed in everybody(&portal.world).await {
        let asked = portal.post("/password-links", json!({"identifier": typed})).await;
        answers.push((typed, asked.without("ticket")));
    }
    assert_eq!(answers[0].1.status, StatusCode::ACCEPTED);
    assert_eq!(answers[0].1.body, r#"{"ticket":"64 characters"}"#);
    alike(&answers);
}

/// EN-1, ID-5
#[tokio::test]
async fn whoever_asks_for_a_username_gets_one_and_the_same_answer() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let right = json!({
        "given_name": ana.claims.given_name,
        "family_name": ana.claims.family_name,
        "birth_date": ana.claims.birth_date,
        "record_number": ana.claims.record_number,
    });
    let mut answers = vec![("right".to_owned(), portal.post("/username-reminders", right.clone()).await)];
    assert_eq!((answers[0].1.status, &*answers[0].1.body), (StatusCode::ACCEPTED, "{}"));
    for (field, value) in [
        ("record_number", "MRN-unknown"),
        ("record_number", "!"),
        ("birth_date", "1961-02-31"),
        ("birth_date", "yesterday"),
        ("given_name", "\0"),
        ("email", "no address"),
    ] {
        let mut claims = right.clone();
        claims[field] = json!(value);
        answers.push((format!("{field}: {value}"), portal.post("/username-reminders", claims).await));
    }
    answers.push(("nothing".to_owned(), portal.post("/username-reminders", json!({})).await));
    alike(&answers);
    portal.world.work().await;
    assert!(portal.mail_of(&ana).lines().any(|line| line.trim() == ana.username));
    assert_eq!(portal.world.mailbox.mails().len(), 1);
}

/// EN-1, RL-6
#[tokio::test]
async fn the_sixth_ask_for_one_identifier_has_to_wait_whoever_it_names() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    let mut refused = Vec::new();
    for typed in [ana.username.as_str(), "nobody"] {
        for _ in 0..5 {
            let asked = portal.post("/password-links", json!({"identifier": typed})).await;
            assert_eq!(asked.status, StatusCode::ACCEPTED);
        }
        refused.push((typed.to_owned(), portal.post("/password-links", json!({"identifier": typed})).await));
    }
    let (_, first) = &refused[0];
    assert_eq!((first.status, &*first.code()), (StatusCode::TOO_MANY_REQUESTS, "too-many-attempts"));
    let wait: u64 = first.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((3_540..=3_600).contains(&wait), "{wait}");
    alike(&refused);
}

/// EN-2: the same calls of the same ports, too, with a key and without one.
#[tokio::test]
async fn whoever_is_asked_about_costs_the_same_calls() {
    let key = "01234567-89ab-cdef-0123-456789abcdef";
    for sent in [&[][..], &[key], &[key, key]] {
        let mut traces = Vec::new();
        for kind in ["known", "unknown", "disabled"] {
            let (world, trace) = World::traced();
            let who =
                if kind == "disabled" { world.disabled("Ana").await } else { world.person("Ana").await };
            let typed = if kind == "unknown" { "nobody".to_owned() } else { who.username };
            let portal = Portal::on(world).await;
            trace.take();
            for key in sent {
                let request = post("/password-links").header("idempotency-key", *key);
                let body = json!({"identifier": typed}).to_string();
                portal.send(request.body(body.into()).unwrap()).await;
                portal.world.work().await;
            }
            if sent.is_empty() {
                portal.post("/password-links", json!({"identifier": typed})).await;
            }
            // The worker's calls are its own affair: what counts is the last ask.
            if sent.len() < 2 {
                traces.push((kind, trace.take().into_iter().take(3).collect::<Vec<_>>()));
            } else {
                trace.take();
                let request = post("/password-links").header("idempotency-key", key);
                let body = json!({"identifier": typed}).to_string();
                portal.send(request.body(body.into()).unwrap()).await;
                traces.push((kind, trace.take()));
            }
        }
        assert!(!traces[0].1.is_empty());
        for (kind, trace) in &traces {
            assert_eq!(trace, &traces[0].1, "{kind}, {} keys", sent.len());
        }
    }
}

/// RL-9: only the address of the connection counts, whatever headers say.
#[tokio::test]
async fn no_header_makes_another_client() {
    let portal = Portal::new().await;
    let here: SocketAddr = "192.0.2.7:4242".parse().unwrap();
    let mut last = StatusCode::ACCEPTED;
    for number in 0..31 {
        let forwarded = format!("198.51.100.{number}");
        let request = post("/password-links")
            .header("x-forwarded-for", &forwarded)
            .header("forwarded", format!("for={forwarded}"))
            .extension(ConnectInfo(here));
        let body = json!({"identifier": format!("nobody-{number}")}).to_string();
        last = portal.send(request.body(Body::from(body)).unwrap()).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

/// RC-15: HOST, over the wire.
#[tokio::test]
async fn nothing_in_a_request_changes_the_link() {
    let portal = Portal::new().await;
    let ana = portal.world.person("Ana").await;
    for (name, value) in
        [("host", "evil.test"), ("x-forwarded-host", "evil.test"), ("x-forwarded-proto", "http")]
    {
        let body = json!({"identifier": ana.username}).to_string();
        portal.send(post("/password-links").header(name, value).body(body.into()).unwrap()).await;
    }
    portal.world.work().await;
    let links: Vec<_> = portal
        .mail_of(&ana)
        .split_whitespace()
        .filter(|word| word.contains("://"))
        .map(str::to_owned)
        .collect();
    assert!(links.iter().any(|link| link.contains("/recovery/link?token=")));
    assert!(links.iter().all(|link| link.starts_with("https://portal.mercy.example/")), "{links:?}");
}

#[tokio::test]
async fn whoever_is_stuck_gets_the_one_answer() {
    let portal = Portal::new().await;
    let answer = portal.post("/help", json!({"text": "My phone is gone.", "reach": "+1 555 0199"})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let nothing: Value = json!({"text": "\u{200b}"});
    assert_eq!(portal.post("/help", nothing).await.code(), "invalid");
}
