//! All that protects the account.

use super::super::body::Caller;
use super::super::problem::{Of, ProblemCode, Problems};
use super::super::{Answer, Answered, Api, when};
use crate::account::AddressOnFile;
use crate::factor::FactorView;
use crate::security::{ProposalState, ProposalView, SecurityView};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// All that protects an account, and nothing that is a secret.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct SecurityShown {
    factors: Vec<FactorShown>,
    /// The host's names for factors of its own.
    host_factors: Vec<String>,
    /// The codes of the security questions.
    questions: Vec<String>,
    /// The addresses on file.
    addresses: Vec<String>,
    /// Addresses that are being changed, or were a short time ago.
    proposals: Vec<ProposalShown>,
    /// Whether addresses can be changed here.
    takes_addresses: bool,
    /// How many characters a new password needs.
    password_at_least: usize,
    #[schema(format = DateTime)]
    password_changed_at: Option<String>,
    #[schema(format = DateTime)]
    password_compromised_at: Option<String>,
    /// Until when nobody gets a link, and no address is changed.
    #[schema(format = DateTime)]
    on_hold_until: Option<String>,
    /// What a change asks for: `password`, `second_factor`, `phishing_resistant`.
    level_needed: &'static str,
    /// Whether `/security/step-up` comes before a change.
    step_up_needed: bool,
}

#[derive(Serialize, ToSchema)]
struct FactorShown {
    id: String,
    /// `totp` or `recovery_codes`.
    kind: &'static str,
    /// What the person calls it. Their words.
    label: String,
    /// `pending`, `active` or `disabled`.
    state: &'static str,
    #[schema(format = DateTime)]
    added_at: String,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// How many recovery codes are left.
    remaining: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ProposalShown {
    address: String,
    replaces: Option<String>,
    state: ProposalStands,
    #[schema(format = DateTime)]
    until: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ProposalStands {
    AwaitsCode,
    Confirmed,
    Done,
    Disputed,
}

pub(super) struct ShowProblems;

impl Problems for ShowProblems {
    const CODES: &'static [ProblemCode] = &[
        ProblemCode::NotSignedIn,
        ProblemCode::ChangeRequired,
        ProblemCode::StepUpRequired,
        ProblemCode::Unavailable,
    ];
    const HAS_BODY: bool = false;
}

/// Shows all that protects the account.
#[utoipa::path(
    get, path = "/security", operation_id = "security", tag = "security",
    responses((status = 200, description = "All of it", body = SecurityShown), Of<ShowProblems>)
)]
pub(in crate::api) async fn show(State(api): State<Arc<Api>>, by: Caller) -> Answered<SecurityShown> {
    let view = api.member(&by).await?.info.list().await?;
    Ok(Answer(StatusCode::OK, view.into()))
}

impl From<SecurityView> for SecurityShown {
    fn from(view: SecurityView) -> Self {
        Self {
            factors: view.factors.into_iter().map(FactorShown::from).collect(),
            host_factors: view.host_factors,
            questions: view.questions,
            addresses: view.addresses.iter().map(text).collect(),
            proposals: view.proposals.iter().map(proposal).collect(),
            takes_addresses: view.takes_addresses,
            password_at_least: view.password_at_least,
            password_changed_at: view.password_changed_at.map(when),
            password_compromised_at: view.password_compromised_at.map(when),
            on_hold_until: view.on_hold_until.map(when),
            level_needed: view.level_needed.code(),
            step_up_needed: view.step_up_needed,
        }
    }
}

impl From<FactorView> for FactorShown {
    fn from(factor: FactorView) -> Self {
        Self {
            id: factor.id.to_string(),
            kind: factor.kind.code(),
            label: factor.label,
            state: factor.state.code(),
            added_at: when(factor.added_at.to_datetime()),
            last_used_at: factor.last_used_at.map(|at| when(at.to_datetime())),
            remaining: factor.remaining,
        }
    }
}

fn text(address: &AddressOnFile) -> String {
    address.as_str().to_owned()
}

pub(super) fn proposal(view: &ProposalView) -> ProposalShown {
    ProposalShown {
        address: text(&view.address),
        replaces: view.replaces.as_ref().map(text),
        state: match view.state {
            ProposalState::AwaitsCode => ProposalStands::AwaitsCode,
            ProposalState::Confirmed => ProposalStands::Confirmed,
            ProposalState::Done => ProposalStands::Done,
            ProposalState::Disputed => ProposalStands::Disputed,
        },
        until: when(view.until),
    }
}
