//! A body that cannot be read: too long is 413, broken on its way is 400, and neither does anything.

use crate::site::{Answer, FORGOT_PASSWORD, FORGOT_USERNAME, FORM, HOST, JSON, Site, converse};
use regain::testing::Someone;

/// Pages and calls that take a body from anybody.
const TARGETS: [&str; 12] = [
    FORGOT_PASSWORD,
    FORGOT_USERNAME,
    "/recovery/link",
    "/recovery/new-password",
    "/recovery/help",
    "/sign-in",
    "/api/password-links",
    "/api/username-reminders",
    "/api/link/password",
    "/api/help",
    "/api/sign-in",
    "/api/disown",
];

/// What cannot be a chunk, or the end of one.
const BROKEN: [&str; 9] = [
    "x\r\n",
    "-1\r\na\r\n",
    "0x1\r\na\r\n",
    "\r\n\r\n",
    "1h\r\na\r\n",
    "1\ra\r\n",
    "1\r\nab\r\n",
    "1\r\naXX",
    "fffffffffffffffff\r\na\r\n",
];

fn is_api(target: &str) -> bool {
    target.starts_with("/api")
}

/// What a person could have sent there, whole.
fn whole(target: &str, who: &str) -> String {
    if is_api(target) {
        serde_json::json!({"identifier": who}).to_string()
    } else {
        format!("identifier={who}")
    }
}

fn head(target: &str, length: &str) -> String {
    let kind = if is_api(target) { JSON } else { FORM };
    format!("POST {target} HTTP/1.1\r\n{HOST}{kind}Connection: close\r\n{length}\r\n\r\n")
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// A body that is good up to a chunk which is none.
fn broken(target: &str, who: &str, end: &str) -> String {
    head(target, "Transfer-Encoding: chunked") + &chunk(&whole(target, who)) + end
}

async fn only(site: &Site, bytes: &str) -> Answer {
    let mut answers = Answer::all(&converse(site.address, &[bytes.as_bytes()]).await);
    assert_eq!(answers.len(), 1, "{bytes:?}");
    answers.remove(0)
}

/// The status, what says why, and in which type.
fn check(answer: &Answer, target: &str, status: u16, why: [&str; 2]) {
    let [code, words] = why;
    let (kind, text) = if is_api(target) {
        ("application/problem+json", format!("\"code\":\"{code}\""))
    } else {
        ("text/html; charset=utf-8", words.to_owned())
    };
    assert_eq!((answer.status, answer.header("content-type")), (status, Some(kind)), "{target}: {answer:?}");
    assert!(answer.body.contains(&text), "{target}: {}", answer.body);
}

const CUT_OFF: [&str; 2] = ["malformed", "What you sent was cut off on its way."];
const TOO_LONG: [&str; 2] = ["too-large", "More was sent than this page can take."];

async fn nothing_was_done(site: &Site, ana: &Someone) {
    assert!(site.mails_to(ana).await.is_empty());
}

#[tokio::test]
async fn a_broken_chunk_is_a_bad_request() {
    let site = Site::new().await;
    let ana = site.world.person("Ana").await;
    for target in TARGETS {
        for end in BROKEN {
            let known = only(&site, &broken(target, &ana.username, end)).await;
            check(&known, target, 400, CUT_OFF);
            assert_eq!(site.heard(), [format!("POST {target}")], "{end:?}");
            let mut unknown = only(&site, &broken(target, "nobody", end)).await;
            for (name, value) in &mut unknown.headers {
                if name == "date" {
                    known.header("date").expect("a date").clone_into(value);
                }
            }
            assert_eq!(known, unknown, "{target} {end:?}");
            site.heard();
        }
    }
    nothing_was_done(&site, &ana).await;
}

/// However its length is told: at once, in one chunk, or in many.
#[tokio::test]
async fn a_body_that_is_too_long_is_told_so() {
    let site = Site::new().await;
    let ana = site.world.person("Ana").await;
    for target in TARGETS {
        let long = format!("{}{}", whole(target, &ana.username), " ".repeat(16 * 1024));
        let pieces: String =
            long.as_bytes().chunks(1000).map(|piece| chunk(&String::from_utf8_lossy(piece))).collect();
        let chunked = head(target, "Transfer-Encoding: chunked");
        for request in [
            head(target, &format!("Content-Length: {}", long.len())) + &long,
            format!("{chunked}{}0\r\n\r\n", chunk(&long)),
            format!("{chunked}{pieces}0\r\n\r\n"),
            // It is too long before it is broken.
            format!("{chunked}{pieces}x\r\n"),
        ] {
            check(&only(&site, &request).await, target, 413, TOO_LONG);
        }
    }
    nothing_was_done(&site, &ana).await;
}

/// The same words in whole chunks are an ask like any other.
#[tokio::test]
async fn whole_chunks_are_read() {
    let site = Site::new().await;
    for (target, status) in [(FORGOT_PASSWORD, 200), ("/api/password-links", 202)] {
        let ana = site.world.person(&format!("Ana{status}")).await;
        let body: String =
            whole(target, &ana.username).chars().map(|letter| chunk(&letter.to_string())).collect();
        let request = head(target, "Transfer-Encoding: chunked") + &body + "0\r\n\r\n";
        assert_eq!(only(&site, &request).await.status, status);
        assert_eq!(site.mails_to(&ana).await.len(), 1);
    }
}
