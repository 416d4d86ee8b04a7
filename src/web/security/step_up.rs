//! "Is it still you?": password and code once more, before what protects an account is changed (MF-8).
//!
//! Afterwards one comes back to where one was: to one of a fixed list of pages, so that no value of a request becomes a
//! destination.

use super::member::{Member, Sent, see_other};
use super::pages::StepUpPage;
use super::{SecurityHost, form};
use crate::error::RecoveryError;
use crate::factor::{AuthLevel, FactorProof};
use crate::password::Password;
use crate::recovery::SignedIn;
use crate::web::{Site, factor, form as query};
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::mem::take;
use std::sync::Arc;

/// Where one can have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Back {
    Overview,
    App,
    Codes,
    Password,
    Email,
    EmailCode,
    Questions,
}

impl Back {
    const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Overview, "overview", ""),
        (Self::App, "app", "/app"),
        (Self::Codes, "codes", "/codes"),
        (Self::Password, "password", "/password"),
        (Self::Email, "email", "/email"),
        (Self::EmailCode, "email-code", "/email/confirm"),
        (Self::Questions, "questions", "/questions"),
    ];

    /// Whatever is not in the list leads to the overview.
    fn read(typed: &str) -> Self {
        let known = Self::ALL.iter().find(|(_, name, _)| *name == typed);
        known.map_or(Self::Overview, |(back, ..)| *back)
    }

    fn entry(self) -> (&'static str, &'static str) {
        let known = Self::ALL.iter().find(|(back, ..)| *back == self);
        known.map_or(("overview", ""), |(_, name, path)| (*name, *path))
    }

    fn name(self) -> &'static str {
        self.entry().0
    }

    fn path(self) -> &'static str {
        self.entry().1
    }
}

pub(super) async fn form(
    State(site): State<Arc<Site>>,
    member: Member,
    RawQuery(typed): RawQuery,
) -> Response {
    let back = Back::read(&query::only("back", typed.as_deref().unwrap_or_default()));
    site.step_up_page(&member, back, StatusCode::OK).await
}

pub(super) async fn prove(
    State(site): State<Arc<Site>>,
    Extension(sessions): Extension<Arc<dyn SecurityHost>>,
    sent: Sent,
) -> Result<Response, Response> {
    let [_, back, mut password, code] = sent.fields(&site, [form::FIELD, "back", "password", "code"])?;
    let back = Back::read(&back);
    let proof = if code.trim().is_empty() { None } else { Some(factor::typed(&code)) };
    let password = Password::new(take(&mut *password));
    let proven = match proof {
        // What cannot be a code proves nothing; without one, the account may not need it.
        Some(None) => Err(RecoveryError::FactorNotAccepted),
        Some(Some(proof)) => site.step_up(&sent.member, &password, Some(&proof)).await,
        None => site.step_up(&sent.member, &password, None).await,
    };
    match proven {
        Ok(proven) => {
            let raised = sessions.raise(&sent.headers, proven).await.map_err(|error| site.fault(&error))?;
            let mut answer = site.to(back.path());
            answer.headers_mut().extend(raised);
            Ok(answer)
        }
        Err(RecoveryError::NotAccepted | RecoveryError::FactorNeeded | RecoveryError::FactorNotAccepted) => {
            Ok(site.step_up_page(&sent.member, back, StatusCode::UNPROCESSABLE_ENTITY).await)
        }
        Err(error) => Err(site.error(error)),
    }
}

impl Site {
    async fn step_up(
        &self,
        member: &Member,
        password: &Password,
        proof: Option<&FactorProof>,
    ) -> Result<SignedIn, RecoveryError> {
        self.recovery.step_up(&member.session, password, proof, &member.client).await
    }

    pub(super) fn to_step_up(&self, back: Back) -> Response {
        self.to(&format!("/step-up?back={}", back.name()))
    }

    async fn step_up_page(&self, member: &Member, back: Back, status: StatusCode) -> Response {
        let asks_code = match self.info(member).list().await {
            Ok(view) => view.level_needed > AuthLevel::Password,
            // The account is gone or shut: the session is worth nothing.
            Err(RecoveryError::StepUpRequired) => {
                return see_other(&self.at(self.recovery.links().sign_in_path()));
            }
            Err(error) => return self.error(error),
        };
        let page = StepUpPage {
            frame: self.frame(),
            form: self.form_token(member),
            back: back.name(),
            asks_code,
            refused: status != StatusCode::OK,
        };
        self.page(status, &page)
    }

    /// What the person sees in place of a form, when they have to show first who they are: better than after it was filled in.
    pub(super) async fn step_up_first(&self, member: &Member, back: Back) -> Result<(), Response> {
        match self.info(member).list().await {
            Ok(view) if view.step_up_needed => Err(self.to_step_up(back)),
            Ok(_) => Ok(()),
            Err(RecoveryError::StepUpRequired) => {
                Err(see_other(&self.at(self.recovery.links().sign_in_path())))
            }
            Err(error) => Err(self.error(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_list_are_gone_back_to() {
        for (back, name, path) in Back::ALL {
            assert_eq!((Back::read(name), back.name(), back.path()), (back, name, path));
        }
        for trick in ["", "//evil.test", "/app", "APP", "app ", "https://evil.test", "email\r\nSet-Cookie: x"]
        {
            assert_eq!(Back::read(trick), Back::Overview, "{trick:?}");
        }
    }
}
