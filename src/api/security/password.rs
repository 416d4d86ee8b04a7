//! "Is it still you?", and another password.

use super::super::body::{Caller, Sent};
use super::super::link::PasswordChosen;
use super::super::problem::{Of, Problem, problems};
use super::super::secret::Secret;
use super::super::strength::{self, Strength};
use super::super::{Answer, Answered, Api, when};
use super::Member;
use crate::error::RecoveryError;
use crate::factor::FactorProof;
use crate::password::Password;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct StepUp {
    password: Secret,
    /// Six digits of an app, or a recovery code, where the account has a second step.
    code: Option<Secret>,
}

/// What the session is worth from now on.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct SteppedUp {
    /// `password`, `second_factor`, `phishing_resistant`.
    level: &'static str,
    #[schema(format = DateTime)]
    authenticated_at: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct PasswordChange {
    present: Secret,
    password: Secret,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewPassword {
    password: Secret,
}

problems!(WeighProblems: NotSignedIn, FactorNeeded, NotAccepted, TooManyAttempts, Unavailable);
problems!(StepUpProblems: NotSignedIn, FactorNeeded, NotAccepted, FactorNotAccepted, TooManyAttempts, Unavailable);
problems!(ChangeProblems: NotSignedIn, FactorNeeded, StepUpRequired, NotAccepted, PasswordRefused, TooManyAttempts,
    Unavailable);

/// Proves once more all that the account asks for, before something that needs it.
#[utoipa::path(
    post, path = "/security/step-up", operation_id = "step_up", tag = "security", request_body = StepUp,
    responses((status = 200, description = "It is still you", body = SteppedUp), Of<StepUpProblems>)
)]
pub(in crate::api) async fn step_up(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<StepUp>,
) -> Result<(HeaderMap, Answer<SteppedUp>), Problem> {
    let member = api.member_with_whatever_session(&by).await?;
    let proof = body.code.as_deref().map(FactorProof::parse).transpose();
    let proof = proof.map_err(|_| RecoveryError::FactorNotAccepted)?;
    api.step_up(&by, &member, &Password::new(body.password.take()), proof.as_ref()).await
}

impl Api {
    pub(super) async fn step_up(
        &self,
        by: &Caller,
        member: &Member,
        password: &Password,
        proof: Option<&FactorProof>,
    ) -> Result<(HeaderMap, Answer<SteppedUp>), Problem> {
        let proven = self.recovery.step_up(&member.session, password, proof, &member.client).await?;
        let level = proven.level.code();
        let authenticated_at = when(proven.authenticated_at.to_datetime());
        let headers = self.raise(by, proven).await?;
        Ok((headers, Answer(StatusCode::OK, SteppedUp { level, authenticated_at })))
    }
}

/// How a new password would be judged, as for a link. The present one is not asked for, and not compared.
#[utoipa::path(
    post, path = "/security/password/strength", operation_id = "weigh_change", tag = "security", request_body = NewPassword,
    responses((status = 200, description = "How it would be judged", body = Strength), Of<WeighProblems>)
)]
pub(in crate::api) async fn weigh(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<NewPassword>,
) -> Answered<Strength> {
    let member = api.member_with_whatever_session(&by).await?;
    let password = Password::new(body.password.take());
    Ok(strength::answer(&api.recovery.weigh_change(&member.session, &password).await?))
}

/// Changes the password. Every session ends, this one too.
#[utoipa::path(
    post, path = "/security/password", operation_id = "change_password", tag = "security",
    request_body = PasswordChange,
    responses((status = 200, description = "It is taken", body = PasswordChosen), Of<ChangeProblems>)
)]
pub(in crate::api) async fn change(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<PasswordChange>,
) -> Answered<PasswordChosen> {
    let member = api.member_with_whatever_session(&by).await?;
    let (present, new) = (Password::new(body.present.take()), Password::new(body.password.take()));
    let chosen = api.recovery.change_password(&member.session, &present, &new, &member.client).await?;
    Ok(Answer(StatusCode::OK, chosen.into()))
}
