//! With the token of a link: look at it, prove the second step, answer the question, choose a password.

use super::body::Sent;
use super::problem::{Of, problems};
use super::secret::Secret;
use super::strength::{self, Strength};
use super::{Answer, Answered, Api, when};
use crate::client::Client;
use crate::error::RecoveryError;
use crate::factor::FactorProof;
use crate::password::Password;
use crate::recovery::{Chosen, LinkView, QuestionGate};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The token of a link: the parameter `token` in its address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkToken {
    pub(super) token: Secret,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkFactor {
    token: Secret,
    /// Six digits of an app, or a recovery code.
    code: Secret,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkPassword {
    token: Secret,
    password: Secret,
}

/// Where a link stands. The steps come in this order: second step, question, password.
#[derive(Serialize, ToSchema)]
pub(super) struct LinkShown {
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whether the second step comes first.
    factor_needed: bool,
    /// What can be proven then: `totp`, `recovery_codes`, `host`. None where only people can help.
    factor_kinds: Vec<&'static str>,
    question: Gate,
    /// How many characters the new password needs.
    password_at_least: usize,
}

/// Whether a security question stands before the new password; `shut` where only people can help.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Gate {
    Open,
    Asks,
    Shut,
}

/// What became of the password. Nobody is signed in by it.
#[derive(Serialize, ToSchema)]
pub(super) struct PasswordChosen {
    state: PasswordState,
}

/// `pending`: it is kept, and will be set within moments.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum PasswordState {
    Set,
    Pending,
}

impl From<Chosen> for PasswordChosen {
    fn from(chosen: Chosen) -> Self {
        let state = match chosen {
            Chosen::Done => PasswordState::Set,
            Chosen::Pending => PasswordState::Pending,
        };
        Self { state }
    }
}

pub(super) fn shown(view: &LinkView) -> LinkShown {
    LinkShown {
        expires_at: when(view.expires_at),
        factor_needed: view.factor_needed,
        factor_kinds: view.factor_kinds.iter().map(|kind| kind.code()).collect(),
        question: match view.question {
            QuestionGate::Open => Gate::Open,
            QuestionGate::Asks => Gate::Asks,
            QuestionGate::Shut => Gate::Shut,
        },
        password_at_least: view.at_least,
    }
}

problems!(LookProblems: LinkNotUsable, Unavailable);
problems!(FactorProblems: LinkNotUsable, FactorNotAccepted, TooManyAttempts, Unavailable);
problems!(WeighProblems: LinkNotUsable, FactorNeeded, QuestionNeeded, TooManyAttempts, Unavailable);
problems!(ChooseProblems: LinkNotUsable, FactorNeeded, QuestionNeeded, PasswordRefused, TooManyAttempts, Unavailable);

/// Looks at a link. Changes nothing.
#[utoipa::path(
    post, path = "/link", operation_id = "look_at_link", tag = "link", request_body = LinkToken,
    responses((status = 200, description = "It can be used", body = LinkShown), Of<LookProblems>)
)]
pub(super) async fn look(
    State(api): State<Arc<Api>>,
    Sent { body, .. }: Sent<LinkToken>,
) -> Answered<LinkShown> {
    let token = api.recovery.read_token(&body.token)?;
    Ok(Answer(StatusCode::OK, shown(&api.recovery.look(&token).await?)))
}

/// Proves the second step beside a link.
#[utoipa::path(
    post, path = "/link/factor", operation_id = "prove_factor_for_link", tag = "link", request_body = LinkFactor,
    responses((status = 200, description = "It was right", body = LinkShown), Of<FactorProblems>)
)]
pub(super) async fn prove(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<LinkFactor>,
) -> Answered<LinkShown> {
    Ok(Answer(StatusCode::OK, shown(&api.prove(&body, &by.client).await?)))
}

/// How a new password would be judged, for a meter that is shown while one types: wait for a pause of the person, and show
/// nothing where there is no answer. Sets nothing. Up to 60 a day for one account, over links and sessions.
#[utoipa::path(
    post, path = "/link/password/strength", operation_id = "weigh_password", tag = "link", request_body = LinkPassword,
    responses((status = 200, description = "How it would be judged", body = Strength), Of<WeighProblems>)
)]
pub(super) async fn weigh(
    State(api): State<Arc<Api>>,
    Sent { body, .. }: Sent<LinkPassword>,
) -> Answered<Strength> {
    let token = api.recovery.read_token(&body.token)?;
    let password = Password::new(body.password.take());
    Ok(strength::answer(&api.recovery.weigh_password(&token, &password).await?))
}

/// Chooses the new password. A refused one uses nothing up; one that is taken ends the link and every session. Sent twice,
/// such as after a lost answer, the second is `link-not-usable`: the person signs in with the password then.
#[utoipa::path(
    post, path = "/link/password", operation_id = "choose_password", tag = "link", request_body = LinkPassword,
    responses((status = 200, description = "It is taken", body = PasswordChosen), Of<ChooseProblems>)
)]
pub(super) async fn choose(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<LinkPassword>,
) -> Answered<PasswordChosen> {
    let token = api.recovery.read_token(&body.token)?;
    let password = Password::new(body.password.take());
    let chosen = api.recovery.choose_password(&token, &password, &by.client).await?;
    Ok(Answer(StatusCode::OK, chosen.into()))
}

impl Api {
    async fn prove(&self, body: &LinkFactor, client: &Client) -> Result<LinkView, RecoveryError> {
        let token = self.recovery.read_token(&body.token)?;
        let Ok(proof) = FactorProof::parse(&body.code) else {
            // What is no code is not counted. Whether the link is still good is said first, as for any other.
            self.recovery.look(&token).await?;
            return Err(RecoveryError::FactorNotAccepted);
        };
        self.recovery.prove_factor(&token, &proof, client).await
    }
}

#[cfg(feature = "questions")]
mod question;
#[cfg(feature = "questions")]
pub(super) use question::{__path_answer, __path_question, answer, question};
