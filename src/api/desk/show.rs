//! One case.

use super::Clerk;
use super::codes::{
    Code, EventCode, EvidenceCode, KindCode, LapseCode, LevelCode, NeedCode, OriginCode, StateCode,
};
use super::queue::Late;
use crate::api::body::Caller;
use crate::api::problem::{Of, ProblemCode, Problems};
use crate::api::{Answer, Answered, Api, when};
use crate::clock::Timestamp;
use crate::desk::case::{
    Approval, Case, CaseEventKind, CaseState, Destination, Entry, Evidence, Note, Origin,
};
use crate::desk::{AddressHint, CaseView, DeskError, StaffId};
use crate::ids::CaseId;
use crate::web::desk::NotDone;
use crate::web::desk::act::RECORDED;
use crate::web::form;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A case, as far as staff who may act on it need it.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct CaseShown {
    /// Its name in all other calls.
    case: String,
    /// What a step has to name. It grows with each one.
    version: u64,
    /// What people call the case when they talk to each other.
    number: String,
    state: StateCode,
    /// Why it lapsed, if it did.
    lapsed: Option<LapseCode>,
    origin: OriginCode,
    /// Who of the staff opened it, if one of them did.
    opened_by: Option<String>,
    /// Why an ask came here, if the case began with one, such as `no_address`.
    escalated: Option<&'static str>,
    #[schema(format = DateTime)]
    opened_at: String,
    overdue: Option<Late>,
    /// Who of the staff looks after it.
    assignee: Option<String>,
    /// The host's name for the account that it is about, once somebody has said it.
    account: Option<String>,
    /// The level that evidence has to reach: that of enrolment.
    level_needed: Option<LevelCode>,
    plea: Option<PleaShown>,
    addresses: Vec<AddressShown>,
    /// The oldest first.
    evidence: Vec<EvidenceShown>,
    /// The oldest first.
    notes: Vec<NoteShown>,
    /// All that happened, the oldest first.
    log: Vec<EntryShown>,
    approval: Option<ApprovalShown>,
    /// What this person may do next, as far as it depends on the case and on them.
    steps: Vec<Step>,
}

/// What the person wrote. Nobody has checked any of it.
#[derive(Serialize, ToSchema)]
struct PleaShown {
    text: String,
    /// How to reach them.
    reach: Option<String>,
}

/// An address on file: so much of it as one needs to choose it.
#[derive(Serialize, ToSchema)]
struct AddressShown {
    /// How a decision names it.
    reference: String,
    kind: KindCode,
    hint: String,
    /// Whether a link of the desk may go there.
    takes_links: bool,
}

#[derive(Serialize, ToSchema)]
struct EvidenceShown {
    kind: EvidenceCode,
    level: LevelCode,
    need: NeedCode,
    new_address: Option<NewAddressShown>,
    by: String,
    #[schema(format = DateTime)]
    at: String,
}

/// An address that is not on file.
#[derive(Serialize, ToSchema)]
struct NewAddressShown {
    kind: KindCode,
    address: String,
}

#[derive(Serialize, ToSchema)]
struct NoteShown {
    text: String,
    by: String,
    #[schema(format = DateTime)]
    at: String,
}

#[derive(Serialize, ToSchema)]
struct EntryShown {
    event: EventCode,
    /// Who of the staff did it; nobody where it happened by itself.
    by: Option<String>,
    #[schema(format = DateTime)]
    at: String,
}

/// What two people have agreed on, while it waits.
#[derive(Serialize, ToSchema)]
struct ApprovalShown {
    /// The second of them.
    by: String,
    need: NeedCode,
    /// The `reference` of an address on file, or `recorded` for the new one of the evidence.
    to: String,
    #[schema(format = DateTime)]
    until: String,
}

/// The last part of a step's path.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = CaseStep)]
#[serde(rename_all = "kebab-case")]
enum Step {
    Concern,
    Assign,
    Note,
    Evidence,
    Approve,
    Refuse,
    Withdraw,
}

const STEPS: [(Step, CaseEventKind); 7] = [
    (Step::Concern, CaseEventKind::Concern),
    (Step::Assign, CaseEventKind::Assign),
    (Step::Note, CaseEventKind::Note),
    (Step::Evidence, CaseEventKind::RecordEvidence),
    (Step::Approve, CaseEventKind::Approve),
    (Step::Refuse, CaseEventKind::Refuse),
    (Step::Withdraw, CaseEventKind::Withdraw),
];

pub(in crate::api) struct ShowProblems;

impl Problems for ShowProblems {
    const CODES: &'static [ProblemCode] = &[
        ProblemCode::NotStaff,
        ProblemCode::Desk(NotDone::NoSuchCase),
        ProblemCode::Desk(NotDone::AboveOwnRole),
        ProblemCode::Desk(NotDone::OwnCase),
        ProblemCode::Desk(NotDone::NoSubject),
        ProblemCode::Unavailable,
    ];
    const HAS_BODY: bool = false;
}

/// One case. Who may not act on it does not see it either.
#[utoipa::path(
    get, path = "/desk/case", operation_id = "desk_case", tag = "desk",
    params(("id" = String, Query, pattern = "^[0-9a-f]{32}$", description = "The `case` of the queue.")),
    responses((status = 200, description = "The case", body = CaseShown), Of<ShowProblems>)
)]
pub(in crate::api) async fn show(
    State(api): State<Arc<Api>>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Answered<CaseShown> {
    let clerk = api.clerk(&by).await?;
    let id = CaseId::parse(&form::only("id", query.as_deref().unwrap_or_default()));
    let id = id.ok_or_else(|| clerk.told(&DeskError::NotFound))?;
    clerk.shown(StatusCode::OK, clerk.on.desk.view(&clerk.on.staff, id).await)
}

impl Clerk {
    /// The case as it is now, or why nothing was done.
    pub(super) fn shown(&self, status: StatusCode, done: Result<CaseView, DeskError>) -> Answered<CaseShown> {
        let view = done.map_err(|error| self.told(&error))?;
        Ok(Answer(status, CaseShown::of(&view)))
    }
}

impl CaseShown {
    fn of(view: &CaseView) -> Self {
        let case = &view.case;
        let may = STEPS.iter().filter(|(_, event)| view.takes(*event));
        Self {
            case: case.id().to_string(),
            version: case.version(),
            number: case.number(),
            state: Code(case.state().kind()),
            lapsed: lapsed(case),
            origin: Code(case.origin().kind()),
            opened_by: opener(case),
            escalated: escalated(case),
            opened_at: at(case.opened_at()),
            overdue: view.overdue.map(Late::from),
            assignee: case.assignee().map(name),
            account: case.account().map(|account| account.as_str().to_owned()),
            level_needed: view.level_needed.map(Code),
            plea: plea(case),
            addresses: view.addresses.iter().map(address).collect(),
            evidence: case.evidence().iter().map(evidence).collect(),
            notes: case.notes().iter().map(note).collect(),
            log: case.log().iter().map(entry).collect(),
            approval: approval(case),
            steps: may.map(|(step, _)| *step).collect(),
        }
    }
}

fn name(staff: &StaffId) -> String {
    staff.as_str().to_owned()
}

fn at(at: Timestamp) -> String {
    when(at.to_datetime())
}

fn lapsed(case: &Case) -> Option<LapseCode> {
    if let CaseState::Lapsed(why) = case.state() { Some(Code(*why)) } else { None }
}

fn opener(case: &Case) -> Option<String> {
    if let Origin::Staff(opener) = case.origin() { Some(name(opener)) } else { None }
}

fn escalated(case: &Case) -> Option<&'static str> {
    if let Origin::Escalated(why) = case.origin() { Some(why.code()) } else { None }
}

fn plea(case: &Case) -> Option<PleaShown> {
    let plea = case.plea()?;
    let reach = plea.reach.as_ref().map(|reach| reach.as_str().to_owned());
    Some(PleaShown { text: plea.text.as_str().to_owned(), reach })
}

fn address(hint: &AddressHint) -> AddressShown {
    AddressShown {
        reference: hint.address.to_string(),
        kind: Code(hint.kind),
        hint: hint.hint.clone(),
        takes_links: hint.takes_links,
    }
}

fn evidence(evidence: &Evidence) -> EvidenceShown {
    let finding = &evidence.finding;
    let new_address = finding
        .new_address
        .as_ref()
        .map(|address| NewAddressShown { kind: Code(address.kind()), address: address.as_str().to_owned() });
    EvidenceShown {
        kind: Code(finding.kind),
        level: Code(finding.level),
        need: Code(finding.need),
        new_address,
        by: name(&evidence.by),
        at: at(evidence.at),
    }
}

fn note(note: &Note) -> NoteShown {
    NoteShown { text: note.text.as_str().to_owned(), by: name(&note.by), at: at(note.at) }
}

fn entry(entry: &Entry) -> EntryShown {
    EntryShown { event: Code(entry.event), by: entry.by.as_ref().map(name), at: at(entry.at) }
}

fn approval(case: &Case) -> Option<ApprovalShown> {
    let CaseState::Approved(Approval { by, need, to, until, .. }) = case.state() else { return None };
    let to = match to {
        Destination::OnFile(address) => address.to_string(),
        Destination::New(_) => RECORDED.to_owned(),
    };
    Some(ApprovalShown { by: name(by), need: Code(*need), to, until: at(*until) })
}
