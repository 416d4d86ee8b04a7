//! The keys of what the desk calls things.

use crate::account::AddressKind;
use crate::desk::case::{
    CaseEventKind, CaseRefusal, CaseStateKind, EvidenceKind, LapseReason, Need, OriginKind,
};
use crate::desk::{DeskError, Ial, Overdue};
use crate::flow::Dismissal;
use crate::language::Language;
use crate::web::desk::NotDone;

pub(super) fn state(state: CaseStateKind) -> &'static str {
    match state {
        CaseStateKind::Opened => "desk.state.opened",
        CaseStateKind::Assigned => "desk.state.assigned",
        CaseStateKind::EvidenceRecorded => "desk.state.evidence-recorded",
        CaseStateKind::Approved => "desk.state.approved",
        CaseStateKind::Acted => "desk.state.acted",
        CaseStateKind::Refused => "desk.state.refused",
        CaseStateKind::Disputed => "desk.state.disputed",
        CaseStateKind::Lapsed => "desk.state.lapsed",
        CaseStateKind::Withdrawn => "desk.state.withdrawn",
    }
}

pub(super) fn lapse(why: LapseReason) -> &'static str {
    match why {
        LapseReason::SignedIn => "desk.lapse.signed-in",
        LapseReason::Recovered => "desk.lapse.recovered",
        LapseReason::AccountChanged => "desk.lapse.account-changed",
        LapseReason::OnHold => "desk.lapse.on-hold",
        LapseReason::NoWay => "desk.lapse.no-way",
        LapseReason::Idle => "desk.lapse.idle",
    }
}

pub(super) fn origin(origin: OriginKind) -> &'static str {
    match origin {
        OriginKind::Person => "desk.origin.person",
        OriginKind::Staff => "desk.origin.staff",
        OriginKind::Escalated => "desk.origin.escalated",
        OriginKind::Disowned => "desk.origin.disowned",
    }
}

pub(super) fn overdue(overdue: Overdue) -> &'static str {
    match overdue {
        Overdue::Answer => "desk.overdue.answer",
        Overdue::Decision => "desk.overdue.decision",
    }
}

pub(super) fn evidence(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::PhotoIdInPerson => "desk.shows.photo-id-in-person",
        EvidenceKind::PhotoIdByVideo => "desk.shows.photo-id-by-video",
        EvidenceKind::KnownInPerson => "desk.shows.known-in-person",
        EvidenceKind::CalledBack => "desk.shows.called-back",
        EvidenceKind::RecordDetails => "desk.shows.record-details",
        EvidenceKind::ProofedAnew => "desk.shows.proofed-anew",
    }
}

pub(super) fn level(level: Ial) -> &'static str {
    match level {
        Ial::One => "desk.level.one",
        Ial::Two => "desk.level.two",
        Ial::Three => "desk.level.three",
    }
}

pub(super) fn need(need: Need) -> &'static str {
    match need {
        Need::Password => "desk.need.password",
        Need::LostFactor => "desk.need.lost-factor",
    }
}

pub(super) fn event(event: CaseEventKind) -> &'static str {
    match event {
        CaseEventKind::Open => "desk.event.open",
        CaseEventKind::Concern => "desk.event.concern",
        CaseEventKind::Assign => "desk.event.assign",
        CaseEventKind::Note => "desk.event.note",
        CaseEventKind::RecordEvidence => "desk.event.record-evidence",
        CaseEventKind::Approve => "desk.event.approve",
        CaseEventKind::Refuse => "desk.event.refuse",
        CaseEventKind::Withdraw => "desk.event.withdraw",
        CaseEventKind::Wait => "desk.event.wait",
        CaseEventKind::Release => "desk.event.release",
        CaseEventKind::Dispute => "desk.event.dispute",
        CaseEventKind::Lapse => "desk.event.lapse",
    }
}

pub(super) fn kind(kind: AddressKind) -> &'static str {
    match kind {
        AddressKind::Email => "desk.address.email",
        AddressKind::Phone => "desk.address.phone",
        AddressKind::Post => "desk.address.post",
    }
}

/// Why an ask went to the desk.
pub(super) fn reason(why: Dismissal) -> &'static str {
    match why {
        Dismissal::NoAddress => "desk.reason.no-address",
        Dismissal::Ambiguous => "desk.reason.ambiguous",
        Dismissal::Deceased => "desk.reason.deceased",
        Dismissal::LockedByHost => "desk.reason.locked-by-host",
        Dismissal::LegalHold => "desk.reason.legal-hold",
        Dismissal::Minor => "desk.reason.minor",
        // No other needs people.
        _ => "desk.reason.unnamed",
    }
}

/// Why the desk did not do something, in a sentence.
pub(crate) fn error(error: &DeskError, language: &Language) -> String {
    let key = NotDone::of(error).map_or("desk.error.unavailable", NotDone::key);
    match error {
        DeskError::Refused(CaseRefusal::Illegal { state: at, event: tried }) => {
            let (at, tried) = (language.text(state(*at)), language.text(event(*tried)));
            language.fill(key, &[("state", at), ("event", tried)])
        }
        DeskError::Refused(CaseRefusal::EvidenceTooWeak { needed }) => {
            language.fill(key, &[("level", language.text(level(*needed)))])
        }
        _ => language.text(key).to_owned(),
    }
}
