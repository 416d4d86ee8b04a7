//! An account's security record: its factors with their counters, the guard that "this wasn't me" sets, and whether its
//! password is known to be compromised.
//!
//! Pure: it is read, changed by one of these methods, and stored only over the version that was read. Whoever compares a
//! proof stores the count first ([`Record::count`]) and then the outcome ([`Record::prove`], [`Record::fail`]).

#[cfg(test)]
mod address_tests;
mod addresses;
mod attempt;
mod enrol;
mod guard;
mod questions;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use addresses::{
    AddressRefusal, Addresses, Change, DISPUTABLE, Look, PROPOSAL_LIFE, Proposal, Stage, with,
};
pub(crate) use attempt::Counted;
pub(crate) use enrol::{EnrolRefusal, Pending};
pub(crate) use guard::{Guard, KnownHold};
pub(crate) use questions::{Asked, Gate, Questions};

use crate::account::AccountEpoch;
use crate::clock::{Moment, Timestamp};
use crate::factor::{AuthLevel, FactorKind, FactorState, FactorView, RecoveryCodeSet, Step, TotpSecret};
use crate::flow::Window;
use crate::ids::{FactorId, FlowId};
use crate::wire::frame;
use guard::LINKS_ARE_OVER;
use sha2::{Digest as _, Sha256};

/// What the account has besides its password.
#[derive(Clone, Default)]
pub(crate) struct Record {
    pub(crate) guard: Guard,
    /// Counts the changes of the factors: links that were issued before one are void (RC-7).
    generation: u64,
    /// When the factors were changed last.
    changed_at: Option<Timestamp>,
    /// Since when the password is known to be compromised (PW-6).
    pub(crate) compromised_at: Option<Timestamp>,
    /// The flow whose link the second factor was last proven with: in here, so that a row of the flows' table that says so
    /// proves nothing.
    pub(crate) proven_link: Option<FlowId>,
    factors: Vec<Bound>,
    questions: Option<Questions>,
    addresses: Addresses,
}

/// A factor that is bound to the account, or about to be.
#[derive(Clone)]
struct Bound {
    id: FactorId,
    label: String,
    state: FactorState,
    added_at: Timestamp,
    last_used_at: Option<Timestamp>,
    /// Tries since the last success, counted before they were compared (RL-7).
    failures: u32,
    /// When the last of them was counted.
    tried_at: Option<Timestamp>,
    secret: Secret,
    /// While it is not confirmed: in which session and until when it can be.
    enrolment: Option<Enrolment>,
}

/// What a proof is compared with.
#[derive(Clone)]
enum Secret {
    Totp {
        secret: TotpSecret,
        used: Option<Step>,
    },
    Codes(RecoveryCodeSet),
    /// The host compares; here it is only counted.
    Host(String),
}

/// A challenge that belongs to one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Enrolment {
    session: [u8; 32],
    window: Window,
}

impl Bound {
    fn kind(&self) -> FactorKind {
        match &self.secret {
            Secret::Totp { .. } => FactorKind::Totp,
            Secret::Codes(_) => FactorKind::RecoveryCodes,
            Secret::Host(_) => FactorKind::Host,
        }
    }

    fn is_bound(&self) -> bool {
        self.state != FactorState::Pending
    }

    /// Recovery codes stand in for a factor, and are none of their own.
    fn protects(&self) -> bool {
        self.is_bound() && self.kind() != FactorKind::RecoveryCodes
    }

    fn view(&self) -> FactorView {
        FactorView {
            id: self.id,
            kind: self.kind(),
            label: self.label.clone(),
            state: self.state,
            added_at: self.added_at,
            last_used_at: self.last_used_at,
            remaining: if let Secret::Codes(set) = &self.secret { Some(set.remaining()) } else { None },
        }
    }
}

impl Record {
    /// Whether a second factor stands before the account; `host` are those that the host itself has bound. One that was
    /// disabled after too many failures stands before it still: failing must not make an account weaker.
    pub(crate) fn is_protected(&self, host: &[String]) -> bool {
        !host.is_empty() || self.factors.iter().any(Bound::protects)
    }

    /// The strength that a change of the factors asks for (MF-8). It only ever grows with a factor that is added.
    pub(crate) fn highest_level(&self, host: Option<AuthLevel>) -> AuthLevel {
        let own = self.factors.iter().any(Bound::protects).then_some(AuthLevel::SecondFactor);
        own.max(host).unwrap_or(AuthLevel::Password)
    }

    /// The kinds that may be offered, each once. Every account with factors has the same few ways in.
    pub(crate) fn kinds(&self, host: &[String]) -> Vec<FactorKind> {
        let takes = |kind| self.factors.iter().any(|bound| bound.kind() == kind && bound.is_active());
        let host = host.iter().any(|name| !self.is_disabled(name));
        let mut kinds: Vec<_> = [FactorKind::Totp].into_iter().filter(|kind| takes(*kind)).collect();
        kinds.extend(host.then_some(FactorKind::Host));
        kinds.extend(takes(FactorKind::RecoveryCodes).then_some(FactorKind::RecoveryCodes));
        kinds
    }

    /// What the person is shown, the oldest first; a factor that is about to be bound is in it.
    pub(crate) fn views(&self) -> Vec<FactorView> {
        self.factors.iter().filter(|bound| bound.kind() != FactorKind::Host).map(Bound::view).collect()
    }

    /// The same without those whose time to be confirmed is over.
    pub(crate) fn views_at(&self, at: Moment) -> Vec<FactorView> {
        let over =
            |bound: &&Bound| bound.enrolment.as_ref().is_some_and(|enrolment| enrolment.window.is_over(at));
        let shown = self.factors.iter().filter(|bound| bound.kind() != FactorKind::Host && !over(bound));
        shown.map(Bound::view).collect()
    }

    /// Whether the host's factor of that name is taken no more.
    pub(crate) fn is_disabled(&self, host: &str) -> bool {
        let is_it = |bound: &&Bound| matches!(&bound.secret, Secret::Host(name) if name == host);
        self.factors.iter().find(is_it).is_some_and(|bound| bound.state == FactorState::Disabled)
    }

    /// What a link is bound to: the account as the host has it, and the factors as they are in here.
    pub(crate) fn recovery_epoch(&self, account: &AccountEpoch) -> AccountEpoch {
        if self.generation == 0 {
            return *account;
        }
        let fields: [&[u8]; 3] =
            [b"regain/recovery-epoch/v1", account.as_bytes(), &self.generation.to_be_bytes()];
        AccountEpoch::from_bytes(Sha256::digest(&*frame(&fields)).into())
    }

    /// Regain, or the signed-in person, set the password.
    pub(crate) fn password_changed(&mut self, now: Timestamp, known: Option<&KnownHold>) {
        self.guard.password_changed(now, known);
        self.compromised_at = None;
    }

    /// When a worker has to look at it next: sessions are to be ended, addresses to be set, or something has had its time.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        let begun = self.factors.iter().filter_map(|bound| bound.enrolment.as_ref());
        let late = begun.map(|enrolment| enrolment.window.expires_at);
        late.chain(self.guard.sign_out_by).chain(self.addresses.due_at()).min()
    }

    /// From when on nothing in it can matter any more.
    pub(crate) fn keep_until(&self) -> Option<Timestamp> {
        if !self.factors.is_empty()
            || self.questions.is_some()
            || !self.addresses.is_empty()
            || self.compromised_at.is_some()
            || self.guard.sign_out_by.is_some()
        {
            return None;
        }
        self.guard.keep_until().max(self.changed_at.map(|at| at.plus(LINKS_ARE_OVER)))
    }

    /// The factors are others than before: older links are void.
    fn changed(&mut self, now: Timestamp) {
        self.generation += 1;
        self.changed_at = Some(now);
    }
}

impl Bound {
    fn is_active(&self) -> bool {
        self.state == FactorState::Active
    }
}
