//! A server on a port of its own, and a client that sends bytes as they are.

use crate::clinic::Clinic;
use crate::members::Members;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use regain::api::{self, ApiConfig};
use regain::desk::Desk;
use regain::mail::Message;
use regain::testing::{Someone, World};
use regain::web::{self, ClientAddress, WebConfig};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub const HOST: &str = "Host: portal.mercy.example\r\n";
pub const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
pub const JSON: &str = "Content-Type: application/json\r\n";
pub const FORGOT_PASSWORD: &str = "/recovery/forgot-password";
pub const FORGOT_USERNAME: &str = "/recovery/forgot-username";

/// What ends each conversation: its answer shows that the connection was still whole.
pub const PROBE: &str = "GET /probe HTTP/1.1\r\nHost: portal.mercy.example\r\nConnection: close\r\n\r\n";

/// Longer than any answer takes; whoever waits so long has found a hanging connection.
const PATIENCE: Duration = Duration::from_secs(60);

/// The requests that got through to a handler, by method and target.
pub type Heard = Arc<Mutex<Vec<String>>>;

/// Pages and API behind a socket.
pub struct Site {
    pub world: World,
    pub address: SocketAddr,
    heard: Heard,
}

impl Site {
    pub async fn new() -> Self {
        Self::with(ClientAddress::Socket).await
    }

    pub async fn with(client_address: ClientAddress) -> Self {
        let (world, heard) = (World::new(), Heard::default());
        let app = mounted(&world, client_address).layer(from_fn_with_state(heard.clone(), hear));
        let address = serve(app).await;
        Self { world, address, heard }
    }

    /// What got through since the last time.
    pub fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().expect("no panic"))
    }

    /// One request, and the one answer to it.
    pub async fn send(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let request = request(method, target, &format!("{HOST}{headers}"), body);
        self.only(&request).await
    }

    pub async fn post(&self, target: &str, headers: &str, body: &str) -> Answer {
        let kind = if target.starts_with("/api") { JSON } else { FORM };
        self.send("POST", target, &format!("{kind}{headers}"), body).await
    }

    /// The one answer to bytes that are one request.
    pub async fn only(&self, bytes: &[u8]) -> Answer {
        let mut answers = Answer::all(&converse(self.address, &[bytes]).await);
        assert_eq!(answers.len(), 1, "{}", String::from_utf8_lossy(bytes));
        answers.remove(0)
    }

    /// All mails to somebody, once the worker has done its part.
    pub async fn mails_to(&self, who: &Someone) -> Vec<Message> {
        self.world.work().await;
        self.world.mailbox.to(&who.email)
    }
}

/// All of it, as the README says: the pages merged, the API nested.
fn mounted(world: &World, client_address: ClientAddress) -> Router {
    let (recovery, members) = (&world.recovery, Arc::new(Members::default()));
    let clinic = Arc::new(Clinic(world.accounts.clone()));
    let desk = Desk::builder(recovery.clone(), clinic.clone())
        .risk_analysis("Risk analysis of 2026-03-02")
        .build()
        .expect("a desk");
    let config = WebConfig::new(client_address.clone()).help_at("/recovery/help").expect("a path");
    let api = ApiConfig::new(client_address)
        .sessions(members.clone())
        .help(desk.clone())
        .desk(desk.clone(), clinic.clone());
    web::router(recovery.clone(), config.clone())
        .merge(web::sign_in_router(recovery.clone(), members.clone(), config.clone()))
        .merge(web::security_router(recovery.clone(), members, config.clone()))
        .merge(web::help_router(desk.clone(), config.clone()))
        .merge(web::desk_router(desk, clinic, config))
        .merge(web::change_password_router("/security/password").expect("a path"))
        .nest("/api", api::router(recovery.clone(), api))
}

async fn hear(State(heard): State<Heard>, request: Request, next: Next) -> Response {
    heard.lock().expect("no panic").push(format!("{} {}", request.method(), request.uri()));
    next.run(request).await
}

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// A whole request that ends its connection. `headers` has a line end after each.
pub fn request(method: &str, target: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {target} HTTP/1.1\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Sends these pieces one after the other, and reads until the server closes. That it closes before all is sent is no error.
pub async fn converse(address: SocketAddr, pieces: &[&[u8]]) -> Vec<u8> {
    let talk = async {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        let (mut from, mut to) = stream.into_split();
        let sending = async {
            for piece in pieces {
                if to.write_all(piece).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        let mut answer = Vec::new();
        // A reset after the answer is a way to close, too.
        let ((), _) = tokio::join!(sending, from.read_to_end(&mut answer));
        answer
    };
    tokio::time::timeout(PATIENCE, talk).await.expect("the server closes in the end")
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// As they came, in their order; names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// All answers in these bytes. There must be nothing else in them.
    pub fn all(mut bytes: &[u8]) -> Vec<Self> {
        let mut answers = Vec::new();
        while !bytes.is_empty() {
            let (answer, rest) = Self::first(bytes);
            // 100 (Continue) is no answer yet.
            if answer.status != 100 {
                answers.push(answer);
            }
            bytes = rest;
        }
        answers
    }

    fn first(bytes: &[u8]) -> (Self, &[u8]) {
        let shown = || String::from_utf8_lossy(bytes);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no whole head: {}", shown()));
        let head = std::str::from_utf8(&bytes[..end]).expect("an ASCII head");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status: {}", shown()));
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line}"));
            (name.to_ascii_lowercase(), value.to_owned())
        };
        let headers: Vec<_> = lines.map(header).collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.map_or(0, |(_, value)| value.parse().expect("a length"));
        let (body, rest) = bytes[end + 4..].split_at(length);
        (Self { status, headers, body: String::from_utf8(body.to_vec()).expect("UTF-8") }, rest)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first pair of the cookie that was set.
    pub fn cookie(&self) -> String {
        let cookie = self.header("set-cookie").expect("a cookie");
        cookie.split(';').next().expect("a pair").to_owned()
    }
}

/// Whether all links in a mail lead to the configured address, and all its headers are the configured ones.
pub fn is_ours(mail: &Message) -> bool {
    let text = format!("{}\n{}\n{}", mail.subject, *mail.text, *mail.html);
    let mut links = text.match_indices("://").map(|(at, _)| (&text[..at], &text[at..]));
    let from = mail.sender.from().as_str();
    let answers = mail.sender.answers().map_or(from, |address| address.as_str());
    links.all(|(before, link)| before.ends_with("https") && link.starts_with("://portal.mercy.example/"))
        && (from, answers) == ("portal@mercy.example", "portal@mercy.example")
        && mail.message_id.ends_with("@mercy.example")
}

/// A form, or a query, with everything escaped but letters and digits.
pub fn form(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| -> String {
        let byte = |b: u8| {
            if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }
        };
        text.bytes().map(byte).collect()
    };
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}
