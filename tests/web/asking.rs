use super::{Answer, World, address, hash, link_in};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use regain::account::{AccountStatus, AddressOnFile};

const CLAIMS: [(&str, &str); 6] = [
    ("given_name", "Ana"),
    ("family_name", "Silva"),
    ("birth_day", "17"),
    ("birth_month", "5"),
    ("birth_year", "1990"),
    ("record_number", "mrn ana"),
];

fn claims_with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let changed = |name| changes.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
    CLAIMS.iter().map(|(name, value)| (*name, changed(*name).unwrap_or(value))).collect()
}

/// People in every state that an account can be in.
fn a_portal_with_everybody() -> World {
    let world = World::patient();
    world.person("ana");
    let mut account = world.person("disabled");
    account.status = AccountStatus::Disabled;
    world.keep(&account);
    let mut account = world.person("managed");
    account.may_change_password = false;
    world.keep(&account);
    let mut account = world.person("nopassword");
    account.password = None;
    world.keep(&account);
    let mut account = world.person("noaddress");
    account.addresses.clear();
    world.keep(&account);
    let mut account = world.person("factor");
    account.factors = vec!["totp".to_owned()];
    world.keep(&account);
    for name in ["twin1", "twin2"] {
        let mut account = world.person(name);
        account.addresses = vec![AddressOnFile::Email(address("family@example.org"))];
        account.password = Some(hash(name));
        world.keep(&account);
    }
    world
}

/// EN-1
#[tokio::test]
async fn whoever_asks_for_a_link_gets_one_and_the_same_answer() {
    let world = a_portal_with_everybody();
    let long = "a".repeat(5_000);
    let mut answers: Vec<(String, Answer)> = Vec::new();
    for typed in [
        "ana",
        "ana@example.org",
        "nobody",
        "nobody@example.org",
        "disabled",
        "managed",
        "nopassword",
        "noaddress",
        "factor",
        "family@example.org",
        "",
        " ",
        "\0",
        "a\r\nBcc: eve@evil.test",
        "\u{202e}ana",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        &long,
    ] {
        let answer = world.post("/recovery/forgot-password", &[("identifier", typed)]).await;
        answers.push((typed.to_owned(), answer));
    }
    for raw in
        ["identifier=%ff", "identifier=ana&identifier=ana", "identifier=ana&next=//evil.test", "%", "x"]
    {
        answers.push((raw.to_owned(), world.post_raw("/recovery/forgot-password", raw).await));
    }
    assert_eq!(answers[0].1.status, StatusCode::OK);
    for (typed, answer) in &answers {
        assert_eq!(answer, &answers[0].1, "{typed:?} is answered differently");
    }
}

/// EN-1, ID-5
#[tokio::test]
async fn whoever_asks_for_a_username_gets_one_and_the_same_answer() {
    let world = a_portal_with_everybody();
    let asked = world.post("/recovery/forgot-username", &CLAIMS).await;
    assert_eq!(asked.status, StatusCode::OK);
    for changes in [
        &[("record_number", "mrn-disabled")][..],
        &[("record_number", "mrn-noaddress")],
        &[("record_number", "mrn-unknown")],
        &[("record_number", "!")],
        &[("birth_day", "31"), ("birth_month", "2")],
        &[("birth_year", "90")],
        &[("birth_month", "5-17"), ("birth_day", "")],
        &[("birth_year", "3000")],
        &[("given_name", "\0")],
        &[("family_name", "a\r\nb")],
        &[("birth_day", ""), ("birth_month", ""), ("birth_year", "")],
    ] {
        let answer = world.post("/recovery/forgot-username", &claims_with(changes)).await;
        assert_eq!(answer, asked, "{changes:?} is answered differently");
    }
    for raw in ["", "record_number=%ff", "record_number=1&record_number=2", "is_admin=1"] {
        assert_eq!(world.post_raw("/recovery/forgot-username", raw).await, asked, "{raw:?}");
    }
}

#[tokio::test]
async fn a_forgotten_username_goes_to_the_address_on_file() {
    let world = a_portal_with_everybody();
    world.post("/recovery/forgot-username", &CLAIMS).await;
    let mail = world.mail_to("ana@example.org").await.expect("a mail");
    assert!(mail.lines().any(|line| line.trim() == "ana"), "{mail}");
    assert_eq!(world.mailbox.mails().len(), 1);
}

/// A form with one field too many names nobody, whatever else it says.
#[tokio::test]
async fn an_irregular_form_sends_no_mail() {
    let world = a_portal_with_everybody();
    for raw in ["identifier=ana&identifier=ana", "identifier=ana&to=eve@evil.test", "identifier=ana&x=%"] {
        world.post_raw("/recovery/forgot-password", raw).await;
    }
    assert_eq!(world.mail_to("ana@example.org").await, None);
    assert!(world.mailbox.mails().is_empty());
}

/// EN-1, RL-6: five at once, and then the whole hour.
#[tokio::test]
async fn the_sixth_ask_for_one_identifier_has_to_wait_whoever_it_names() {
    let world = World::patient();
    world.person("ana");
    let mut answers = Vec::new();
    for typed in ["ana", "nobody"] {
        for _ in 0..5 {
            let asked = world.post("/recovery/forgot-password", &[("identifier", typed)]).await;
            assert_eq!(asked.status, StatusCode::OK);
        }
        answers.push(world.post("/recovery/forgot-password", &[("identifier", typed)]).await);
    }
    for answer in &answers {
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        let wait = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        assert!(wait.is_some_and(|seconds| (3_540..=3_600).contains(&seconds)), "{wait:?}");
        assert!(answer.body.contains("Please try again in 60 minutes."), "{}", answer.body);
    }
    assert_eq!(answers[0].body, answers[1].body);
}

/// RC-15, CVE-2017-9303, CVE-2025-64101, GHSA-93m4-mfpg-c3xf
#[tokio::test]
async fn nothing_in_a_request_changes_the_link() {
    let world = World::patient();
    let headers = [
        ("host", "evil.test"),
        ("host", "portal.example.org@evil.test"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-host", "evil.test, portal.example.org"),
        ("x-forwarded-proto", "javascript"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", "//evil.test"),
        ("x-forwarded-port", "8443"),
        ("x-original-url", "https://evil.test/"),
        ("x-rewrite-url", "//evil.test"),
        ("x-host", "evil.test"),
        ("forwarded", "host=evil.test;proto=http"),
        ("forwarded", "for=1.2.3.4;host=\"evil.test\", host=\"evil.test:80\""),
        ("forwarded", "host=\"evil.test\\\"\";proto=javascript"),
        ("referer", "https://evil.test/"),
        ("via", "1.1 evil.test"),
    ];
    for (number, (name, value)) in headers.into_iter().enumerate() {
        let username = format!("ana{number}");
        world.person(&username);
        let request = super::form("/recovery/forgot-password").header(name, value);
        let body = super::encode(&[("identifier", &username)]).into();
        let answer = world.send(request.body(body).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!format!("{answer:?}").contains("evil"), "{name}: {value}");
        let mail = world.mail_to(&format!("{username}@example.org")).await.expect("a mail");
        let link = link_in(&mail);
        assert!(link.starts_with("https://portal.example.org/recovery/link?token="), "{link}");
        assert!(!mail.contains("evil"), "{mail}");
    }
}
