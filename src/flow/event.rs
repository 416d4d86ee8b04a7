//! What can happen to a recovery, and what follows from it.

use crate::account::AccountEpoch;
use crate::flow::RecoveryFlow;
use crate::flow::state::{Dismissal, Link, Sealed, State, StateKind, coded};
use crate::ids::FlowId;
use crate::token::VerifierDigest;
use time::Duration;

/// Something that happens to a flow.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The request comes to nothing.
    Dismiss(Dismissal),
    /// People have to help.
    Escalate(Dismissal),
    /// Exactly one account agrees: its username goes to the address on file.
    RemindUsername,
    /// Exactly one account was found: a link goes to the address on file.
    IssueLink(Link),
    /// Several accounts have what was typed as an address on file: each gets a link, in a flow of its own.
    ShareLinks(Vec<(FlowId, Link)>),
    /// The bearer proved the second factor.
    ProveFactor,
    /// The bearer gave a wrong code.
    FailFactor,
    /// The asking browser typed the code that was sent with the link. It goes on with a fresh secret; the code, and the
    /// secret that was sent, are worth nothing any more.
    ExchangeCode {
        /// What is stored of the fresh secret.
        digest: VerifierDigest,
        /// How long the fresh secret works at most; never longer than what was sent.
        life: Duration,
    },
    /// The bearer chose a password that the policy accepts. This consumes the link.
    ChoosePassword {
        /// The new password's hash, sealed.
        hash: Sealed,
        /// The account's epoch at that moment.
        epoch: AccountEpoch,
    },
    /// The host's account has the new password.
    PasswordApplied,
    /// The host's account changed meanwhile, or is gone; the new password was not set.
    PasswordConflicted,
    /// Its time is over.
    Expire,
    /// A newer link, a changed credential or a sign-in takes its place.
    Supersede,
    /// "This wasn't me."
    Disown,
}

coded! {
    /// The events by name.
    EventKind {
        /// See [`Event::Dismiss`].
        Dismiss = "dismiss",
        /// See [`Event::Escalate`].
        Escalate = "escalate",
        /// See [`Event::RemindUsername`].
        RemindUsername = "remind_username",
        /// See [`Event::IssueLink`].
        IssueLink = "issue_link",
        /// See [`Event::ShareLinks`].
        ShareLinks = "share_links",
        /// See [`Event::ProveFactor`].
        ProveFactor = "prove_factor",
        /// See [`Event::FailFactor`].
        FailFactor = "fail_factor",
        /// See [`Event::ExchangeCode`].
        ExchangeCode = "exchange_code",
        /// See [`Event::ChoosePassword`].
        ChoosePassword = "choose_password",
        /// See [`Event::PasswordApplied`].
        PasswordApplied = "password_applied",
        /// See [`Event::PasswordConflicted`].
        PasswordConflicted = "password_conflicted",
        /// See [`Event::Expire`].
        Expire = "expire",
        /// See [`Event::Supersede`].
        Supersede = "supersede",
        /// See [`Event::Disown`].
        Disown = "disown",
    }
}

impl Event {
    /// The event's name.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Dismiss(_) => EventKind::Dismiss,
            Self::Escalate(_) => EventKind::Escalate,
            Self::RemindUsername => EventKind::RemindUsername,
            Self::IssueLink(_) => EventKind::IssueLink,
            Self::ShareLinks(_) => EventKind::ShareLinks,
            Self::ProveFactor => EventKind::ProveFactor,
            Self::FailFactor => EventKind::FailFactor,
            Self::ExchangeCode { .. } => EventKind::ExchangeCode,
            Self::ChoosePassword { .. } => EventKind::ChoosePassword,
            Self::PasswordApplied => EventKind::PasswordApplied,
            Self::PasswordConflicted => EventKind::PasswordConflicted,
            Self::Expire => EventKind::Expire,
            Self::Supersede => EventKind::Supersede,
            Self::Disown => EventKind::Disown,
        }
    }
}

coded! {
    /// The mails that are sent.
    Letter {
        /// The forgotten username.
        UsernameReminder = "username_reminder",
        /// The link under which a new password is chosen.
        RecoveryLink = "recovery_link",
        /// The links of all accounts that have this address on file, each beside its username.
        SharedLinks = "shared_links",
        /// The notice that the password was changed.
        PasswordChanged = "password_changed",
        /// The notice that somebody asked although the account cannot use recovery.
        SomebodyAsked = "somebody_asked",
        /// The notice that a second factor was added.
        FactorAdded = "factor_added",
        /// The notice that a second factor was removed or disabled.
        FactorRemoved = "factor_removed",
        /// The notice that new recovery codes were made.
        CodesMade = "codes_made",
        /// The notice that the security questions are others than before, or gone.
        QuestionsChanged = "questions_changed",
        /// The code by which a new address is confirmed. It goes to that address only.
        AddressCode = "address_code",
        /// The notice to an address that it is on file now.
        AddressAdded = "address_added",
        /// The notice to the addresses before that one of them was changed.
        AddressRemoved = "address_removed",
        /// The notice that somebody disowned a mail, and new links are on hold.
        HoldPlaced = "hold_placed",
        /// The notice that the support desk has a case.
        CaseOpened = "case_opened",
        /// The notice that a case was approved and waits.
        CaseWaiting = "case_waiting",
        /// The notice that a case is over.
        CaseDecided = "case_decided",
    }
}

/// Which other flows of the account end with a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those for the same purpose.
    SamePurpose,
    /// All.
    Account,
}

/// What has to be done with a transition, in the same transaction unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Put this letter into the outbox.
    Mail(Letter),
    /// End the account's other live flows.
    Supersede(Scope),
    /// Begin the offspring; each ends the live flows that its account has for the same purpose.
    Begin,
    /// Give the account its new password: after the transition is committed, as often as it takes.
    SetPassword,
}

/// The audit line of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The state that was left.
    pub from: StateKind,
    /// The state that was reached.
    pub to: StateKind,
    /// Why, where there is a reason.
    pub reason: Option<Dismissal>,
}

impl Line {
    pub(crate) fn of(from: &State, to: &State) -> Self {
        Self { from: from.kind(), to: to.kind(), reason: to.reason() }
    }
}

/// A legal step.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The flow after it.
    pub next: RecoveryFlow,
    /// Flows that begin with it, each with a link that is out. They and the flow itself are one commit.
    pub offspring: Vec<RecoveryFlow>,
    /// What has to be done with it.
    pub effects: Vec<Effect>,
    /// What the audit record says.
    pub line: Line,
}

impl Transition {
    pub(crate) fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}

/// Why an event was not taken. The flow is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The event has no place in this state.
    #[error("{} is not possible in state {}", event.code(), state.code())]
    Illegal {
        /// Where the flow stands.
        state: StateKind,
        /// What was tried.
        event: EventKind,
    },
    /// The flow's time is over.
    #[error("the flow's time is over")]
    Expired,
    /// The flow's time is not over.
    #[error("the flow's time is not over yet")]
    NotYetExpired,
    /// No link at all, too many for one mail, two for one account or under one name, or one that is not fresh.
    #[error("these links cannot be shared out: one to ten fresh ones, each of another account")]
    CannotShare,
    /// The account has a second factor, which is not proven.
    #[error("the account's second factor has to be proven first")]
    FactorNeeded,
}
