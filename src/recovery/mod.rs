//! `Recovery`: the service that a host calls.
//!
//! The asking path never looks at an account: it spends budgets keyed on what was typed, writes one flow, and
//! answers. Everything that depends on an account happens in the [`Worker`](crate::worker::Worker), or after a
//! link from a mail was presented.

mod ask;
mod code;
mod config;
mod disown;
pub(crate) mod documents;
mod identify;
mod link;
pub(crate) mod means;
mod once;
mod password;
#[cfg(feature = "questions")]
mod questions;
mod resolve;
mod retention;
pub(crate) mod security;
mod shared;
mod sign_in;
pub(crate) mod step;
mod weigh;

pub use ask::Receipt;
pub(crate) use code::TypedCode;
pub use code::{AskTicket, LetterReference};
pub use config::{AskedNotice, ConfigError, Limits, RecoveryBuilder, Setup};
pub(crate) use disown::DISOWN_LIFE;
pub use disown::{DisownRules, DisownView, Disowned};
pub use link::{Chosen, LinkView, QuestionGate};
pub(crate) use means::Carried;
pub use means::Means;
pub use once::{AskKey, InvalidAskKey};
pub(crate) use password::{Protected, policy_context};
pub use retention::Retention;
pub use sign_in::{
    ChangeReason, Credential, PendingSignIn, SIGN_IN_TICKET_LENGTH, SignInStep, SignInTicket, SignedIn,
};
pub(crate) use step::{Step, Took};

use crate::account::AccountStore;
use crate::audit::{AuditTrail, Pseudonym};
use crate::budget::{BudgetKey, Quota, Spend};
use crate::client::Client;
use crate::clock::{Moment, Watch};
use crate::desk::DeskRules;
use crate::entropy::{Entropy, random};
use crate::error::{Fault, RecoveryError};
use crate::events::{EventSink, RecoveryEvent};
#[cfg(feature = "questions")]
use crate::factor::QuestionList;
use crate::flow::{RecoveryFlow, StateKind};
use crate::identity::BlindIndex;
use crate::ids::{AccountId, FlowId, Realm};
use crate::keys::{Place, Pseudonyms, Sealer, Verifiers};
use crate::mail::{MailTemplates, Sender, Service};
use crate::origin::Links;
use crate::password::{BreachedPasswords, HashPool, OnBreachFailure, PasswordHasher, PasswordPolicy};
use crate::security::{HostFactors, SecurityRules};
use crate::store::{Commit, Committed, FlowStore};
use crate::wake::Wakes;
use std::sync::{Arc, OnceLock};
use time::Duration;

/// Gives people back a username or a password. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Recovery(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) realm: Realm,
    pub(crate) links: Links,
    pub(crate) service: Service,
    pub(crate) sender: Sender,
    pub(crate) accounts: Arc<dyn AccountStore>,
    pub(crate) flows: Arc<dyn FlowStore>,
    pub(crate) clock: Watch,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) sealer: Sealer,
    pub(crate) verifiers: Verifiers,
    pub(crate) trail: AuditTrail,
    pub(crate) retention: Retention,
    pub(crate) pseudonyms: Pseudonyms,
    pub(crate) policy: PasswordPolicy,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) pool: HashPool,
    pub(crate) index: BlindIndex,
    pub(crate) limits: Limits,
    pub(crate) means: Means,
    pub(crate) link_life: Duration,
    pub(crate) request_life: Duration,
    pub(crate) notice: AskedNotice,
    pub(crate) disown_rules: DisownRules,
    /// The support desk's, once there is one.
    pub(crate) desk: OnceLock<DeskRules>,
    pub(crate) security_rules: SecurityRules,
    pub(crate) mail_templates: MailTemplates,
    #[cfg(feature = "questions")]
    pub(crate) questions: QuestionList,
    pub(crate) breached: Option<(Arc<dyn BreachedPasswords>, OnBreachFailure)>,
    pub(crate) host_factors: Option<Arc<dyn HostFactors>>,
    pub(crate) sink: Option<Arc<dyn EventSink>>,
    pub(crate) wake: Wakes,
    weighings: weigh::Weighings,
}

impl Recovery {
    /// Starts a configuration from what regain cannot do without.
    #[must_use]
    pub fn builder(setup: Setup) -> RecoveryBuilder {
        RecoveryBuilder::new(setup)
    }

    /// The links of this service.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.0.links
    }

    /// The service's name and support.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.0.service
    }

    /// The blind index: what a host stores beside its accounts so that [`AccountStore::find_by_identity`] finds them.
    #[must_use]
    pub fn blind_index(&self) -> &BlindIndex {
        &self.0.index
    }

    /// The pseudonym under which an account appears in events and in the audit record.
    #[must_use]
    pub fn pseudonym(&self, account: &AccountId) -> Pseudonym {
        self.0.account_pseudonym(account)
    }

    /// The audit record, to be verified.
    #[must_use]
    pub fn audit_trail(&self) -> &AuditTrail {
        &self.0.trail
    }
}

/// The column that a flow in this state has something sealed in.
pub(crate) fn seal_column(state: StateKind) -> Option<&'static str> {
    match state {
        StateKind::Requested => Some(ask::REQUEST),
        StateKind::PasswordChosen => Some(link::HASH),
        _ => None,
    }
}

impl Inner {
    /// Best effort: what counts is in the tables.
    pub(crate) fn emit(&self, event: RecoveryEvent) {
        tracing::info!(realm = self.realm.as_str(), ?event, "regain");
        if let Some(sink) = &self.sink {
            sink.event(&event);
        }
    }

    /// The span that one call runs in: what is being done, in which realm, for which flow; nothing typed.
    pub(crate) fn span(&self, doing: &'static str, flow: Option<FlowId>) -> tracing::Span {
        let flow = flow.map(tracing::field::display);
        tracing::info_span!("regain", doing, realm = self.realm.as_str(), flow)
    }

    /// The operator gets the cause, the person "try again".
    pub(crate) fn unavailable(&self, doing: &'static str, fault: Fault) -> RecoveryError {
        self.report(doing, &fault);
        RecoveryError::Unavailable
    }

    pub(crate) fn report(&self, doing: &'static str, fault: &Fault) {
        tracing::error!(realm = self.realm.as_str(), doing, cause = %fault.chain(), "regain could not go on");
        self.emit(RecoveryEvent::Fault { doing });
    }

    pub(crate) fn account_pseudonym(&self, account: &AccountId) -> Pseudonym {
        Pseudonym::cut(self.pseudonyms.of("account", account.as_str().as_bytes()))
    }

    pub(crate) fn client_pseudonym(&self, client: &Client) -> Option<Pseudonym> {
        client.is_known().then(|| Pseudonym::cut(self.pseudonyms.of("client", &client.network())))
    }

    pub(crate) fn spend(&self, kind: &'static str, subject: &[u8], quota: Quota, at: Moment) -> Spend {
        Spend { key: BudgetKey::from_bytes(self.pseudonyms.of(kind, subject)), quota, at: at.now }
    }

    /// Commits what a person asked for, if the budgets allow it.
    pub(crate) async fn commit_within_budget(
        &self,
        doing: &'static str,
        commit: Commit,
        client: &Client,
        at: Moment,
    ) -> Result<(), RecoveryError> {
        match self.flows.commit(commit).await {
            Ok(Committed::Done) => Ok(()),
            Ok(Committed::OverBudget { retry_at }) => {
                self.emit(RecoveryEvent::Limited { doing, client: self.client_pseudonym(client) });
                Err(RecoveryError::too_many(retry_at, at.now))
            }
            Ok(Committed::Conflict) => Err(self.unavailable(doing, Fault::Contention(1))),
            Err(error) => Err(self.unavailable(doing, error.into())),
        }
    }

    pub(crate) fn new_flow_id(&self) -> Result<FlowId, Fault> {
        Ok(FlowId::from_bytes(random(&*self.entropy)?))
    }

    /// Where the bytes that a flow carries are sealed for.
    pub(crate) fn flow_place<'a>(&'a self, id: &'a FlowId, column: &'static str) -> Place<'a> {
        Place { realm: &self.realm, row: id.as_bytes(), column }
    }

    pub(crate) async fn load(&self, id: FlowId) -> Result<Option<RecoveryFlow>, Fault> {
        let record = self.flows.load(&self.realm, id).await?;
        record.map(RecoveryFlow::try_from).transpose().map_err(Fault::from)
    }
}
