//! `Recovery`: the service that a host calls.
//!
//! The asking path never looks at an account: it spends budgets keyed on what was typed, writes one flow, and
//! answers. Everything that depends on an account happens in the [`Worker`](crate::worker::Worker), or after a
//! link from a mail was presented.

mod ask;
mod config;
mod link;
mod resolve;
mod sign_in;
mod step;

pub use ask::Receipt;
pub use config::{AskedNotice, ConfigError, Limits, RecoveryBuilder, Setup};
pub use link::{Chosen, LinkView};
pub use sign_in::{Credential, SignedIn};
pub(crate) use step::{Step, Took};

use crate::account::{Account, AccountStore};
use crate::audit::Pseudonym;
use crate::budget::{BudgetKey, Quota, Spend};
use crate::client::Client;
use crate::clock::{Moment, Watch};
use crate::entropy::{Entropy, random};
use crate::error::{Fault, RecoveryError};
use crate::events::{EventSink, RecoveryEvent};
use crate::flow::RecoveryFlow;
use crate::identity::BlindIndex;
use crate::ids::{AccountId, FlowId, Realm};
use crate::keys::{Place, Pseudonyms, Sealer};
use crate::mail::{Sender, Service};
use crate::origin::Links;
use crate::password::{
    BreachedPasswords, HashPool, OnBreachFailure, Password, PasswordHash, PasswordHasher, PasswordPolicy,
    PolicyContext, PreparedPassword, Reason,
};
use crate::store::{Commit, Committed, FlowStore};
use crate::wake::Wake;
use std::sync::Arc;
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
    pub(crate) pseudonyms: Pseudonyms,
    pub(crate) policy: PasswordPolicy,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) pool: HashPool,
    pub(crate) index: BlindIndex,
    pub(crate) limits: Limits,
    pub(crate) link_life: Duration,
    pub(crate) request_life: Duration,
    pub(crate) notice: AskedNotice,
    pub(crate) breached: Option<(Arc<dyn BreachedPasswords>, OnBreachFailure)>,
    pub(crate) sink: Option<Arc<dyn EventSink>>,
    pub(crate) wake: Wake,
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

    /// Whether a password would be good enough for an account: for registration, and for a change while signed in,
    /// so that there is one policy for all of them (PW-12). `Ok` gives the hash to store.
    ///
    /// # Errors
    /// [`RecoveryError::PasswordRefused`] with all reasons, or [`RecoveryError::Unavailable`].
    pub async fn hash_new_password(
        &self,
        account: &Account,
        password: &Password,
    ) -> Result<PasswordHash, RecoveryError> {
        let prepared = self.0.accept_password(account, password).await?;
        self.0.hash(prepared).await.map_err(|fault| self.0.unavailable("hash_new_password", fault))
    }
}

impl Inner {
    pub(crate) fn emit(&self, event: RecoveryEvent) {
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
                let retry_after = std::time::Duration::from_secs(retry_at.seconds_since(at.now).max(1));
                Err(RecoveryError::TooManyAttempts { retry_after })
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

    /// Runs the whole policy, off the caller's thread.
    pub(crate) async fn accept_password(
        &self,
        account: &Account,
        password: &Password,
    ) -> Result<PreparedPassword, RecoveryError> {
        let refused = |reasons| Err(RecoveryError::PasswordRefused(reasons));
        let prepared = match password.prepare() {
            Ok(prepared) => prepared,
            Err(reason) => return refused(vec![reason]),
        };
        let (policy, account) = (self.policy.clone(), account.clone());
        let check = self.pool.run(move || {
            let verdict = policy.check(&prepared, &policy_context(&account));
            (prepared, verdict)
        });
        let (prepared, verdict) =
            check.await.map_err(|error| self.unavailable("check_password", error.into()))?;
        if let Err(reasons) = verdict {
            return refused(reasons);
        }
        if let Some(reason) = self.breach(&prepared).await {
            return refused(vec![reason]);
        }
        Ok(prepared)
    }

    async fn breach(&self, prepared: &PreparedPassword) -> Option<Reason> {
        let (register, on_failure) = self.breached.as_ref()?;
        let checked = register.is_breached(prepared).await;
        if let Err(error) = &checked {
            tracing::error!(%error, "the register of breached passwords did not answer");
            self.emit(RecoveryEvent::Fault { doing: "breached_passwords" });
        }
        on_failure.judge(checked)
    }

    pub(crate) async fn hash(&self, prepared: PreparedPassword) -> Result<PasswordHash, Fault> {
        let salt = random(&*self.entropy)?;
        let hasher = self.hasher.clone();
        Ok(self.pool.run(move || hasher.hash(&prepared, salt)).await??)
    }
}

fn policy_context(account: &Account) -> PolicyContext<'_> {
    let person = account.person.as_ref();
    let mut emails: Vec<&str> = account.addresses.iter().map(email).collect();
    emails.extend(person.iter().flat_map(|person| person.emails.iter().map(String::as_str)));
    PolicyContext {
        username: Some(&account.username),
        given_name: person.map(|person| person.given_name.as_str()),
        family_name: person.map(|person| person.family_name.as_str()),
        birth_date: person.and_then(|person| person.birth_date),
        record_number: person.and_then(|person| person.record_number.as_deref()),
        emails,
        second_factor: !account.factors.is_empty(),
    }
}

fn email(address: &crate::account::AddressOnFile) -> &str {
    match address {
        crate::account::AddressOnFile::Email(address) => address.as_str(),
    }
}
