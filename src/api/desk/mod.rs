//! The support desk: what its pages do, for staff who work in a program of their own.
//!
//! Who of the staff acts comes from the host's session alone, by the rule of the pages. A step names the case and the version
//! that was seen in its body; what the desk refuses is said in the words of the pages. No answer has a credential in it: the
//! desk gives none out.

mod act;
mod codes;
mod queue;
mod show;

use super::body::Caller;
use super::problem::{Problem, ProblemCode};
use super::{Api, Routes};
use crate::desk::DeskError;
use crate::ids::AccountId;
use crate::language::Language;
use crate::store::StoreError;
use crate::web::desk::OnDuty;
use crate::web::spoken::accepted;
use std::sync::Arc;
use utoipa_axum::routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(queue::list, act::open))
        .routes(routes!(show::show))
        .routes(routes!(act::concern))
        .routes(routes!(act::assign))
        .routes(routes!(act::note))
        .routes(routes!(act::evidence))
        .routes(routes!(act::approve))
        .routes(routes!(act::refuse))
        .routes(routes!(act::withdraw))
}

/// Somebody of the staff, and the language that they read.
struct Clerk {
    on: OnDuty,
    language: Arc<Language>,
}

impl Api {
    /// Whose request it is: the same refusal for everybody who is not signed in as staff.
    async fn clerk(&self, by: &Caller) -> Result<Clerk, Problem> {
        let counter = self.config.counter.as_ref().ok_or(StoreError::plain("the router has no staff"))?;
        let on = counter.on_duty(&by.headers).await?.ok_or(Problem::from(ProblemCode::NotStaff))?;
        let languages = &self.recovery.service().languages;
        Ok(Clerk { on, language: languages.choose(accepted(&by.headers).as_deref()).clone() })
    }
}

impl Clerk {
    fn told(&self, error: &DeskError) -> Problem {
        Problem::at_the_desk(error, &self.language)
    }

    /// The account that they mean.
    async fn account(&self, typed: &str) -> Result<AccountId, Problem> {
        self.on.account(typed).await?.ok_or_else(|| Problem::no_such_account(&self.language))
    }
}
