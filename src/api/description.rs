//! The description of the API in OpenAPI 3.1, made from the routes themselves.

use super::problem::{Problem, ProblemCode, Problems};
use super::{Answer, Answered, Api, Routes};
use axum::extract::rejection::NestedPathRejection;
use axum::extract::{NestedPath, State};
use axum::http::StatusCode;
use serde_json::Value;
use std::sync::Arc;
use utoipa::OpenApi as _;
use utoipa::openapi::server::Server;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "regain: recovery of usernames and passwords",
        description = "Gives people back a forgotten username or password, and tells nobody who has an account: asks are \
                       answered alike, whoever they are about.\n\nEvery POST takes one JSON object of at most 16 KiB. What \
                       goes wrong is `application/problem+json` with a stable `code`. Sign-in and security information \
                       work in the host's own session, such as a cookie that the sign-in sets; the support desk in one of a \
                       member of staff.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(Problem)),
    tags(
        (name = "ask", description = "Somebody forgot a username or a password."),
        (name = "link", description = "With the token of a mailed link, or the code beside it."),
        (name = "sign-in", description = "Password, then second step."),
        (name = "security", description = "What a signed-in person sees and changes of what protects the account."),
        (name = "desk", description = "Staff help whom mails and links do not reach. No answer has a link or a code in it."),
        (name = "description", description = "This text.")
    )
)]
struct Head;

pub(super) fn begin() -> Routes {
    Routes::with_openapi(Head::openapi())
}

struct ServeProblems;

impl Problems for ServeProblems {
    const CODES: &'static [ProblemCode] = &[ProblemCode::Unavailable];
    const HAS_BODY: bool = false;
}

/// This description.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "description", tag = "description",
    responses((status = 200, description = "OpenAPI 3.1", body = Object), super::problem::Of<ServeProblems>)
)]
pub(super) async fn serve(
    State(api): State<Arc<Api>>,
    mount: Result<NestedPath, NestedPathRejection>,
) -> Answered<Value> {
    let mut description = api.description.clone();
    let mount = mount.as_ref().map_or("/", NestedPath::as_str);
    description.servers = Some(vec![Server::new(mount)]);
    let json = serde_json::to_value(&description).map_err(|_| Problem::from(ProblemCode::Unavailable))?;
    Ok(Answer(StatusCode::OK, json))
}
