//! One change of an account's security information: the step-up before it, and the one commit that it is.

use crate::account::{Account, AccountStatus, Recoverability};
use crate::audit::{Actor, AuditRecord};
use crate::budget::{Quota, Spend};
use crate::clock::{Moment, Timestamp};
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::factor::AuthLevel;
use crate::flow::Event;
use crate::ids::FlowId;
use crate::mail::LetterContent;
use crate::planted::{Bug, planted};
use crate::recovery::Inner;
use crate::recovery::security::Security;
use crate::recovery::step::{Doer, Draft, Mailing, TRIES};
use crate::security::info::SecurityInfo;
use crate::store::Committed;

/// What a call asks of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepUp {
    /// Nothing: it only looks.
    No,
    /// The account's highest level, as it is now: what was begun before the account got a factor is not finished without
    /// it afterwards. How long ago does not matter: what is begun ends by itself.
    Level,
    /// The highest level, a short time ago (MF-8).
    Fresh,
}

/// The account with its record, as both were read.
pub(super) struct Present {
    pub(super) account: Account,
    pub(super) security: Security,
    pub(super) at: Moment,
}

impl Present {
    /// Whether the host keeps the account as it is.
    pub(super) fn is_held(&self) -> bool {
        use Recoverability::{Deceased, LegalHold, LockedByHost};
        matches!(self.account.recoverability, Deceased | LegalHold | LockedByHost)
    }

    pub(super) fn notice_to_all(&self, content: LetterContent) -> Letter {
        Letter { mailing: Mailing::notice(&self.account, content), button: Button::With }
    }
}

/// What a change makes of the record that it was given, besides what is written there.
pub(super) struct Made<T> {
    value: T,
    /// What the audit record says; a mere count has no line.
    line: Option<Line>,
    links: Links,
    letters: Vec<Letter>,
    spends: Vec<Spend>,
}

/// A line of the audit record: codes such as `account.factor_added` and `totp`, and the name that letters share with it.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) id: FlowId,
    pub(super) event: &'static str,
    pub(super) reason: Option<&'static str>,
}

/// What becomes of the account's live links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Links {
    GoOn,
    /// RC-7: whatever changes what protects an account ends them.
    End,
}

pub(super) struct Letter {
    pub(super) mailing: Mailing,
    pub(super) button: Button,
}

/// Whether a letter carries "this wasn't me".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Button {
    With,
    /// An address that nobody has confirmed has no power over the account.
    Without,
}

impl<T> Made<T> {
    /// A try was counted.
    pub(super) fn counted(value: T) -> Self {
        Self { value, line: None, links: Links::GoOn, letters: vec![], spends: vec![] }
    }

    /// Something is begun: what protects the account is as it was.
    pub(super) fn begun(value: T, line: Line) -> Self {
        Self { line: Some(line), ..Self::counted(value) }
    }

    /// What protects the account is another than before.
    pub(super) fn changed(value: T, line: Line) -> Self {
        Self { line: Some(line), links: Links::End, ..Self::counted(value) }
    }

    pub(super) fn with_letter(mut self, letter: Letter) -> Self {
        self.letters.push(letter);
        self
    }

    pub(super) fn spending(mut self, spend: Spend) -> Self {
        self.spends.push(spend);
        self
    }
}

impl SecurityInfo {
    pub(super) fn inner(&self) -> &Inner {
        &self.recovery.0
    }

    /// Account and record, if the session is good enough. An account that is gone or not in use has no good session.
    pub(super) async fn present(&self, step_up: StepUp, at: Moment) -> Result<Present, RecoveryError> {
        let inner = self.inner();
        let account = inner.accounts.get(&self.session.account).await;
        let account = account.map_err(|error| inner.unavailable("security", error.into()))?;
        let account = account.filter(|account| account.status == AccountStatus::Active);
        let account = account.ok_or(RecoveryError::StepUpRequired)?;
        let security = inner.security(&account.id).await;
        let security = security.map_err(|fault| inner.unavailable("security", fault))?;
        let present = Present { account, security, at };
        if self.suffices(step_up, &present) { Ok(present) } else { Err(RecoveryError::StepUpRequired) }
    }

    /// The level that a change asks for: that of the strongest factor, the host's own among them.
    pub(super) fn level_needed(&self, present: &Present) -> AuthLevel {
        let port = self.inner().host_factors.as_deref();
        let level = |name: &String| {
            port.map_or(AuthLevel::SecondFactor, |port| port.level(name).max(AuthLevel::SecondFactor))
        };
        present.security.record.highest_level(present.account.factors.iter().map(level).max())
    }

    pub(super) fn suffices(&self, step_up: StepUp, present: &Present) -> bool {
        let high = self.session.reaches(self.level_needed(present));
        let age = self.inner().security_rules.step_up_within;
        match step_up {
            StepUp::No => true,
            StepUp::Level => high,
            StepUp::Fresh => high && self.session.is_fresh(age, present.at),
        }
    }

    /// Makes a change of the record, over the version that it was read in. When somebody else was faster, it is made anew of
    /// what there is then, and every rule is checked again.
    pub(super) async fn change<T: Send>(
        &self,
        doing: &'static str,
        step_up: StepUp,
        mut make: impl FnMut(&mut Present) -> Result<Made<T>, RecoveryError> + Send,
    ) -> Result<T, RecoveryError> {
        let inner = self.inner();
        let at = inner.clock.read();
        for _ in 0..TRIES {
            let mut present = self.present(step_up, at).await?;
            let mut made = make(&mut present)?;
            let draft = self.draft(&present, &mut made).await;
            let draft = draft.map_err(|fault| inner.unavailable(doing, fault))?;
            match inner.commit_draft(draft).await {
                Ok(Committed::Done) => {
                    self.tell(made.line);
                    return Ok(made.value);
                }
                Ok(Committed::OverBudget { retry_at }) => return Err(self.limited(retry_at, at)),
                Ok(Committed::Conflict) => {}
                Err(fault) => return Err(inner.unavailable(doing, fault)),
            }
        }
        Err(inner.unavailable(doing, Fault::Contention(TRIES)))
    }

    async fn draft<T>(&self, present: &Present, made: &mut Made<T>) -> Result<Draft, Fault> {
        let (inner, account, at) = (self.inner(), &present.account.id, present.at);
        let mut draft = Draft::new(&inner.realm);
        draft.commit.spends = std::mem::take(&mut made.spends);
        if made.links == Links::End {
            let by = Doer { actor: Actor::Owner, client: inner.client_pseudonym(&self.client) };
            inner.end_links(&mut draft, account, |_| Some(Event::Supersede), by, at).await?;
        }
        draft.commit.documents.push(inner.write_security(&present.security, account, at.now)?);
        let Some(line) = made.line else { return Ok(draft) };
        for letter in made.letters.iter().filter(|_| !planted(Bug::FactorChangeUntold)) {
            let about = (letter.button == Button::With).then_some(account);
            inner.queue(&mut draft, line.id, about, Some(&letter.mailing), at)?;
        }
        draft.commit.audit.push(AuditRecord {
            realm: inner.realm.clone(),
            at: at.now,
            flow: line.id,
            version: 0,
            event: line.event.into(),
            reason: line.reason.map(Into::into),
            actor: Actor::Owner,
            account: Some(inner.account_pseudonym(account)),
            client: inner.client_pseudonym(&self.client),
        });
        Ok(draft)
    }

    fn tell(&self, line: Option<Line>) {
        let inner = self.inner();
        if let Some(line) = line {
            let account = inner.account_pseudonym(&self.session.account);
            inner.emit(RecoveryEvent::SecurityChanged { account, what: line.event });
        }
    }

    fn limited(&self, retry_at: Timestamp, at: Moment) -> RecoveryError {
        let inner = self.inner();
        inner
            .emit(RecoveryEvent::Limited { doing: "security", client: inner.client_pseudonym(&self.client) });
        RecoveryError::too_many(retry_at, at.now)
    }

    /// One of the account's changes.
    pub(super) fn one_change(&self, at: Moment) -> Spend {
        self.of_account("security/change", self.inner().limits.security_changes_per_account, at)
    }

    /// One of the account's confirmations.
    pub(super) fn one_confirmation(&self, at: Moment) -> Spend {
        self.of_account("security/confirm", self.inner().limits.confirmations_per_account, at)
    }

    fn of_account(&self, kind: &'static str, quota: Quota, at: Moment) -> Spend {
        self.inner().spend(kind, self.session.account.as_str().as_bytes(), quota, at)
    }
}
