//! Factors that the host keeps itself, such as passkeys: their challenge, and the answer to it, wherever a second step is
//! asked for. What is in either is the host's affair.

use super::body::Sent;
use super::link::{FactorProblems, LinkShown, LinkToken, LookProblems, shown};
use super::problem::{Of, problems};
use super::secret::{Secret, SecretBytes};
use super::sign_in::{Begun, SecondStepProblems, SignInState};
use super::{Answer, Answered, Api, Routes};
use crate::error::RecoveryError;
use crate::factor::FactorProof;
use crate::recovery::SignInTicket;
use axum::extract::State;
use axum::http::StatusCode;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn beside_a_link() -> Routes {
    Routes::new().routes(routes!(ask_link)).routes(routes!(prove_link))
}

pub(super) fn at_a_sign_in() -> Routes {
    Routes::new().routes(routes!(ask_sign_in)).routes(routes!(prove_sign_in))
}

/// What the host asks, such as the options of a WebAuthn request.
#[derive(Serialize, ToSchema)]
pub(super) struct HostChallenge {
    /// In base64url, without padding. Nothing where nothing has to be shown.
    challenge: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PendingTicket {
    ticket: Secret,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInHostAnswer {
    ticket: Secret,
    /// The host's name for the factor.
    factor: String,
    response: SecretBytes,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkHostAnswer {
    token: Secret,
    /// The host's name for the factor.
    factor: String,
    response: SecretBytes,
}

problems!(SignInAskProblems: FactorNotAccepted, Unavailable);

/// The challenge of the host's own factors, for a sign-in whose second step is to come.
#[utoipa::path(
    post, path = "/sign-in/challenge", operation_id = "sign_in_challenge", tag = "sign-in",
    request_body = PendingTicket,
    responses((status = 200, description = "The challenge", body = HostChallenge), Of<SignInAskProblems>)
)]
pub(super) async fn ask_sign_in(
    State(api): State<Arc<Api>>,
    Sent { body, .. }: Sent<PendingTicket>,
) -> Answered<HostChallenge> {
    let ticket = SignInTicket::parse(&body.ticket).map_err(|_| RecoveryError::FactorNotAccepted)?;
    Ok(challenge(api.recovery.sign_in_challenge(&ticket).await?))
}

/// The second step, by a factor of the host's own.
#[utoipa::path(
    post, path = "/sign-in/host-factor", operation_id = "sign_in_host_factor", tag = "sign-in",
    request_body = SignInHostAnswer,
    responses(
        (status = 200, description = "Signed in", body = SignInState), Of<SecondStepProblems>
    )
)]
pub(super) async fn prove_sign_in(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<SignInHostAnswer>,
) -> Begun {
    let ticket = SignInTicket::parse(&body.ticket).map_err(|_| RecoveryError::FactorNotAccepted)?;
    let proof = proof(body.factor, body.response);
    api.open(api.recovery.sign_in_factor(&ticket, &proof, &by.client).await?).await
}

/// The challenge of the host's own factors, for a link. Changes nothing of the link.
#[utoipa::path(
    post, path = "/link/challenge", operation_id = "challenge_for_link", tag = "link", request_body = LinkToken,
    responses((status = 200, description = "The challenge", body = HostChallenge), Of<LookProblems>)
)]
pub(super) async fn ask_link(
    State(api): State<Arc<Api>>,
    Sent { body, .. }: Sent<LinkToken>,
) -> Answered<HostChallenge> {
    let token = api.recovery.read_token(&body.token)?;
    Ok(challenge(api.recovery.link_challenge(&token).await?))
}

/// Proves the second step beside a link, by a factor of the host's own.
#[utoipa::path(
    post, path = "/link/host-factor", operation_id = "prove_host_factor_for_link", tag = "link",
    request_body = LinkHostAnswer,
    responses((status = 200, description = "It was right", body = LinkShown), Of<FactorProblems>)
)]
pub(super) async fn prove_link(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<LinkHostAnswer>,
) -> Answered<LinkShown> {
    let token = api.recovery.read_token(&body.token)?;
    let proof = proof(body.factor, body.response);
    Ok(Answer(StatusCode::OK, shown(&api.recovery.prove_factor(&token, &proof, &by.client).await?)))
}

pub(super) fn challenge(bytes: Option<Vec<u8>>) -> Answer<HostChallenge> {
    let challenge = bytes.map(|bytes| Base64UrlUnpadded::encode_string(&bytes));
    Answer(StatusCode::OK, HostChallenge { challenge })
}

pub(super) fn proof(factor: String, response: SecretBytes) -> FactorProof {
    FactorProof::Host { factor, response: response.0 }
}
