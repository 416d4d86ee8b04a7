//! The pages of the support desk: the queue, and one case with what may follow.
//!
//! | path below the mount | GET | POST |
//! |---|---|---|
//! | `/desk?after=…` | the queue | opens a case |
//! | `/desk/case?id=…` | one case | - |
//! | `/desk/concern`, `/assign`, `/note`, `/evidence`, `/approve`, `/refuse`, `/withdraw` | - | one step of one case |
//!
//! Each step carries the version of the case that the page showed, and leads back to the page of the case.

pub(crate) mod act;
mod answer;
mod duty;
mod not_done;
pub(super) mod page;
pub(crate) mod words;

pub(crate) use duty::{CASES, Counter, OnDuty};
pub(crate) use not_done::NotDone;

use crate::desk::{Desk, DeskError, QueuePlace, Staff};
use crate::ids::{AccountId, CaseId};
use crate::store::StoreError;
use crate::web::answer::Notice;
use crate::web::{Site, Surface, WebConfig, finish, form};
use async_trait::async_trait;
use axum::extract::{FromRequestParts, RawQuery, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use page::{CasePage, QueuePage};
use std::sync::Arc;

/// What the host knows of the staff in front of the pages.
///
/// ```
/// use async_trait::async_trait;
/// use axum::http::HeaderMap;
/// use regain::desk::{Staff, StaffId, StaffRole};
/// use regain::ids::AccountId;
/// use regain::store::StoreError;
/// use regain::web::StaffHost;
///
/// /// A proxy in front, which nobody gets past without signing in as staff, says who it is.
/// struct Proxy;
///
/// #[async_trait]
/// impl StaffHost for Proxy {
///     async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<Staff>, StoreError> {
///         let name = headers.get("x-staff").and_then(|name| name.to_str().ok());
///         let id = name.and_then(|name| StaffId::new(name).ok());
///         Ok(id.map(|id| Staff::new(id, StaffRole::ranked(10))))
///     }
///
///     async fn account(&self, typed: &str) -> Result<Option<AccountId>, StoreError> {
///         Ok(AccountId::new(typed).ok())
///     }
/// }
/// ```
#[async_trait]
pub trait StaffHost: Send + Sync {
    /// Who of the staff is signed in, and in which role, by the session that a request carries; `None` for everybody else.
    /// The session has to be one with a second factor.
    ///
    /// # Errors
    /// [`StoreError`] when the host does not know just now.
    async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<Staff>, StoreError>;

    /// The account that staff mean by what they type, such as its username.
    ///
    /// # Errors
    /// [`StoreError`] when the host does not know just now.
    async fn account(&self, typed: &str) -> Result<Option<AccountId>, StoreError>;
}

/// The pages of the desk, for a service that only staff reach; merge them beside [`router`](super::router), which has
/// their style sheet.
///
/// Whoever is not signed in as staff gets 403 and sees nothing.
pub fn desk_router(desk: Desk, host: Arc<dyn StaffHost>, config: WebConfig) -> Router {
    let recovery = desk.recovery().clone();
    let at = |path: &str| format!("{}/desk{path}", recovery.links().mount());
    let routes = Router::new()
        .route(&at(""), get(queue).post(act::open))
        .route(&at("/case"), get(case))
        .route(&at("/concern"), post(act::concern))
        .route(&at("/assign"), post(act::assign))
        .route(&at("/note"), post(act::note))
        .route(&at("/evidence"), post(act::evidence))
        .route(&at("/approve"), post(act::approve))
        .route(&at("/refuse"), post(act::refuse))
        .route(&at("/withdraw"), post(act::withdraw))
        .route_layer(Extension(Counter { desk, host }));
    finish(routes, Site { recovery, config, surface: Surface::Session })
}

impl FromRequestParts<Arc<Site>> for OnDuty {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Response> {
        let Some(counter) = parts.extensions.get::<Counter>() else {
            return Err(site.notice(&Notice::Unavailable));
        };
        match counter.on_duty(&parts.headers).await {
            Ok(Some(on)) => Ok(on),
            Ok(None) => Err(site.not_staff()),
            Err(error) => Err(site.host_error(&error)),
        }
    }
}

async fn queue(State(site): State<Arc<Site>>, on: OnDuty, RawQuery(query): RawQuery) -> Response {
    let after = QueuePlace::parse(&form::only("after", query.as_deref().unwrap_or_default()));
    match on.desk.queue(&on.staff, after, CASES).await {
        Ok(page) => {
            site.page(StatusCode::OK, &QueuePage::new(site.frame(), &site.language(), &page, after.is_some()))
        }
        Err(error) => site.desk_error(&error, None),
    }
}

async fn case(State(site): State<Arc<Site>>, on: OnDuty, RawQuery(query): RawQuery) -> Response {
    let Some(id) = CaseId::parse(&form::only("id", query.as_deref().unwrap_or_default())) else {
        return site.desk_error(&DeskError::NotFound, None);
    };
    match on.desk.view(&on.staff, id).await {
        Ok(view) => {
            site.page(StatusCode::OK, &CasePage::new(site.frame(), &site.language(), &view, &on.staff))
        }
        Err(error) => site.desk_error(&error, None),
    }
}
