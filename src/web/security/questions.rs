//! Security questions: three from the host's list. Their answers are secrets: a form that is shown again has none of them.

use super::form;
use super::member::{Member, Sent};
use super::pages::{QuestionLine, QuestionsPage};
use super::step_up::Back;
use crate::error::RecoveryError;
use crate::factor::{Answer, QUESTIONS};
use crate::security::ChangeRefused;
use crate::web::Site;
use crate::web::answer::Notice;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::mem::take;
use std::sync::Arc;

/// The codes of the questions that are chosen, in their order.
type Chosen = [String; QUESTIONS];

pub(super) async fn form(State(site): State<Arc<Site>>, member: Member) -> Result<Response, Response> {
    site.step_up_first(&member, Back::Questions).await?;
    site.questions_page(&member, &Chosen::default(), None).await
}

pub(super) async fn set(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let names = [form::FIELD, "question_1", "answer_1", "question_2", "answer_2", "question_3", "answer_3"];
    let [_, mut first, mut one, mut second, mut two, mut third, mut three] = sent.fields(&site, names)?;
    let chosen: Chosen = [&mut first, &mut second, &mut third].map(|code| take(&mut **code));
    let answers = [&mut one, &mut two, &mut three].map(|answer| Answer::new(take(&mut **answer)));
    let answered: Vec<_> = chosen.iter().cloned().zip(answers).collect();
    match site.info(&sent.member).set_questions(&answered).await {
        Ok(()) => Ok(site.notice(&Notice::QuestionsSet)),
        Err(RecoveryError::ChangeRefused(ChangeRefused::Answer(why))) => {
            site.questions_page(&sent.member, &chosen, Some(sentence(&why.to_string()))).await
        }
        Err(error) => Err(site.refused(error, Back::Questions)),
    }
}

pub(super) async fn remove(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_] = sent.fields(&site, [form::FIELD])?;
    let removed = site.info(&sent.member).remove_questions().await;
    removed.map_err(|error| site.refused(error, Back::Questions))?;
    Ok(site.notice(&Notice::QuestionsRemoved))
}

/// A message of ours as people read it.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}

impl Site {
    async fn questions_page(
        &self,
        member: &Member,
        chosen: &Chosen,
        problem: Option<String>,
    ) -> Result<Response, Response> {
        let info = self.info(member);
        let view = info.list().await.map_err(|error| self.refused(error, Back::Questions))?;
        let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let lines = (1..).zip(chosen).map(|(number, chosen)| QuestionLine { number, chosen });
        let page = QuestionsPage {
            frame: self.frame(),
            form: self.form_token(member),
            list: info.question_list(),
            lines: lines.collect(),
            are_set: !view.questions.is_empty(),
            problem,
        };
        Ok(self.page(status, &page))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(super::sentence("two questions need two answers"), "Two questions need two answers.");
        assert_eq!(super::sentence(""), ".");
    }
}
