//! Recovery codes: shown once, in the answer that made them, and never again.
//!
//! A form that is sent twice, by a reload, must not put new codes in the place of those that were just printed: it names
//! the set that it is to replace, and makes none once that set is gone.

use super::form;
use super::member::{Member, Sent};
use super::pages::{CodesPage, SurePage};
use super::step_up::Back;
use crate::error::RecoveryError;
use crate::factor::FactorKind;
use crate::security::{FreshCodes, SecurityView};
use crate::web::Site;
use crate::web::answer::Notice;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// What the form names where there is no set yet.
const NONE: &str = "none";

pub(super) async fn ask(State(site): State<Arc<Site>>, member: Member) -> Result<Response, Response> {
    site.step_up_first(&member, Back::Codes).await?;
    let set = site.code_set(&member).await?;
    let language = site.language();
    let page = SurePage {
        frame: site.frame(),
        form: site.form_token(&member),
        title: language.text("new-codes.title"),
        words: &["new-codes.old", "new-codes.once"],
        action: "codes",
        button: "new-codes.make",
        factor: Some(set),
    };
    Ok(site.page(StatusCode::OK, &page))
}

pub(super) async fn renew(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_, set] = sent.fields(&site, [form::FIELD, "factor"])?;
    if site.code_set(&sent.member).await? != *set {
        return Err(site.notice(&Notice::CodesMadeBefore));
    }
    let codes = site.info(&sent.member).regenerate_codes().await;
    let codes = codes.map_err(|error| site.refused(error, Back::Codes))?;
    Ok(site.codes_page(&codes, false))
}

/// The name of the codes that there are.
fn set_in(view: &SecurityView) -> String {
    let codes = view.factors.iter().find(|factor| factor.kind == FactorKind::RecoveryCodes);
    codes.map_or_else(|| NONE.to_owned(), |codes| codes.id.to_string())
}

impl Site {
    async fn code_set(&self, member: &Member) -> Result<String, Response> {
        let view = self.info(member).list().await;
        view.map(|view| set_in(&view)).map_err(|error: RecoveryError| self.refused(error, Back::Codes))
    }

    pub(super) fn codes_page(&self, codes: &FreshCodes, app_is_on: bool) -> Response {
        let page = CodesPage { frame: self.frame(), codes: codes.expose().collect(), app_is_on };
        self.page(StatusCode::OK, &page)
    }
}
