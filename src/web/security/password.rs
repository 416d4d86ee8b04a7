//! Changing the password while signed in.

use super::form;
use super::member::{Member, Sent};
use super::pages::PasswordPage;
use super::step_up::Back;
use crate::error::RecoveryError;
use crate::password::{Password, Reason};
use crate::recovery::Chosen;
use crate::web::Site;
use crate::web::answer::Notice;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::mem::take;
use std::sync::Arc;

pub(super) async fn form(State(site): State<Arc<Site>>, member: Member) -> Result<Response, Response> {
    site.password_page(&member, &Said::Nothing).await
}

pub(super) async fn change(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_, mut present, mut new] = sent.fields(&site, [form::FIELD, "present", "password"])?;
    let (present, new) = (Password::new(take(&mut *present)), Password::new(take(&mut *new)));
    let Member { session, client } = &sent.member;
    match site.recovery.change_password(session, &present, &new, client).await {
        Ok(Chosen::Done) => Ok(site.notice(&Notice::PasswordSet)),
        Ok(Chosen::Pending) => Ok(site.notice(&Notice::PasswordSoonSet)),
        Err(RecoveryError::NotAccepted) => site.password_page(&sent.member, &Said::WrongPresent).await,
        Err(RecoveryError::PasswordRefused(reasons)) => {
            site.password_page(&sent.member, &Said::Refused(reasons)).await
        }
        Err(error) => Err(site.refused(error, Back::Password)),
    }
}

pub(super) async fn weigh(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_, mut new] = sent.fields(&site, [form::FIELD, "password"])?;
    let weighed = site.recovery.weigh_change(&sent.member.session, &Password::new(take(&mut *new))).await;
    Ok(site.meter(weighed))
}

/// What is said about what was typed.
enum Said {
    Nothing,
    WrongPresent,
    Refused(Vec<Reason>),
}

impl Site {
    async fn password_page(&self, member: &Member, said: &Said) -> Result<Response, Response> {
        let view = self.info(member).list().await.map_err(|error| self.refused(error, Back::Password))?;
        let page = PasswordPage {
            frame: self.frame(),
            form: self.form_token(member),
            at_least: view.password_at_least,
            wrong_present: matches!(said, Said::WrongPresent),
            reasons: if let Said::Refused(reasons) = said { self.reasons(reasons) } else { Vec::new() },
        };
        let refused = !matches!(said, Said::Nothing);
        Ok(self.page(if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page))
    }
}
