//! "Is it still you?", by a factor that the host keeps itself.

use super::super::body::Sent;
use super::super::host_factor::{HostChallenge, challenge, proof};
use super::super::problem::{Of, Problem, problems};
use super::super::secret::{Secret, SecretBytes};
use super::super::{Answer, Answered, Api, Routes};
use super::password::{StepUpProblems, SteppedUp};
use crate::password::Password;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(in crate::api) fn routes() -> Routes {
    Routes::new().routes(routes!(ask)).routes(routes!(prove))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct StepUpHostAnswer {
    password: Secret,
    /// The host's name for the factor.
    factor: String,
    response: SecretBytes,
}

/// Whose session it is says the request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct StepUpAsk {}

problems!(StepUpAskProblems: NotSignedIn, Unavailable);

/// The challenge of the host's own factors, for a step-up.
#[utoipa::path(
    post, path = "/security/step-up/challenge", operation_id = "step_up_challenge", tag = "security",
    request_body = StepUpAsk,
    responses((status = 200, description = "The challenge", body = HostChallenge), Of<StepUpAskProblems>)
)]
pub(in crate::api) async fn ask(
    State(api): State<Arc<Api>>,
    Sent { body: StepUpAsk {}, by }: Sent<StepUpAsk>,
) -> Answered<HostChallenge> {
    let member = api.member_with_whatever_session(&by).await?;
    Ok(challenge(api.recovery.step_up_challenge(&member.session).await?))
}

/// Proves once more all that the account asks for, with a factor of the host's own.
#[utoipa::path(
    post, path = "/security/step-up/host-factor", operation_id = "step_up_host_factor", tag = "security",
    request_body = StepUpHostAnswer,
    responses((status = 200, description = "It is still you", body = SteppedUp), Of<StepUpProblems>)
)]
pub(in crate::api) async fn prove(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<StepUpHostAnswer>,
) -> Result<(HeaderMap, Answer<SteppedUp>), Problem> {
    let member = api.member_with_whatever_session(&by).await?;
    let proof = proof(body.factor, body.response);
    api.step_up(&by, &member, &Password::new(body.password.take()), Some(&proof)).await
}
