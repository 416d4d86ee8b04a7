//! Whoever is stuck writes to the support desk, and gets the one answer.

use super::ask::{KeyHeader, key_in};
use super::body::Sent;
use super::problem::{Of, Problem, ProblemCode, problems};
use super::{Answer, Answered, Api};
use crate::desk::Plea;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// What is the matter, and how the person can be reached.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HelpAsk {
    text: String,
    #[serde(default)]
    reach: String,
}

/// It was taken down: the same for everybody, but for a number that is random.
#[derive(Serialize, ToSchema)]
pub(super) struct HelpAsked {
    /// What the person calls the case when they talk to the desk.
    number: String,
}

problems!(HelpProblems: IdempotencyKey, TooManyAttempts, Unavailable);

/// Writes to the support desk. Nothing is looked up.
#[utoipa::path(
    post, path = "/help", operation_id = "ask_for_help", tag = "ask", request_body = HelpAsk,
    params(KeyHeader),
    responses((status = 202, description = "Taken down", body = HelpAsked), Of<HelpProblems>)
)]
pub(super) async fn ask(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<HelpAsk>,
) -> Answered<HelpAsked> {
    let desk = api.config.help.as_ref().ok_or(Problem::from(ProblemCode::NotFound))?;
    let plea = Plea::new(&body.text, &body.reach).ok_or(Problem::from(ProblemCode::Invalid))?;
    let receipt = match key_in(&by.headers)? {
        Some(key) => desk.ask_for_help_once(plea, &key, &by.client).await?,
        None => desk.ask_for_help(plea, &by.client).await?,
    };
    Ok(Answer(StatusCode::ACCEPTED, HelpAsked { number: receipt.number }))
}
