//! The page for the security question behind a link.

use crate::error::RecoveryError;
use crate::factor::Answer;
use crate::token::RecoveryToken;
use crate::web::Site;
use crate::web::answer::Notice;
use crate::web::factor::Tried;
use crate::web::page::QuestionPage;
use crate::web::posted::Posted;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::mem::take;
use std::sync::Arc;

pub(super) async fn answer(State(site): State<Arc<Site>>, posted: Posted) -> Response {
    let [typed, mut answer] = posted.fields(["token", "answer"]);
    let Ok(token) = site.recovery.read_token(&typed) else { return site.notice(&Notice::LinkNotUsable) };
    let answer = Answer::new(take(&mut *answer));
    match site.recovery.answer_question(&token, &answer, &posted.client).await {
        Ok(view) => site.after_link(&token, &view).await,
        Err(RecoveryError::AnswerNotAccepted) => site.question_page(&token, Tried::Refused).await,
        Err(RecoveryError::FactorNeeded) => site.open_again(&token).await,
        Err(error) => site.error(error),
    }
}

impl Site {
    pub(super) async fn question_page(&self, token: &RecoveryToken, tried: Tried) -> Response {
        match self.recovery.question(token).await {
            Ok(Some(question)) => {
                let refused = tried == Tried::Refused;
                let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
                let (frame, token) = (self.frame(), token.expose());
                let question = self.language().question(&question);
                self.page(status, &QuestionPage { frame, token, question, refused })
            }
            Ok(None) => self.notice(&Notice::FactorNeeded),
            Err(error) => self.error(error),
        }
    }
}
