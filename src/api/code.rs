//! The code that is typed in place of a link: by the client that asked, which its ticket shows, or off a letter.

use super::body::Sent;
use super::link::{LinkShown, shown};
use super::problem::{Of, Problem, ProblemCode, problems};
use super::secret::Secret;
use super::{Answer, Answered, Api};
use crate::client::Client;
use crate::error::RecoveryError;
use crate::recovery::{AskTicket, LetterReference};
use crate::token::RecoveryToken;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The code, with either the ticket of the ask or the reference that a letter has printed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeTyped {
    code: Secret,
    ticket: Option<Secret>,
    reference: Option<String>,
}

/// What is as good as the link.
#[derive(Serialize, ToSchema)]
pub(super) struct CodeTaken {
    /// The token of a link.
    token: Secret,
    link: LinkShown,
}

problems!(CodeProblems: CodeNotUsable, LinkNotUsable, TooManyAttempts, Unavailable);

/// Takes the code of a mail or a letter. The link that came with it works no more; the token of the answer does.
#[utoipa::path(
    post, path = "/codes", operation_id = "exchange_code", tag = "link", request_body = CodeTyped,
    responses((status = 200, description = "The code was right", body = CodeTaken), Of<CodeProblems>)
)]
pub(super) async fn exchange(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<CodeTyped>,
) -> Answered<CodeTaken> {
    let token = match (&body.ticket, &body.reference) {
        (Some(ticket), None) => api.by_ticket(ticket, &body.code, &by.client).await?,
        (None, Some(reference)) => api.by_letter(reference, &body.code, &by.client).await?,
        _ => return Err(Problem::from(ProblemCode::Invalid)),
    };
    let view = api.recovery.look(&token).await?;
    Ok(Answer(StatusCode::OK, CodeTaken { token: Secret(token.expose()), link: shown(&view) }))
}

impl Api {
    async fn by_ticket(
        &self,
        ticket: &str,
        code: &str,
        client: &Client,
    ) -> Result<RecoveryToken, RecoveryError> {
        let ticket = AskTicket::parse(ticket).map_err(|_| RecoveryError::CodeNotUsable)?;
        self.recovery.exchange_code(&ticket, code, client).await
    }

    async fn by_letter(
        &self,
        reference: &str,
        code: &str,
        client: &Client,
    ) -> Result<RecoveryToken, RecoveryError> {
        let reference = LetterReference::parse(reference).map_err(|_| RecoveryError::CodeNotUsable)?;
        self.recovery.exchange_letter_code(&reference, code, client).await
    }
}
