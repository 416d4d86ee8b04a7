//! The question behind a live link: an extra gate, and never a way in (SQ-1).
//!
//! An answer is counted in a commit of its own, compared with one hash whatever comes of it, and settled in one more commit.
//! Ten wrong answers in a row shut the gate: then only the support desk helps (SQ-5).

use crate::audit::Actor;
use crate::audit::AuditRecord;
use crate::budget::{Quota, Spend};
use crate::client::Client;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::factor::{Answer, FactorKind, Question};
use crate::flow::ATTEMPTS_PER_LINK;
use crate::password::{PasswordHash, Verification};
use crate::planted::{Bug, planted};
use crate::recovery::link::Proven;
use crate::recovery::step::{Draft, TRIES};
use crate::recovery::{Inner, LinkView, Recovery};
use crate::security::record::Gate;
use crate::store::Committed;
use crate::token::RecoveryToken;
use tracing::Instrument as _;

impl Recovery {
    /// The question that the bearer of a link has to answer before a new password is chosen: the same one until it is answered
    /// (SQ-2). None where there is none, or it was answered with this link; and none where too many answers were wrong, or the
    /// host's list has it no more: [`LinkView::question`] tells the two apart. Writes nothing.
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`]; [`RecoveryError::FactorNeeded`] before the second factor is proven;
    /// [`RecoveryError::Unavailable`].
    pub async fn question(&self, token: &RecoveryToken) -> Result<Option<Question>, RecoveryError> {
        let inner = &*self.0;
        let proven = inner.prove(token).instrument(inner.span("question", Some(token.flow()))).await?;
        if proven.factor_needed() {
            return Err(RecoveryError::FactorNeeded);
        }
        Ok(match proven.gate() {
            Gate::Asks(code) => inner.questions.get(code).cloned(),
            Gate::Open | Gate::Shut => None,
        })
    }

    /// Answers the question of a link. Up to 5 answers are compared for one link and 10 a day for one account; the rest is
    /// answered alike.
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`]; [`RecoveryError::FactorNeeded`]; [`RecoveryError::AnswerNotAccepted`] whatever is
    /// wrong with the answer; [`RecoveryError::TooManyAttempts`] for the client's network; [`RecoveryError::Unavailable`].
    pub async fn answer_question(
        &self,
        token: &RecoveryToken,
        answer: &Answer,
        client: &Client,
    ) -> Result<LinkView, RecoveryError> {
        let span = self.0.span("answer_question", Some(token.flow()));
        self.0.answer(token, answer, client).instrument(span).await
    }
}

impl Inner {
    async fn answer(
        &self,
        token: &RecoveryToken,
        answer: &Answer,
        client: &Client,
    ) -> Result<LinkView, RecoveryError> {
        self.count_factor_client(client, self.clock.read()).await?;
        let proven = self.prove(token).await?;
        if proven.factor_needed() {
            return Err(RecoveryError::FactorNeeded);
        }
        if proven.gate() == Gate::Open {
            return Ok(self.view(&proven));
        }
        let right = self.try_answer(&proven, answer, client).await;
        if !right.map_err(|fault| self.unavailable("answer_question", fault))? {
            self.emit(RecoveryEvent::FactorRefused { doing: "question", why: "wrong_or_not_counted" });
            return Err(RecoveryError::AnswerNotAccepted);
        }
        Ok(self.view(&self.prove(token).await?))
    }

    async fn try_answer(&self, proven: &Proven, answer: &Answer, client: &Client) -> Result<bool, Fault> {
        let stored = self.count_answer(proven).await?;
        let right = self.is_answer(answer, stored).await?;
        self.settle_answer(proven, right, client).await
    }

    /// Counts an answer in its own commit; what it is compared with, or nothing where no more is compared.
    async fn count_answer(&self, proven: &Proven) -> Result<Option<PasswordHash>, Fault> {
        let account = &proven.account.id;
        for _ in 0..TRIES {
            let mut security = self.security(account).await?;
            let is_same = security.record.recovery_epoch(&proven.account.epoch()) == proven.epoch();
            let stored = security.record.count_answer().filter(|_| is_same);
            let mut draft = Draft::new(&self.realm);
            draft.commit.spends = self.answer_budgets(proven).into();
            if !planted(Bug::AnswerNotCounted) {
                draft.commit.documents.push(self.write_security(&security, account, proven.at.now)?);
            }
            match self.commit_draft(draft).await? {
                Committed::Done => return Ok(stored),
                Committed::OverBudget { .. } => return Ok(None),
                Committed::Conflict => {}
            }
        }
        Err(Fault::Contention(TRIES))
    }

    fn answer_budgets(&self, proven: &Proven) -> [Spend; 2] {
        let per_link = Quota::new(ATTEMPTS_PER_LINK, self.means.longest_life(self.link_life));
        let account = proven.account.id.as_str().as_bytes();
        [
            self.spend("question/link", proven.flow.id().as_bytes(), per_link, proven.at),
            self.spend("question/account", account, self.limits.factors_per_account, proven.at),
        ]
    }

    /// One hash, also where there is nothing to compare with.
    async fn is_answer(&self, answer: &Answer, stored: Option<PasswordHash>) -> Result<bool, Fault> {
        let (hasher, typed) = (self.hasher.clone(), answer.prepare());
        let work = self.pool.run(move || {
            let against = stored.clone().unwrap_or_else(|| hasher.dummy());
            let Some(typed) = typed else { return Ok(false) };
            let verified = hasher.verify(&typed, &against).map(Verification::is_right);
            verified.map(|right| right && stored.is_some())
        });
        Ok(work.await??)
    }

    async fn settle_answer(&self, proven: &Proven, right: bool, client: &Client) -> Result<bool, Fault> {
        let (account, at) = (&proven.account.id, proven.at);
        for _ in 0..TRIES {
            let mut security = self.security(account).await?;
            let is_same = security.record.recovery_epoch(&proven.account.epoch()) == proven.epoch();
            let accepted = right && is_same;
            let mut draft = Draft::new(&self.realm);
            if accepted {
                security.record.answered(proven.flow.id());
                draft.commit.documents.push(self.write_security(&security, account, at.now)?);
            }
            let event = if accepted { "account.factor_accepted" } else { "account.factor_refused" };
            draft.commit.audit.push(AuditRecord {
                realm: self.realm.clone(),
                at: at.now,
                flow: proven.flow.id(),
                version: 0,
                event: event.into(),
                reason: Some(FactorKind::Questions.code().into()),
                actor: Actor::Bearer,
                account: Some(self.account_pseudonym(account)),
                client: self.client_pseudonym(client),
            });
            if self.commit_draft(draft).await? == Committed::Done {
                return Ok(accepted);
            }
        }
        Err(Fault::Contention(TRIES))
    }
}
