//! With a link from a mail: look at it, choose a password.

use crate::client::Client;
use crate::error::RecoveryError;
use crate::factor::FactorKind;
use crate::password::{Password, Reason};
use crate::recovery::{Chosen, LinkView, QuestionGate};
use crate::token::RecoveryToken;
use crate::web::answer::Notice;
use crate::web::factor::{Beside, Tried};
use crate::web::page::{LinkPage, NewPassword};
use crate::web::posted::Posted;
use crate::web::{Site, factor, form};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::mem::take;
use std::sync::Arc;

/// Changes nothing, however often it is opened and by whom (RC-17).
pub(super) async fn look(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    let typed = form::only("token", query.as_deref().unwrap_or_default());
    match site.view(&typed).await {
        Ok((token, _)) => site.page(StatusCode::OK, &LinkPage { frame: site.frame(), token: token.expose() }),
        Err(error) => site.error(error),
    }
}

/// Shows the form for the new password, at an address without the token. Changes nothing either.
pub(super) async fn open(State(site): State<Arc<Site>>, posted: Posted) -> Response {
    let [typed] = posted.fields(["token"]);
    match site.view(&typed).await {
        Ok((token, view)) => site.after_link(&token, &view).await,
        Err(error) => site.error(error),
    }
}

/// The second factor, beside the link. It stays bound: a recovery never weakens an account.
pub(super) async fn prove(State(site): State<Arc<Site>>, posted: Posted) -> Response {
    let [typed, code] = posted.fields(["token", "code"]);
    let Ok(token) = site.recovery.read_token(&typed) else { return site.notice(&Notice::LinkNotUsable) };
    match site.prove(&token, &code, &posted.client).await {
        Ok(view) => site.after_link(&token, &view).await,
        Err(RecoveryError::FactorNotAccepted) => {
            site.factor_page(Beside::Link(token.expose()), Tried::Refused)
        }
        Err(error) => site.error(error),
    }
}

pub(super) async fn choose(State(site): State<Arc<Site>>, posted: Posted) -> Response {
    let [typed, mut password] = posted.fields(["token", "password"]);
    let Ok(token) = site.recovery.read_token(&typed) else { return site.notice(&Notice::LinkNotUsable) };
    let password = Password::new(take(&mut *password));
    match site.recovery.choose_password(&token, &password, &posted.client).await {
        Ok(Chosen::Done) => site.notice(&Notice::PasswordSet),
        Ok(Chosen::Pending) => site.notice(&Notice::PasswordSoonSet),
        Err(RecoveryError::PasswordRefused(reasons)) => match site.recovery.look(&token).await {
            Ok(view) => site.new_password(&token, &view, &reasons),
            Err(error) => site.error(error),
        },
        Err(RecoveryError::FactorNeeded | RecoveryError::QuestionNeeded) => site.open_again(&token).await,
        Err(error) => site.error(error),
    }
}

impl Site {
    async fn view(&self, typed: &str) -> Result<(RecoveryToken, LinkView), RecoveryError> {
        let token = self.recovery.read_token(typed)?;
        let view = self.recovery.look(&token).await?;
        Ok((token, view))
    }

    async fn prove(
        &self,
        token: &RecoveryToken,
        code: &str,
        client: &Client,
    ) -> Result<LinkView, RecoveryError> {
        let Some(proof) = factor::typed(code) else {
            // What is no code is not counted. Whether the link is still good is said first, as for any other.
            self.recovery.look(token).await?;
            return Err(RecoveryError::FactorNotAccepted);
        };
        self.recovery.prove_factor(token, &proof, client).await
    }

    /// The second step where the account has one, then the question where it has any, then the form for the new password.
    pub(super) async fn after_link(&self, token: &RecoveryToken, view: &LinkView) -> Response {
        if view.factor_needed {
            return self.factor_beside(token, view).await;
        }
        if view.question != QuestionGate::Open {
            return self.question_page(token, Tried::NotYet).await;
        }
        self.new_password(token, view, &[])
    }

    async fn factor_beside(&self, token: &RecoveryToken, view: &LinkView) -> Response {
        let hosts = view.factor_kinds.contains(&FactorKind::Host);
        if let Some(host) = self.config.link_host.as_ref().filter(|_| hosts) {
            match host.host_factor(token, view).await {
                Ok(Some(page)) => return page,
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the host has no page for its factor"
                    );
                    return self.notice(&Notice::Unavailable);
                }
            }
        }
        if factor::takes_codes(&view.factor_kinds) {
            self.factor_page(Beside::Link(token.expose()), Tried::NotYet)
        } else {
            self.notice(&Notice::FactorNeeded)
        }
    }

    /// The step that the link is at now.
    pub(super) async fn open_again(&self, token: &RecoveryToken) -> Response {
        match self.recovery.look(token).await {
            Ok(view) => self.after_link(token, &view).await,
            Err(error) => self.error(error),
        }
    }

    fn new_password(&self, token: &RecoveryToken, view: &LinkView, reasons: &[Reason]) -> Response {
        let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let page = NewPassword {
            frame: self.frame(),
            token: token.expose(),
            at_least: view.at_least,
            reasons: self.reasons(reasons),
        };
        self.page(status, &page)
    }
}

/// Without the feature `questions` nobody can answer one here: another node of the service can, or people have to help.
#[cfg(not(feature = "questions"))]
impl Site {
    #[expect(clippy::unused_async, reason = "with the feature it asks for the question")]
    async fn question_page(&self, _: &RecoveryToken, _: Tried) -> Response {
        self.notice(&Notice::FactorNeeded)
    }
}
