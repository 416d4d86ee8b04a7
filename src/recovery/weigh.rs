//! How a new password would be judged, while it is typed: for a meter beside the field.
//!
//! A person who is told what helps before the form is sent chooses better than one who is refused. So the rules of the
//! refusal are asked, with the same data, and nothing is written: what is typed is no attempt yet.
//!
//! One rule: **a meter tells the bearer of a link no more than refused passwords would.** Only where a password could be set now
//! is anything said at all. Of the person's own data the answer has the refusal's reasons and nothing else
//! ([`PasswordPolicy::explain_to_bearer`](crate::password::PasswordPolicy::explain_to_bearer)), so many a day for one account.
//! The present password is not compared, or a meter would guess it; the register of breached passwords is not asked, or it
//! would hear of every key: both come when the password is set.

use crate::account::Account;
use crate::budget::{BudgetKey, Spend, Spent, Verdict};
use crate::error::RecoveryError;
use crate::password::{Explanation, Password, PoolError};
use crate::recovery::password::{Protected, policy_context};
use crate::recovery::{Inner, Recovery};
use crate::security::AuthSession;
use crate::token::RecoveryToken;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::Instrument as _;

/// Passwords that are weighed at one time. The pool is there for those who sign in: at 60 ms for the slowest, one of them waits
/// a quarter of a second longer at most.
const AT_ONCE: usize = 4;

/// Accounts whose weighings are remembered: 12 bytes for each of up to 60, so 12 MB at most.
const ACCOUNTS: usize = 16_384;

impl Recovery {
    /// How a password would be judged if the bearer of this link chose it now. It is not set, nothing is written, and no event
    /// is told of a link that can be used. Whether it was breached or is the present one is asked when it is set.
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`], [`RecoveryError::FactorNeeded`], [`RecoveryError::QuestionNeeded`], as
    /// [`Recovery::choose_password`]; [`RecoveryError::TooManyAttempts`], up to a day;
    /// [`RecoveryError::Unavailable`], also when many are weighed at once: then a meter shows nothing.
    pub async fn weigh_password(
        &self,
        token: &RecoveryToken,
        password: &Password,
    ) -> Result<Explanation, RecoveryError> {
        let inner = &*self.0;
        let weighing = async {
            let proven = inner.prove(token).await?;
            proven.may_choose()?;
            inner.weigh(&proven.account, proven.protected(), password).await
        };
        weighing.instrument(inner.span("weigh_password", Some(token.flow()))).await
    }

    /// The same for somebody who is signed in, and would change the password with [`Recovery::change_password`]. The present one
    /// is not asked for.
    ///
    /// # Errors
    /// [`RecoveryError::NotAccepted`] for an account that takes no new password; [`RecoveryError::FactorNeeded`] where the
    /// session is too weak; [`RecoveryError::TooManyAttempts`], [`RecoveryError::Unavailable`] as for
    /// [`Recovery::weigh_password`].
    pub async fn weigh_change(
        &self,
        session: &AuthSession,
        password: &Password,
    ) -> Result<Explanation, RecoveryError> {
        let inner = &*self.0;
        inner.weigh_change(session, password).instrument(inner.span("weigh_change", None)).await
    }
}

impl Inner {
    async fn weigh_change(
        &self,
        session: &AuthSession,
        password: &Password,
    ) -> Result<Explanation, RecoveryError> {
        let account = self.accounts.get(&session.account).await;
        let account = account.map_err(|error| self.unavailable("weigh_change", error.into()))?;
        let account = account.filter(Account::takes_a_new_password).ok_or(RecoveryError::NotAccepted)?;
        let protected = self.protected(&account).await;
        let protected = protected.map_err(|fault| self.unavailable("weigh_change", fault))?;
        if protected.asks_more_than(session) {
            return Err(RecoveryError::FactorNeeded);
        }
        self.weigh(&account, protected, password).await
    }

    async fn weigh(
        &self,
        account: &Account,
        protected: Protected,
        password: &Password,
    ) -> Result<Explanation, RecoveryError> {
        let prepared = match password.prepare() {
            Ok(prepared) => prepared,
            // Nothing of the account is in that.
            Err(reason) => return Ok(Explanation::of_none(reason)),
        };
        let place = self.weighings.place().ok_or(RecoveryError::Unavailable)?;
        let (id, quota) = (account.id.as_str().as_bytes(), self.limits.weighings_per_account);
        self.weighings.count(&self.spend("weigh/account", id, quota, self.clock.read()))?;
        let (policy, account) = (self.policy.clone(), account.clone());
        let weighing = self.pool.run(move || {
            // Its place is taken until it is done or thrown away, whether or not somebody still waits for it.
            let _place = place;
            policy.explain_to_bearer(&prepared, &policy_context(&account, protected))
        });
        match weighing.await {
            Ok(explanation) => Ok(explanation),
            Err(PoolError::Overloaded) => Err(RecoveryError::Unavailable),
            Err(error) => Err(self.unavailable("weigh_password", error.into())),
        }
    }
}

/// What this process weighs now, and for whom it did lately.
#[derive(Default)]
pub(crate) struct Weighings {
    places: Arc<AtomicUsize>,
    lately: Mutex<BTreeMap<BudgetKey, Spent>>,
}

/// One of [`AT_ONCE`].
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Weighings {
    fn place(&self) -> Option<Place> {
        let taken = self.places.fetch_add(1, Ordering::Relaxed);
        let place = Place(self.places.clone());
        (taken < AT_ONCE).then_some(place)
    }

    /// Counts one, if there is one left. Where more accounts would have to be remembered than there is room for, nobody new is
    /// answered.
    fn count(&self, spend: &Spend) -> Result<(), RecoveryError> {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        if lately.len() >= ACCOUNTS {
            lately.retain(|_, spent| spent.full_at > spend.at);
        }
        if lately.len() >= ACCOUNTS && !lately.contains_key(&spend.key) {
            return Err(RecoveryError::Unavailable);
        }
        match spend.against(lately.get(&spend.key).map(|spent| &*spent.log)) {
            Verdict::Allowed(spent) => {
                lately.insert(spend.key, spent);
                Ok(())
            }
            Verdict::Refused { retry_at } => Err(RecoveryError::too_many(retry_at, spend.at)),
        }
    }
}
