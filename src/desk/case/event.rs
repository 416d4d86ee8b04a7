//! What can happen to a case, and what follows from it.

use super::{Case, CaseStateKind, Finding, LapseReason, Need};
use crate::account::AccountEpoch;
use crate::clock::Timestamp;
use crate::desk::{CaseText, Ial, Staff, StaffId, Subject};
use crate::flow::{Letter, coded};
use crate::ids::{AccountId, FlowId};
use time::Duration;

/// Somebody of the staff does something, and the host says whose account it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// Who.
    pub staff: Staff,
    /// Whose account; `None` while the case is about none, or the host knows no such account.
    pub subject: Option<Subject>,
}

/// What a decider orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What for.
    pub need: Need,
    /// Where the link is to go.
    pub to: Whither,
    /// The account as it is now.
    pub epoch: AccountEpoch,
    /// How long it waits.
    pub wait: Duration,
    /// When a hold on new links ends, if there is one: the waiting is not over before.
    pub held_until: Option<Timestamp>,
}

/// Where a link is to go, as a decider says it: nobody types an address while deciding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whither {
    /// To this address on file.
    OnFile(super::AddressRef),
    /// To the new address that the latest evidence with one names.
    Recorded,
}

/// Something that happens to a case.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CaseEvent {
    /// The case is about this account.
    Concern {
        /// Who says so.
        by: Acting,
        /// Which.
        account: AccountId,
    },
    /// Somebody is to look after it.
    Assign {
        /// Who says so.
        by: Acting,
        /// Who is to.
        to: StaffId,
    },
    /// Something is written down.
    Note {
        /// Who writes.
        by: Acting,
        /// What.
        text: CaseText,
    },
    /// The person showed who they are.
    RecordEvidence {
        /// Who saw it.
        by: Acting,
        /// What was found out.
        finding: Finding,
    },
    /// A second person agrees.
    Approve {
        /// Who.
        by: Acting,
        /// To what.
        order: Order,
    },
    /// Somebody decides against it.
    Refuse {
        /// Who.
        by: Acting,
    },
    /// It is taken back.
    Withdraw {
        /// By whom.
        by: Acting,
    },
    /// The approval is stored, and the notices with it: the waiting counts from now.
    Wait,
    /// The waiting is over: the link goes out, in this flow.
    Release(FlowId),
    /// "This wasn't me."
    Dispute,
    /// Something else came before it.
    Lapse(LapseReason),
}

coded! {
    /// The events by name, as they are audited after `case.`. `Open` is how a case begins.
    CaseEventKind {
        /// It began.
        Open = "opened",
        /// See [`CaseEvent::Concern`].
        Concern = "concerned",
        /// See [`CaseEvent::Assign`].
        Assign = "assigned",
        /// See [`CaseEvent::Note`].
        Note = "noted",
        /// See [`CaseEvent::RecordEvidence`].
        RecordEvidence = "evidence_recorded",
        /// See [`CaseEvent::Approve`].
        Approve = "approved",
        /// See [`CaseEvent::Refuse`].
        Refuse = "refused",
        /// See [`CaseEvent::Withdraw`].
        Withdraw = "withdrawn",
        /// See [`CaseEvent::Wait`].
        Wait = "waiting",
        /// See [`CaseEvent::Release`].
        Release = "acted",
        /// See [`CaseEvent::Dispute`].
        Dispute = "disputed",
        /// See [`CaseEvent::Lapse`].
        Lapse = "lapsed",
    }
}

impl CaseEvent {
    /// The event's name.
    #[must_use]
    pub fn kind(&self) -> CaseEventKind {
        match self {
            Self::Concern { .. } => CaseEventKind::Concern,
            Self::Assign { .. } => CaseEventKind::Assign,
            Self::Note { .. } => CaseEventKind::Note,
            Self::RecordEvidence { .. } => CaseEventKind::RecordEvidence,
            Self::Approve { .. } => CaseEventKind::Approve,
            Self::Refuse { .. } => CaseEventKind::Refuse,
            Self::Withdraw { .. } => CaseEventKind::Withdraw,
            Self::Wait => CaseEventKind::Wait,
            Self::Release(_) => CaseEventKind::Release,
            Self::Dispute => CaseEventKind::Dispute,
            Self::Lapse(_) => CaseEventKind::Lapse,
        }
    }

    /// Who of the staff does it; the rest happens by itself.
    #[must_use]
    pub fn acting(&self) -> Option<&Acting> {
        match self {
            Self::Concern { by, .. }
            | Self::Assign { by, .. }
            | Self::Note { by, .. }
            | Self::RecordEvidence { by, .. }
            | Self::Approve { by, .. }
            | Self::Refuse { by }
            | Self::Withdraw { by } => Some(by),
            Self::Wait | Self::Release(_) | Self::Dispute | Self::Lapse(_) => None,
        }
    }

    /// A stable code that says more about it, for the audit record.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::RecordEvidence { finding, .. } => {
                Some(format!("{} {} {}", finding.kind.code(), finding.level.code(), finding.need.code()))
            }
            Self::Approve { order, .. } => {
                let to = if order.to == Whither::Recorded { "new_address" } else { "on_file" };
                Some(format!("{} {to}", order.need.code()))
            }
            Self::Lapse(why) => Some(why.code().to_owned()),
            _ => None,
        }
    }
}

/// What has to be done with a step, in the same commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseEffect {
    /// Every address on file gets this notice.
    Notify(Letter),
    /// The flow begins, and its link goes to where the approval says.
    SendLink,
}

/// A legal step.
#[derive(Debug, Clone)]
pub struct CaseTransition {
    /// The case after it.
    pub next: Case,
    /// What has to be done with it.
    pub effects: Vec<CaseEffect>,
}

/// Why an event was not taken. The case is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaseRefusal {
    /// The event has no place in this state.
    #[error("{} is not possible for a case that is {}", event.code(), state.code())]
    Illegal {
        /// Where the case stands.
        state: CaseStateKind,
        /// What was tried.
        event: CaseEventKind,
    },
    /// The account's owner stands above whoever acts (SD-6).
    #[error("the owner of this account has a higher role than yours; ask somebody of at least that role")]
    AboveOwnRole,
    /// The case is about the account of whoever acts.
    #[error("this case is about your own account; somebody else has to do it")]
    OwnCase,
    /// The host knows nothing of the account, so nobody can tell who may act on it.
    #[error("the host knows no such account")]
    NoSubject,
    /// It is not said yet which account the case is about.
    #[error("say first which account the case is about")]
    NoAccount,
    /// Whoever looks after the case writes down the evidence.
    #[error("only who looks after the case records evidence; assign it to yourself first")]
    NotAssigned,
    /// Whoever opened the case, named its account or recorded evidence does not decide (SD-3).
    #[error("a second person has to decide: not who opened the case, named its account or recorded evidence")]
    SecondPersonNeeded,
    /// No evidence is of the account's level (SD-4).
    #[error("evidence at {} is needed, the level at which the account was enrolled", needed.code())]
    EvidenceTooWeak {
        /// That level.
        needed: Ial,
    },
    /// No evidence of the account's level says that the factor is lost.
    #[error("no evidence of the account's level says that the second factor is lost")]
    LossNotShown,
    /// Only a proofing anew, at the account's level, lets a new address in.
    #[error("a new address needs evidence of kind proofed_anew, at the account's level, which names it")]
    NoNewAddress,
    /// The waiting has begun already.
    #[error("the waiting time has begun already")]
    WaitsAlready,
    /// The waiting is not over, or has not begun.
    #[error("the waiting time is not over yet")]
    TooEarly,
    /// Somebody touched it a short time ago.
    #[error("the case was touched a short time ago")]
    NotIdle,
    /// There is too much in it.
    #[error("there is too much in this case; decide it, or open another one")]
    Full,
}
