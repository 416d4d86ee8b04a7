//! Security questions and their answers.

use super::super::body::{Caller, Object, Sent};
use super::super::problem::Of;
use super::super::secret::Secret;
use super::super::{Answer, Answered, Api};
use super::ChangeProblems;
use super::factors::Done;
use super::show::ShowProblems;
use crate::factor::Answer as TypedAnswer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The questions that a person may choose from.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct QuestionsOffered {
    questions: Vec<QuestionOffered>,
}

#[derive(Serialize, ToSchema)]
struct QuestionOffered {
    /// Stable.
    code: String,
    text: String,
}

/// Three questions, each with its answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct QuestionsAnswered {
    #[schema(value_type = Vec<QuestionAnswered>)]
    answers: Vec<Object<QuestionAnswered>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuestionAnswered {
    /// The code of the question.
    question: String,
    answer: Secret,
}

/// An object without fields.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Nothing {}

/// The questions that a person may choose from.
#[utoipa::path(
    get, path = "/security/questions", operation_id = "questions", tag = "security",
    responses((status = 200, description = "The questions", body = QuestionsOffered), Of<ShowProblems>)
)]
pub(in crate::api) async fn list(State(api): State<Arc<Api>>, by: Caller) -> Answered<QuestionsOffered> {
    let member = api.member(&by).await?;
    let questions = member.info.question_list().iter();
    let offered = questions.map(|one| QuestionOffered { code: one.code.clone(), text: one.text.clone() });
    Ok(Answer(StatusCode::OK, QuestionsOffered { questions: offered.collect() }))
}

/// Sets three questions with their answers, in the place of those before.
#[utoipa::path(
    post, path = "/security/questions", operation_id = "set_questions", tag = "security",
    request_body = QuestionsAnswered,
    responses((status = 200, description = "Set", body = Done), Of<ChangeProblems>)
)]
pub(in crate::api) async fn set(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<QuestionsAnswered>,
) -> Answered<Done> {
    let member = api.member(&by).await?;
    let answers = body.answers.into_iter();
    let answered: Vec<_> =
        answers.map(|Object(one)| (one.question, TypedAnswer::new(one.answer.take()))).collect();
    member.info.set_questions(&answered).await?;
    Ok(Answer(StatusCode::OK, Done {}))
}

/// Takes the questions away.
#[utoipa::path(
    post, path = "/security/questions/remove", operation_id = "remove_questions", tag = "security",
    request_body = Nothing,
    responses((status = 200, description = "Removed", body = Done), Of<ChangeProblems>)
)]
pub(in crate::api) async fn remove(
    State(api): State<Arc<Api>>,
    Sent { by, .. }: Sent<Nothing>,
) -> Answered<Done> {
    api.member(&by).await?.info.remove_questions().await?;
    Ok(Answer(StatusCode::OK, Done {}))
}
