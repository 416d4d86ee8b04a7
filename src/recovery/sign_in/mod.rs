//! Signing in: password, then factor, with one hash whoever it is, and answers that tell nothing.
//!
//! Whatever is tried is counted and committed before it is compared, the password for the account (RL-1, RL-4) and each
//! factor on its own (RL-3). What succeeds clears its own count only; and nothing is cleared, and no link dies, before all
//! that the account asks for was proven.
//!
//! regain keeps no sessions. Between password and factor the browser holds a [`SignInTicket`]; afterwards the host makes a
//! session out of [`SignedIn`].

mod change;
mod factor;
mod link_factor;
mod outcome;
mod password;
mod step_up;
mod ticket;

pub use outcome::{ChangeReason, PendingSignIn, SignInStep, SignedIn};
pub use ticket::{SIGN_IN_TICKET_LENGTH, SignInTicket};

use crate::client::Client;
use crate::desk::stops::Overtaken;
use crate::error::{Fault, RecoveryError};
use crate::factor::FactorProof;
use crate::identity::Identifier;
use crate::ids::AccountId;
use crate::mail::LetterContent;
use crate::password::Password;
use crate::recovery::step::{HouseKeeping, Mailing};
use crate::recovery::{Chosen, Inner, LinkView, Recovery};
use crate::security::AuthSession;
use crate::token::RecoveryToken;
use tracing::Instrument as _;

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
    /// Where the account has a second factor, what comes back is a ticket for [`Recovery::sign_in_factor`].
    ///
    /// 100 wrong passwords in a row for one account shut its password: from then on the answer is the same as for a wrong
    /// one, until a recovery sets a new one (RL-1; NIST SP 800-63B-4 3.2.2 allows at most 100).
    ///
    /// # Errors
    /// [`RecoveryError::NotAccepted`] whatever is wrong; [`RecoveryError::TooManyAttempts`], the same for any identifier;
    /// [`RecoveryError::Unavailable`].
    pub async fn sign_in(
        &self,
        identifier: &Identifier,
        password: &Password,
        client: &Client,
    ) -> Result<SignInStep, RecoveryError> {
        self.0.sign_in(identifier, password, client).instrument(self.0.span("sign_in", None)).await
    }

    /// The second step of a sign-in. A factor is disabled after 10 tries in a row that fail; its owner gets a notice, and
    /// binds it anew through recovery or the support desk.
    ///
    /// # Errors
    /// [`RecoveryError::FactorNotAccepted`] whatever is wrong with the ticket or the proof;
    /// [`RecoveryError::TooManyAttempts`] for the client's network; [`RecoveryError::Unavailable`].
    pub async fn sign_in_factor(
        &self,
        ticket: &SignInTicket,
        proof: &FactorProof,
        client: &Client,
    ) -> Result<SignedIn, RecoveryError> {
        let span = self.0.span("sign_in_factor", None);
        self.0.sign_in_factor(ticket, proof, client).instrument(span).await
    }

    /// A challenge of the host's own factors for this sign-in, where it has any
    /// ([`HostFactors`](crate::security::HostFactors)). Writes nothing of regain's.
    ///
    /// # Errors
    /// [`RecoveryError::FactorNotAccepted`] for a ticket that is of no use; [`RecoveryError::Unavailable`].
    pub async fn sign_in_challenge(&self, ticket: &SignInTicket) -> Result<Option<Vec<u8>>, RecoveryError> {
        let span = self.0.span("sign_in_challenge", None);
        self.0.sign_in_challenge(ticket).instrument(span).await
    }

    /// A signed-in person proves all that the account asks for once more, before something that needs it (MF-8): password
    /// and factor in one call. The host puts level and time of what comes back into the session.
    ///
    /// # Errors
    /// [`RecoveryError::NotAccepted`] for a wrong password, or an account that is not in use; then
    /// [`RecoveryError::FactorNeeded`] where there is no proof and should be one, and [`RecoveryError::FactorNotAccepted`].
    /// [`RecoveryError::TooManyAttempts`]; [`RecoveryError::Unavailable`].
    pub async fn step_up(
        &self,
        session: &AuthSession,
        password: &Password,
        proof: Option<&FactorProof>,
        client: &Client,
    ) -> Result<SignedIn, RecoveryError> {
        self.0.step_up(session, password, proof, client).instrument(self.0.span("step_up", None)).await
    }

    /// A challenge of the host's own factors for [`Recovery::step_up`]. Writes nothing of regain's.
    ///
    /// # Errors
    /// [`RecoveryError::Unavailable`].
    pub async fn step_up_challenge(&self, session: &AuthSession) -> Result<Option<Vec<u8>>, RecoveryError> {
        let span = self.0.span("step_up_challenge", None);
        self.0.step_up_challenge(session).instrument(span).await
    }

    /// Proves the second factor for a link. Afterwards the link chooses a password: the factor stays as it is.
    ///
    /// 5 wrong proofs end the link, and 10 a day are compared for one account.
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`]; [`RecoveryError::FactorNotAccepted`] whatever is wrong with the proof;
    /// [`RecoveryError::TooManyAttempts`] for the client's network; [`RecoveryError::Unavailable`].
    pub async fn prove_factor(
        &self,
        token: &RecoveryToken,
        proof: &FactorProof,
        client: &Client,
    ) -> Result<LinkView, RecoveryError> {
        let span = self.0.span("prove_factor", Some(token.flow()));
        self.0.prove_factor(token, proof, client).instrument(span).await
    }

    /// A challenge of the host's own factors for [`Recovery::prove_factor`]. Writes nothing of regain's.
    ///
    /// # Errors
    /// [`RecoveryError::LinkNotUsable`]; [`RecoveryError::Unavailable`].
    pub async fn link_challenge(&self, token: &RecoveryToken) -> Result<Option<Vec<u8>>, RecoveryError> {
        let span = self.0.span("link_challenge", Some(token.flow()));
        self.0.link_challenge(token).instrument(span).await
    }

    /// A signed-in person chooses a new password. The present one is asked for and counted as in a sign-in, since a session
    /// is no substitute for it (PW-13); the session must have been made with the second factor where there is one. It goes
    /// by the same rules and the same durable steps as a recovery: all sessions end, links die, and every address on file
    /// gets a notice.
    ///
    /// # Errors
    /// [`RecoveryError::NotAccepted`] for a wrong password, or an account that takes no new one;
    /// [`RecoveryError::FactorNeeded`] where the session is too weak ([`Recovery::step_up`]);
    /// [`RecoveryError::PasswordRefused`]; [`RecoveryError::TooManyAttempts`]; [`RecoveryError::Unavailable`].
    pub async fn change_password(
        &self,
        session: &AuthSession,
        present: &Password,
        new: &Password,
        client: &Client,
    ) -> Result<Chosen, RecoveryError> {
        let span = self.0.span("change_password", None);
        self.0.change_password(session, present, new, client).instrument(span).await
    }

    /// The password of an account is known to be compromised, such as from a breach elsewhere: the next sign-in says that it
    /// has to be changed (PW-6). A new password clears that. Does nothing where there is no such account.
    ///
    /// # Errors
    /// [`RecoveryError::Unavailable`].
    pub async fn mark_password_compromised(&self, account: &AccountId) -> Result<(), RecoveryError> {
        let inner = &*self.0;
        let marked = inner.mark_compromised(account).instrument(inner.span("mark_compromised", None)).await;
        marked.map_err(|fault| inner.unavailable("mark_compromised", fault))
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
            Credential::Password => inner.change_notice(account).await,
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

impl Inner {
    async fn change_notice(&self, account: &AccountId) -> Result<Option<Mailing>, Fault> {
        let on_file = self.accounts.get(account).await?;
        let content = LetterContent::PasswordChanged { at: self.clock.read().now.to_datetime() };
        Ok(on_file.map(|account| Mailing::notice(&account, content)))
    }
}
