//! The API, over HTTP, on stores in memory. Each answer of each test is held against the description that the API serves.

mod asking;
mod described;
mod desk;
mod help;
mod host_factor;
mod hostile;
mod link;
mod members;
mod once;
mod security;
mod sign_in;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use described::Description;
use desk::{Clinic, Heard};
use http_body_util::BodyExt as _;
use members::Members;
use regain::api::{self, ApiConfig};
use regain::desk::Desk;
use regain::testing::{Someone, World};
use regain::web::ClientAddress;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use tower::ServiceExt as _;

const GOOD_PASSWORD: &str = "nine green lamps at noon";

/// A portal's API with its people.
struct Portal {
    world: World,
    app: Router,
    description: Description,
    clinic: Arc<Clinic>,
    /// What the desk has said to whomever.
    heard: Heard,
    asked: AtomicU16,
}

/// An answer, read to its end.
#[derive(Debug, Clone, PartialEq)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn text(&self, field: &str) -> String {
        let json = self.json();
        json[field].as_str().unwrap_or_else(|| panic!("no {field} in {json}")).to_owned()
    }

    fn code(&self) -> String {
        self.text("code")
    }

    /// The same with a dot in place of what is random.
    fn without(mut self, secret: &str) -> Self {
        let mut json = self.json();
        let known = json[secret].as_str().unwrap_or_else(|| panic!("no {secret} in {json}")).len();
        json[secret] = json!(format!("{known} characters"));
        self.body = json.to_string();
        self.headers.remove("content-length");
        self
    }
}

impl Portal {
    async fn new() -> Self {
        Self::on(World::new()).await
    }

    async fn on(world: World) -> Self {
        let clinic = Arc::new(Clinic::new(world.accounts.clone()));
        let desk = Desk::builder(world.recovery.clone(), clinic.clone())
            .risk_analysis("Risk analysis of 2026-03-02")
            .build()
            .expect("a desk");
        let config = ApiConfig::new(ClientAddress::Socket).sessions(Arc::new(Members::default()));
        let config = config.help(desk.clone()).desk(desk, clinic.clone());
        let app = Router::new().nest("/api", api::router(world.recovery.clone(), config));
        let description = Description::served_by(&app).await;
        Self { world, app, description, clinic, heard: Heard::default(), asked: AtomicU16::new(0) }
    }

    /// A client that is never the same, so that no budget of a network is in the way.
    fn address(&self) -> SocketAddr {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let [high, low] = number.to_be_bytes();
        SocketAddr::from(([198, 18, high, low], 4242))
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(self.address()));
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answer = answered(self.app.clone(), request).await;
        self.description.check(&method, &path, &answer);
        if path.starts_with("/api/desk") {
            self.heard.add(&answer.body);
        }
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(format!("/api{path}")).body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(post(path).body(body.to_string().into()).expect("a request")).await
    }

    /// In somebody's session.
    async fn post_as(&self, session: &str, path: &str, body: Value) -> Answer {
        self.send(post(path).header(COOKIE, session).body(body.to_string().into()).expect("a request")).await
    }

    async fn get_as(&self, session: &str, path: &str) -> Answer {
        let request = Request::get(format!("/api{path}")).header(COOKIE, session);
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// Asks for a link for somebody, and takes the token out of the mail.
    async fn token_for(&self, who: &Someone) -> String {
        let asked = self.post("/password-links", json!({"identifier": who.username})).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
        self.world.work().await;
        self.world.link_of(who).expose().to_string()
    }

    /// The latest mail to somebody.
    fn mail_of(&self, who: &Someone) -> String {
        let mail = self.world.mailbox.to(&who.email).pop().expect("a mail");
        mail.text.to_string()
    }

    /// Signs somebody in who has no second step: the session's cookie.
    async fn signed_in(&self, who: &Someone) -> String {
        let answer = self.sign_in(who, &who.password).await;
        cookie(&answer)
    }

    async fn sign_in(&self, who: &Someone, password: &str) -> Answer {
        self.post("/sign-in", json!({"identifier": who.username, "password": password})).await
    }
}

async fn answered(app: Router, request: Request<Body>) -> Answer {
    let response = app.oneshot(request).await.expect("the router never fails");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let body = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    Answer { status: parts.status, headers: parts.headers, body }
}

fn post(path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(Method::POST)
        .uri(format!("/api{path}"))
        .header(CONTENT_TYPE, "application/json")
}

fn cookie(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let cookie = answer.headers.get(SET_COOKIE).expect("a session").to_str().expect("ASCII");
    cookie.split(';').next().expect("a pair").to_owned()
}
