//! ENUM: byte for byte one answer, whoever is asked about, as it comes out of the socket.
//!
//! Blanked is what is random by design, and the clock of the server, each by its place and length: the value of `date`, the
//! 64 characters of the ticket in the cookie and in the JSON. Order and spelling of headers, lengths and all else count.

use crate::site::{FORGOT_PASSWORD, FORGOT_USERNAME, FORM, HOST, JSON, Site, converse, form, request};
use regain::testing::Someone;
use time::Duration;

/// The places that are blanked: what stands before, and how many characters follow.
const RANDOM: [(&str, usize); 3] =
    [("\r\ndate: ", 29), ("\r\nset-cookie: __Host-regain-ask=", 64), (r#"{"ticket":""#, 64)];

fn blanked(raw: &[u8]) -> String {
    let mut text = String::from_utf8(raw.to_vec()).expect("UTF-8");
    for (before, length) in RANDOM {
        if let Some(at) = text.find(before).map(|at| at + before.len()) {
            assert!(text.len() >= at + length && text[at..at + length].is_ascii(), "{text}");
            text.replace_range(at..at + length, &".".repeat(length));
        }
    }
    text
}

/// Who is asked about, by name.
type People = Vec<(&'static str, Option<Someone>)>;

async fn people(site: &Site) -> People {
    let world = &site.world;
    let over_limit = world.person("Olga").await;
    let people = vec![
        ("unknown", None),
        ("known", Some(world.person("Ana").await)),
        ("disabled", Some(world.disabled("Dora").await)),
        ("may not change", Some(world.may_not_change("Max").await)),
        ("without address", Some(world.no_address("Noa").await)),
        ("without password", Some(world.person_without_password("Nia").await)),
        ("with factor", Some(world.with_factor("Fay").await)),
        ("over limit", Some(over_limit.clone())),
    ];
    // Her mails of the day are used up: by asks for her address, so that her username's budget is whole.
    for _ in 0..12 {
        site.post(FORGOT_PASSWORD, "", &form(&[("identifier", &over_limit.email)])).await;
        world.work().await;
        world.clock.advance(Duration::minutes(20));
    }
    let mails = world.mailbox.to(&over_limit.email).len();
    assert!(mails < 12, "{mails} mails, and no limit");
    world.clock.advance(Duration::minutes(6));
    people
}

/// A way to ask: where, with which headers, and what is sent for somebody.
struct Way {
    target: &'static str,
    headers: &'static str,
    body: fn(Option<&Someone>) -> String,
}

fn identifier(who: Option<&Someone>) -> &str {
    who.map_or("nobody", |who| &who.username)
}

fn by_name(who: Option<&Someone>) -> String {
    form(&[("identifier", identifier(who))])
}

fn by_claims(who: Option<&Someone>) -> String {
    let name = who.map_or("Nobody", |who| &who.claims.given_name);
    let record = who.map_or("MRN-99999", |who| &who.claims.record_number);
    let born = [("birth_day", "2"), ("birth_month", "4"), ("birth_year", "1961")];
    let fields = [("given_name", name), ("family_name", "Lindqvist"), ("record_number", record)];
    form(&[&fields[..], &born].concat())
}

fn by_password(who: Option<&Someone>) -> String {
    form(&[("identifier", identifier(who)), ("password", "nine wrong lamps at noon")])
}

fn json_name(who: Option<&Someone>) -> String {
    serde_json::json!({"identifier": identifier(who)}).to_string()
}

fn json_claims(who: Option<&Someone>) -> String {
    let name = who.map_or("Nobody", |who| &who.claims.given_name);
    let record = who.map_or("MRN-99999", |who| &who.claims.record_number);
    let born = "1961-04-02";
    serde_json::json!({
        "given_name": name, "family_name": "Lindqvist", "birth_date": born, "record_number": record
    })
    .to_string()
}

fn json_password(who: Option<&Someone>) -> String {
    serde_json::json!({"identifier": identifier(who), "password": "nine wrong lamps at noon"}).to_string()
}

const ENGLISH: &str = "Accept-Language: en\r\n";
const SPANISH: &str = "Accept-Language: es-MX, en;q=0.5\r\n";

#[rustfmt::skip]
const WAYS: [Way; 14] = [
    Way { target: FORGOT_PASSWORD, headers: ENGLISH, body: by_name },
    Way { target: FORGOT_PASSWORD, headers: SPANISH, body: by_name },
    Way { target: "/recovery/forgot-password?lang=es", headers: ENGLISH, body: by_name },
    Way { target: FORGOT_USERNAME, headers: ENGLISH, body: by_claims },
    Way { target: FORGOT_USERNAME, headers: SPANISH, body: by_claims },
    Way { target: "/recovery/forgot-username?lang=es", headers: ENGLISH, body: by_claims },
    Way { target: "/sign-in", headers: ENGLISH, body: by_password },
    Way { target: "/sign-in", headers: SPANISH, body: by_password },
    Way { target: "/api/password-links", headers: ENGLISH, body: json_name },
    Way { target: "/api/password-links", headers: SPANISH, body: json_name },
    Way { target: "/api/username-reminders", headers: ENGLISH, body: json_claims },
    Way { target: "/api/username-reminders", headers: SPANISH, body: json_claims },
    Way { target: "/api/sign-in", headers: ENGLISH, body: json_password },
    Way { target: "/api/sign-in", headers: SPANISH, body: json_password },
];

/// What came out of the socket for somebody.
type Seen = (&'static str, String);

async fn ask(site: &Site, way: &Way, people: &People) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (kind, who) in people {
        let content = if way.target.starts_with("/api") { JSON } else { FORM };
        let headers = format!("{HOST}{content}{}", way.headers);
        let sent = request("POST", way.target, &headers, &(way.body)(who.as_ref()));
        seen.push((*kind, blanked(&converse(site.address, &[&sent]).await)));
        site.world.work().await;
    }
    seen
}

fn check(seen: &[Seen]) -> Result<(), String> {
    let (_, expected) = &seen[0];
    match seen.iter().find(|(_, answer)| answer != expected) {
        Some((kind, answer)) => Err(format!("{kind}:\n{answer}\n{}:\n{expected}", seen[0].0)),
        None => Ok(()),
    }
}

/// EN-1, up to the budget of an identifier and beyond it.
#[tokio::test]
async fn one_answer_for_everybody_to_the_last_byte() {
    for way in WAYS {
        let site = Site::new().await;
        let people = people(&site).await;
        let mut statuses = Vec::new();
        for round in 0..6 {
            let seen = ask(&site, &way, &people).await;
            if let Err(why) = check(&seen) {
                panic!("{} {:?}, round {round}: {why}", way.target, way.headers);
            }
            statuses.push(seen[0].1.get(9..12).unwrap_or_default().to_owned());
            // Within the hour of an identifier's budget, out of the five minutes of a network's.
            site.world.clock.advance(Duration::seconds(301));
        }
        let (first, last) = (&*statuses[0], &*statuses[5]);
        if way.target.contains("sign-in") {
            assert_eq!((first, last), ("422", "422"), "{}", way.target);
        } else if way.target.contains("password") {
            assert_eq!(last, "429", "{}: the budget is reached", way.target);
        }
    }
}

/// One byte is enough: another status, another order of headers, another length, another wait, one letter.
#[tokio::test]
async fn a_difference_of_a_byte_is_caught() {
    let site = Site::new().await;
    let people = people(&site).await;
    let seen = ask(&site, &WAYS[0], &people).await;
    check(&seen).unwrap();
    let (at, (_, answer)) = seen.iter().enumerate().find(|(_, (kind, _))| *kind == "disabled").expect("Dora");
    let swapped = answer.replacen("\r\ncontent-type: text/html", "\r\nContent-Type: text/html", 1);
    for other in [
        answer.replacen("200 OK", "202 Accepted", 1),
        answer.replacen("Max-Age=3600", "Max-Age=3601", 1),
        answer.replacen("\r\n\r\n", "\r\nx-powered-by: regain\r\n\r\n", 1),
        format!("{answer} "),
        swapped,
    ] {
        assert_ne!(&other, answer, "the twin differs");
        let mut twin = seen.clone();
        twin[at].1 = other;
        assert!(check(&twin).unwrap_err().starts_with("disabled"));
    }
}

/// Two answers that are random in these places only are one, and the rest of their lines is compared.
#[test]
fn only_what_is_random_is_blanked() {
    let raw = |date: &str, ticket: &str, age: u8| {
        let cookie = format!("__Host-regain-ask={ticket}; Max-Age={age}");
        format!("HTTP/1.1 200 OK\r\nset-cookie: {cookie}\r\ndate: {date}\r\n\r\n{{\"ticket\":\"{ticket}\"}}")
    };
    let [monday, tuesday] = ["Mon, 30 Nov 2026 09:00:00 GMT", "Tue, 01 Dec 2026 09:00:00 GMT"];
    let [a, b] = ["a".repeat(64), "b".repeat(64)];
    let one = blanked(raw(monday, &a, 1).as_bytes());
    assert_eq!(one, blanked(raw(tuesday, &b, 1).as_bytes()));
    for other in [raw(monday, &a, 2), raw(monday, &"a".repeat(65), 1), raw(monday, &"a".repeat(63), 1)] {
        assert_ne!(one, blanked(other.as_bytes()));
    }
}
