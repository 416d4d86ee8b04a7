//! Page templates of a host's: what is built, and what is served then.

mod built;
mod desk;
mod escaped;
mod mails;
mod served;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use regain::factor::AuthLevel;
use regain::recovery::SignedIn;
use regain::security::AuthSession;
use regain::store::StoreError;
use regain::testing::{Someone, World};
use regain::web::templates::{Templates, TemplatesBuilder};
use regain::web::{self, ClientAddress, SecurityHost, SessionHost, WebConfig};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;

/// What only the host's layout has.
const MARK: &str = "<meta name=\"host\">";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/host")
}

fn source(name: &str) -> String {
    fs::read_to_string(folder().join(name)).expect("a template")
}

/// The names of all pages of the set that a host can begin with.
fn pages() -> Vec<String> {
    let list = |below: &str| -> Vec<String> {
        let entries = fs::read_dir(folder().join(below)).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("ASCII"));
        names.filter(|name| name.ends_with(".html")).map(|name| format!("{below}{name}")).collect()
    };
    let mut names = list("");
    names.retain(|name| !["layout.html", "password_field.html"].contains(&name.as_str()));
    names.extend(list("security/"));
    names
}

/// The parts of the set, with the mark.
fn parts() -> TemplatesBuilder {
    let layout = source("layout.html").replace("<head>", &format!("<head>{MARK}"));
    Templates::builder()
        .part("layout.html", layout)
        .part("password_field.html", source("password_field.html"))
}

/// Every page of it.
fn whole() -> TemplatesBuilder {
    pages().iter().fold(parts(), |builder, name| builder.page(name, source(name)))
}

/// The one session of the host's, for whoever signed in last.
#[derive(Default)]
struct Sessions(Mutex<Option<AuthSession>>);

impl Sessions {
    fn keep(&self, proven: SignedIn) {
        let (account, level, authenticated_at) = (proven.account, proven.level, proven.authenticated_at);
        let session = AuthSession { account, level, authenticated_at, binding: [7; 32] };
        *self.0.lock().expect("no panic") = Some(session);
    }
}

#[async_trait]
impl SessionHost for Sessions {
    async fn begin(&self, signed_in: SignedIn) -> Result<Response, StoreError> {
        self.keep(signed_in);
        Ok((StatusCode::SEE_OTHER, [(LOCATION, "/security"), (SET_COOKIE, "s=1; HttpOnly")]).into_response())
    }
}

#[async_trait]
impl SecurityHost for Sessions {
    async fn session(&self, _: &HeaderMap) -> Result<Option<AuthSession>, StoreError> {
        Ok(self.0.lock().expect("no panic").clone())
    }

    async fn raise(&self, _: &HeaderMap, proven: SignedIn) -> Result<HeaderMap, StoreError> {
        self.keep(proven);
        Ok(HeaderMap::new())
    }
}

/// A service with its pages.
struct Portal {
    world: World,
    app: Router,
    sessions: Arc<Sessions>,
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Portal {
    fn with(templates: impl FnOnce(&World) -> Templates) -> Self {
        let world = World::new();
        let config = WebConfig::new(ClientAddress::None).templates(templates(&world));
        Self::of(world, config)
    }

    fn of(world: World, config: WebConfig) -> Self {
        let (recovery, sessions) = (world.recovery.clone(), Arc::new(Sessions::default()));
        let app = web::router(recovery.clone(), config.clone())
            .merge(web::sign_in_router(recovery.clone(), sessions.clone(), config.clone()))
            .merge(web::security_router(recovery, sessions.clone(), config));
        Self { world, app, sessions }
    }

    /// All pages are the host's.
    fn dressed() -> Self {
        Self::with(|world| whole().build(&world.recovery).unwrap_or_else(|error| panic!("{error}")))
    }

    /// All pages are regain's.
    fn plain() -> Self {
        Self::of(World::new(), WebConfig::new(ClientAddress::None))
    }

    fn signed_in(&self, who: &Someone) {
        let (account, authenticated_at) = (who.id.clone(), self.world.clock.timestamp());
        let session = AuthSession { account, level: AuthLevel::Password, authenticated_at, binding: [7; 32] };
        *self.sessions.0.lock().expect("no panic") = Some(session);
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.app.clone().oneshot(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        let body = String::from_utf8(body).expect("UTF-8");
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request.body(Body::from(pairs.join("&"))).expect("a request")).await
    }
}

/// The value of a hidden field, as it stands on the page.
fn hidden(page: &Answer, name: &str) -> String {
    let before = format!(r#"name="{name}" value=""#);
    let (_, rest) = page.body.split_once(&before).unwrap_or_else(|| panic!("no {name} in {}", page.body));
    rest.split('"').next().expect("a value").to_owned()
}
