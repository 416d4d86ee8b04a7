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

pub(super) async fn form(State(site): State<Arc<Site>>, member: Member) -> Response {
    site.password_page(&member, false, &[])
}

pub(super) async fn change(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_, mut present, mut new] = sent.fields(&site, [form::FIELD, "present", "password"])?;
    let (present, new) = (Password::new(take(&mut *present)), Password::new(take(&mut *new)));
    let Member { session, client } = &sent.member;
    match site.recovery.change_password(session, &present, &new, client).await {
        Ok(Chosen::Done) => Ok(site.notice(&Notice::PasswordSet)),
        Ok(Chosen::Pending) => Ok(site.notice(&Notice::PasswordSoonSet)),
        Err(RecoveryError::NotAccepted) => Ok(site.password_page(&sent.member, true, &[])),
        Err(RecoveryError::PasswordRefused(reasons)) => Ok(site.password_page(&sent.member, false, &reasons)),
        Err(error) => Err(site.refused(error, Back::Password)),
    }
}

impl Site {
    fn password_page(&self, member: &Member, wrong_present: bool, reasons: &[Reason]) -> Response {
        let page =
            PasswordPage { frame: self.frame(), form: self.form_token(member), wrong_present, reasons };
        let refused = wrong_present || !reasons.is_empty();
        self.page(if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
    }
}
