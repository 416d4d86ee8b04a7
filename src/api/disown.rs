//! "This wasn't me", with the token of a letter's button or that of a link.

use super::body::Sent;
use super::problem::{Of, Problem, ProblemCode, problems};
use super::secret::Secret;
use super::{Answer, Answered, Api, when};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The token of a letter: the parameter `letter` in the address of its button.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LetterToken {
    letter: Secret,
}

/// The token of a letter, or that of a link; not both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Disowning {
    letter: Option<Secret>,
    token: Option<Secret>,
}

/// What it will do.
#[derive(Serialize, ToSchema)]
pub(super) struct DisownShown {
    #[schema(format = DateTime)]
    written_at: String,
    /// How many seconds nobody can ask for a new link.
    hold_seconds: i64,
}

/// It is done, now or before.
#[derive(Serialize, ToSchema)]
pub(super) struct DisownDone {
    /// How many seconds nobody can ask for a new link, from the first time on.
    hold_seconds: i64,
}

problems!(LookProblems: LinkNotUsable, Unavailable);
problems!(DisownProblems: LinkNotUsable, TooManyAttempts, Unavailable);

/// Says what "this wasn't me" will do. Changes nothing.
#[utoipa::path(
    post, path = "/disown/look", operation_id = "look_at_disown", tag = "link", request_body = LetterToken,
    responses((status = 200, description = "What it will do", body = DisownShown), Of<LookProblems>)
)]
pub(super) async fn look(
    State(api): State<Arc<Api>>,
    Sent { body, .. }: Sent<LetterToken>,
) -> Answered<DisownShown> {
    let token = api.recovery.read_disown_token(&body.letter)?;
    let view = api.recovery.look_at_disown(&token).await?;
    let (written_at, hold_seconds) = (when(view.written_at), view.hold.whole_seconds());
    Ok(Answer(StatusCode::OK, DisownShown { written_at, hold_seconds }))
}

/// "This wasn't me": ends the account's links, and lets nobody ask for new ones for a while.
#[utoipa::path(
    post, path = "/disown", operation_id = "disown", tag = "link", request_body = Disowning,
    responses((status = 200, description = "Done", body = DisownDone), Of<DisownProblems>)
)]
pub(super) async fn disown(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<Disowning>,
) -> Answered<DisownDone> {
    let done = match (&body.letter, &body.token) {
        (Some(letter), None) => {
            api.recovery.disown_all(&api.recovery.read_disown_token(letter)?, &by.client).await?
        }
        (None, Some(token)) => api.recovery.disown(&api.recovery.read_token(token)?, &by.client).await?,
        _ => return Err(Problem::from(ProblemCode::Invalid)),
    };
    Ok(Answer(StatusCode::OK, DisownDone { hold_seconds: done.hold.whole_seconds() }))
}
