//! Asking for a username or for a link: whatever is sent, one answer (EN-1).

use super::body::Sent;
use super::problem::{Of, Problem, ProblemCode, problems};
use super::secret::Secret;
use super::{Answer, Answered, Api};
use crate::identity::{Identifier, IdentityClaims, TypedClaims};
use crate::recovery::AskKey;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

const KEY: &str = "idempotency-key";

/// Who the person says they are. What is left out was not said.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UsernameAsk {
    given_name: String,
    family_name: String,
    /// `YYYY-MM-DD`.
    birth_date: String,
    /// In any spelling, such as `mrn 0042`.
    record_number: String,
    email: String,
    phone: String,
}

/// It was taken down: the same for everybody.
#[derive(Serialize, ToSchema)]
pub(super) struct UsernameAsked {}

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkAsk {
    /// Username or e-mail address.
    identifier: String,
}

/// It was taken down: the same for everybody, but for a ticket that is random.
#[derive(Serialize, ToSchema)]
pub(super) struct LinkAsked {
    /// What this client sends to `/codes` when the person types the code of the mail. Keep it for an hour.
    ticket: Secret,
}

/// The header `Idempotency-Key`, for the description.
pub(super) struct KeyHeader;

impl IntoParams for KeyHeader {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(16)).max_length(Some(128));
        let parameter = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "New and random for each ask, such as a UUID; the same for a repetition after a lost answer. A secret.",
            ))
            .schema(Some(text.pattern(Some("^[!-~]+$"))));
        vec![parameter.build()]
    }
}

problems!(AskProblems: IdempotencyKey, TooManyAttempts, Unavailable);

/// Sends a forgotten username to the address on file, if what is said identifies one account.
#[utoipa::path(
    post, path = "/username-reminders", operation_id = "ask_username", tag = "ask", request_body = UsernameAsk,
    params(KeyHeader),
    responses((status = 202, description = "Taken down", body = UsernameAsked), Of<AskProblems>)
)]
pub(super) async fn username(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<UsernameAsk>,
) -> Answered<UsernameAsked> {
    let key = key_in(&by.headers)?;
    let claims = IdentityClaims::new(TypedClaims {
        given_name: body.given_name,
        family_name: body.family_name,
        birth_date: body.birth_date,
        record_number: body.record_number,
        email: body.email,
        phone: body.phone,
        ..TypedClaims::default()
    });
    match key {
        Some(key) => api.recovery.ask_username_once(&claims, &key, &by.client).await?,
        None => api.recovery.ask_username(&claims, &by.client).await?,
    };
    Ok(Answer(StatusCode::ACCEPTED, UsernameAsked {}))
}

/// Sends a link for a new password to the address on file, if an account is named.
#[utoipa::path(
    post, path = "/password-links", operation_id = "ask_password", tag = "ask", request_body = LinkAsk,
    params(KeyHeader),
    responses((status = 202, description = "Taken down", body = LinkAsked), Of<AskProblems>)
)]
pub(super) async fn password(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<LinkAsk>,
) -> Answered<LinkAsked> {
    let identifier = Identifier::parse(&body.identifier);
    let receipt = match key_in(&by.headers)? {
        Some(key) => api.recovery.ask_password_once(&identifier, &key, &by.client).await?,
        None => api.recovery.ask_password(&identifier, &by.client).await?,
    };
    Ok(Answer(StatusCode::ACCEPTED, LinkAsked { ticket: Secret(receipt.ticket.expose()) }))
}

pub(super) fn key_in(headers: &HeaderMap) -> Result<Option<AskKey>, Problem> {
    let all: Vec<_> = headers.get_all(KEY).iter().collect();
    let only = match all[..] {
        [] => return Ok(None),
        [only] => only.to_str().ok(),
        _ => None,
    };
    let key = only.and_then(|text| AskKey::parse(text).ok());
    key.map(Some).ok_or_else(|| ProblemCode::IdempotencyKey.into())
}
