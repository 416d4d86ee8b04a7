//! The security question behind a link.

use super::{LinkShown, LinkToken, shown};
use crate::api::body::Sent;
use crate::api::problem::{Of, problems};
use crate::api::secret::Secret;
use crate::api::{Answer, Answered, Api};
use crate::factor::Answer as TypedAnswer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct LinkAnswer {
    token: Secret,
    answer: Secret,
}

/// What is asked; nothing where nothing is asked, or no more.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct LinkQuestion {
    question: Option<String>,
}

problems!(QuestionProblems: LinkNotUsable, FactorNeeded, Unavailable);
problems!(AnswerProblems: LinkNotUsable, FactorNeeded, AnswerNotAccepted, TooManyAttempts, Unavailable);

/// The question that has to be answered first. Changes nothing.
#[utoipa::path(
    post, path = "/link/question", operation_id = "question_for_link", tag = "link", request_body = LinkToken,
    responses((status = 200, description = "The question", body = LinkQuestion), Of<QuestionProblems>)
)]
pub(in crate::api) async fn question(
    State(api): State<Arc<Api>>,
    Sent { body, .. }: Sent<LinkToken>,
) -> Answered<LinkQuestion> {
    let token = api.recovery.read_token(&body.token)?;
    let question = api.recovery.question(&token).await?.map(|question| question.text);
    Ok(Answer(StatusCode::OK, LinkQuestion { question }))
}

/// Answers it.
#[utoipa::path(
    post, path = "/link/answer", operation_id = "answer_for_link", tag = "link", request_body = LinkAnswer,
    responses((status = 200, description = "It was right", body = LinkShown), Of<AnswerProblems>)
)]
pub(in crate::api) async fn answer(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<LinkAnswer>,
) -> Answered<LinkShown> {
    let token = api.recovery.read_token(&body.token)?;
    let answer = TypedAnswer::new(body.answer.take());
    let view = api.recovery.answer_question(&token, &answer, &by.client).await?;
    Ok(Answer(StatusCode::OK, shown(&view)))
}
