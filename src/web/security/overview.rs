//! All that protects the account, on one page.

use super::address::{emails, waiting};
use super::member::{Member, see_other};
use super::pages::{AppLine, OverviewPage};
use super::remove::is_app;
use super::step_up::Back;
use crate::error::RecoveryError;
use crate::factor::{CODES, FactorKind, FactorState, FactorView};
use crate::language::Language;
use crate::security::SecurityView;
use crate::web::Site;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

pub(super) async fn show(State(site): State<Arc<Site>>, member: Member) -> Response {
    match site.info(&member).list().await {
        Ok(view) => site.page(StatusCode::OK, &overview(&site, &view)),
        // The account is gone or shut.
        Err(RecoveryError::StepUpRequired) => see_other(&site.at(site.recovery.links().sign_in_path())),
        Err(error) => site.refused(error, Back::Overview),
    }
}

fn overview<'a>(site: &'a Site, view: &SecurityView) -> OverviewPage<'a> {
    let language = site.language();
    let codes = view.factors.iter().find(|factor| factor.kind == FactorKind::RecoveryCodes);
    let apps = view.factors.iter().filter(|factor| is_app(factor));
    OverviewPage {
        frame: site.frame(),
        problems: problems(view, &language),
        apps: apps.map(|app| app_line(app, &language)).collect(),
        others: view.host_factors.len(),
        codes: codes.map(|codes| left(codes, &language)),
        emails: emails(view),
        waiting: waiting(view),
        takes_addresses: view.takes_addresses,
        questions: cfg!(feature = "questions").then_some(view.questions.len()),
    }
}

fn app_line(app: &FactorView, language: &Language) -> AppLine {
    let added = language.day(app.added_at.to_datetime());
    let about = match (app.state, app.last_used_at) {
        (FactorState::Disabled, _) => language.fill("security.app-off", &[("date", &added)]),
        (_, Some(used)) => {
            let used = language.day(used.to_datetime());
            language.fill("security.app-used", &[("date", &added), ("used", &used)])
        }
        (_, None) => language.fill("security.app-added", &[("date", &added)]),
    };
    AppLine { id: app.id.to_string(), label: app.label.clone(), about }
}

fn left(codes: &FactorView, language: &Language) -> String {
    match (codes.state, codes.remaining.unwrap_or(0)) {
        (FactorState::Disabled, _) => language.text("security.codes-off").to_owned(),
        (_, 0) => language.text("security.codes-used").to_owned(),
        (_, left) => {
            let (left, all) = (left.to_string(), CODES.to_string());
            language.fill("security.codes-left", &[("left", &left), ("count", &all)])
        }
    }
}

fn problems(view: &SecurityView, language: &Language) -> Vec<String> {
    let mut problems = Vec::new();
    if view.password_compromised_at.is_some() {
        problems.push(language.text("security.compromised").to_owned());
    }
    if let Some(until) = view.on_hold_until {
        problems.push(language.fill("security.on-hold", &[("until", &language.until(until))]));
    }
    problems
}
