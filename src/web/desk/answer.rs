//! What staff are told when something is not done.

use crate::desk::DeskError;
use crate::desk::case::CaseRefusal;
use crate::ids::CaseId;
use crate::store::StoreError;
use crate::web::Site;
use crate::web::answer::Notice;
use crate::web::page::{Action, NoticePage};
use axum::http::StatusCode;
use axum::response::Response;

/// A form that was not filled in.
pub(super) enum Unreadable {
    Account,
    Staff,
    Text,
    Address,
    Choice,
}

impl Unreadable {
    fn words(&self) -> &'static str {
        match self {
            Self::Account => "There is no such account.",
            Self::Staff => "Please say who is to look after the case.",
            Self::Text => "Please write something.",
            Self::Address => {
                "This is no address that a letter or a mail could go to. Check its kind and its spelling."
            }
            Self::Choice => "Please choose something in every field.",
        }
    }
}

impl Site {
    pub(super) fn case_path(&self, case: CaseId) -> String {
        format!("{}/desk/case?id={case}", self.recovery.links().mount())
    }

    pub(super) fn not_staff(&self) -> Response {
        let action =
            Action { label: "Go to the sign-in page", href: self.recovery.links().sign_in_path().to_owned() };
        let words = vec!["Sign in as a member of our staff, then open this page again.".to_owned()];
        let title = "This page is for our staff";
        self.page(StatusCode::FORBIDDEN, &NoticePage { frame: self.frame(), title, words, action })
    }

    pub(super) fn host_error(&self, error: &StoreError) -> Response {
        tracing::error!(error = error as &dyn std::error::Error, "the host does not answer the desk");
        self.notice(&Notice::Unavailable)
    }

    pub(super) fn unreadable(&self, what: &Unreadable, case: Option<CaseId>) -> Response {
        self.not_done(StatusCode::UNPROCESSABLE_ENTITY, what.words().to_owned(), case)
    }

    pub(super) fn desk_error(&self, error: &DeskError, case: Option<CaseId>) -> Response {
        let status = match error {
            DeskError::Unavailable => return self.notice(&Notice::Unavailable),
            DeskError::NotFound => StatusCode::NOT_FOUND,
            DeskError::Changed => StatusCode::CONFLICT,
            DeskError::Refused(CaseRefusal::AboveOwnRole | CaseRefusal::OwnCase) => StatusCode::FORBIDDEN,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        self.not_done(status, sentence(&error.to_string()), case)
    }

    fn not_done(&self, status: StatusCode, words: String, case: Option<CaseId>) -> Response {
        let action = match case {
            Some(case) => Action { label: "Back to the case", href: self.case_path(case) },
            None => {
                Action { label: "Back to the queue", href: format!("{}/desk", self.recovery.links().mount()) }
            }
        };
        let words = vec![words, "Nothing was done.".to_owned()];
        let title = "This could not be done";
        self.page(status, &NoticePage { frame: self.frame(), title, words, action })
    }
}

/// An error's words as a sentence.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
