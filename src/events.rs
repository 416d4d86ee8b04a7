//! The event stream: what a host can count, alarm on and react to.
//!
//! Events carry codes, flow ids and keyed pseudonyms; no personal data and no secret. They are told after the fact, once,
//! and as well as can be: a process that dies in between tells nothing. The same goes to `tracing` at INFO. What must
//! not be lost is in the audit record.

use crate::audit::{Actor, Anchor, Pseudonym};
use crate::desk::case::{CaseEventKind, CaseStateKind};
use crate::factor::FactorKind;
use crate::flow::{Dismissal, Purpose, StateKind};
use crate::ids::{CaseId, FlowId, MailId};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecoveryEvent {
    /// A flow took a step, durably.
    Moved {
        /// The flow.
        flow: FlowId,
        /// Its purpose.
        purpose: Purpose,
        /// The state reached.
        state: StateKind,
        /// Why, where there is a reason.
        reason: Option<Dismissal>,
        /// Whose doing.
        actor: Actor,
        /// The account, where one is known.
        account: Option<Pseudonym>,
    },
    /// Somebody was told to wait.
    Limited {
        /// What they did: `ask`, `code`, `choose`, `disown`, `factor`, `security`, `sign_in`, `step_up`.
        doing: &'static str,
        /// From where, where that is known.
        client: Option<Pseudonym>,
    },
    /// A link was presented that cannot be used: the true reason, which the bearer is not told.
    LinkRefused {
        /// The flow that it named, if it was a token at all.
        flow: Option<FlowId>,
        /// `malformed`, `unknown`, `dead`, `expired`, `no_account`, `wrong_secret_or_account_changed`, `not_allowed`,
        /// `on_hold`.
        why: &'static str,
    },
    /// A code was typed that cannot be used: the true reason, which nobody is told.
    CodeRefused {
        /// The flow that it was typed for.
        flow: FlowId,
        /// `malformed` (not counted), `dead_or_unknown`, `over_limit` (the account's), `wrong`, `used_or_replaced`.
        why: &'static str,
    },
    /// Somebody said "this wasn't me": the account's links are ended, new ones are on hold.
    Disowned {
        /// The flow of the letter.
        flow: FlowId,
        /// The account.
        account: Pseudonym,
        /// Whether all sessions end.
        signs_out: bool,
    },
    /// Something happened to a case of the support desk, durably.
    Case {
        /// The case.
        case: CaseId,
        /// What happened.
        event: CaseEventKind,
        /// The state reached.
        state: CaseStateKind,
        /// Whose doing.
        actor: Actor,
        /// Who of the staff did it.
        staff: Option<Pseudonym>,
        /// The account, where one is known.
        account: Option<Pseudonym>,
    },
    /// The signed-in owner changed what protects their account, or began to.
    SecurityChanged {
        /// The account.
        account: Pseudonym,
        /// What: the code of the audit record, such as `account.factor_added`.
        what: &'static str,
    },
    /// A new password was refused; the link still works.
    PasswordRefused {
        /// The flow.
        flow: FlowId,
        /// Codes of the reasons.
        reasons: Vec<&'static str>,
    },
    /// The right password of an account that asks for a second factor too: the sign-in is not complete.
    FactorAsked {
        /// The account.
        account: Pseudonym,
        /// From where, where that is known.
        client: Option<Pseudonym>,
    },
    /// A second factor was proven.
    FactorAccepted {
        /// Its kind.
        kind: FactorKind,
        /// The account.
        account: Pseudonym,
    },
    /// A proof of a second factor was not accepted: the true reason, which nobody is told.
    FactorRefused {
        /// What it was for: `sign_in`, `step_up`, `link`.
        doing: &'static str,
        /// `dead_ticket`, `account_changed`, `not_counted` (there is no active factor of that kind, or a limit is reached),
        /// `wrong_or_used`, `dead_link`.
        why: &'static str,
    },
    /// A second factor failed too often: it is taken no more (RL-1).
    FactorDisabled {
        /// Its kind.
        kind: FactorKind,
        /// The account.
        account: Pseudonym,
    },
    /// A password was tried for an account whose password is shut, after 100 wrong ones in a row (RL-1).
    PasswordShut {
        /// The account.
        account: Pseudonym,
        /// From where, where that is known.
        client: Option<Pseudonym>,
    },
    /// A sign-in.
    SignIn {
        /// Whether it was accepted.
        accepted: bool,
        /// The account, where it was accepted.
        account: Option<Pseudonym>,
        /// From where, where that is known.
        client: Option<Pseudonym>,
    },
    /// A mail was tried.
    Mail {
        /// The mail.
        id: MailId,
        /// `sent`, `stale` (its link was replaced or used; not sent), `not_carried` (the mailer takes
        /// nothing to such an address; not sent), `retry`, `refused`, `expired` (its link is), `too_old`,
        /// `unreadable`.
        outcome: &'static str,
        /// Which try.
        attempt: u32,
    },
    /// A batch of the audit record was closed. Noted elsewhere, the anchor shows that nothing up to there was taken away.
    AuditClosed {
        /// The checkpoint's number and hash.
        anchor: Anchor,
    },
    /// Something is out of order. The cause is in the log.
    Fault {
        /// What was being done.
        doing: &'static str,
    },
}

/// Takes events. Called in place, so it should be quick; it cannot fail anything.
///
/// ```
/// use regain::events::{EventSink, RecoveryEvent};
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// #[derive(Default)]
/// struct Faults(AtomicU64);
///
/// impl EventSink for Faults {
///     fn event(&self, event: &RecoveryEvent) {
///         if matches!(event, RecoveryEvent::Fault { .. }) {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait EventSink: Send + Sync {
    /// One event.
    fn event(&self, event: &RecoveryEvent);
}
