//! `RecoveryFlow`: one recovery, from the asking to its end, as a pure state machine.
//!
//! A transition takes the flow, an event and a moment, and gives the next flow with the effects to carry out,
//! or a refusal. There is no I/O, no clock and no randomness in here, so every (state, event) pair can be tried.
//!
//! ```text
//! Requested -> Dismissed | Escalated              outwardly the same as every other answer
//!           -> UsernameSent
//!           -> Shared                            with a flow in LinkSent for each account that shares the address
//!           -> LinkSent -> FactorProven -> PasswordChosen -> Completed
//! LinkSent -> LinkSent                            a code was typed: a fresh secret; or a wrong factor was counted
//!              PasswordChosen -> Completed         a signed-in person's own change begins here
//! Requested, LinkSent, FactorProven -> Expired | Superseded
//! LinkSent, FactorProven            -> Exhausted | Disowned | Escalated
//! PasswordChosen                    -> Superseded    the account changed under it
//! ```

mod event;
mod record;
mod state;

pub use event::{Effect, Event, EventKind, Letter, Line, Refusal, Scope, Transition};
pub use record::{CorruptRecord, FlowRecord};
pub(crate) use state::coded;
pub use state::{Dismissal, FactorRule, Link, LinkCode, Purpose, Sealed, State, StateKind, Window};

use crate::account::AccountEpoch;
use crate::clock::{Moment, Timestamp};
use crate::ids::{AccountId, FlowId, Realm};
use crate::planted::{Bug, planted};
use std::collections::BTreeSet;
use time::Duration;

/// Wrong codes that a link survives, one less than what exhausts it; a new link starts its own count,
/// but the account's daily budget goes on (RC-12).
pub const ATTEMPTS_PER_LINK: u32 = 5;

/// So many accounts that share an address are listed in one mail, each with a link of its own.
pub const ACCOUNTS_PER_MAIL: usize = 10;

/// How long the request that chose a password has for applying it, before a worker takes over.
pub const APPLY_GRACE: Duration = Duration::seconds(10);

/// How far a clock may stand before a link's issue. Beyond, the clock has stepped back and the link is refused.
pub const CLOCK_TOLERANCE: Duration = Duration::minutes(5);

/// One recovery.
#[derive(Debug, Clone)]
pub struct RecoveryFlow {
    id: FlowId,
    realm: Realm,
    purpose: Purpose,
    version: u64,
    created_at: Timestamp,
    state: State,
}

impl RecoveryFlow {
    /// Somebody asks. What was typed comes in sealed; nothing is known of any account.
    #[must_use]
    pub fn request(
        id: FlowId,
        realm: Realm,
        purpose: Purpose,
        request: Sealed,
        life: Duration,
        at: Moment,
    ) -> Self {
        let state = State::Requested { request, window: Window::open(at, life) };
        Self { id, realm, purpose, version: 1, created_at: at.now, state }
    }

    /// The support desk sends a link that nobody asked for here: a flow that begins with it. Only such a link can do
    /// without the account's factor ([`FactorRule::Waived`]).
    #[must_use]
    pub fn sent_by_desk(id: FlowId, realm: Realm, link: Link, at: Moment) -> Self {
        let state = State::LinkSent(link);
        Self { id, realm, purpose: Purpose::Password, version: 1, created_at: at.now, state }
    }

    /// A signed-in person has chosen a new password, by the present one. There is no link; the rest is as in a recovery.
    #[must_use]
    pub fn change(
        id: FlowId,
        realm: Realm,
        account: AccountId,
        epoch: AccountEpoch,
        hash: Sealed,
        at: Moment,
    ) -> Self {
        let state = State::PasswordChosen { account, epoch, hash, apply_by: at.now.plus(APPLY_GRACE) };
        Self { id, realm, purpose: Purpose::Password, version: 1, created_at: at.now, state }
    }

    /// The flow's name.
    #[must_use]
    pub fn id(&self) -> FlowId {
        self.id
    }

    /// The tenant.
    #[must_use]
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// What is to be recovered.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Counts the transitions; a store accepts an update only of the version that was read.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Where the flow stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The link that is out, with its account, while the flow has one.
    #[must_use]
    pub fn link(&self) -> Option<&Link> {
        match &self.state {
            State::LinkSent(link) | State::FactorProven(link) => Some(link),
            _ => None,
        }
    }

    /// The account, from the moment it is resolved until the flow ends.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match &self.state {
            State::LinkSent(link) | State::FactorProven(link) => Some(&link.account),
            State::PasswordChosen { account, .. } => Some(account),
            _ => None,
        }
    }

    /// The window in which the link that is out may be used, if there is one and it is open at this moment. The
    /// boundary itself is too late. Of the life at issue and the life configured now, the shorter counts.
    #[must_use]
    pub fn open_link_window(&self, at: Moment, life: Duration) -> Option<Window> {
        let window = self.link()?.window.at_most(life);
        let over = window.is_over(at) && !planted(Bug::ExpiryNotCheckedAtUse);
        (!over && !window.is_ahead_of(at)).then_some(window)
    }

    /// Takes one event.
    ///
    /// # Errors
    /// [`Refusal`] when the event is illegal here, comes too late, or lacks the second factor. Nothing changes then.
    pub fn apply(&self, event: Event, at: Moment) -> Result<Transition, Refusal> {
        use State as S;
        self.refuse_if_late(&event, at)?;
        match (&self.state, event) {
            (S::Requested { .. }, Event::Dismiss(why)) => Ok(self.end(S::Dismissed(why))),
            (S::Requested { .. }, Event::Escalate(why)) => Ok(self.end(S::Escalated(why))),
            (S::Requested { .. }, Event::RemindUsername) if self.purpose == Purpose::Username => {
                Ok(self.end(S::UsernameSent).with(Effect::Mail(Letter::UsernameReminder)))
            }
            (S::Requested { .. }, Event::IssueLink(link))
                if self.purpose == Purpose::Password && link.factor != FactorRule::Waived =>
            {
                Ok(self
                    .go(S::LinkSent(link))
                    .with(Effect::Supersede(Scope::SamePurpose))
                    .with(Effect::Mail(Letter::RecoveryLink)))
            }
            (S::Requested { .. }, Event::ShareLinks(links)) if self.purpose == Purpose::Password => {
                self.share(links, at)
            }
            (S::LinkSent(link), Event::ProveFactor) if link.factor == FactorRule::Needed => {
                Ok(self.go(S::FactorProven(Link { code: None, ..link.clone() })))
            }
            (S::LinkSent(link), Event::ExchangeCode { digest, life }) if link.code.is_some() => {
                let window = link.window.cut_to(life, at);
                Ok(self.go(S::LinkSent(Link { digest, code: None, window, ..link.clone() })))
            }
            (S::LinkSent(link), Event::FailFactor) if link.factor == FactorRule::Needed => {
                Ok(self.count(link))
            }
            (S::LinkSent(link), Event::ChoosePassword { .. }) if link.factor == FactorRule::Needed => {
                Err(Refusal::FactorNeeded)
            }
            (S::LinkSent(link) | S::FactorProven(link), Event::ChoosePassword { hash, epoch }) => {
                let account = link.account.clone();
                let apply_by = at.now.plus(APPLY_GRACE);
                Ok(self.go(S::PasswordChosen { account, epoch, hash, apply_by }).with(Effect::SetPassword))
            }
            (S::PasswordChosen { .. }, Event::PasswordApplied) => Ok(self
                .end(S::Completed)
                .with(Effect::Supersede(Scope::Account))
                .with(Effect::Mail(Letter::PasswordChanged))),
            (S::PasswordChosen { .. }, Event::PasswordConflicted) => Ok(self.end(S::Superseded)),
            (S::Requested { .. } | S::LinkSent(_) | S::FactorProven(_), Event::Expire) => {
                Ok(self.end(S::Expired))
            }
            (S::LinkSent(_) | S::FactorProven(_), Event::Supersede) => Ok(self.end(S::Superseded)),
            (S::LinkSent(_) | S::FactorProven(_), Event::Disown) => {
                Ok(self.end(S::Disowned).with(Effect::Supersede(Scope::Account)))
            }
            (S::LinkSent(_) | S::FactorProven(_), Event::Escalate(why)) => Ok(self.end(S::Escalated(why))),
            (state, event) => Err(Refusal::Illegal { state: state.kind(), event: event.kind() }),
        }
    }

    /// A flow whose window is over takes `Expire` and nothing else; one that is still open does not take it.
    fn refuse_if_late(&self, event: &Event, at: Moment) -> Result<(), Refusal> {
        let Some(window) = self.state.window() else { return Ok(()) };
        match (window.is_over(at), event.kind()) {
            (true, EventKind::Expire) => Ok(()),
            (true, EventKind::ChoosePassword) if planted(Bug::ExpiryNotCheckedAtUse) => Ok(()),
            (true, _) => Err(Refusal::Expired),
            (false, EventKind::Expire) => Err(Refusal::NotYetExpired),
            (false, EventKind::ChoosePassword | EventKind::ProveFactor | EventKind::ExchangeCode)
                if window.is_ahead_of(at) =>
            {
                Err(Refusal::Expired)
            }
            (false, _) => Ok(()),
        }
    }

    /// The asking ends here, and goes on in a flow for each account.
    fn share(&self, links: Vec<(FlowId, Link)>, at: Moment) -> Result<Transition, Refusal> {
        let names: BTreeSet<FlowId> = links.iter().map(|(id, _)| *id).chain([self.id]).collect();
        let accounts: BTreeSet<&str> = links.iter().map(|(_, link)| link.account.as_str()).collect();
        let plain = |link: &Link| link.attempts == 0 && link.factor != FactorRule::Waived;
        let fresh = links.iter().all(|(_, link)| plain(link) && !link.window.is_over(at));
        let apart = accounts.len() == links.len() && names.len() == links.len() + 1;
        let until = links.iter().map(|(_, link)| link.window.expires_at).max();
        let (Some(until), true, ..=ACCOUNTS_PER_MAIL) = (until, fresh && apart, links.len()) else {
            return Err(Refusal::CannotShare);
        };
        let begin = |(id, link)| {
            let state = State::LinkSent(link);
            Self { id, version: 1, created_at: at.now, state, ..self.clone() }
        };
        let mut transition = self.end(State::Shared { until });
        transition.offspring = links.into_iter().map(begin).collect();
        Ok(transition.with(Effect::Begin).with(Effect::Mail(Letter::SharedLinks)))
    }

    fn count(&self, link: &Link) -> Transition {
        let attempts = link.attempts + 1;
        if attempts >= ATTEMPTS_PER_LINK {
            return self.end(State::Exhausted);
        }
        self.go(State::LinkSent(Link { attempts, ..link.clone() }))
    }

    /// The next version of whatever is stored, whatever that is.
    pub(crate) fn rebase(&mut self, stored: Option<&Self>) {
        self.version = stored.map_or(self.version, |stored| stored.version + 1);
    }

    fn end(&self, state: State) -> Transition {
        debug_assert!(state.kind().is_end());
        self.go(state)
    }

    fn go(&self, state: State) -> Transition {
        let line = Line::of(&self.state, &state);
        let next = Self { version: self.version + 1, state, ..self.clone() };
        Transition { next, offspring: Vec::new(), effects: Vec::new(), line }
    }
}
