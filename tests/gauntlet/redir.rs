//! REDIR: no request decides where anybody is sent.

use crate::kit::{
    Answer, FORGOT_PASSWORD, FORGOT_USERNAME, NEW, ORIGIN, Site, Verdict, form, holds_and_catches,
    mailed_token,
};
use axum::response::{IntoResponse as _, Redirect, Response};
use regain::origin::{Links, TrustedOrigin};
use regain::recovery::SignedIn;
use regain::store::StoreError;
use regain::web::{ClientAddress, SessionHost, WebConfig, sign_in_router};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

rows! { "REDIR":
    "GHSA-x3f4-v83f-7wp2" => redir_ghsa_x3f4_v83f_7wp2_authorizer_token_to_a_redirect_uri,
    "CVE-2021-23435" => redir_cve_2021_23435_clearance_many_slashes,
    "CVE-2023-49438" => redir_cve_2023_49438_flask_security_next_parameter,
}

#[rustfmt::skip]
const PAYLOADS: &[&str] = &[
    "https://evil.test", "http://evil.test/", "HTTPS://evil.test", "//evil.test", "///evil.test", "////evil.test", "/////evil.test",
    "//////evil.test/x", "/\\evil.test", "\\/evil.test", "\\\\evil.test", "/\\/evil.test", "\\evil.test", "/\t/evil.test", "/\n/evil.test",
    "/\r\n/evil.test", "\t//evil.test", " //evil.test", "\u{1}//evil.test", "https:evil.test", "https:/evil.test", "https:\\\\evil.test",
    "https:///evil.test", "ht\ntps://evil.test", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,evil",
    "vbscript:evil", "//portal.mercy.example@evil.test", "https://portal.mercy.example@evil.test", "https://portal.mercy.example.evil.test",
    "https://portal.mercy.example:pw@evil.test", "https://evil.test#portal.mercy.example", "https://evil.test?portal.mercy.example",
    "https://evil.test\\.portal.mercy.example", "//evil.test/..;/sign-in", "/..//evil.test", "/.//evil.test", "/./\\evil.test", "//evil%E3%80%82test",
    "//\u{ff0f}evil.test", "%2f%2fevil.test", "/%09/evil.test", "/%5cevil.test", "/sign-in\r\nLocation: https://evil.test",
    "//[::ffff:203.0.113.9]", "//3405803785", "mailto:evil@evil.test", "evil.test",
];

/// Takes a request that wants to be sent somewhere, and gives all that comes back, mails included.
trait Pages {
    async fn go(&self, payload: &str) -> Vec<Answer>;
}

struct Regain {
    site: Site,
    count: AtomicU32,
}

struct Home;

#[async_trait::async_trait]
impl SessionHost for Home {
    async fn begin(&self, _: SignedIn) -> Result<Response, StoreError> {
        Ok(Redirect::to("/home").into_response())
    }
}

impl Regain {
    fn new() -> Self {
        let site = Site::new();
        let config = WebConfig::new(ClientAddress::Socket);
        let sign_in = sign_in_router(site.world.recovery.clone(), Arc::new(Home), config);
        Self { site: site.merge(sign_in), count: AtomicU32::new(0) }
    }
}

const NAMES: &[&str] =
    &["next", "redirect_uri", "redirect", "return_to", "returnUrl", "url", "continue", "callback", "state"];

impl Pages for Regain {
    async fn go(&self, payload: &str) -> Vec<Answer> {
        let site = &self.site;
        let ana = site.world.person(&format!("Ana{}", self.count.fetch_add(1, Ordering::Relaxed))).await;
        let wishes: Vec<(&str, &str)> = NAMES.iter().map(|name| (*name, payload)).collect();
        let query = form(&wishes);
        let referer: String = payload.chars().filter(|c| !c.is_control()).collect();
        let headers = [("referer", referer.as_str()), ("x-original-url", referer.as_str())];
        let mut answers = Vec::new();
        let mut post = async |page: &str, fields: &[(&str, &str)]| {
            answers.push(site.post(&format!("{page}?{query}"), &headers, form(fields)).await);
            answers.push(site.post(page, &headers, form(&[fields, &wishes].concat())).await);
        };
        post(FORGOT_PASSWORD, &[("identifier", &ana.username)]).await;
        post(FORGOT_USERNAME, &[("record_number", &ana.claims.record_number)]).await;
        site.world.work().await;
        let token = mailed_token(&site.world, &ana);
        post("/recovery/link", &[("token", &token)]).await;
        post("/recovery/new-password", &[("token", &token), ("password", "weak")]).await;
        post("/recovery/new-password", &[("token", &token), ("password", NEW)]).await;
        post("/recovery/disown", &[("token", &token)]).await;
        post("/sign-in", &[("identifier", &ana.username), ("password", "wrong")]).await;
        post("/sign-in", &[("identifier", &ana.username), ("password", NEW)]).await;
        for page in [FORGOT_PASSWORD, FORGOT_USERNAME, "/recovery/link", "/sign-in"] {
            answers.push(site.get(&format!("{page}?token={token}&{query}"), &headers).await);
        }
        let signed_in = answers.iter().any(|answer| answer.header("location") == Some("/home"));
        assert!(signed_in, "the story comes to its end");
        let mails = site.world.mailbox.to(&ana.email);
        answers.extend(mails.iter().map(|mail| Answer {
            status: 0,
            headers: vec![],
            body: mail.html.to_string(),
        }));
        answers
    }
}

/// Nobody is sent, and no link or form leads, away from our site.
async fn check_redirects(subject: &impl Pages) -> Verdict {
    for payload in PAYLOADS {
        for answer in subject.go(payload).await {
            let location = answer.header("location").into_iter().map(str::to_owned);
            for target in location.chain(targets(&answer.body)) {
                ensure!(!leaves(&target), "{payload:?} leads to {target:?}");
            }
            ensure!(answer.header("refresh").is_none(), "{payload:?} refreshes");
            ensure!(!format!("{answer:?}").contains("evil"), "{payload:?} is in an answer: {answer:?}");
        }
    }
    Ok(())
}

/// The addresses in a page.
fn targets(page: &str) -> Vec<String> {
    let after = ["href=\"", "action=\"", "src=\"", "url="];
    let found = after.iter().flat_map(|name| page.split(name).skip(1));
    found.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

/// Whether a browser that follows this would leave our origin (WHATWG URL: tabs and newlines are dropped, `\` is `/`).
fn leaves(target: &str) -> bool {
    let read: String = target.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let read = read.trim_matches(|c: char| c <= ' ').replace('\\', "/");
    if let Some(rest) = read.strip_prefix(ORIGIN) {
        return !rest.is_empty() && !rest.starts_with('/');
    }
    let scheme = read.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':'));
    scheme || read.starts_with("//")
}

/// A twin says where a request is sent.
struct Twin(fn(&str) -> Option<String>);

impl Pages for Twin {
    async fn go(&self, payload: &str) -> Vec<Answer> {
        let location = (self.0)(payload).unwrap_or("/".to_owned());
        vec![Answer { status: 303, headers: vec![("location".to_owned(), location)], body: String::new() }]
    }
}

/// The one destination there is comes from configuration, which takes plain paths only.
fn assert_paths_are_plain() {
    let origin = TrustedOrigin::parse(ORIGIN).unwrap();
    for payload in PAYLOADS {
        assert!(Links::new(origin.clone(), "/recovery", payload).is_err(), "{payload:?}");
        assert!(Links::new(origin.clone(), payload, "/sign-in").is_err(), "{payload:?}");
    }
}

/// Authorizer: the token was appended to whatever `redirect_uri` the asker gave.
#[tokio::test]
async fn redir_ghsa_x3f4_v83f_7wp2_authorizer_token_to_a_redirect_uri() {
    assert_paths_are_plain();
    let twin = Twin(|payload| Some(format!("{payload}?token=abc")));
    let fault = "\"https://evil.test\" leads to \"https://evil.test?token=abc\"";
    holds_and_catches(check_redirects(&Regain::new()).await, check_redirects(&twin).await, fault);
}

/// Clearance: host and scheme were cut off the return path, and of `/////host` this left `///host`.
#[tokio::test]
async fn redir_cve_2021_23435_clearance_many_slashes() {
    let twin = Twin(|payload| {
        let rest = payload.split_once("://").map_or(payload, |(_, rest)| rest);
        let path = match rest.strip_prefix("//") {
            Some(authority) => authority.find('/').map_or("", |at| &authority[at..]),
            None => rest,
        };
        (path.starts_with('/') && path.is_ascii() && !path.contains(['\\', '%', '\t', '\n', '\r', '.'])
            || path.starts_with("//"))
        .then(|| path.to_owned())
    });
    holds_and_catches(
        check_redirects(&Regain::new()).await,
        check_redirects(&twin).await,
        "////evil.test\" leads to \"//evil.test",
    );
}

/// Flask-Security-Too: `next` was let through when a URL parser found no host in it; browsers find one.
#[tokio::test]
async fn redir_cve_2023_49438_flask_security_next_parameter() {
    let twin = Twin(|payload| {
        let host = payload.split_once("//").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
        let relative = payload.starts_with(['/', '\\']) && !payload.starts_with("//");
        (relative && host.unwrap_or_default().is_empty()).then(|| payload.to_owned())
    });
    holds_and_catches(
        check_redirects(&Regain::new()).await,
        check_redirects(&twin).await,
        "\"/\\\\evil.test\" leads to",
    );
}
