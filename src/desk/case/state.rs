//! Where a case stands, and what it holds.

use crate::account::{AccountEpoch, AddressOnFile};
use crate::clock::Timestamp;
use crate::desk::{CaseText, Ial, StaffId};
use crate::flow::{Dismissal, coded};
use crate::ids::FlowId;
use std::fmt;
use time::Duration;

coded! {
    /// The states by name.
    CaseStateKind {
        /// Nobody has taken it yet.
        Opened = "opened",
        /// Somebody looks after it.
        Assigned = "assigned",
        /// It is written down how the person showed who they are.
        EvidenceRecorded = "evidence_recorded",
        /// A second person has agreed; it waits, and everybody on file is told.
        Approved = "approved",
        /// The link is sent.
        Acted = "acted",
        /// Decided against.
        Refused = "refused",
        /// "This wasn't me."
        Disputed = "disputed",
        /// Overtaken by something else, or forgotten.
        Lapsed = "lapsed",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

impl CaseStateKind {
    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Opened | Self::Assigned | Self::EvidenceRecorded | Self::Approved)
    }
}

coded! {
    /// Why a case lapsed.
    LapseReason {
        /// Somebody signed in to the account meanwhile: its owner has what the case is about.
        SignedIn = "signed_in",
        /// A recovery was completed meanwhile.
        Recovered = "recovered",
        /// The account is not what it was when the case was approved, or is gone.
        AccountChanged = "account_changed",
        /// New links are on hold.
        OnHold = "on_hold",
        /// No mailer takes anything to the address.
        NoWay = "no_way",
        /// Nobody touched it for [`IDLE`](super::IDLE).
        Idle = "idle",
    }
}

coded! {
    /// How a person showed who they are. What they showed itself is never kept.
    EvidenceKind {
        /// A photo ID, seen in person.
        PhotoIdInPerson = "photo_id_in_person",
        /// A photo ID, seen by video.
        PhotoIdByVideo = "photo_id_by_video",
        /// Somebody of the staff knows them, and saw them.
        KnownInPerson = "known_in_person",
        /// They were called back under a number that stood on file before.
        CalledBack = "called_back",
        /// They knew what stands in their record.
        RecordDetails = "record_details",
        /// Their identity was proofed anew, as at enrolment (NIST SP 800-63B-4 4.2.1.4). Only this lets a new address in.
        ProofedAnew = "proofed_anew",
    }
}

coded! {
    /// What a person needs.
    Need {
        /// A way to choose a new password.
        Password = "password",
        /// The same, and they have lost their second factor (MF-2).
        LostFactor = "lost_factor",
    }
}

coded! {
    /// How cases begin.
    OriginKind {
        /// A person wrote to the desk.
        Person = "person",
        /// Somebody of the staff opened it.
        Staff = "staff",
        /// An ask that only people can decide.
        Escalated = "escalated",
        /// "This wasn't me."
        Disowned = "disowned",
    }
}

/// How a case began.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A person wrote to the desk.
    Person,
    /// This one of the staff opened it.
    Staff(StaffId),
    /// An ask that only people can decide, for this reason.
    Escalated(Dismissal),
    /// Somebody said "this wasn't me".
    Disowned,
}

impl Origin {
    /// Its name.
    #[must_use]
    pub const fn kind(&self) -> OriginKind {
        match self {
            Self::Person => OriginKind::Person,
            Self::Staff(_) => OriginKind::Staff,
            Self::Escalated(_) => OriginKind::Escalated,
            Self::Disowned => OriginKind::Disowned,
        }
    }
}

/// An address on file, named without saying it: a keyed digest over account and address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressRef([u8; 16]);

impl AddressRef {
    /// Wraps 16 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads what `Display` wrote: 32 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        crate::ids::unhex(text).map(Self)
    }
}

impl fmt::Display for AddressRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::ids::hex(&self.0))
    }
}

/// Where the one link of a case goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Destination {
    /// To this address on file.
    OnFile(AddressRef),
    /// To an address that is not on file: the one that the evidence names.
    New(AddressOnFile),
}

/// What was found out about a person, as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How they showed who they are.
    pub kind: EvidenceKind,
    /// How surely.
    pub level: Ial,
    /// What they need.
    pub need: Need,
    /// An address of theirs that is not on file; only with [`EvidenceKind::ProofedAnew`].
    pub new_address: Option<AddressOnFile>,
}

/// What was found out about a person, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What.
    pub finding: Finding,
    /// Who wrote it down.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub text: CaseText,
    /// Who wrote it.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
}

/// What two people have agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The second of them.
    pub by: StaffId,
    /// What for.
    pub need: Need,
    /// Where the link goes.
    pub to: Destination,
    /// The account as it was then: a link goes out only if it still is.
    pub epoch: AccountEpoch,
    /// How long it waits.
    pub wait: Duration,
    /// Until then it waits, at the least.
    pub until: Timestamp,
    /// Whether the waiting has begun: it counts from a clock that was read after the approval, and with it the notices, was
    /// stored. A call that hangs before its commit takes nothing off it.
    pub began: bool,
}

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseState {
    /// Nobody has taken it yet.
    Opened,
    /// This one looks after it.
    Assigned(StaffId),
    /// There is evidence; this one looks after it.
    EvidenceRecorded(StaffId),
    /// A second person has agreed; it waits.
    Approved(Approval),
    /// The link is sent, in this flow.
    Acted(FlowId),
    /// Decided against.
    Refused,
    /// "This wasn't me."
    Disputed,
    /// Overtaken by something else, or forgotten.
    Lapsed(LapseReason),
    /// Taken back.
    Withdrawn,
}

impl CaseState {
    /// The state's name.
    #[must_use]
    pub const fn kind(&self) -> CaseStateKind {
        match self {
            Self::Opened => CaseStateKind::Opened,
            Self::Assigned(_) => CaseStateKind::Assigned,
            Self::EvidenceRecorded(_) => CaseStateKind::EvidenceRecorded,
            Self::Approved(_) => CaseStateKind::Approved,
            Self::Acted(_) => CaseStateKind::Acted,
            Self::Refused => CaseStateKind::Refused,
            Self::Disputed => CaseStateKind::Disputed,
            Self::Lapsed(_) => CaseStateKind::Lapsed,
            Self::Withdrawn => CaseStateKind::Withdrawn,
        }
    }
}
