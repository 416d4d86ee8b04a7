//! Asking for a username or for a link: whatever is sent, one answer (EN-1).

use crate::error::RecoveryError;
use crate::identity::{Identifier, IdentityClaims, TypedClaims};
use crate::recovery::Receipt;
use crate::web::Site;
use crate::web::answer::Notice;
use crate::web::page::{ForgotPassword, ForgotUsername};
use crate::web::posted::Posted;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::mem::take;
use std::sync::Arc;

pub(super) async fn password_form(State(site): State<Arc<Site>>) -> Response {
    site.page(StatusCode::OK, &ForgotPassword { frame: site.frame() })
}

pub(super) async fn password(State(site): State<Arc<Site>>, posted: Posted) -> Response {
    let [identifier] = posted.fields(["identifier"]);
    match site.recovery.ask_password(&Identifier::parse(&identifier), &posted.client).await {
        Ok(receipt) => site.asked_for_link(&receipt.ticket),
        Err(error) => site.error(error),
    }
}

pub(super) async fn username_form(State(site): State<Arc<Site>>) -> Response {
    site.page(StatusCode::OK, &ForgotUsername { frame: site.frame() })
}

pub(super) async fn username(State(site): State<Arc<Site>>, posted: Posted) -> Response {
    let asked = site.recovery.ask_username(&claims(&posted), &posted.client).await;
    site.asked(asked)
}

impl Site {
    fn asked(&self, asked: Result<Receipt, RecoveryError>) -> Response {
        match asked {
            Ok(_) => self.notice(&Notice::Asked),
            Err(error) => self.error(error),
        }
    }
}

fn claims(posted: &Posted) -> IdentityClaims {
    let [mut given, mut family, day, month, year, mut record] = posted.fields([
        "given_name",
        "family_name",
        "birth_day",
        "birth_month",
        "birth_year",
        "record_number",
    ]);
    IdentityClaims::new(TypedClaims {
        given_name: take(&mut given),
        family_name: take(&mut family),
        birth_date: birth_date(&year, &month, &day),
        record_number: take(&mut record),
        ..TypedClaims::default()
    })
}

/// As claims are typed: `YYYY-MM-DD`, or empty when nothing was filled in. What is no date, the claims find out.
fn birth_date(year: &str, month: &str, day: &str) -> String {
    let parts = [year, month, day].map(str::trim);
    if parts.iter().all(|part| part.is_empty()) { String::new() } else { parts.join("-") }
}
