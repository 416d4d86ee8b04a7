//! All that the account asks for, in one call: for somebody who is signed in already.

use super::SignedIn;
use super::factor::{Try, Whole};
use super::password::Whose;
use crate::account::{Account, AccountStatus};
use crate::budget::BudgetKey;
use crate::client::Client;
use crate::clock::Moment;
use crate::error::RecoveryError;
use crate::factor::{AuthLevel, FactorProof};
use crate::password::Password;
use crate::recovery::Inner;
use crate::security::AuthSession;
use crate::store::Commit;
use crate::wire::frame;
use sha2::{Digest as _, Sha256};

/// A signed-in person who knows the present password.
pub(super) struct Present {
    pub(super) account: Account,
    /// How many code points the password has.
    pub(super) length: usize,
    /// The counters of what was tried, to be cleared.
    pub(super) clears: Vec<BudgetKey>,
    pub(super) at: Moment,
}

impl Inner {
    pub(super) async fn step_up(
        &self,
        session: &AuthSession,
        password: &Password,
        proof: Option<&FactorProof>,
        client: &Client,
    ) -> Result<SignedIn, RecoveryError> {
        let Present { account, length, clears, at } = self.present(session, password, client).await?;
        let security = self.security(&account.id).await;
        let record = security.map_err(|fault| self.unavailable("step_up", fault))?.record;
        if !record.is_protected(&account.factors) {
            let change_required = self.change_required(&account, &record, length);
            let whole =
                Whole { doing: "step_up", account: &account, proven: None, clears, client: *client, at };
            let done = self.complete_by_password(&whole).await;
            done.map_err(|fault| self.unavailable("step_up", fault))?;
            let (account, level) = (account.id, AuthLevel::Password);
            return Ok(SignedIn { account, level, authenticated_at: at.now, change_required });
        }
        let proof = proof.ok_or(RecoveryError::FactorNeeded)?;
        self.count_factor_client(client, at).await?;
        let epoch = record.recovery_epoch(&account.epoch());
        let (account, binding) = (&account, self.step_up_binding(session));
        let tried = Try { doing: "step_up", account, epoch, proof, binding, client, at };
        let result = self.whole_by_factor(&tried, length, &clears).await;
        self.told("step_up", result)
    }

    pub(super) async fn step_up_challenge(
        &self,
        session: &AuthSession,
    ) -> Result<Option<Vec<u8>>, RecoveryError> {
        let result = async {
            let Some(account) = self.accounts.get(&session.account).await? else { return Ok(None) };
            self.challenge(&account, &self.step_up_binding(session)).await
        };
        result.await.map_err(|fault| self.unavailable("step_up", fault))
    }

    fn step_up_binding(&self, session: &AuthSession) -> [u8; 32] {
        let (realm, account) = (self.realm.as_str(), session.account.as_str());
        let fields: [&[u8]; 4] =
            [b"regain/step-up-binding/v1", realm.as_bytes(), account.as_bytes(), &session.binding];
        Sha256::digest(&*frame(&fields)).into()
    }

    /// Asks for the present password, counted and compared as in a sign-in: a session is no substitute for it (PW-13).
    pub(super) async fn present(
        &self,
        session: &AuthSession,
        password: &Password,
        client: &Client,
    ) -> Result<Present, RecoveryError> {
        let Ok(prepared) = password.prepare() else { return Err(self.not_accepted(client)) };
        let (length, at, id) = (prepared.code_points(), self.clock.read(), &session.account);
        let (network, limits) = (client.network(), &self.limits);
        let pair = frame(&[id.as_str().as_bytes(), &network]);
        let pair = self.spend("step-up/pair", &pair, limits.sign_ins_per_identifier_and_client, at);
        let mut commit = Commit::new(self.realm.clone());
        commit.spends = vec![self.spend("sign-in/client", &network, limits.sign_ins_per_client, at), pair];
        self.commit_within_budget("step_up", commit, client, at).await?;
        let account = self.accounts.get(id).await;
        let account = account.map_err(|error| self.unavailable("step_up", error.into()))?;
        let account = account.filter(|account| account.status == AccountStatus::Active);
        let whose =
            account.as_ref().map_or(Whose::Nobody(id.as_str().as_bytes()), |it| Whose::Account(&it.id));
        let right = self.try_password(whose, account.as_ref(), prepared, client).await?;
        let Some(account) = account.filter(|_| right.is_some()) else {
            return Err(self.not_accepted(client));
        };
        Ok(Present { account, length, clears: vec![pair.key], at })
    }
}
