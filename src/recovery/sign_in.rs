//! Sign-in help: one hash whoever it is, and old links die with a sign-in.

use crate::account::{Account, AccountStatus, HashUpgrade};
use crate::budget::Spend;
use crate::client::Client;
use crate::clock::Moment;
use crate::desk::stops::Overtaken;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::identity::Identifier;
use crate::ids::AccountId;
use crate::mail::LetterContent;
use crate::password::{HashError, Password, PasswordHash, PasswordHasher, PreparedPassword, Verification};
use crate::recovery::resolve::{only, owners_first};
use crate::recovery::step::{HouseKeeping, Mailing};
use crate::recovery::{Inner, Recovery};
use crate::store::Commit;
use crate::wire::frame;
use tracing::Instrument as _;

/// A right username and password. The host makes the session, after it has asked for the factors.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedIn {
    /// Whose.
    pub account: AccountId,
    /// Second factors to be proven before there is a session.
    pub factors: Vec<String>,
    /// The person must choose a new password before anything else.
    pub must_change_password: bool,
}

/// What a person changed outside of regain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// The password; a notice goes to every address on file.
    Password,
    /// An address on file, a factor, the status: links die, and the host sends what notice is due.
    Other,
}

impl Recovery {
    /// Verifies a username or e-mail address and a password with exactly one hash in every case: unknown account, no
    /// password, disabled, wrong, right (EN-3). A right password under an old cost is hashed once more and stored.
    ///
    /// # Errors
    /// [`RecoveryError::NotAccepted`] whatever is wrong; [`RecoveryError::TooManyAttempts`], the same for any identifier;
    /// [`RecoveryError::Unavailable`].
    pub async fn sign_in(
        &self,
        identifier: &Identifier,
        password: &Password,
        client: &Client,
    ) -> Result<SignedIn, RecoveryError> {
        self.0.sign_in(identifier, password, client).instrument(self.0.span("sign_in", None)).await
    }

    /// Somebody signed in, by whatever means: the account's older links die (RC-7).
    ///
    /// # Errors
    /// [`RecoveryError::Unavailable`].
    pub async fn signed_in(&self, account: &AccountId) -> Result<(), RecoveryError> {
        let inner = &*self.0;
        let overtakes = Some(Overtaken::SignedIn);
        let done = inner.supersede_all(account, HouseKeeping { overtakes, ..HouseKeeping::default() }).await;
        done.map_err(|fault| inner.unavailable("signed_in", fault))
    }

    /// A credential was changed outside of regain: the account's links die, and for a password every address on file
    /// gets a notice (NO-1).
    ///
    /// # Errors
    /// [`RecoveryError::Unavailable`].
    pub async fn credential_changed(
        &self,
        account: &AccountId,
        what: Credential,
    ) -> Result<(), RecoveryError> {
        let inner = &*self.0;
        let notice = match what {
            Credential::Other => Ok(None),
            Credential::Password => inner.change_notice(account).await.map(Some),
        };
        let result = match notice {
            Ok(notice) => {
                let record = Some("account.credential_changed");
                let overtakes = Some(Overtaken::Changed);
                let also = HouseKeeping { notice, record, overtakes, ..HouseKeeping::default() };
                inner.supersede_all(account, also).await
            }
            Err(fault) => Err(fault),
        };
        result.map_err(|fault| inner.unavailable("credential_changed", fault))
    }
}

/// The one active account with this identifier. Two accounts with one e-mail address sign in by username.
fn usable(found: Vec<Account>) -> Option<Account> {
    only(found).ok().filter(|account| account.status == AccountStatus::Active)
}

/// One hash in every case: against one that nothing matches where there is no password to compare with, or none that
/// can be read. Which of these it was, the answer does not tell (EN-3).
fn compare(
    hasher: &dyn PasswordHasher,
    typed: &PreparedPassword,
    stored: Option<&PasswordHash>,
) -> Result<(Verification, Option<HashError>), HashError> {
    let unreadable = match stored.map(|stored| hasher.verify(typed, stored)) {
        None => None,
        Some(Err(error)) if error.is_of_the_stored_hash() => Some(error),
        Some(verified) => return Ok((verified?, None)),
    };
    let _ = hasher.verify(typed, &hasher.dummy())?;
    Ok((Verification::Wrong, unreadable))
}

impl Inner {
    async fn sign_in(
        &self,
        identifier: &Identifier,
        password: &Password,
        client: &Client,
    ) -> Result<SignedIn, RecoveryError> {
        // What cannot be a password is nobody's: this does not depend on the account (PW-16).
        let Ok(prepared) = password.prepare() else { return Err(self.not_accepted(client)) };
        self.count_sign_in(identifier, client).await?;
        let found = self.accounts.find_by_identifier(identifier).await;
        let found = found.map_err(|error| self.unavailable("sign_in", error.into()))?;
        let account = usable(owners_first(identifier, found));
        let verified = self.verify(account.as_ref(), prepared).await;
        let (verification, prepared) = verified.map_err(|fault| self.unavailable("sign_in", fault))?;
        let Some(account) = account.filter(|_| verification != Verification::Wrong) else {
            return Err(self.not_accepted(client));
        };
        if verification == Verification::RightButOutdated {
            self.upgrade_hash(&account, prepared).await;
        }
        let [_, pair, typed] = self.sign_in_budgets(identifier, client, self.clock.read());
        // Who has lost the second factor gets as far as that with the password.
        let overtakes =
            Some(if account.factors.is_empty() { Overtaken::SignedIn } else { Overtaken::PasswordKnown });
        let clears = vec![pair.key, typed.key];
        let housekeeping = HouseKeeping { clears, overtakes, ..HouseKeeping::default() };
        let done = self.supersede_all(&account.id, housekeeping).await;
        done.map_err(|fault| self.unavailable("sign_in", fault))?;
        self.emit(RecoveryEvent::SignIn {
            accepted: true,
            account: Some(self.account_pseudonym(&account.id)),
            client: self.client_pseudonym(client),
        });
        let Account { id, factors, must_change_password, .. } = account;
        Ok(SignedIn { account: id, factors, must_change_password })
    }

    fn not_accepted(&self, client: &Client) -> RecoveryError {
        let client = self.client_pseudonym(client);
        self.emit(RecoveryEvent::SignIn { accepted: false, account: None, client });
        RecoveryError::NotAccepted
    }

    async fn count_sign_in(&self, identifier: &Identifier, client: &Client) -> Result<(), RecoveryError> {
        let at = self.clock.read();
        let mut commit = Commit::new(self.realm.clone());
        commit.spends = self.sign_in_budgets(identifier, client, at).to_vec();
        self.commit_within_budget("sign_in", commit, client, at).await
    }

    /// The network's, and then those that a success clears (RL-3).
    fn sign_in_budgets(&self, identifier: &Identifier, client: &Client, at: Moment) -> [Spend; 3] {
        let (limits, network) = (&self.limits, client.network());
        let typed = identifier.canonical().as_bytes();
        let pair = frame(&[typed, &network]);
        [
            self.spend("sign-in/client", &network, limits.sign_ins_per_client, at),
            self.spend("sign-in/pair", &pair, limits.sign_ins_per_identifier_and_client, at),
            self.spend("sign-in/identifier", typed, limits.sign_ins_per_identifier, at),
        ]
    }

    async fn verify(
        &self,
        account: Option<&Account>,
        prepared: PreparedPassword,
    ) -> Result<(Verification, PreparedPassword), Fault> {
        let stored: Option<PasswordHash> = account.and_then(|account| account.password.clone());
        let hasher = self.hasher.clone();
        let work = self.pool.run(move || {
            let compared = compare(&*hasher, &prepared, stored.as_ref())?;
            Ok::<_, Fault>((compared, prepared))
        });
        let ((verification, unreadable), prepared) = work.await??;
        if let Some(error) = unreadable {
            self.report("read_stored_hash", &error.into());
        }
        Ok((verification, prepared))
    }

    /// Fails in silence: the sign-in itself was right, and the next one tries again.
    async fn upgrade_hash(&self, account: &Account, prepared: PreparedPassword) {
        let Some(from) = account.password.clone() else { return };
        let result = match self.hash(prepared).await {
            Ok(to) => {
                let upgrade = HashUpgrade { account: account.id.clone(), from, to };
                self.accounts.upgrade_hash(&upgrade).await.map_err(Fault::from)
            }
            Err(fault) => Err(fault),
        };
        if let Err(fault) = result {
            self.report("upgrade_hash", &fault);
        }
    }

    async fn change_notice(&self, account: &AccountId) -> Result<Mailing, Fault> {
        let to =
            self.accounts.get(account).await?.map(|account| account.notice_addresses()).unwrap_or_default();
        let content = LetterContent::PasswordChanged { at: self.clock.read().now.to_datetime() };
        Ok(Mailing { to, content })
    }
}
