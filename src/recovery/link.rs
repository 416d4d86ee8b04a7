//! With a link in hand: look at it, choose a password.

use crate::account::{Account, AccountEpoch, Applied};
use crate::audit::Actor;
use crate::client::Client;
use crate::clock::Moment;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::factor::FactorKind;
use crate::flow::{Event, FactorRule, RecoveryFlow, State, Window};
use crate::password::{Password, PasswordHash, Reason};
use crate::planted::{Bug, planted};
use crate::recovery::password::{Protected, policy_context};
use crate::recovery::security::Security;
use crate::recovery::{Inner, Recovery, Step, Took};
use crate::security::record::Gate;
use crate::store::Commit;
use crate::token::RecoveryToken;
use time::OffsetDateTime;
use tracing::Instrument as _;

/// The column that a chosen password's hash is sealed for.
pub(crate) const HASH: &str = "flow.hash";

/// What the bearer of a usable link may know. Nothing of it comes from the account but what the bearer needs (ID-8).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkView {
    /// From when on it is too late.
    pub expires_at: OffsetDateTime,
    /// Whether the account's second factor has to be proven before a password can be chosen.
    pub factor_needed: bool,
    /// What can be proven then, each kind once; none where only the support desk can help.
    pub factor_kinds: Vec<FactorKind>,
    /// What stands about security questions: once more a gate, behind the second factor.
    pub question: QuestionGate,
    /// How many characters the new password needs.
    pub at_least: usize,
}

/// Whether a security question stands before the new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuestionGate {
    /// None: the account has no questions, or one was answered with this link.
    Open,
    /// One has to be answered first (`Recovery::question`, feature `questions`).
    Asks,
    /// Too many answers were wrong: only the support desk helps.
    Shut,
}

/// What became of a chosen password. No session comes with it: the person signs in with it (RC-18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chosen {
    /// It is set; every session of the account is ended.
    Done,
    /// It is accepted and durable, and will be set within moments: the host's accounts did not answer just now.
    Pending,
}

/// Why a link cannot be used: for the event stream only.
enum Unusable {
    Because(&'static str),
    Fault(Fault),
}

impl From<Fault> for Unusable {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A link that has been proven, with its account as it is now.
pub(crate) struct Proven {
    pub(crate) flow: RecoveryFlow,
    pub(crate) account: Account,
    security: Security,
    pub(crate) at: Moment,
    pub(crate) window: Window,
}

impl Proven {
    /// Whether the second factor stands before the account when it has the new password: one that was waived does not.
    pub(crate) fn protected(&self) -> Protected {
        let waived = self.factor_rule() == FactorRule::Waived;
        Protected(!waived && self.security.record.is_protected(&self.account.factors))
    }

    fn factor_rule(&self) -> FactorRule {
        self.flow.link().map_or(FactorRule::Needed, |link| link.factor)
    }

    /// What account and record say, not the row: whoever can write the flows' table must not be able to say that nothing is
    /// needed, or that it was proven. (That it was waived, the link's digest vouches for.)
    pub(crate) fn factor_needed(&self) -> bool {
        let flow = &self.flow;
        let proven = matches!(flow.state(), State::FactorProven(_))
            && self.security.record.proven_link == Some(flow.id());
        self.protected().0 && !proven && !planted(Bug::FactorNotNeededAtLink)
    }

    /// Whether a question has to be answered yet: none with a link of the desk, which found the person out otherwise.
    pub(crate) fn gate(&self) -> Gate<'_> {
        if self.factor_rule() == FactorRule::Waived {
            return Gate::Open;
        }
        self.security.record.gate(self.flow.id())
    }

    /// Whether all is done that comes before the new password. Until then nobody is told how one would be judged either: that
    /// depends on the person's own data.
    pub(crate) fn may_choose(&self) -> Result<(), RecoveryError> {
        if self.factor_needed() {
            return Err(RecoveryError::FactorNeeded);
        }
        if self.gate() != Gate::Open && !planted(Bug::QuestionNotNeeded) {
            return Err(RecoveryError::QuestionNeeded);
        }
        Ok(())
    }

    /// What the link is bound to.
    pub(crate) fn epoch(&self) -> AccountEpoch {
        self.security.record.recovery_epoch(&self.account.epoch())
    }
}

impl Recovery {
    /// Reads a token that somebody presents.
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`] for whatever is no token.
    pub fn read_token(&self, text: &str) -> Result<RecoveryToken, RecoveryError> {
        RecoveryToken::parse(text).map_err(|_| {
            self.0.emit(RecoveryEvent::LinkRefused { flow: None, why: "malformed" });
            RecoveryError::LinkNotUsable
        })
    }

    /// Looks at a link. Writes nothing, so that mail scanners cannot burn it (RC-17).
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`] whatever the reason; [`RecoveryError::Unavailable`].
    pub async fn look(&self, token: &RecoveryToken) -> Result<LinkView, RecoveryError> {
        let span = self.0.span("look", Some(token.flow()));
        let proven = self.0.prove(token).instrument(span).await?;
        if planted(Bug::LookingConsumes) {
            self.0.count_choice(&proven, &Client::unknown()).await?;
        }
        Ok(self.0.view(&proven))
    }

    /// Chooses a new password. The link is consumed only once the password has been accepted, and by one request only.
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`], [`RecoveryError::FactorNeeded`], [`RecoveryError::QuestionNeeded`],
    /// [`RecoveryError::PasswordRefused`] (the link still works), [`RecoveryError::TooManyAttempts`], [`RecoveryError::Unavailable`].
    pub async fn choose_password(
        &self,
        token: &RecoveryToken,
        password: &Password,
        client: &Client,
    ) -> Result<Chosen, RecoveryError> {
        let span = self.0.span("choose_password", Some(token.flow()));
        self.0.choose(token, password, client).instrument(span).await
    }
}

impl Inner {
    async fn choose(
        &self,
        token: &RecoveryToken,
        password: &Password,
        client: &Client,
    ) -> Result<Chosen, RecoveryError> {
        let proven = self.prove(token).await?;
        proven.may_choose()?;
        let late = planted(Bug::CountedAfterwards);
        if !late {
            self.count_choice(&proven, client).await?;
        }
        let hash = self.accept_and_hash(&proven.account, proven.protected(), password).await;
        if late {
            self.count_choice(&proven, client).await?;
        }
        if planted(Bug::ConsumedBeforeAccepted) && matches!(hash, Err(RecoveryError::PasswordRefused(_))) {
            let used_up = Step::new(proven.flow.clone(), Event::Supersede, Actor::Bearer);
            let _ = self.take(used_up, proven.at).await;
        }
        let hash = hash.inspect_err(|error| self.tell_refusal(&proven.flow, error))?;
        let chosen = self.consume(&proven, &hash, client).await?;
        self.set_chosen(chosen, RecoveryError::LinkNotUsable).await
    }

    /// Sets a password that was chosen, as soon as can be.
    pub(crate) async fn set_chosen(
        &self,
        chosen: RecoveryFlow,
        conflict: RecoveryError,
    ) -> Result<Chosen, RecoveryError> {
        match self.apply_password(chosen).await {
            Ok(Applied::Done | Applied::Before) => Ok(Chosen::Done),
            Ok(Applied::Conflict) => Err(conflict),
            // The choice is durable: a worker goes on with it.
            Err(fault) => {
                self.report("apply_password", &fault);
                Ok(Chosen::Pending)
            }
        }
    }

    pub(crate) fn view(&self, proven: &Proven) -> LinkView {
        let (account, factor_needed) = (&proven.account, proven.factor_needed());
        let kinds = || proven.security.record.kinds(self.host_factors_of(account));
        LinkView {
            expires_at: proven.window.expires_at.to_datetime(),
            factor_needed,
            factor_kinds: if factor_needed { kinds() } else { Vec::new() },
            question: match proven.gate() {
                Gate::Open => QuestionGate::Open,
                Gate::Asks(_) => QuestionGate::Asks,
                Gate::Shut => QuestionGate::Shut,
            },
            at_least: self.policy.floor(&policy_context(account, proven.protected())),
        }
    }

    /// Proves that the bearer has the link's secret, that it may be used now, and that the account is still what it
    /// was when the link was issued. Reads only.
    pub(crate) async fn prove(&self, token: &RecoveryToken) -> Result<Proven, RecoveryError> {
        let at = self.clock.read();
        match self.try_prove(token, at).await {
            Ok(proven) => Ok(proven),
            Err(Unusable::Because(why)) => {
                self.emit(RecoveryEvent::LinkRefused { flow: Some(token.flow()), why });
                Err(RecoveryError::LinkNotUsable)
            }
            Err(Unusable::Fault(fault)) => Err(self.unavailable("look_at_link", fault)),
        }
    }

    async fn try_prove(&self, token: &RecoveryToken, at: Moment) -> Result<Proven, Unusable> {
        let flow = self.load(token.flow()).await?.ok_or(Unusable::Because("unknown"))?;
        let link = flow.link().ok_or(Unusable::Because("dead"))?;
        let account = self.accounts.get(&link.account).await.map_err(Fault::from)?;
        let account = account.ok_or(Unusable::Because("no_account"))?;
        // The digest is bound to the epoch: a changed account makes the right secret a wrong one.
        let security = self.security(&account.id).await?;
        let terms = security.terms(&account, at);
        let presented = token.digest_under(&self.realm, flow.purpose(), &terms.epoch, link.factor);
        if !self.verifiers.proves(&presented, &link.digest) {
            return Err(Unusable::Because("wrong_secret_or_account_changed"));
        }
        // Of the three rules only that of the account as it is, and the waived one that the digest vouches for.
        if link.factor != FactorRule::Waived && link.factor != terms.factor {
            return Err(Unusable::Because("wrong_secret_or_account_changed"));
        }
        let window = self.open_window(&flow, at).ok_or(Unusable::Because("expired"))?;
        if !account.takes_a_new_password() {
            return Err(Unusable::Because("not_allowed"));
        }
        if security.record.guard.voids_link_of(window.opened_at, at.now) {
            return Err(Unusable::Because("on_hold"));
        }
        Ok(Proven { flow, account, security, at, window })
    }

    /// Counts the choice in its own commit before anything is judged, hashed or compared (RL-7).
    async fn count_choice(&self, proven: &Proven, client: &Client) -> Result<(), RecoveryError> {
        let mut commit = Commit::new(self.realm.clone());
        let quota = self.limits.choices_per_link;
        commit.spends.push(self.spend("choose/flow", proven.flow.id().as_bytes(), quota, proven.at));
        self.commit_within_budget("choose", commit, client, proven.at).await
    }

    /// Writes the choice down as intent. Of any number of requests with one link, one gets through.
    async fn consume(
        &self,
        proven: &Proven,
        hash: &PasswordHash,
        client: &Client,
    ) -> Result<RecoveryFlow, RecoveryError> {
        let (id, account) = (proven.flow.id(), &proven.account);
        let guard = &proven.security.record.guard;
        let sealed = self.seal_choice(&id, account, hash, guard, proven.factor_rule(), proven.at);
        let hash = sealed.map_err(|error| self.unavailable("choose", error.into()))?;
        let event = Event::ChoosePassword { hash, epoch: account.epoch() };
        let mut step = Step::new(proven.flow.clone(), event, Actor::Bearer);
        step.client = self.client_pseudonym(client);
        match self.take(step, proven.at).await {
            Ok(Took::Done(flow)) => Ok(flow),
            Ok(_) | Err(Fault::Refused(_)) => Err(RecoveryError::LinkNotUsable),
            Err(fault) => Err(self.unavailable("choose", fault)),
        }
    }

    fn tell_refusal(&self, flow: &RecoveryFlow, error: &RecoveryError) {
        if let RecoveryError::PasswordRefused(reasons) = error {
            let reasons = reasons.iter().map(Reason::code).collect();
            self.emit(RecoveryEvent::PasswordRefused { flow: flow.id(), reasons });
        }
    }
}
