//! All that protects the account, on one page.

use super::address::{emails, waiting};
use super::member::{Member, see_other};
use super::pages::{AppLine, OverviewPage};
use super::remove::is_app;
use super::step_up::Back;
use crate::error::RecoveryError;
use crate::factor::{CODES, FactorKind, FactorState, FactorView};
use crate::security::SecurityView;
use crate::web::Site;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;
use time::OffsetDateTime;
use time::macros::format_description;

pub(super) async fn show(State(site): State<Arc<Site>>, member: Member) -> Response {
    match site.info(&member).list().await {
        Ok(view) => site.page(StatusCode::OK, &overview(&site, &view)),
        // The account is gone or shut.
        Err(RecoveryError::StepUpRequired) => see_other(site.recovery.links().sign_in_path()),
        Err(error) => site.refused(error, Back::Overview),
    }
}

fn overview<'a>(site: &'a Site, view: &SecurityView) -> OverviewPage<'a> {
    let codes = view.factors.iter().find(|factor| factor.kind == FactorKind::RecoveryCodes);
    OverviewPage {
        frame: site.frame(),
        problems: problems(view),
        apps: view.factors.iter().filter(|factor| is_app(factor)).map(app_line).collect(),
        others: view.host_factors.len(),
        codes: codes.map(left),
        emails: emails(view),
        waiting: waiting(view),
        takes_addresses: view.takes_addresses,
        questions: cfg!(feature = "questions").then_some(view.questions.len()),
    }
}

fn app_line(app: &FactorView) -> AppLine {
    let added = format!("Added {}", date(app.added_at.to_datetime()));
    let about = match (app.state, app.last_used_at) {
        (FactorState::Disabled, _) => {
            format!("{added}. Switched off after too many wrong codes: remove it and add it again.")
        }
        (_, Some(used)) => format!("{added}, last used {}", date(used.to_datetime())),
        (_, None) => added,
    };
    AppLine { id: app.id.to_string(), label: app.label.clone(), about }
}

fn left(codes: &FactorView) -> String {
    match (codes.state, codes.remaining.unwrap_or(0)) {
        (FactorState::Disabled, _) => "Switched off after too many wrong codes: make new ones.".to_owned(),
        (_, 0) => "You have used them all: make new ones.".to_owned(),
        (_, left) => format!("{left} of {CODES} are left."),
    }
}

fn problems(view: &SecurityView) -> Vec<String> {
    let mut problems = Vec::new();
    if view.password_compromised_at.is_some() {
        problems.push("Your password has become known to others. Please change it.".to_owned());
    }
    if let Some(until) = view.on_hold_until {
        problems.push(format!(
            "Somebody said “this wasn’t me” a short time ago. Until {} nobody can ask for a link, and no address is changed.",
            moment(until)
        ));
    }
    problems
}

fn date(at: OffsetDateTime) -> String {
    at.format(format_description!("[day padding:none] [month repr:long] [year]")).unwrap_or_default()
}

fn moment(at: OffsetDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    at.format(format).unwrap_or_default()
}
