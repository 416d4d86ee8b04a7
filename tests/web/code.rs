use super::{Answer, FORM, GOOD_PASSWORD, World, encode};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use regain::account::{AddressKind, AddressOnFile};
use regain::recovery::{Limits, Means};

const CODE: &str = "/recovery/code";

/// A world with Ana, the answer to her ask, and the code out of her mail.
async fn ana_asked() -> (World, Answer, String) {
    let world = World::patient();
    world.person("ana");
    let asked = world.post("/recovery/forgot-password", &[("identifier", "ana")]).await;
    let mail = world.mail_to("ana@example.org").await.expect("a mail");
    let code = code_in(&mail);
    (world, asked, code)
}

fn code_in(mail: &str) -> String {
    let is_code =
        |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-' && word.to_ascii_uppercase() == **word;
    mail.split_whitespace().find(is_code).expect("a code").to_owned()
}

fn cookie(ticket: &str) -> String {
    format!("__Host-regain-ask={ticket}")
}

async fn typed(world: &World, cookies: Option<&str>, fields: &[(&str, &str)]) -> Answer {
    let request = Request::post(CODE).header(CONTENT_TYPE, FORM).header("sec-fetch-site", "same-origin");
    let request = match cookies {
        Some(cookies) => request.header(COOKIE, cookies),
        None => request,
    };
    world.send(request.body(Body::from(encode(fields))).expect("a request")).await
}

#[tokio::test]
async fn the_code_from_the_mail_leads_to_a_new_password_in_the_browser_that_asked() {
    let (world, asked, code) = ana_asked().await;
    let ticket = cookie(asked.ticket.0.as_ref().unwrap());
    let answer =
        typed(&world, Some(&ticket), &[("code", &code.to_ascii_lowercase().replace('-', " "))]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(!answer.body.contains(&code));
    let gone = answer.headers[SET_COOKIE].to_str().unwrap();
    assert!(gone.starts_with("__Host-regain-ask=;") && gone.ends_with("Max-Age=0"), "{gone}");
    let (_, rest) = answer.body.split_once("name=\"token\" value=\"").expect("a token");
    let token = &rest[..64];
    let set = world.post("/recovery/new-password", &[("token", token), ("password", GOOD_PASSWORD)]).await;
    assert!(set.body.contains("Your new password is set"), "{}", set.body);
}

#[tokio::test]
async fn the_cookie_is_for_this_host_alone_and_no_script_reads_it() {
    let (_, asked, _) = ana_asked().await;
    let cookie = asked.headers[SET_COOKIE].to_str().unwrap();
    assert_eq!(cookie, "__Host-regain-ask=.; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=3600");
    assert!(asked.headers[SET_COOKIE].is_sensitive() || asked.ticket.0.is_some());
}

/// EN-1: whatever is typed, by whomever, for whatever ask, one answer.
#[tokio::test]
async fn a_code_that_is_not_the_one_gets_one_answer() {
    let (world, asked, code) = ana_asked().await;
    let own = cookie(asked.ticket.0.as_ref().unwrap());
    let nobody = world.post("/recovery/forgot-password", &[("identifier", "nobody")]).await;
    let other = cookie(nobody.ticket.0.as_ref().unwrap());
    let unknown = cookie(&"A".repeat(64));
    let long = "C".repeat(4_000);
    let wrong = if code.starts_with('C') { "DDDD-DDDD" } else { "CCCC-CCCC" };
    let first = typed(&world, Some(&own), &[("code", wrong)]).await;
    assert_eq!(first.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (cookies, fields) in [
        (Some(&own), &[("code", "")][..]),
        (Some(&own), &[("code", &long)]),
        (Some(&own), &[("code", "<script>")]),
        (Some(&other), &[("code", &code)]),
        (Some(&unknown), &[("code", &code)]),
        (None, &[("code", &code)]),
        (Some(&own), &[("code", &code), ("reference", "0000 0000 0000 0000 0000 0000 00")]),
        (Some(&own), &[("code", &code), ("reference", "x")]),
        (Some(&own), &[("code", &code), ("code", &code)]),
        (Some(&own), &[("code", &code), ("next", "//evil.test")]),
        (Some(&format!("{own}; {own}")), &[("code", &code)]),
    ] {
        assert_eq!(typed(&world, cookies.map(String::as_str), fields).await, first, "{fields:?}");
    }
    assert_eq!(typed(&world, Some(&own), &[("code", &code)]).await.status, StatusCode::OK);
}

/// RL-7, EN-4: after five tries nobody types any more, whether there is an account or not.
#[tokio::test]
async fn the_sixth_try_is_refused_for_everybody_alike() {
    let world = World::patient();
    world.person("ana");
    let mut answers = Vec::new();
    for name in ["ana", "nobody"] {
        let asked = world.post("/recovery/forgot-password", &[("identifier", name)]).await;
        let ticket = cookie(asked.ticket.0.as_ref().unwrap());
        world.mail_to("nobody@example.org").await;
        let mut tries = Vec::new();
        for _ in 0..6 {
            tries.push(typed(&world, Some(&ticket), &[("code", "CCCC-CCCC")]).await);
        }
        assert_eq!(tries[4].status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(tries[5].status, StatusCode::TOO_MANY_REQUESTS);
        assert!(tries[5].body.contains("href=\"/recovery/forgot-password\""), "{}", tries[5].body);
        answers.push(tries.iter().map(|answer| (answer.status, answer.body.clone())).collect::<Vec<_>>());
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn opening_the_page_shows_a_form_and_does_nothing() {
    let world = World::new();
    let page = world.get(CODE).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("name=\"code\"") && page.body.contains("name=\"reference\""));
    assert!(!page.headers.contains_key(SET_COOKIE));
    let forged = Request::post(CODE).header(CONTENT_TYPE, FORM).header("sec-fetch-site", "cross-site");
    let forged = world.send(forged.body(Body::from("code=CCCC-CCCC")).unwrap()).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_letter_is_typed_in_a_browser_without_any_cookie() {
    const POST: &str = "Ana Silva\nRua das Flores 7\nLisboa";
    let world = World::with(Limits::default(), Means::email_only().letters());
    let mut ana = world.person("ana");
    ana.addresses = vec![AddressOnFile::parse(AddressKind::Post, POST).unwrap()];
    world.keep(&ana);
    world.post("/recovery/forgot-password", &[("identifier", "ana")]).await;
    let letter = world.mail_to(POST).await.expect("a letter");
    let reference = letter
        .lines()
        .map(str::trim)
        .find(|line| line.len() == 32 && !line.contains('.'))
        .expect("a reference");
    let code = code_in(&letter);
    assert_eq!(typed(&world, None, &[("code", &code)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer =
        typed(&world, None, &[("code", &code), ("reference", &reference.to_ascii_lowercase())]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.contains("Your new password"));
}
