//! An allotment club with members, a sign-in and sessions of its own, to which regain is added: `cargo run --example club`.
//!
//! All that was added stands in `recovery.rs`, and in three lines here that say so. Nothing of the club's was changed for
//! it; its passwords are Argon2 hashes, as regain's are.

mod members;
mod recovery;

use axum::Router;
use axum::extract::{RawForm, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use members::Members;
use regain::entropy::SystemEntropy;
use regain::keys::KeyRing;
use regain::mail::EmlMailer;
use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;

const FOLDER: &str = "target/club";

/// The second line came with regain.
const LOG_IN: &str = r#"<!doctype html><html lang="en"><title>Allotment club</title><h1>Allotment club</h1>
<p><a href="/recovery/forgot-password">Forgot your password?</a></p>
<form method="post"><label>Name or e-mail <input name="name"></label>
<label>Password <input name="password" type="password"></label> <button>Log in</button></form></html>"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = Path::new(FOLDER);
    std::fs::create_dir_all(folder)?;
    make_key(&folder.join("recovery.key"))?;
    let members = Members::open(&folder.join("club.db")).await?;
    let mailer = Arc::new(EmlMailer::new(folder.join("mail"))?);
    let pages = recovery::pages(members.pool().clone(), mailer, folder).await?; // regain's
    let app = club(members).merge(pages).into_make_service_with_connect_info::<SocketAddr>(); // regain's
    let listener = TcpListener::bind("127.0.0.1:8090").await?;
    println!("http://127.0.0.1:8090/login for rosa, who has forgotten her password; mails in {FOLDER}/mail");
    Ok(axum::serve(listener, app).await?)
}

/// A real service gets it from where it keeps its secrets, and never makes itself another.
fn make_key(file: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    if !file.try_exists()? {
        std::fs::write(file, KeyRing::generate_key(&SystemEntropy)?)?;
    }
    Ok(())
}

fn club(members: Members) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", get(async || Html(LOG_IN)).post(log_in))
        .with_state(Arc::new(members))
}

async fn log_in(State(members): State<Arc<Members>>, RawForm(form): RawForm) -> Response {
    let (name, password) = (field(&form, "name"), field(&form, "password"));
    match members.log_in(&name, &password).await {
        Ok(Some(session)) => {
            let cookie = format!("session={session}; Path=/; HttpOnly; SameSite=Strict");
            ([(SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Ok(None) => (StatusCode::UNPROCESSABLE_ENTITY, Html(LOG_IN)).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn home(State(members): State<Arc<Members>>, headers: HeaderMap) -> Response {
    let cookie = headers.get(COOKIE).and_then(|value| value.to_str().ok());
    let session = cookie.and_then(|text| text.strip_prefix("session=")).unwrap_or_default();
    match members.who(session).await {
        Ok(Some(name)) => Html(format!("Hello {name}, your beds need water.")).into_response(),
        Ok(None) => Redirect::to("/login").into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// A field of a form.
fn field(form: &[u8], name: &str) -> String {
    let pairs = form.split(|byte| *byte == b'&').filter_map(|pair| {
        let (name, value) = pair.split_at_checked(pair.iter().position(|byte| *byte == b'=')?)?;
        Some((name, &value[1..]))
    });
    let value =
        pairs.into_iter().find(|(found, _)| *found == name.as_bytes()).map_or(&[][..], |(_, value)| value);
    let (mut bytes, mut rest) = (Vec::new(), value.iter().copied());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => rest.by_ref().take(2).fold(0, |byte, digit| byte << 4 | hex(digit)),
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0)
}
