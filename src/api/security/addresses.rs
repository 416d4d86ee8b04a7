//! Another e-mail address: a code goes to it, and nothing changes before that was typed (NO-5).

use super::super::body::Sent;
use super::super::problem::{Of, Problem, ProblemCode};
use super::super::secret::Secret;
use super::super::{Answer, Answered, Api};
use super::show::{ProposalShown, proposal};
use super::{ChangeProblems, ConfirmProblems};
use crate::account::AddressOnFile;
use crate::error::RecoveryError;
use crate::identity::EmailAddress;
use crate::security::{AddressChanged, ChangeRefused};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AddressProposed {
    /// The new e-mail address.
    address: String,
    /// The address on file whose place it takes; left out for one more.
    replaces: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AddressCode {
    code: Secret,
}

/// `pending`: it is confirmed, and will be on file within moments.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct AddressConfirmed {
    state: AddressState,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum AddressState {
    Done,
    Pending,
}

/// Sends a code to a new address.
#[utoipa::path(
    post, path = "/security/addresses", operation_id = "propose_address", tag = "security",
    request_body = AddressProposed,
    responses((status = 202, description = "A code is on its way", body = ProposalShown), Of<ChangeProblems>)
)]
pub(in crate::api) async fn propose(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<AddressProposed>,
) -> Answered<ProposalShown> {
    let member = api.member(&by).await?;
    let address =
        EmailAddress::parse(body.address.trim()).map_err(|_| Problem::from(ProblemCode::Invalid))?;
    let view = member.info.list().await?;
    let replaces = match &body.replaces {
        None => None,
        Some(goes) => {
            let on_file = view.addresses.iter().find(|one| one.as_str() == goes);
            Some(on_file.ok_or(RecoveryError::ChangeRefused(ChangeRefused::NotThere))?)
        }
    };
    let proposed = member.info.propose_address(&AddressOnFile::Email(address), replaces).await?;
    Ok(Answer(StatusCode::ACCEPTED, proposal(&proposed)))
}

/// Types the code that went to the new address.
#[utoipa::path(
    post, path = "/security/addresses/confirm", operation_id = "confirm_address", tag = "security",
    request_body = AddressCode,
    responses((status = 200, description = "It was right", body = AddressConfirmed), Of<ConfirmProblems>)
)]
pub(in crate::api) async fn confirm(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<AddressCode>,
) -> Answered<AddressConfirmed> {
    let member = api.member(&by).await?;
    let state = match member.info.confirm_address(&body.code).await? {
        AddressChanged::Done => AddressState::Done,
        AddressChanged::Pending => AddressState::Pending,
    };
    Ok(Answer(StatusCode::OK, AddressConfirmed { state }))
}
