//! Apps that show codes, and recovery codes.

use super::super::body::Sent;
use super::super::problem::{Of, Problem, ProblemCode};
use super::super::secret::Secret;
use super::super::{Answer, Answered, Api, when};
use super::{ChangeProblems, ConfirmProblems};
use crate::error::RecoveryError;
use crate::factor::{FactorId, FactorKind, TotpCode};
use crate::security::{ChangeRefused, FactorLabel, FreshCodes};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AppNamed {
    /// What the person calls it: 1 to 64 characters on one line.
    label: String,
}

/// What the app has to be told, in both of its forms. Shown to the person and kept nowhere.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct AppBegun {
    /// What goes to `/security/apps/confirm` with the first code.
    id: String,
    /// For typing: base32 in groups of four.
    secret: Secret,
    /// `otpauth://…`, for an app on the same device or a QR code.
    uri: Secret,
    #[schema(format = DateTime)]
    expires_at: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AppConfirmed {
    id: String,
    /// The first code that the app shows.
    code: Secret,
}

/// The app is on.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct AppOn {
    /// Ten recovery codes, where the account had none: shown now and never again.
    codes: Option<Vec<Secret>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct FactorNamed {
    id: String,
}

/// It is done.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Done {}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CodesRenewed {
    /// The id of the codes that the new ones take the place of; left out where there are none. A repetition after a lost
    /// answer is refused by it, and does not take new codes away again.
    replaces: Option<String>,
}

/// Ten new recovery codes: shown now and never again.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct CodesMade {
    codes: Vec<Secret>,
}

/// Begins to bind an app. It protects nothing before its first code.
#[utoipa::path(
    post, path = "/security/apps", operation_id = "begin_app", tag = "security", request_body = AppNamed,
    responses((status = 201, description = "Begun", body = AppBegun), Of<ChangeProblems>)
)]
pub(in crate::api) async fn begin_app(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<AppNamed>,
) -> Answered<AppBegun> {
    let member = api.member(&by).await?;
    let label = FactorLabel::parse(&body.label).map_err(|_| Problem::from(ProblemCode::Invalid))?;
    let begun = member.info.begin_totp(&label).await?;
    let (secret, uri) = (Secret(begun.secret()), Secret(begun.uri()));
    let (id, expires_at) = (begun.id.to_string(), when(begun.expires_at));
    Ok(Answer(StatusCode::CREATED, AppBegun { id, secret, uri, expires_at }))
}

/// Binds the app by the first code that it shows.
#[utoipa::path(
    post, path = "/security/apps/confirm", operation_id = "confirm_app", tag = "security",
    request_body = AppConfirmed,
    responses((status = 200, description = "The app is on", body = AppOn), Of<ConfirmProblems>)
)]
pub(in crate::api) async fn confirm_app(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<AppConfirmed>,
) -> Answered<AppOn> {
    let member = api.member(&by).await?;
    let id = named(&body.id)?;
    // What is no code at all is not counted, and answered like a wrong one.
    let code = TotpCode::parse(&body.code).map_err(|_| RecoveryError::CodeNotUsable)?;
    let confirmed = member.info.confirm_totp(id, &code).await?;
    Ok(Answer(StatusCode::OK, AppOn { codes: confirmed.codes.as_ref().map(exposed) }))
}

/// Takes an app or the recovery codes away.
#[utoipa::path(
    post, path = "/security/factors/remove", operation_id = "remove_factor", tag = "security",
    request_body = FactorNamed,
    responses((status = 200, description = "Removed", body = Done), Of<ChangeProblems>)
)]
pub(in crate::api) async fn remove(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<FactorNamed>,
) -> Answered<Done> {
    let member = api.member(&by).await?;
    member.info.remove(named(&body.id)?).await?;
    Ok(Answer(StatusCode::OK, Done {}))
}

/// Makes ten new recovery codes in the place of those before.
#[utoipa::path(
    post, path = "/security/codes", operation_id = "renew_codes", tag = "security", request_body = CodesRenewed,
    responses((status = 200, description = "The codes", body = CodesMade), Of<ChangeProblems>)
)]
pub(in crate::api) async fn renew_codes(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<CodesRenewed>,
) -> Answered<CodesMade> {
    let member = api.member(&by).await?;
    let view = member.info.list().await?;
    let present = view.factors.iter().find(|factor| factor.kind == FactorKind::RecoveryCodes);
    if present.map(|codes| codes.id.to_string()) != body.replaces {
        return Err(RecoveryError::ChangeRefused(ChangeRefused::NotThere).into());
    }
    let codes = member.info.regenerate_codes().await?;
    Ok(Answer(StatusCode::OK, CodesMade { codes: exposed(&codes) }))
}

fn exposed(codes: &FreshCodes) -> Vec<Secret> {
    codes.expose().map(Secret).collect()
}

/// A name that is none is nobody's.
fn named(id: &str) -> Result<FactorId, RecoveryError> {
    FactorId::parse(id).ok_or(RecoveryError::ChangeRefused(ChangeRefused::NotThere))
}
