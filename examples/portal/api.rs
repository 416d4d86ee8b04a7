//! The same as JSON, below `/api`; `/api/openapi.json` describes it.

use crate::desk::{only_by_our_name, own_names, staff};
use crate::sessions::Portal;
use crate::users::Users;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use regain::Recovery;
use regain::api::{self, ApiConfig};
use regain::desk::Desk;
use regain::web::ClientAddress;
use std::net::SocketAddr;
use std::sync::Arc;

/// What staff do, too, where `staff_at` says under which address of this very machine. A real portal serves them elsewhere.
pub fn router(
    recovery: &Recovery,
    portal: Arc<Portal>,
    desk: Desk,
    users: &Arc<Users>,
    staff_at: Option<SocketAddr>,
) -> Router {
    let config = ApiConfig::new(ClientAddress::Socket).sessions(portal).help(desk.clone());
    let serve = |config| Router::new().nest("/api", api::router(recovery.clone(), config));
    let Some(address) = staff_at else { return serve(config) };
    serve(config.desk(desk, staff(users))).layer(from_fn_with_state(own_names(recovery, address), guard))
}

async fn guard(own: State<Arc<[String; 2]>>, request: Request, next: Next) -> Response {
    let of_staff = request.uri().path().starts_with("/api/desk");
    if of_staff { only_by_our_name(own, request, next).await } else { next.run(request).await }
}
