//! The support desk, in the browser: `/recovery/desk`; and whom the API's own takes for staff.
//!
//! Example only: whoever opens `/dev/staff` says themself which of two people of the staff they are, so it is served on a
//! loopback address only. A real portal signs its staff in, with a second factor, and best in a service of their own.

use crate::pages::{dress, page};
use crate::sessions::{cookie_in, see_other};
use crate::users::Users;
use askama::Template;
use async_trait::async_trait;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use regain::Recovery;
use regain::account::AccountStore as _;
use regain::desk::{Desk, DeskHost, Ial, Staff, StaffId, StaffRole, Subject};
use regain::identity::Identifier;
use regain::ids::AccountId;
use regain::recovery::ConfigError;
use regain::store::StoreError;
use regain::web::{StaffHost, WebConfig, desk_router, help_router};
use std::net::SocketAddr;
use std::sync::Arc;

const STAFF: [&str; 2] = ["ida", "jon"];
const COOKIE: &str = "staff";
const QUEUE: &str = "/recovery/desk";

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Staff</title>
<link rel="stylesheet" href="/recovery/assets/regain.css">
</head>
<body>
<header><p>Staff (example only)</p></header>
<main>
<h1>Who are you?</h1>
<p>A case needs two people: one records the evidence, the other decides. A real portal signs its staff in.</p>
{%- for name in names %}
<form method="post" action="/dev/staff/{{ name }}"><button>I am {{ name }}</button></form>
{%- endfor %}
</main>
</body>
</html>"#
)]
struct WhoAreYou {
    names: [&'static str; 2],
}

/// A hospital: everybody was enrolled at the counter (IAL2), and no patient works there.
struct Hospital(Arc<Users>);

#[async_trait]
impl DeskHost for Hospital {
    async fn subject(&self, account: &AccountId) -> Result<Option<Subject>, StoreError> {
        let known = self.0.get(account).await?;
        Ok(known.map(|_| Subject { staff: None, enrolled_at: Ial::Two }))
    }
}

#[async_trait]
impl StaffHost for Hospital {
    async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<Staff>, StoreError> {
        let name = cookie_in(headers, COOKIE).filter(|name| STAFF.contains(name));
        Ok(name.and_then(|name| StaffId::new(name).ok()).map(|id| Staff::new(id, StaffRole::ranked(10))))
    }

    /// Staff type a username.
    async fn account(&self, typed: &str) -> Result<Option<AccountId>, StoreError> {
        let found = self.0.find_by_identifier(&Identifier::parse(typed)).await?;
        Ok(found.into_iter().find(|account| account.username == typed).map(|account| account.id))
    }
}

/// The desk.
pub fn open(recovery: &Recovery, users: &Arc<Users>) -> Result<Desk, ConfigError> {
    let desk = Desk::builder(recovery.clone(), Arc::new(Hospital(users.clone())));
    desk.risk_analysis("Mercy Hospital: recovery by the service desk, 2026-03-02").build()
}

/// The pages where people write to it; those for staff too, where `staff_at` says under which address of this very machine.
pub fn router(desk: Desk, users: &Arc<Users>, config: &WebConfig, staff_at: Option<SocketAddr>) -> Router {
    let help = help_router(desk.clone(), config.clone());
    let Some(address) = staff_at else { return help };
    let own = own_names(desk.recovery(), address);
    let who = Router::new()
        .route("/dev/staff", get(ask))
        .route("/dev/staff/{name}", post(choose))
        .route_layer(map_response(dress));
    let staff = desk_router(desk, staff(users), config.clone()).merge(who);
    help.merge(staff.route_layer(from_fn_with_state(own, only_by_our_name)))
}

/// Who knows the staff.
pub fn staff(users: &Arc<Users>) -> Arc<dyn StaffHost> {
    Arc::new(Hospital(users.clone()))
}

/// Under which names this portal is its own.
pub fn own_names(recovery: &Recovery, address: SocketAddr) -> Arc<[String; 2]> {
    Arc::new([recovery.links().origin().as_str().to_owned(), format!("http://{address}")])
}

async fn ask() -> Response {
    page(&WhoAreYou { names: STAFF })
}

async fn choose(Path(name): Path<String>) -> Response {
    if !STAFF.contains(&name.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    see_other(QUEUE, &format!("{COOKIE}={name}; Path=/; HttpOnly; SameSite=Strict"))
}

/// Another name would be a foreign site that had itself resolved to this machine.
pub async fn only_by_our_name(State(own): State<Arc<[String; 2]>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_ours = own.iter().any(|origin| origin.split_once("://").is_some_and(|(_, name)| name == host));
    if is_ours { next.run(request).await } else { StatusCode::NOT_FOUND.into_response() }
}
