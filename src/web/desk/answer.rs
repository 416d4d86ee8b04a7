//! What staff are told when something is not done.

use crate::desk::DeskError;
use crate::ids::CaseId;
use crate::store::StoreError;
use crate::web::Site;
use crate::web::answer::Notice;
use crate::web::desk::{NotDone, words};
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
            Self::Account => NotDone::NoSuchAccount.key(),
            Self::Staff => "desk.no-staff",
            Self::Text => "desk.no-text",
            Self::Address => "desk.no-address",
            Self::Choice => "desk.no-choice",
        }
    }
}

impl Site {
    pub(super) fn case_path(&self, case: CaseId) -> String {
        self.at(&format!("{}/desk/case?id={case}", self.recovery.links().mount()))
    }

    pub(super) fn not_staff(&self) -> Response {
        let action = self.to_sign_in("page.to-sign-in");
        let words = vec![self.language().text("desk.not-staff-then").to_owned()];
        let title = "desk.not-staff";
        self.page(StatusCode::FORBIDDEN, &NoticePage { frame: self.frame().alone(), title, words, action })
    }

    pub(super) fn host_error(&self, error: &StoreError) -> Response {
        tracing::error!(error = error as &dyn std::error::Error, "the host does not answer the desk");
        self.notice(&Notice::Unavailable)
    }

    pub(super) fn unreadable(&self, what: &Unreadable, case: Option<CaseId>) -> Response {
        self.not_done(StatusCode::UNPROCESSABLE_ENTITY, self.language().text(what.words()).to_owned(), case)
    }

    pub(super) fn desk_error(&self, error: &DeskError, case: Option<CaseId>) -> Response {
        let Some(why) = NotDone::of(error) else { return self.notice(&Notice::Unavailable) };
        self.not_done(why.status(), words::error(error, &self.language()), case)
    }

    fn not_done(&self, status: StatusCode, words: String, case: Option<CaseId>) -> Response {
        let action = match case {
            Some(case) => Action { label: "desk.back", href: self.case_path(case) },
            None => {
                let queue = format!("{}/desk", self.recovery.links().mount());
                Action { label: "desk.queue", href: self.at(&queue) }
            }
        };
        let words = vec![words, self.language().text("desk.nothing-done").to_owned()];
        let title = "desk.not-done";
        self.page(status, &NoticePage { frame: self.frame().alone(), title, words, action })
    }
}
