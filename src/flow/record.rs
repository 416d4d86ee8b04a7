//! A flow as a row: flat, for stores that compare versions and write bytes.

use crate::account::AccountEpoch;
use crate::clock::Timestamp;
use crate::flow::RecoveryFlow;
use crate::flow::state::{Dismissal, FactorRule, Link, Purpose, Sealed, State, StateKind, Window};
use crate::ids::{AccountId, FlowId, Realm};
use crate::token::VerifierDigest;
use std::fmt;

/// One row of the flow table. A store keeps every field as it is and derives nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct FlowRecord {
    /// The flow's name; with the realm, the key.
    pub id: FlowId,
    /// The tenant.
    pub realm: Realm,
    /// Code of the [`Purpose`].
    pub purpose: String,
    /// Counts the transitions, from 1.
    pub version: u64,
    /// Code of the [`StateKind`].
    pub state: String,
    /// Code of the [`Dismissal`], where there is one.
    pub reason: Option<String>,
    /// The account, while one is known and the flow lives.
    pub account: Option<AccountId>,
    /// Whether a link is out: at most one such row for an account and purpose.
    pub live_link: bool,
    /// What is stored of the token.
    pub digest: Option<[u8; 32]>,
    /// The account's epoch that a chosen password is for.
    pub epoch: Option<[u8; 32]>,
    /// Code of the [`FactorRule`] of a link.
    pub factor: Option<String>,
    /// Wrong codes so far.
    pub attempts: u32,
    /// What was typed, or the chosen password's hash: sealed.
    pub sealed: Option<Vec<u8>>,
    /// When the flow began.
    pub created_at: Timestamp,
    /// When its present window opened.
    pub opened_at: Option<Timestamp>,
    /// When its present window closes.
    pub expires_at: Option<Timestamp>,
    /// The highest clock reading known when the window opened.
    pub high: Option<Timestamp>,
    /// When the worker has to look at it; `None` once it has ended.
    pub due_at: Option<Timestamp>,
}

impl fmt::Debug for FlowRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowRecord")
            .field("id", &self.id)
            .field("realm", &self.realm)
            .field("version", &self.version)
            .field("state", &self.state)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// A row that no flow can have been written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("flow record is damaged: {0} is missing or unknown")]
pub struct CorruptRecord(&'static str);

impl From<&RecoveryFlow> for FlowRecord {
    fn from(flow: &RecoveryFlow) -> Self {
        let state = &flow.state;
        let link = flow.link();
        let window = state.window();
        let (sealed, epoch) = match state {
            State::Requested { request, .. } => (Some(request), None),
            State::PasswordChosen { hash, epoch, .. } => (Some(hash), Some(*epoch.as_bytes())),
            _ => (None, None),
        };
        Self {
            id: flow.id,
            realm: flow.realm.clone(),
            purpose: flow.purpose.code().into(),
            version: flow.version,
            state: state.kind().code().into(),
            reason: state.reason().map(|why| why.code().into()),
            account: flow.account().cloned(),
            live_link: link.is_some(),
            digest: link.map(|link| *link.digest.as_bytes()),
            epoch,
            factor: link.map(|link| link.factor.code().into()),
            attempts: link.map_or(0, |link| link.attempts),
            sealed: sealed.map(|sealed| sealed.as_bytes().to_vec()),
            created_at: flow.created_at,
            opened_at: window.map(|window| window.opened_at),
            expires_at: window.map(|window| window.expires_at),
            high: window.map(|window| window.high),
            due_at: state.due_at(),
        }
    }
}

impl TryFrom<FlowRecord> for RecoveryFlow {
    type Error = CorruptRecord;

    fn try_from(record: FlowRecord) -> Result<Self, CorruptRecord> {
        let kind = StateKind::from_code(&record.state).ok_or(CorruptRecord("state"))?;
        let state = match kind {
            StateKind::Requested => State::Requested { request: record.sealed()?, window: record.window()? },
            StateKind::LinkSent => State::LinkSent(record.link()?),
            StateKind::FactorProven => State::FactorProven(record.proven_link()?),
            StateKind::PasswordChosen => State::PasswordChosen {
                account: record.account()?,
                epoch: record.epoch.map(AccountEpoch::from_bytes).ok_or(CorruptRecord("epoch"))?,
                hash: record.sealed()?,
                apply_by: record.due_at.ok_or(CorruptRecord("due_at"))?,
            },
            StateKind::Dismissed => State::Dismissed(record.reason()?),
            StateKind::Escalated => State::Escalated(record.reason()?),
            StateKind::UsernameSent => State::UsernameSent,
            StateKind::Completed => State::Completed,
            StateKind::Expired => State::Expired,
            StateKind::Superseded => State::Superseded,
            StateKind::Exhausted => State::Exhausted,
            StateKind::Disowned => State::Disowned,
        };
        let purpose = Purpose::from_code(&record.purpose)
            .filter(|purpose| leads_to(*purpose, kind))
            .ok_or(CorruptRecord("purpose"))?;
        Ok(Self {
            id: record.id,
            realm: record.realm,
            purpose,
            version: record.version,
            created_at: record.created_at,
            state,
        })
    }
}

/// ID-1: no row turns a username reminder into a password change.
fn leads_to(purpose: Purpose, state: StateKind) -> bool {
    use StateKind as S;
    match purpose {
        Purpose::Username => {
            matches!(state, S::Requested | S::UsernameSent | S::Dismissed | S::Escalated | S::Expired)
        }
        Purpose::Password => state != S::UsernameSent,
    }
}

impl FlowRecord {
    /// The next version of a row that cannot be read: ended, and without what it carried.
    #[must_use]
    pub fn buried(self) -> Self {
        Self {
            version: self.version.saturating_add(1),
            state: StateKind::Superseded.code().into(),
            reason: None,
            account: None,
            live_link: false,
            digest: None,
            epoch: None,
            factor: None,
            attempts: 0,
            sealed: None,
            opened_at: None,
            expires_at: None,
            high: None,
            due_at: None,
            ..self
        }
    }

    fn sealed(&self) -> Result<Sealed, CorruptRecord> {
        self.sealed.clone().map(Sealed::new).ok_or(CorruptRecord("sealed"))
    }

    fn account(&self) -> Result<AccountId, CorruptRecord> {
        self.account.clone().ok_or(CorruptRecord("account"))
    }

    fn reason(&self) -> Result<Dismissal, CorruptRecord> {
        self.reason.as_deref().and_then(Dismissal::from_code).ok_or(CorruptRecord("reason"))
    }

    fn window(&self) -> Result<Window, CorruptRecord> {
        let missing = CorruptRecord("window");
        Ok(Window {
            opened_at: self.opened_at.ok_or(missing)?,
            expires_at: self.expires_at.ok_or(missing)?,
            high: self.high.ok_or(missing)?,
        })
    }

    fn proven_link(&self) -> Result<Link, CorruptRecord> {
        let link = self.link()?;
        if link.factor == FactorRule::Needed { Ok(link) } else { Err(CorruptRecord("factor")) }
    }

    fn link(&self) -> Result<Link, CorruptRecord> {
        Ok(Link {
            account: self.account()?,
            digest: self.digest.map(VerifierDigest::from_bytes).ok_or(CorruptRecord("digest"))?,
            factor: self.factor.as_deref().and_then(FactorRule::from_code).ok_or(CorruptRecord("factor"))?,
            attempts: self.attempts,
            window: self.window()?,
        })
    }
}
