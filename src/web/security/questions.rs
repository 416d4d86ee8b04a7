//! Choosing security questions and their answers, and taking them away.

use super::form;
use super::member::{Member, Sent};
use super::pages::{QuestionLine, QuestionsPage, SurePage};
use super::step_up::Back;
use crate::error::RecoveryError;
use crate::factor::{Answer, AnswerRefused, QUESTIONS};
use crate::security::ChangeRefused;
use crate::web::Site;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::mem::take;
use std::sync::Arc;

const FIELDS: [&str; 7] =
    [form::FIELD, "question-1", "answer-1", "question-2", "answer-2", "question-3", "answer-3"];

pub(super) async fn choose(State(site): State<Arc<Site>>, member: Member) -> Result<Response, Response> {
    site.step_up_first(&member, Back::Questions).await?;
    Ok(site.questions_page(&member, [const { String::new() }; QUESTIONS], None))
}

pub(super) async fn set(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_, one, mut first, two, mut second, three, mut third] = sent.fields(&site, FIELDS)?;
    let chosen = [one.to_string(), two.to_string(), three.to_string()];
    let answers = [&mut first, &mut second, &mut third].map(|typed| Answer::new(take(&mut **typed)));
    let answered: Vec<_> = chosen.iter().cloned().zip(answers).collect();
    match site.info(&sent.member).set_questions(&answered).await {
        Ok(()) => Ok(site.to("")),
        Err(RecoveryError::ChangeRefused(ChangeRefused::Answer(why))) => {
            Ok(site.questions_page(&sent.member, chosen, Some(why)))
        }
        Err(error) => Err(site.refused(error, Back::Questions)),
    }
}

pub(super) async fn ask_removal(State(site): State<Arc<Site>>, member: Member) -> Result<Response, Response> {
    site.step_up_first(&member, Back::Questions).await?;
    let language = site.language();
    let page = SurePage {
        frame: site.frame(),
        form: site.form_token(&member),
        title: language.text("remove-questions.title"),
        words: &["remove-questions.then"],
        action: "questions/remove",
        button: "remove-questions.remove",
        factor: None,
    };
    Ok(site.page(StatusCode::OK, &page))
}

pub(super) async fn remove(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_] = sent.fields(&site, [form::FIELD])?;
    match site.info(&sent.member).remove_questions().await {
        Ok(()) => Ok(site.to("")),
        Err(error) => Err(site.refused(error, Back::Questions)),
    }
}

/// The key of why answers are not kept.
pub(super) fn words(why: AnswerRefused) -> &'static str {
    match why {
        AnswerRefused::TooShort => "answer.too-short",
        AnswerRefused::TooLong => "answer.too-long",
        AnswerRefused::Common => "answer.common",
        AnswerRefused::Known => "answer.known",
        AnswerRefused::Password => "answer.password",
        AnswerRefused::Repeated => "answer.repeated",
        AnswerRefused::Question => "answer.question",
    }
}

impl Site {
    /// What was chosen is kept, what was answered is not.
    fn questions_page(
        &self,
        member: &Member,
        chosen: [String; QUESTIONS],
        why: Option<AnswerRefused>,
    ) -> Response {
        let (language, info) = (self.language(), self.info(member));
        let list = info
            .question_list()
            .iter()
            .map(|question| QuestionLine { code: question.code.clone(), text: language.question(question) });
        let status = if why.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let (frame, form) = (self.frame(), self.form_token(member));
        self.page(
            status,
            &QuestionsPage { frame, form, list: list.collect(), chosen, problem: why.map(words) },
        )
    }
}
