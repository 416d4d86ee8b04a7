//! Whoever asks, over one connection that stays open, with a watch in hand.

use regain::testing::Someone;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A way to ask: where, and what is sent for somebody.
pub struct Way {
    pub name: &'static str,
    pub target: &'static str,
    /// Whether a password is compared.
    pub hashes: bool,
    pub body: fn(Option<&Someone>) -> String,
}

pub const WAYS: [Way; 6] = [
    Way { name: "forgot-password page", target: "/recovery/forgot-password", hashes: false, body: by_name },
    Way { name: "forgot-username page", target: "/recovery/forgot-username", hashes: false, body: by_claims },
    Way { name: "sign-in page", target: "/sign-in", hashes: true, body: by_password },
    Way { name: "password-links API", target: "/api/password-links", hashes: false, body: json_name },
    Way {
        name: "username-reminders API",
        target: "/api/username-reminders",
        hashes: false,
        body: json_claims,
    },
    Way { name: "sign-in API", target: "/api/sign-in", hashes: true, body: json_password },
];

/// Of one length for everybody: what is typed is the asker's own choice, and takes its time.
fn identifier(who: Option<&Someone>) -> &str {
    who.map_or("nobody00", |who| &who.username)
}

pub const WRONG: &str = "nine wrong lamps at noon";

pub fn by_name(who: Option<&Someone>) -> String {
    format!("identifier={}", identifier(who))
}

fn by_password(who: Option<&Someone>) -> String {
    format!("identifier={}&password={}", identifier(who), WRONG.replace(' ', "+"))
}

fn claims(who: Option<&Someone>) -> [&str; 2] {
    who.map_or(["Nobody00", "MRN-99999"], |who| [&who.claims.given_name, &who.claims.record_number])
}

fn by_claims(who: Option<&Someone>) -> String {
    let [name, record] = claims(who);
    format!(
        "given_name={name}&family_name=Lindqvist&birth_day=2&birth_month=4&birth_year=1961&record_number={record}"
    )
}

fn json_name(who: Option<&Someone>) -> String {
    serde_json::json!({"identifier": identifier(who)}).to_string()
}

fn json_claims(who: Option<&Someone>) -> String {
    let [name, record] = claims(who);
    serde_json::json!({
        "given_name": name, "family_name": "Lindqvist", "birth_date": "1961-04-02", "record_number": record
    })
    .to_string()
}

fn json_password(who: Option<&Someone>) -> String {
    serde_json::json!({"identifier": identifier(who), "password": WRONG}).to_string()
}

pub struct Caller {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Caller {
    pub fn of(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: vec![0; 64 * 1024] })
    }

    /// The status of the answer, and how long it took to its last byte.
    pub fn ask(&mut self, target: &str, body: &str) -> io::Result<(String, Duration)> {
        let kind =
            if target.starts_with("/api") { "application/json" } else { "application/x-www-form-urlencoded" };
        let length = body.len();
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: portal\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let begun = Instant::now();
        self.stream.write_all(request.as_bytes())?;
        let mut so_far = 0;
        loop {
            let more = self.stream.read(&mut self.read[so_far..])?;
            so_far += more;
            if more == 0 {
                return Err(io::Error::other("the server hung up"));
            }
            if let Some(status) = whole(&self.read[..so_far]) {
                return Ok((status, begun.elapsed()));
            }
        }
    }
}

/// The status, if all of the answer is there.
fn whole(answer: &[u8]) -> Option<String> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(Some(0), |length| length.parse().ok())?;
    (answer.len() == end + 4 + length).then(|| head.lines().next().unwrap_or_default().to_owned())
}
