//! A signed-in person changes the password: the same saga as a recovery's, from the choice on.

use super::factor::RECORD_TRIES;
use super::password::Whose;
use super::step_up::Present;
use crate::account::Account;
use crate::audit::{Actor, AuditRecord};
use crate::budget::BudgetKey;
use crate::client::Client;
use crate::clock::Moment;
use crate::error::{Fault, RecoveryError};
use crate::flow::{FactorRule, FlowRecord, Line, RecoveryFlow, StateKind};
use crate::ids::AccountId;
use crate::password::{Password, PasswordHash};
use crate::recovery::password::Protected;
use crate::recovery::security::Security;
use crate::recovery::step::Draft;
use crate::recovery::{Chosen, Inner};
use crate::security::AuthSession;
use crate::store::{Commit, Committed, FlowWrite};

impl Inner {
    pub(super) async fn change_password(
        &self,
        session: &AuthSession,
        present: &Password,
        new: &Password,
        client: &Client,
    ) -> Result<Chosen, RecoveryError> {
        let Present { account, mut clears, at, .. } = self.present(session, present, client).await?;
        let unavailable = |fault| self.unavailable("change_password", fault);
        let security = self.security(&account.id).await.map_err(unavailable)?;
        let protected = Protected(security.record.is_protected(&account.factors));
        if protected.asks_more_than(session) {
            return Err(RecoveryError::FactorNeeded);
        }
        clears.push(self.password_budget(Whose::Account(&account.id), at).key);
        self.clear(&clears).await.map_err(unavailable)?;
        if !account.takes_a_new_password() {
            return Err(self.not_accepted(client));
        }
        let hash = self.accept_and_hash(&account, protected, new).await?;
        let chosen = self.begin_change(&account, &security, &hash, client, self.clock.read()).await;
        self.set_chosen(chosen.map_err(unavailable)?, RecoveryError::NotAccepted).await
    }

    /// The present password was right, whatever becomes of the new one (RL-3).
    async fn clear(&self, clears: &[BudgetKey]) -> Result<(), Fault> {
        let mut commit = Commit::new(self.realm.clone());
        commit.clears = clears.to_vec();
        self.flows.commit(commit).await?;
        Ok(())
    }

    /// Writes the choice down as intent, in a flow that begins with it. From then on it is set, whatever dies.
    async fn begin_change(
        &self,
        account: &Account,
        security: &Security,
        hash: &PasswordHash,
        client: &Client,
        at: Moment,
    ) -> Result<RecoveryFlow, Fault> {
        let (id, epoch) = (self.new_flow_id()?, account.epoch());
        let sealed =
            self.seal_choice(&id, account, hash, &security.record.guard, FactorRule::NotNeeded, at)?;
        let flow = RecoveryFlow::change(id, self.realm.clone(), account.id.clone(), epoch, sealed, at);
        let mut draft = Draft::new(&self.realm);
        draft.commit.flows.push(FlowWrite::Insert(FlowRecord::from(&flow)));
        let line = Line { from: StateKind::Requested, to: flow.state().kind(), reason: None };
        self.tell_begun(&mut draft, &flow, line, self.client_pseudonym(client), at);
        match self.commit_draft(draft).await? {
            Committed::Done => Ok(flow),
            _ => Err(Fault::Contention(1)),
        }
    }

    pub(super) async fn mark_compromised(&self, account: &AccountId) -> Result<(), Fault> {
        if self.accounts.get(account).await?.is_none() {
            return Ok(());
        }
        for _ in 0..RECORD_TRIES {
            let at = self.clock.read();
            let mut security = self.security(account).await?;
            security.record.compromised_at = Some(at.now);
            let mut commit = Commit::new(self.realm.clone());
            commit.documents.push(self.write_security(&security, account, at.now)?);
            commit.audit.push(AuditRecord {
                realm: self.realm.clone(),
                at: at.now,
                flow: self.new_flow_id()?,
                version: 0,
                event: "account.password_compromised".into(),
                reason: None,
                actor: Actor::Host,
                account: Some(self.account_pseudonym(account)),
                client: None,
            });
            if self.flows.commit(commit).await? == Committed::Done {
                return Ok(());
            }
        }
        Err(Fault::Contention(RECORD_TRIES))
    }
}
