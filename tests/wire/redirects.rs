//! REDIR, HOST and LEAK: no value of a request is where anybody is led, or comes back, or gets into a mail.

use crate::site::{Answer, FORGOT_PASSWORD, FORM, HOST, Site, converse, form, is_ours, request};
use crate::tricks::{NAMES, TRICKS};
use regain::testing::Someone;
use std::collections::BTreeSet;
use time::Duration;

/// The pages that are opened.
const PAGES: [&str; 9] = [
    FORGOT_PASSWORD,
    "/recovery/forgot-username",
    "/recovery/link",
    "/recovery/code",
    "/recovery/disown",
    "/sign-in",
    "/security",
    "/security/step-up",
    "/.well-known/change-password",
];

/// The forms that are sent, and their fields.
const FORMS: [(&str, &[&str]); 10] = [
    (FORGOT_PASSWORD, &["identifier"]),
    ("/recovery/forgot-username", &["given_name", "family_name", "record_number", "birth_year"]),
    ("/recovery/link", &["token"]),
    ("/recovery/code", &["code", "reference"]),
    ("/recovery/password-strength", &["token", "password"]),
    ("/recovery/new-password", &["token", "password"]),
    ("/recovery/disown", &["letter", "token"]),
    ("/sign-in", &["identifier", "password"]),
    ("/sign-in/factor", &["ticket", "code"]),
    ("/security/step-up", &["form", "back", "password"]),
];

/// The paths that answers lead to. There are no others.
const OWN: [&str; 5] = ["/home", "/recovery/desk/case", "/security", "/security/password", "/sign-in"];

/// Nobody is led away, and nothing of the trick comes back.
pub fn check(answer: &Answer) -> Result<(), String> {
    if let Some(location) = answer.header("location") {
        let path = location.split_once('?').map_or(location, |(path, _)| path);
        let plain = location.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_?=&".contains(&b));
        if !OWN.contains(&path) || !plain {
            return Err(format!("leads to {location:?}"));
        }
    }
    for name in ["refresh", "link", "content-location"] {
        if answer.header(name).is_some() {
            return Err(format!("has the header {name}"));
        }
    }
    let all = format!("{:?}\n{}", answer.headers, without_languages(&answer.body)).to_ascii_lowercase();
    for part in ["evil", "alert(", "javascript:", "vbscript:", "data:text"] {
        if all.contains(part) {
            return Err(format!("has {part:?} in it: {answer:?}"));
        }
    }
    if answer.status >= 500 { Err(format!("is {}", answer.status)) } else { Ok(()) }
}

/// A page without its links to other languages: they lead to the page itself, and carry on what is plain in its address.
fn without_languages(page: &str) -> String {
    let mut pieces = page.split("href=\"?");
    let mut rest = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (query, after) = piece.split_once('"').unwrap_or((piece, ""));
        let plain = query.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.=&#;".contains(&b));
        rest.push_str(if plain { after } else { piece });
    }
    rest
}

/// The trick in each header by which a proxy names a host or a page.
pub fn host_lines(trick: &str) -> String {
    ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Original-URL", "Referer"]
        .iter()
        .map(|name| format!("{name}: {trick}\r\n"))
        .chain([format!("Forwarded: host=\"{trick}\"\r\n")])
        .collect()
}

/// A site, and where people were led.
struct Visit {
    site: Site,
    led: BTreeSet<String>,
    answers: usize,
}

impl Visit {
    /// Sends bytes, and looks at whatever comes back, be it one answer or more.
    async fn send(&mut self, trick: &str, bytes: &[u8]) -> Vec<Answer> {
        let answers = Answer::all(&converse(self.site.address, &[bytes]).await);
        for answer in &answers {
            if let Err(why) = check(answer) {
                panic!("{trick:?}: the answer {why}\n{}", String::from_utf8_lossy(bytes));
            }
            self.led.extend(answer.header("location").map(str::to_owned));
        }
        self.answers += answers.len();
        answers
    }

    async fn get(&mut self, trick: &str, target: &str) {
        self.send(trick, &request("GET", target, HOST, "")).await;
    }

    async fn post(&mut self, trick: &str, target: &str, headers: &str, body: &str) -> Vec<Answer> {
        self.send(trick, &request("POST", target, &format!("{HOST}{FORM}{headers}"), body)).await
    }

    async fn in_paths(&mut self, trick: &str) {
        for target in [trick.to_owned(), format!("/{trick}"), format!("{FORGOT_PASSWORD}/{trick}")] {
            self.get(trick, &target).await;
        }
        for target in [format!("/recovery/assets/{trick}"), format!("/api/{trick}")] {
            self.get(trick, &target).await;
        }
    }

    async fn in_queries(&mut self, trick: &str) {
        let escaped = form(&NAMES.iter().map(|name| (*name, trick)).collect::<Vec<_>>());
        let raw = NAMES.iter().map(|name| format!("{name}={trick}")).collect::<Vec<_>>().join("&");
        for page in PAGES {
            self.get(trick, &format!("{page}?{escaped}")).await;
            self.get(trick, &format!("{page}?{raw}")).await;
        }
    }

    async fn in_forms(&mut self, trick: &str) {
        let wishes: Vec<_> = NAMES.iter().take(12).map(|name| (*name, trick)).collect();
        for (page, fields) in FORMS {
            let filled: Vec<_> = fields.iter().map(|name| (*name, trick)).collect();
            self.post(trick, page, "", &form(&filled)).await;
            self.post(trick, page, "", &form(&[filled, wishes.clone()].concat())).await;
        }
    }

    /// Somebody's whole story, with the trick wherever it can be: it comes to its end all the same.
    async fn in_a_story(&mut self, trick: &str, ana: &Someone) {
        let query = form(&NAMES.iter().map(|name| (*name, trick)).collect::<Vec<_>>());
        let body = form(&[("identifier", &ana.username), ("password", &ana.password)]);
        let target = format!("/sign-in?{query}");
        let signed_in = self.post(trick, &target, "", &body).await.remove(0);
        assert_eq!(signed_in.header("location"), Some("/home"), "{trick:?}");
        let cookie = format!("Cookie: {}\r\n", signed_in.cookie());
        self.site.world.clock.advance(Duration::HOUR);
        let step_up = format!("/security/step-up?back={}", &form(&[("x", trick)])[2..]);
        let page =
            self.send(trick, &request("GET", &step_up, &format!("{HOST}{cookie}"), "")).await.remove(0);
        let (_, token) = page.body.split_once(r#"name="form" value=""#).expect("the session's form");
        let token = token.split('"').next().expect("a value");
        let fields = [("form", token), ("back", trick), ("password", &ana.password)];
        let raised = self.post(trick, &step_up, &cookie, &form(&fields)).await.remove(0);
        assert_eq!((raised.status, raised.header("location")), (303, Some("/security")), "{trick:?}");
    }

    /// Asks for a link, with the trick in each header that names a host or a page.
    async fn in_headers(&mut self, trick: &str, ana: &Someone) {
        let body = form(&[("identifier", &ana.username)]);
        let as_host = format!("Host: {trick}\r\n{FORM}");
        self.send(trick, &request("POST", FORGOT_PASSWORD, &as_host, &body)).await;
        self.send(trick, &request("POST", "/sign-in", &as_host, &body)).await;
        for headers in
            [host_lines(trick), format!("Accept-Language: {trick}\r\n"), format!("Cookie: {trick}\r\n")]
        {
            self.post(trick, FORGOT_PASSWORD, &headers, &body).await;
            self.send(trick, &request("GET", "/security", &format!("{HOST}{headers}"), "")).await;
        }
    }
}

#[tokio::test]
async fn no_trick_leads_away_or_comes_back() {
    let different: BTreeSet<_> = TRICKS.iter().collect();
    assert!(different.len() >= 150 && different.len() == TRICKS.len(), "{}", different.len());
    let mut visit = Visit { site: Site::new().await, led: BTreeSet::new(), answers: 0 };
    for (number, trick) in TRICKS.iter().enumerate() {
        // Each hour has budgets of its own.
        visit.site.world.clock.advance(Duration::HOUR);
        let ana = visit.site.world.person(&format!("Ana{number}")).await;
        visit.in_paths(trick).await;
        visit.in_queries(trick).await;
        visit.in_forms(trick).await;
        visit.in_a_story(trick, &ana).await;
        visit.in_headers(trick, &ana).await;
        // The plain ask at last, so that a mail goes out whatever became of the others.
        visit.site.world.clock.advance(Duration::HOUR);
        visit.post(trick, FORGOT_PASSWORD, "", &form(&[("identifier", &ana.username)])).await;
        let mails = visit.site.mails_to(&ana).await;
        assert!(mails.iter().any(|mail| mail.text.contains("/recovery/link?token=")), "{trick:?}: no link");
        assert!(mails.iter().all(is_ours), "{trick:?} is in a mail");
    }
    let led: Vec<_> = visit.led.iter().map(String::as_str).collect();
    assert_eq!(led, ["/home", "/security", "/security/password", "/sign-in"]);
    assert!(visit.answers > 50 * TRICKS.len(), "{} answers", visit.answers);
}

/// Pages with the published faults, each of which lets some trick through, are caught.
#[test]
fn pages_that_follow_a_trick_are_caught() {
    let twin = |status, location: Option<&str>, body: &str| Answer {
        status,
        headers: location.map(|to| ("location".to_owned(), to.to_owned())).into_iter().collect(),
        body: body.to_owned(),
    };
    check(&twin(303, Some("/home"), "")).unwrap();
    let follows: [fn(&str) -> bool; 4] = [
        |trick| trick.starts_with('/') && !trick.starts_with("//"),
        |trick| !trick.contains("://"),
        |trick| trick.contains("portal.mercy.example"),
        |trick| trick.starts_with("/sign-in"),
    ];
    for (at, follows) in follows.iter().enumerate() {
        let led: Vec<_> = TRICKS.iter().filter(|trick| follows(trick)).collect();
        assert!(led.len() > 1, "{at}");
        for trick in led {
            check(&twin(303, Some(trick), "")).unwrap_err();
        }
    }
    for trick in TRICKS {
        check(&twin(200, None, &format!("<p>{trick}</p>"))).unwrap_err();
    }
    check(&twin(200, None, "<a href=\"?id=evil.test&#38;lang=es\">")).unwrap();
    for link in ["//evil.test", "?next=//evil.test", "?id=evil\"onclick=evil"] {
        check(&twin(200, None, &format!("<a href=\"{link}\">"))).unwrap_err();
    }
    check(&twin(303, Some("/nowhere"), "")).unwrap_err();
    check(&twin(500, None, "")).unwrap_err();
}
