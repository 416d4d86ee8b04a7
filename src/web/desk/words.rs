//! The codes of the desk in words.

use crate::desk::Ial;
use crate::desk::Overdue;
use crate::desk::case::{CaseEventKind, CaseStateKind, EvidenceKind, LapseReason, Need, OriginKind};

pub(super) fn state(state: CaseStateKind) -> &'static str {
    match state {
        CaseStateKind::Opened => "Nobody has taken it yet",
        CaseStateKind::Assigned => "Somebody looks after it",
        CaseStateKind::EvidenceRecorded => "A second person has to decide",
        CaseStateKind::Approved => "Approved, and waits",
        CaseStateKind::Acted => "The link is sent",
        CaseStateKind::Refused => "Decided against",
        CaseStateKind::Disputed => "Ended by the person: \u{201c}This wasn\u{2019}t me\u{201d}",
        CaseStateKind::Lapsed => "Lapsed",
        CaseStateKind::Withdrawn => "Taken back",
    }
}

pub(super) fn lapse(why: LapseReason) -> &'static str {
    match why {
        LapseReason::SignedIn => "somebody signed in to the account",
        LapseReason::Recovered => "a recovery was completed meanwhile",
        LapseReason::AccountChanged => "the account is not what it was, or is gone",
        LapseReason::OnHold => "somebody said \u{201c}This wasn\u{2019}t me\u{201d}",
        LapseReason::NoWay => "nothing can be sent to the address",
        LapseReason::Idle => "nobody touched it for 30 days",
    }
}

pub(super) fn origin(origin: OriginKind) -> &'static str {
    match origin {
        OriginKind::Person => "A person wrote",
        OriginKind::Staff => "Opened by staff",
        OriginKind::Escalated => "An ask that only people can decide",
        OriginKind::Disowned => "\u{201c}This wasn\u{2019}t me\u{201d}",
    }
}

pub(super) fn overdue(overdue: Overdue) -> &'static str {
    match overdue {
        Overdue::Answer => "Overdue: nobody has taken it",
        Overdue::Decision => "Overdue: nobody has decided it",
    }
}

pub(super) fn evidence(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::PhotoIdInPerson => "A photo ID, seen in person",
        EvidenceKind::PhotoIdByVideo => "A photo ID, seen by video",
        EvidenceKind::KnownInPerson => "Known to somebody of the staff, and seen",
        EvidenceKind::CalledBack => "Called back under a number that stood on file",
        EvidenceKind::RecordDetails => "Knew what stands in the record",
        EvidenceKind::ProofedAnew => "Proofed anew, as at enrolment",
    }
}

pub(super) fn level(level: Ial) -> &'static str {
    match level {
        Ial::One => "IAL1",
        Ial::Two => "IAL2",
        Ial::Three => "IAL3",
    }
}

pub(super) fn need(need: Need) -> &'static str {
    match need {
        Need::Password => "A new password",
        Need::LostFactor => "A new password, and the second factor is lost",
    }
}

pub(super) fn event(event: CaseEventKind) -> &'static str {
    match event {
        CaseEventKind::Open => "Opened",
        CaseEventKind::Concern => "Account named",
        CaseEventKind::Assign => "Assigned",
        CaseEventKind::Note => "Note written",
        CaseEventKind::RecordEvidence => "Evidence recorded",
        CaseEventKind::Approve => "Approved",
        CaseEventKind::Refuse => "Decided against",
        CaseEventKind::Withdraw => "Taken back",
        CaseEventKind::Release => "Link sent",
        CaseEventKind::Dispute => "Ended by the person",
        CaseEventKind::Lapse => "Lapsed",
    }
}
