//! One policy and one way to hash, for recovery, registration and change alike (PW-12).

use crate::account::{Account, AddressKind, AddressOnFile};
use crate::entropy::random;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::factor::AuthLevel;
use crate::password::{
    HashError, Password, PasswordHash, PasswordHasher, PolicyContext, PreparedPassword, Reason, Verification,
};
use crate::recovery::{Inner, Recovery};
use crate::security::AuthSession;
use futures_util::future::join;
use std::sync::Arc;

impl Recovery {
    /// Judges a new password for an account, at registration or while signed in, by the same rules as in a recovery,
    /// and gives the hash to store. For a signed-in change there is [`Recovery::change_password`], which asks for the present
    /// one first (PW-13).
    ///
    /// # Errors
    /// [`RecoveryError::PasswordRefused`] with all reasons, or [`RecoveryError::Unavailable`].
    pub async fn hash_new_password(
        &self,
        account: &Account,
        password: &Password,
    ) -> Result<PasswordHash, RecoveryError> {
        let inner = &*self.0;
        let protected = inner.protected(account).await;
        let protected = protected.map_err(|fault| inner.unavailable("hash_new_password", fault))?;
        inner.accept_and_hash(account, protected, password).await
    }
}

impl Inner {
    pub(crate) async fn protected(&self, account: &Account) -> Result<Protected, Fault> {
        let security = self.security(&account.id).await?;
        Ok(Protected(security.record.is_protected(&account.factors)))
    }

    /// Judges a password, and hashes it if it is good enough and not the present one: one verification, one hash.
    pub(crate) async fn accept_and_hash(
        &self,
        account: &Account,
        protected: Protected,
        password: &Password,
    ) -> Result<PasswordHash, RecoveryError> {
        let prepared = self.judge(account, protected, password).await?;
        if let Some(reason) = self.breach(&prepared).await {
            return Err(RecoveryError::PasswordRefused(vec![reason]));
        }
        match self.hash_if_new(account, prepared).await {
            Ok(Some(hash)) => Ok(hash),
            Ok(None) => Err(RecoveryError::PasswordRefused(vec![Reason::SameAsPresent])),
            Err(fault) => Err(self.unavailable("hash_password", fault)),
        }
    }

    /// Runs the policy, off the caller's thread.
    async fn judge(
        &self,
        account: &Account,
        protected: Protected,
        password: &Password,
    ) -> Result<PreparedPassword, RecoveryError> {
        let prepared = password.prepare().map_err(|reason| RecoveryError::PasswordRefused(vec![reason]))?;
        let (policy, account) = (self.policy.clone(), account.clone());
        let check = self.pool.run(move || {
            let verdict = policy.check(&prepared, &policy_context(&account, protected));
            (prepared, verdict)
        });
        let (prepared, verdict) =
            check.await.map_err(|error| self.unavailable("judge_password", error.into()))?;
        verdict.map(|()| prepared).map_err(RecoveryError::PasswordRefused)
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

    async fn hash_if_new(
        &self,
        account: &Account,
        prepared: PreparedPassword,
    ) -> Result<Option<PasswordHash>, Fault> {
        let prepared = Arc::new(prepared);
        let (hasher, present, typed) = (self.hasher.clone(), account.password.clone(), prepared.clone());
        let compare = self.pool.run(move || match present {
            Some(present) => is_present(&*hasher, &typed, &present),
            None => Ok(false),
        });
        let (hasher, salt) = (self.hasher.clone(), random(&*self.entropy)?);
        let hash = self.pool.run(move || hasher.hash(&prepared, salt));
        // Side by side, where there is a second thread: the person waits half as long.
        let (is_present, hash) = join(compare, hash).await;
        Ok(if is_present?? { None } else { Some(hash??) })
    }

    pub(crate) async fn hash(&self, prepared: PreparedPassword) -> Result<PasswordHash, Fault> {
        let salt = random(&*self.entropy)?;
        let hasher = self.hasher.clone();
        Ok(self.pool.run(move || hasher.hash(&prepared, salt)).await??)
    }
}

/// A stored hash that cannot be checked, such as one of another algorithm, is nobody's password any more: its owner
/// gets in by recovery only.
fn is_present(
    hasher: &dyn PasswordHasher,
    chosen: &PreparedPassword,
    present: &PasswordHash,
) -> Result<bool, HashError> {
    match hasher.verify(chosen, present) {
        Err(error) if error.is_of_the_stored_hash() => Ok(false),
        verified => verified.map(Verification::is_right),
    }
}

/// Whether a second factor stands before the account: a shorter password is enough then (PW-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Protected(pub(crate) bool);

impl Protected {
    /// Whether a session was made without the second factor that there is.
    pub(crate) fn asks_more_than(self, session: &AuthSession) -> bool {
        self.0 && session.level == AuthLevel::Password
    }
}

pub(crate) fn policy_context(account: &Account, protected: Protected) -> PolicyContext<'_> {
    let person = account.person.as_ref();
    let on_file = |kind| account.addresses.iter().filter(move |address| address.kind() == kind);
    let texts = |kind| on_file(kind).map(AddressOnFile::as_str).collect::<Vec<_>>();
    let mut emails = texts(AddressKind::Email);
    emails.extend(person.iter().flat_map(|person| person.emails.iter().map(String::as_str)));
    let mut phones = texts(AddressKind::Phone);
    phones.extend(person.iter().flat_map(|person| person.phones.iter().map(String::as_str)));
    PolicyContext {
        username: Some(&account.username),
        given_name: person.map(|person| person.given_name.as_str()),
        family_name: person.map(|person| person.family_name.as_str()),
        birth_date: person.and_then(|person| person.birth_date),
        record_number: person.and_then(|person| person.record_number.as_deref()),
        emails,
        phones,
        postal_addresses: texts(AddressKind::Post),
        second_factor: protected.0,
    }
}
