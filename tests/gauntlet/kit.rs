//! What every class needs: verdicts, the list of rows, and a site that is asked over HTTP.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, SET_COOKIE};
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use regain::account::{Account, AddressOnFile};
use regain::identity::EmailAddress;
use regain::mail::Message;
use regain::testing::{Someone, World, WorldBuilder};
use regain::web::{ClientAddress, WebConfig, router};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fmt, fs};
use tower::ServiceExt as _;

pub const ORIGIN: &str = "https://portal.mercy.example";
pub const FORGOT_PASSWORD: &str = "/recovery/forgot-password";
pub const FORGOT_USERNAME: &str = "/recovery/forgot-username";
pub const FORM: &str = "application/x-www-form-urlencoded";
/// A password that the policy accepts.
pub const NEW: &str = "forty-one copper kettles whistle";
pub const NEWER: &str = "nineteen velvet lanterns drift north";

/// What a check found.
pub type Verdict = Result<(), String>;

/// One row that is implemented.
pub struct Row {
    pub class: &'static str,
    pub id: &'static str,
    pub test: &'static str,
}

/// Lists the rows of a class. Each test has to be there under its name.
macro_rules! rows {
    ($class:literal: $($id:literal => $test:ident),+ $(,)?) => {
        pub const ROWS: &[$crate::kit::Row] = &[
            $($crate::kit::Row { class: $class, id: $id, test: stringify!($test) }),+
        ];
        $(const _: fn() = $test;)+
    };
}

/// Ends a check with what is wrong, unless it holds.
macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err(format!($($why)+));
        }
    };
}

/// The one assertion of every row: regain passes, and the twin is caught for its own fault and no other.
#[track_caller]
pub fn holds_and_catches(regain: Verdict, twin: Verdict, fault: &str) {
    if let Err(why) = regain {
        panic!("regain: {why}");
    }
    let why = twin.expect_err("the twin has the published fault, and is not caught");
    assert!(why.contains(fault), "the twin is caught for another reason: {why}");
}

/// A world behind its pages.
pub struct Site {
    pub world: World,
    router: Router,
    clients: AtomicU32,
    cookie: Mutex<String>,
}

/// What came back, all of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Sorted by name.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Site {
    pub fn new() -> Self {
        Self::of(World::new())
    }

    pub fn build(builder: WorldBuilder) -> Self {
        Self::of(builder.build())
    }

    pub fn of(world: World) -> Self {
        let router = router(world.recovery.clone(), WebConfig::new(ClientAddress::Socket));
        Self { world, router, clients: AtomicU32::new(1), cookie: Mutex::default() }
    }

    /// Adds more pages of the host.
    pub fn merge(mut self, pages: Router) -> Self {
        self.router = self.router.merge(pages);
        self
    }

    pub async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, target, headers, Body::empty()).await
    }

    /// Posts a body as a form, unless `headers` say otherwise.
    pub async fn post(&self, target: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        self.send(Method::POST, target, headers, body.into()).await
    }

    /// Every request comes from another client: no budget of a network is in the way.
    pub async fn send(&self, method: Method, target: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let [a, b, c, d] = self.clients.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        self.send_from([100 + a, b, c, d], method, target, headers, body).await
    }

    /// From this very client.
    pub async fn send_from(
        &self,
        client: [u8; 4],
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        request.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(FORM));
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((client, 4_000))));
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        if let Some(cookie) = parts.headers.get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok()) {
            *self.cookie.lock().unwrap() = cookie.split(';').next().unwrap_or_default().to_owned();
        }
        let mut headers: Vec<_> = parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), blank(&String::from_utf8_lossy(value.as_bytes()))))
            .collect();
        headers.sort();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status.as_u16(), headers, body }
    }

    /// The cookie that was set last, as a browser would send it.
    pub fn cookie(&self) -> String {
        self.cookie.lock().unwrap().clone()
    }

    /// Asks for a link on the page.
    pub async fn ask(&self, identifier: &str) -> Answer {
        self.post(FORGOT_PASSWORD, &[], form(&[("identifier", identifier)])).await
    }

    /// Sets a password on the page; whether it was set.
    pub async fn choose(&self, token: &str, password: &str) -> bool {
        let body = form(&[("token", token), ("password", password)]);
        self.post("/recovery/new-password", &[], body).await.status == 200
    }
}

/// The ticket of who asked is random; all else of its cookie is compared.
fn blank(value: &str) -> String {
    match value.strip_prefix("__Host-regain-ask=") {
        Some(rest) if rest.len() > 64 && !rest.starts_with(';') => {
            format!("__Host-regain-ask=.{}", &rest[64..])
        }
        _ => value.to_owned(),
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        self.headers.iter().try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))?;
        write!(f, "\n{}", self.body)
    }
}

/// A form with everything escaped but letters and digits.
pub fn form(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    pairs.join("&")
}

pub fn on_file(address: &str) -> AddressOnFile {
    AddressOnFile::Email(EmailAddress::parse(address).unwrap())
}

pub fn address_of(message: &Message) -> String {
    email(&message.to)
}

fn email(address: &AddressOnFile) -> String {
    match address {
        AddressOnFile::Email(address) => address.as_str().to_owned(),
        _ => unreachable!("all addresses on file are e-mail addresses"),
    }
}

/// Everything that recovery must not change behind an account's back.
pub fn fingerprint(account: &Account) -> String {
    format!(
        "{} {:?} {:?} {:?} {:?}",
        account.username,
        account.password.as_ref().map(|hash| hash.as_str().to_owned()),
        account.addresses.iter().map(email).collect::<Vec<_>>(),
        account.factors,
        account.status,
    )
}

/// The library's own sources: name and text.
pub fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    read_sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut sources);
    sources
}

fn read_sources(folder: &Path, into: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The token in the latest mail to somebody, as text.
pub fn mailed_token(world: &World, who: &Someone) -> String {
    world.link_of(who).expose().to_string()
}
