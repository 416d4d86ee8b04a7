//! Signing in: password, then second step. The session stays the host's affair.

use super::body::Sent;
use super::problem::{Of, Problem, problems};
use super::secret::Secret;
use super::{Answer, Api, when};
use crate::error::RecoveryError;
use crate::factor::FactorProof;
use crate::identity::Identifier;
use crate::password::Password;
use crate::recovery::{PendingSignIn, SignInStep, SignInTicket, SignedIn};
use crate::store::StoreError;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInTry {
    /// Username or e-mail address.
    identifier: String,
    password: Secret,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SecondStep {
    ticket: Secret,
    /// Six digits of an app, or a recovery code.
    code: Secret,
}

/// Where a sign-in stands.
#[derive(Serialize, ToSchema)]
pub(super) struct SignInState {
    state: Stands,
    /// Why the session does nothing but choose another password: `by_host`, `compromised`, `too_short`.
    change_required: Option<&'static str>,
    /// What goes to `/sign-in/factor` with the code.
    ticket: Option<Secret>,
    /// What can be proven: `totp`, `recovery_codes`, `host`. None where only people can help.
    factor_kinds: Vec<&'static str>,
    /// From when on the ticket is worth nothing.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Stands {
    SignedIn,
    FactorNeeded,
}

/// The answer with the headers that carry the session.
pub(super) type Begun = Result<(HeaderMap, Answer<SignInState>), Problem>;

problems!(SignInProblems: NotAccepted, TooManyAttempts, Unavailable);
problems!(SecondStepProblems: FactorNotAccepted, TooManyAttempts, Unavailable);

/// Username and password. Where the account has a second step, there is no session before it.
#[utoipa::path(
    post, path = "/sign-in", operation_id = "sign_in", tag = "sign-in", request_body = SignInTry,
    responses((status = 200, description = "The password was right", body = SignInState), Of<SignInProblems>)
)]
pub(super) async fn sign_in(State(api): State<Arc<Api>>, Sent { body, by }: Sent<SignInTry>) -> Begun {
    let (identifier, password) = (Identifier::parse(&body.identifier), Password::new(body.password.take()));
    match api.recovery.sign_in(&identifier, &password, &by.client).await? {
        SignInStep::SignedIn(signed_in) => api.open(signed_in).await,
        SignInStep::FactorNeeded(pending) => Ok((HeaderMap::new(), Answer(StatusCode::OK, needed(&pending)))),
    }
}

/// The second step.
#[utoipa::path(
    post, path = "/sign-in/factor", operation_id = "sign_in_factor", tag = "sign-in", request_body = SecondStep,
    responses((status = 200, description = "Signed in", body = SignInState), Of<SecondStepProblems>)
)]
pub(super) async fn prove(State(api): State<Arc<Api>>, Sent { body, by }: Sent<SecondStep>) -> Begun {
    let refused = || RecoveryError::FactorNotAccepted;
    let ticket = SignInTicket::parse(&body.ticket).map_err(|_| refused())?;
    let proof = FactorProof::parse(&body.code).map_err(|_| refused())?;
    api.open(api.recovery.sign_in_factor(&ticket, &proof, &by.client).await?).await
}

fn needed(pending: &PendingSignIn) -> SignInState {
    SignInState {
        state: Stands::FactorNeeded,
        change_required: None,
        ticket: Some(Secret(pending.ticket.expose())),
        factor_kinds: pending.kinds.iter().map(|kind| kind.code()).collect(),
        expires_at: Some(when(pending.expires_at)),
    }
}

impl Api {
    pub(super) async fn open(&self, signed_in: SignedIn) -> Begun {
        let sessions =
            self.config.sessions.as_ref().ok_or(StoreError::plain("the router has no sessions"))?;
        let change_required = signed_in.change_required.map(|why| why.code());
        let headers = sessions.open(signed_in).await?;
        let state = SignInState {
            state: Stands::SignedIn,
            change_required,
            ticket: None,
            factor_kinds: Vec::new(),
            expires_at: None,
        };
        Ok((headers, Answer(StatusCode::OK, state)))
    }
}
