//! The first step: the password. One count, one look-up, one count, one hash, whoever it is.

use super::factor::Whole;
use super::ticket::{Claims, TICKET_LIFE};
use super::{ChangeReason, PendingSignIn, SignInStep, SignInTicket, SignedIn};
use crate::account::{Account, AccountStatus, HashUpgrade};
use crate::budget::{Quota, Spend};
use crate::client::Client;
use crate::clock::Moment;
use crate::error::{Fault, RecoveryError};
use crate::events::RecoveryEvent;
use crate::factor::AuthLevel;
use crate::flow::Window;
use crate::identity::Identifier;
use crate::ids::AccountId;
use crate::keys::Place;
use crate::password::{HashError, Password, PasswordHash, PasswordHasher, PreparedPassword, Verification};
use crate::recovery::Inner;
use crate::recovery::password::{Protected, policy_context};
use crate::recovery::resolve::{only, owners_first};
use crate::security::record::Record;
use crate::store::{Commit, Committed};
use crate::wire::frame;
use time::Duration;

/// Wrong passwords in a row that are compared for one account: NIST SP 800-63B-4 3.2.2 allows no more than 100.
const WRONG_PASSWORDS: u32 = 100;
/// As good as for ever: only a success or a recovery clears the count.
const FOR_EVER: Duration = Duration::days(36_500);
/// What names no account is forgotten after a while, so that nobody fills the table for good.
const OF_NOBODY: Duration = Duration::DAY;

/// Whose password is tried.
#[derive(Clone, Copy)]
pub(super) enum Whose<'a> {
    Account(&'a AccountId),
    /// Nobody's: what was typed instead.
    Nobody(&'a [u8]),
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
    pub(super) async fn sign_in(
        &self,
        identifier: &Identifier,
        password: &Password,
        client: &Client,
    ) -> Result<SignInStep, RecoveryError> {
        // What cannot be a password is nobody's: this does not depend on the account (PW-16).
        let Ok(prepared) = password.prepare() else { return Err(self.not_accepted(client)) };
        let length = prepared.code_points();
        self.count_sign_in(identifier, client).await?;
        let found = self.accounts.find_by_identifier(identifier).await;
        let found = found.map_err(|error| self.unavailable("sign_in", error.into()))?;
        let account = usable(owners_first(identifier, found));
        let typed = identifier.canonical().as_bytes();
        let whose = account.as_ref().map_or(Whose::Nobody(typed), |account| Whose::Account(&account.id));
        let right = self.try_password(whose, account.as_ref(), prepared, client).await?;
        let Some((account, (verification, prepared))) = account.zip(right) else {
            return Err(self.not_accepted(client));
        };
        let result = async {
            let account = match verification {
                Verification::RightButOutdated => self.upgrade_hash(account, prepared).await?,
                _ => account,
            };
            self.after_password(&account, length, identifier, client).await
        };
        result.await.map_err(|fault| self.unavailable("sign_in", fault))
    }

    /// Counts and compares a password: `None` if it is wrong, or the account's password is shut.
    pub(super) async fn try_password(
        &self,
        whose: Whose<'_>,
        account: Option<&Account>,
        prepared: PreparedPassword,
        client: &Client,
    ) -> Result<Option<(Verification, PreparedPassword)>, RecoveryError> {
        let tried = async {
            let within = self.count_password(whose).await?;
            let (verification, prepared) = self.verify(account, prepared).await?;
            if let (false, Some(account)) = (within, account) {
                let account = self.account_pseudonym(&account.id);
                let client = self.client_pseudonym(client);
                self.emit(RecoveryEvent::PasswordShut { account, client });
            }
            Ok((within && verification.is_right()).then_some((verification, prepared)))
        };
        tried.await.map_err(|fault| self.unavailable("sign_in", fault))
    }

    /// The password was right: what is still needed.
    async fn after_password(
        &self,
        account: &Account,
        length: usize,
        identifier: &Identifier,
        client: &Client,
    ) -> Result<SignInStep, Fault> {
        let record = self.security(&account.id).await?.record;
        let at = self.clock.read();
        let [_, pair, typed] = self.sign_in_budgets(identifier, client, at);
        let clears = [pair.key, typed.key];
        if record.is_protected(&account.factors) {
            let epoch = record.recovery_epoch(&account.epoch());
            let window = Window::open(at, TICKET_LIFE);
            let claims = Claims { account: account.id.clone(), epoch, window, length, clears };
            let sealed = self.sealer.seal(&*self.entropy, self.ticket_place(), &claims.to_bytes())?;
            self.emit(RecoveryEvent::FactorAsked {
                account: self.account_pseudonym(&account.id),
                client: self.client_pseudonym(client),
            });
            return Ok(SignInStep::FactorNeeded(PendingSignIn {
                ticket: SignInTicket::new(sealed),
                kinds: record.kinds(self.host_factors_of(account)),
                expires_at: window.expires_at.to_datetime(),
            }));
        }
        let whole =
            Whole { doing: "sign_in", account, proven: None, clears: clears.to_vec(), client: *client, at };
        self.complete_by_password(&whole).await?;
        Ok(SignInStep::SignedIn(SignedIn {
            account: account.id.clone(),
            level: AuthLevel::Password,
            authenticated_at: at.now,
            change_required: self.change_required(account, &record, length),
        }))
    }

    /// No row: nothing of a ticket is stored.
    pub(super) fn ticket_place(&self) -> Place<'_> {
        Place { realm: &self.realm, row: &[0; 16], column: "sign-in" }
    }

    pub(super) fn change_required(
        &self,
        account: &Account,
        record: &Record,
        length: usize,
    ) -> Option<ChangeReason> {
        let protected = Protected(record.is_protected(&account.factors));
        let too_short = length < self.policy.floor(&policy_context(account, protected));
        if record.compromised_at.is_some() {
            return Some(ChangeReason::Compromised);
        }
        if account.must_change_password {
            return Some(ChangeReason::ByHost);
        }
        too_short.then_some(ChangeReason::TooShort)
    }

    pub(super) fn not_accepted(&self, client: &Client) -> RecoveryError {
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

    /// Counts one try at a password in its own commit (RL-7): whether it may be compared. For nobody there is a count just
    /// the same (EN-4).
    async fn count_password(&self, whose: Whose<'_>) -> Result<bool, Fault> {
        let at = self.clock.read();
        let mut commit = Commit::new(self.realm.clone());
        commit.spends.push(self.password_budget(whose, at));
        if self.flows.commit(commit).await? == Committed::Done {
            return Ok(true);
        }
        // A refusal writes nothing. What is not compared any more is written down all the same: a shut password, which is
        // shut for longer than nobody's, would be told by the time that a durable commit takes.
        let mut commit = Commit::new(self.realm.clone());
        let subject = match whose {
            Whose::Account(id) => id.as_str().as_bytes(),
            Whose::Nobody(typed) => typed,
        };
        commit.spends.push(self.spend("password/shut", subject, Quota::new(u32::MAX, OF_NOBODY), at));
        self.flows.commit(commit).await?;
        Ok(false)
    }

    pub(super) fn password_budget(&self, whose: Whose<'_>, at: Moment) -> Spend {
        let (kind, subject, period) = match whose {
            Whose::Account(id) => ("password/account", id.as_str().as_bytes(), FOR_EVER),
            Whose::Nobody(typed) => ("password/nobody", typed, OF_NOBODY),
        };
        self.spend(kind, subject, Quota::new(WRONG_PASSWORDS, period), at)
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

    /// Gives the account as it is with the new hash. Fails in silence: the sign-in itself was right, and the next one tries
    /// again.
    async fn upgrade_hash(&self, account: Account, prepared: PreparedPassword) -> Result<Account, Fault> {
        let Some(from) = account.password.clone() else { return Ok(account) };
        let upgraded = async {
            let to = self.hash(prepared).await?;
            let upgrade = HashUpgrade { account: account.id.clone(), from: from.clone(), to: to.clone() };
            self.accounts.upgrade_hash(&upgrade).await?;
            Ok::<_, Fault>(to)
        };
        let to = match upgraded.await {
            Ok(to) => to,
            Err(fault) => {
                self.report("upgrade_hash", &fault);
                return Ok(account);
            }
        };
        // A host may leave the hash as it is. And a password that was changed meanwhile is not the one that was typed.
        let present = self.accounts.get(&account.id).await?;
        let is_upgraded = present.is_some_and(|present| present.password.as_ref() == Some(&to));
        Ok(if is_upgraded { Account { password: Some(to), ..account } } else { account })
    }
}
