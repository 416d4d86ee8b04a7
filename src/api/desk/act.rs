//! What staff do: each is one step of one case. The answer is the case as it is then.

use super::Clerk;
use super::codes::{EvidenceCode, KindCode, LevelCode, NeedCode};
use super::show::CaseShown;
use crate::account::AddressOnFile;
use crate::api::body::{Object, Sent};
use crate::api::problem::{Of, Problem, ProblemCode, problems};
use crate::api::{Answered, Api};
use crate::desk::case::Finding;
use crate::desk::{CaseText, Decision, DeskError, Seen, StaffId};
use crate::ids::CaseId;
use crate::web::desk::act::whither;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Whom a new case is about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CaseOpened {
    /// What staff type for an account, such as its username.
    account: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CaseConcerned {
    #[schema(pattern = "^[0-9a-f]{32}$")]
    case: String,
    /// The version that was seen.
    version: u64,
    /// What staff type for an account, such as its username.
    account: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CaseAssigned {
    #[schema(pattern = "^[0-9a-f]{32}$")]
    case: String,
    /// The version that was seen.
    version: u64,
    /// Who of the staff is to look after it: the host's name for them.
    to: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CaseNoted {
    #[schema(pattern = "^[0-9a-f]{32}$")]
    case: String,
    /// The version that was seen.
    version: u64,
    /// What is longer than 1,000 characters is cut off.
    text: String,
}

/// How the person showed who they are: only kind and level, never what a document says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CaseEvidence {
    #[schema(pattern = "^[0-9a-f]{32}$")]
    case: String,
    /// The version that was seen.
    version: u64,
    kind: EvidenceCode,
    level: LevelCode,
    need: NeedCode,
    /// An address of theirs that is not on file; only with `proofed_anew`.
    #[schema(value_type = Option<NewAddress>)]
    new_address: Option<Object<NewAddress>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAddress {
    kind: KindCode,
    address: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CaseApproved {
    #[schema(pattern = "^[0-9a-f]{32}$")]
    case: String,
    /// The version that was seen.
    version: u64,
    need: NeedCode,
    /// Where the link goes: the `reference` of an address on file, or `recorded` for the new address that the latest evidence
    /// with one names. Nobody types an address while deciding.
    #[schema(pattern = "^([0-9a-f]{32}|recorded)$")]
    to: String,
}

/// A case as it was seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct CaseSeen {
    #[schema(pattern = "^[0-9a-f]{32}$")]
    case: String,
    /// The version that was seen.
    version: u64,
}

problems!(OpenProblems: NotStaff, Desk(NoSuchAccount), Desk(AlreadyOpen), Desk(AboveOwnRole), Desk(OwnCase),
    Desk(NoSubject), Desk(Changed), Unavailable);
problems!(ConcernProblems: NotStaff, Desk(NoSuchAccount), Desk(NoSuchCase), Desk(Changed), Desk(Illegal),
    Desk(AlreadyOpen), Desk(AboveOwnRole), Desk(OwnCase), Desk(NoSubject), Desk(Full), Unavailable);
problems!(StepProblems: NotStaff, Desk(NoSuchCase), Desk(Changed), Desk(Illegal), Desk(AboveOwnRole), Desk(OwnCase),
    Desk(NoSubject), Desk(Full), Unavailable);
problems!(EvidenceProblems: NotStaff, Desk(NoSuchCase), Desk(Changed), Desk(Illegal), Desk(NotAssigned), Desk(NoAccount),
    Desk(NoNewAddress), Desk(AboveOwnRole), Desk(OwnCase), Desk(NoSubject), Desk(Full), Unavailable);
problems!(ApproveProblems: NotStaff, Desk(NoSuchCase), Desk(Changed), Desk(Illegal), Desk(SecondPersonNeeded),
    Desk(EvidenceTooWeak), Desk(LossNotShown), Desk(NoNewAddress), Desk(NoAccount), Desk(NoSuchAddress), Desk(NotReached),
    Desk(NotRecoverable), Desk(NothingLost), Desk(AboveOwnRole), Desk(OwnCase), Desk(NoSubject), Unavailable);
problems!(EndProblems: NotStaff, Desk(NoSuchCase), Desk(Changed), Desk(Illegal), Desk(AboveOwnRole), Desk(OwnCase),
    Desk(NoSubject), Unavailable);

/// Opens a case about an account. Every address that is on file for it is told.
#[utoipa::path(
    post, path = "/desk", operation_id = "desk_open", tag = "desk", request_body = CaseOpened,
    responses((status = 201, description = "Opened", body = CaseShown), Of<OpenProblems>)
)]
pub(in crate::api) async fn open(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<CaseOpened>,
) -> Answered<CaseShown> {
    let clerk = api.clerk(&by).await?;
    let account = clerk.account(&body.account).await?;
    clerk.shown(StatusCode::CREATED, clerk.on.desk.open(&clerk.on.staff, &account).await)
}

/// Says which account a case is about that a person opened. Every address that is on file for it is told.
#[utoipa::path(
    post, path = "/desk/concern", operation_id = "desk_concern", tag = "desk", request_body = CaseConcerned,
    responses((status = 200, description = "Said", body = CaseShown), Of<ConcernProblems>)
)]
pub(in crate::api) async fn concern(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<CaseConcerned>,
) -> Answered<CaseShown> {
    let clerk = api.clerk(&by).await?;
    let seen = clerk.seen(&body.case, body.version)?;
    let account = clerk.account(&body.account).await?;
    clerk.shown(StatusCode::OK, clerk.on.desk.concern(&clerk.on.staff, seen, &account).await)
}

/// Gives a case to somebody, or takes it.
#[utoipa::path(
    post, path = "/desk/assign", operation_id = "desk_assign", tag = "desk", request_body = CaseAssigned,
    responses((status = 200, description = "Assigned", body = CaseShown), Of<StepProblems>)
)]
pub(in crate::api) async fn assign(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<CaseAssigned>,
) -> Answered<CaseShown> {
    let clerk = api.clerk(&by).await?;
    let seen = clerk.seen(&body.case, body.version)?;
    let to = StaffId::new(body.to.trim()).map_err(|_| invalid())?;
    clerk.shown(StatusCode::OK, clerk.on.desk.assign(&clerk.on.staff, seen, &to).await)
}

/// Writes a note.
#[utoipa::path(
    post, path = "/desk/note", operation_id = "desk_note", tag = "desk", request_body = CaseNoted,
    responses((status = 200, description = "Written down", body = CaseShown), Of<StepProblems>)
)]
pub(in crate::api) async fn note(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<CaseNoted>,
) -> Answered<CaseShown> {
    let clerk = api.clerk(&by).await?;
    let seen = clerk.seen(&body.case, body.version)?;
    let text = CaseText::new(&body.text).ok_or_else(invalid)?;
    clerk.shown(StatusCode::OK, clerk.on.desk.note(&clerk.on.staff, seen, text).await)
}

/// Writes down how the person showed who they are.
#[utoipa::path(
    post, path = "/desk/evidence", operation_id = "desk_evidence", tag = "desk", request_body = CaseEvidence,
    responses((status = 200, description = "Recorded", body = CaseShown), Of<EvidenceProblems>)
)]
pub(in crate::api) async fn evidence(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<CaseEvidence>,
) -> Answered<CaseShown> {
    let clerk = api.clerk(&by).await?;
    let seen = clerk.seen(&body.case, body.version)?;
    let new_address = body.new_address.map(address).transpose()?;
    let finding = Finding { kind: body.kind.0, level: body.level.0, need: body.need.0, new_address };
    clerk.shown(StatusCode::OK, clerk.on.desk.record_evidence(&clerk.on.staff, seen, finding).await)
}

/// Agrees, as a second person: the case then waits, and every address on file is told. After that one link goes out; staff
/// never see it.
#[utoipa::path(
    post, path = "/desk/approve", operation_id = "desk_approve", tag = "desk", request_body = CaseApproved,
    responses((status = 200, description = "Approved; it waits", body = CaseShown), Of<ApproveProblems>)
)]
pub(in crate::api) async fn approve(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<CaseApproved>,
) -> Answered<CaseShown> {
    let clerk = api.clerk(&by).await?;
    let seen = clerk.seen(&body.case, body.version)?;
    let decision = Decision { need: body.need.0, to: whither(&body.to).ok_or_else(invalid)? };
    clerk.shown(StatusCode::OK, clerk.on.desk.approve(&clerk.on.staff, seen, decision).await)
}

/// Decides against a case, also while it waits.
#[utoipa::path(
    post, path = "/desk/refuse", operation_id = "desk_refuse", tag = "desk", request_body = CaseSeen,
    responses((status = 200, description = "Refused", body = CaseShown), Of<EndProblems>)
)]
pub(in crate::api) async fn refuse(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<CaseSeen>,
) -> Answered<CaseShown> {
    let clerk = api.clerk(&by).await?;
    let seen = clerk.seen(&body.case, body.version)?;
    clerk.shown(StatusCode::OK, clerk.on.desk.refuse(&clerk.on.staff, seen).await)
}

/// Takes a case back: it was opened by mistake, or the person does not need it any more.
#[utoipa::path(
    post, path = "/desk/withdraw", operation_id = "desk_withdraw", tag = "desk", request_body = CaseSeen,
    responses((status = 200, description = "Withdrawn", body = CaseShown), Of<EndProblems>)
)]
pub(in crate::api) async fn withdraw(
    State(api): State<Arc<Api>>,
    Sent { body, by }: Sent<CaseSeen>,
) -> Answered<CaseShown> {
    let clerk = api.clerk(&by).await?;
    let seen = clerk.seen(&body.case, body.version)?;
    clerk.shown(StatusCode::OK, clerk.on.desk.withdraw(&clerk.on.staff, seen).await)
}

impl Clerk {
    /// A name that is none is that of no case.
    fn seen(&self, case: &str, version: u64) -> Result<Seen, Problem> {
        let case = CaseId::parse(case).ok_or_else(|| self.told(&DeskError::NotFound))?;
        Ok(Seen { case, version })
    }
}

fn address(Object(new): Object<NewAddress>) -> Result<AddressOnFile, Problem> {
    AddressOnFile::parse(new.kind.0, new.address.trim()).map_err(|_| invalid())
}

fn invalid() -> Problem {
    ProblemCode::Invalid.into()
}
