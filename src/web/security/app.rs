//! Adding an authenticator app: a name, then a QR code and a first right code.
//!
//! What was begun is shown under an address of its own, so that loading the page again shows the same QR code and begins
//! nothing anew. The address holds the factor's name, which opens nothing, and never the secret.

use super::member::{Member, Sent};
use super::pages::{AppCodePage, AppPage};
use super::step_up::Back;
use super::{factor_id, form};
use crate::error::RecoveryError;
use crate::factor::{FactorId, FactorState, FactorView, TotpCode};
use crate::security::{ChangeRefused, FactorLabel};
use crate::web::answer::Notice;
use crate::web::factor::Tried;
use crate::web::{Site, form as query};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

pub(super) async fn name_form(State(site): State<Arc<Site>>, member: Member) -> Result<Response, Response> {
    site.step_up_first(&member, Back::App).await?;
    Ok(site.app_page(&member, "", StatusCode::OK))
}

pub(super) async fn begin(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_, label] = sent.fields(&site, [form::FIELD, "label"])?;
    let Ok(label) = FactorLabel::parse(&label) else {
        return Ok(site.app_page(&sent.member, &label, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let begun = site.info(&sent.member).begin_totp(&label).await;
    let begun = begun.map_err(|error| site.refused(error, Back::App))?;
    Ok(site.to(&format!("/app/confirm?factor={}", begun.id)))
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    member: Member,
    RawQuery(typed): RawQuery,
) -> Response {
    let typed = query::only("factor", typed.as_deref().unwrap_or_default());
    match factor_id(&typed) {
        Some(id) => site.app_code_page(&member, id, Tried::NotYet).await,
        None => site.refused(ChangeRefused::NotThere.into(), Back::App),
    }
}

pub(super) async fn confirm(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_, factor, code] = sent.fields(&site, [form::FIELD, "factor", "code"])?;
    let Some(id) = factor_id(&factor) else {
        return Err(site.refused(ChangeRefused::NotThere.into(), Back::App));
    };
    // What is no code at all is not counted, and answered like a wrong one.
    let Ok(code) = TotpCode::parse(&code) else {
        return Ok(site.app_code_page(&sent.member, id, Tried::Refused).await);
    };
    match site.info(&sent.member).confirm_totp(id, &code).await {
        Ok(confirmed) => Ok(match &confirmed.codes {
            Some(codes) => site.codes_page(codes, true),
            None => site.notice(&Notice::AppIsOn),
        }),
        Err(RecoveryError::CodeNotUsable) => Ok(site.app_code_page(&sent.member, id, Tried::Refused).await),
        // Sent twice, for one: the first time it went through, and asks for more than this session has shown since.
        Err(RecoveryError::StepUpRequired | RecoveryError::ChangeRefused(ChangeRefused::NotThere)) => {
            Err(site.notice(&Notice::NothingToConfirm))
        }
        Err(error) => Err(site.refused(error, Back::App)),
    }
}

impl Site {
    fn app_page(&self, member: &Member, label: &str, status: StatusCode) -> Response {
        let refused = status != StatusCode::OK;
        let page = AppPage { frame: self.frame(), form: self.form_token(member), label, refused };
        self.page(status, &page)
    }

    /// Whoever comes back to the page after the app was turned on has nothing to show first: there is nothing behind it.
    async fn not_shown(&self, member: &Member, id: FactorId, error: RecoveryError) -> Response {
        let begun = |factor: &FactorView| factor.id == id && factor.state == FactorState::Pending;
        match self.info(member).list().await {
            Ok(view) if !view.factors.iter().any(begun) => self.notice(&Notice::NothingToConfirm),
            _ => self.refused(error, Back::App),
        }
    }

    async fn app_code_page(&self, member: &Member, id: FactorId, tried: Tried) -> Response {
        let begun = match self.info(member).enrolment(id).await {
            Ok(begun) => begun,
            Err(RecoveryError::ChangeRefused(ChangeRefused::NotThere)) => {
                return self.notice(&Notice::NothingToConfirm);
            }
            Err(error) => return self.not_shown(member, id, error).await,
        };
        let Ok(qr) = begun.qr_svg() else { return self.notice(&Notice::Unavailable) };
        let refused = tried == Tried::Refused;
        let page = AppCodePage {
            frame: self.frame(),
            form: self.form_token(member),
            factor: begun.id.to_string(),
            qr,
            secret: begun.secret(),
            uri: begun.uri(),
            refused,
        };
        self.page(if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
    }
}
