//! Removing an app.

use super::member::{Member, Sent};
use super::pages::SurePage;
use super::step_up::Back;
use super::{factor_id, form};
use crate::factor::{FactorId, FactorKind, FactorState, FactorView};
use crate::security::ChangeRefused;
use crate::web::answer::Notice;
use crate::web::{Site, form as query};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

pub(super) async fn ask(
    State(site): State<Arc<Site>>,
    member: Member,
    RawQuery(typed): RawQuery,
) -> Result<Response, Response> {
    let typed = query::only("factor", typed.as_deref().unwrap_or_default());
    site.step_up_first(&member, Back::Overview).await?;
    let view = site.info(&member).list().await.map_err(|error| site.refused(error, Back::Overview))?;
    let removed = factor_id(&typed).and_then(|id| app(&view.factors, id));
    let removed = removed.ok_or_else(|| site.refused(ChangeRefused::NotThere.into(), Back::Overview))?;
    let apps = view.factors.iter().filter(|factor| is_app(factor)).count();
    let what_is_left =
        if apps == 1 && view.host_factors.is_empty() { "remove-app.last" } else { "remove-app.others" };
    let page = SurePage {
        frame: site.frame(),
        form: site.form_token(&member),
        title: &site.language().fill("remove-app.title", &[("name", &removed.label)]),
        words: &[what_is_left, "remove-app.mail"],
        action: "remove",
        button: "remove-app.remove",
        factor: Some(removed.id.to_string()),
    };
    Ok(site.page(StatusCode::OK, &page))
}

pub(super) async fn remove(State(site): State<Arc<Site>>, sent: Sent) -> Result<Response, Response> {
    let [_, factor] = sent.fields(&site, [form::FIELD, "factor"])?;
    let id = factor_id(&factor);
    let id = id.ok_or_else(|| site.refused(ChangeRefused::NotThere.into(), Back::Overview))?;
    let removed = site.info(&sent.member).remove(id).await;
    removed.map_err(|error| site.refused(error, Back::Overview))?;
    Ok(site.notice(&Notice::Removed))
}

pub(super) fn is_app(factor: &FactorView) -> bool {
    factor.kind == FactorKind::Totp && factor.state != FactorState::Pending
}

fn app(factors: &[FactorView], id: FactorId) -> Option<&FactorView> {
    factors.iter().find(|factor| factor.id == id && is_app(factor))
}
