//! What every answer has in common: a time limit and the security headers.

use super::Api;
use super::problem::{Problem, ProblemCode};
use crate::web::dress::{TIME_LIMIT, put_headers};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;

/// JSON loads nothing.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// A request that is given up leaves nothing half done: what is durable, a worker goes on with.
pub(super) async fn dress(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(TIME_LIMIT, next.run(request)).await;
    let mut answer = answer.unwrap_or_else(|_| Problem::from(ProblemCode::Unavailable).into_response());
    put_headers(&mut answer, api.recovery.links().origin(), POLICY, "no-referrer");
    answer
}
