//! Security information: what a signed-in person sees and changes of what protects the account.
//!
//! Whose account it is comes from the host's session alone, never from a body.

mod addresses;
mod factors;
pub(super) mod host_factor;
mod password;
#[cfg(feature = "questions")]
mod questions;
mod show;

use super::body::Caller;
use super::problem::{Problem, ProblemCode, problems};
use super::{Api, ApiHost, Routes};
use crate::client::Client;
use crate::recovery::SignedIn;
use crate::security::{AuthSession, SecurityInfo};
use crate::store::StoreError;
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::routes;

pub(super) fn routes() -> Routes {
    let routes = Routes::new()
        .routes(routes!(show::show))
        .routes(routes!(password::step_up))
        .routes(routes!(password::weigh))
        .routes(routes!(password::change))
        .routes(routes!(factors::begin_app))
        .routes(routes!(factors::confirm_app))
        .routes(routes!(factors::remove))
        .routes(routes!(factors::renew_codes))
        .routes(routes!(addresses::propose))
        .routes(routes!(addresses::confirm));
    #[cfg(feature = "questions")]
    let routes = routes.routes(routes!(questions::list, questions::set)).routes(routes!(questions::remove));
    routes
}

/// Somebody who is signed in.
struct Member {
    session: AuthSession,
    client: Client,
    info: SecurityInfo,
}

problems!(ChangeProblems: NotSignedIn, ChangeRequired, StepUpRequired, ChangeRefused, TooManyAttempts, Unavailable);
problems!(ConfirmProblems: NotSignedIn, ChangeRequired, StepUpRequired, ChangeRefused, CodeNotUsable, TooManyAttempts,
    Unavailable);

impl Api {
    /// Whose request it is. A session that may do nothing but choose another password is nobody's here.
    async fn member(&self, by: &Caller) -> Result<Member, Problem> {
        let member = self.member_with_whatever_session(by).await?;
        if self.sessions()?.change_required(&by.headers).await? {
            return Err(ProblemCode::ChangeRequired.into());
        }
        Ok(member)
    }

    async fn member_with_whatever_session(&self, by: &Caller) -> Result<Member, Problem> {
        let session = self.sessions()?.session(&by.headers).await?;
        let session = session.ok_or(Problem::from(ProblemCode::NotSignedIn))?;
        let info = self.recovery.security_info(&session, &by.client);
        Ok(Member { session, client: by.client, info })
    }

    fn sessions(&self) -> Result<&Arc<dyn ApiHost>, StoreError> {
        self.config.sessions.as_ref().ok_or(StoreError::plain("the router has no sessions"))
    }

    async fn raise(&self, by: &Caller, proven: SignedIn) -> Result<HeaderMap, StoreError> {
        self.sessions()?.raise(&by.headers, proven).await
    }
}
