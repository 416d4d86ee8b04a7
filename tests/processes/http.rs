//! A browser without comfort: one HTTP/1.1 request on a connection of its own, from an address of its own.

use crate::portals::ORIGIN;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

/// After this long a person goes to another node: a little less than a page takes to say that it cannot answer.
const PATIENCE: Duration = Duration::from_secs(25);

/// Somebody who visits pages. Budgets of client networks stay on: everybody has an address of their own.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub from: Ipv4Addr,
    pub cookie: Option<String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

/// No answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Nobody listens: nothing was sent.
    NotSent,
    /// It was sent; what became of it is not known.
    Unclear,
}

#[derive(Debug, Clone)]
pub struct Request {
    method: &'static str,
    path: String,
    form: String,
}

impl Request {
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), form: String::new() }
    }

    pub fn post(path: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        Self { method: "POST", path: path.into(), form: pairs.join("&") }
    }

    /// Whether it goes to the page of that name.
    pub fn is_for(&self, page: &str) -> bool {
        self.path.ends_with(page)
    }

    pub async fn send(&self, visitor: &Visitor, port: u16) -> Result<Answer, Silence> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((visitor.from, 0))).map_err(|_| Silence::NotSent)?;
        let connect = socket.connect(SocketAddr::from(([127, 0, 0, 1], port)));
        let stream = tokio::time::timeout(PATIENCE, connect).await;
        let Ok(Ok(mut stream)) = stream else { return Err(Silence::NotSent) };
        let talk = async {
            stream.write_all(self.text(visitor).as_bytes()).await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.map(|_| answer)
        };
        match tokio::time::timeout(PATIENCE, talk).await {
            Ok(Ok(answer)) => parse(&answer).ok_or(Silence::Unclear),
            _ => Err(Silence::Unclear),
        }
    }

    fn text(&self, visitor: &Visitor) -> String {
        let Self { method, path, form } = self;
        let host = ORIGIN.trim_start_matches("http://");
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        if let Some(cookie) = &visitor.cookie {
            text.push_str(&format!("Cookie: {cookie}\r\n"));
        }
        if *method == "POST" {
            text.push_str(&format!(
                "Origin: {ORIGIN}\r\nSec-Fetch-Site: same-origin\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                form.len()
            ));
        }
        text + "\r\n" + form
    }
}

/// Nothing if the server died on the way.
fn parse(answer: &[u8]) -> Option<Answer> {
    let text = String::from_utf8(answer.to_vec()).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let answer = Answer { status, head: head.to_owned(), body: body.to_owned() };
    let length: usize = answer.header("content-length")?.parse().ok()?;
    (answer.body.len() == length).then_some(answer)
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02X}") }
            },
        )
        .collect()
}
