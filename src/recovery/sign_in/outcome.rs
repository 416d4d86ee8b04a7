//! What comes of a sign-in.

use super::SignInTicket;
use crate::clock::Timestamp;
use crate::factor::{AuthLevel, FactorKind};
use crate::flow::coded;
use crate::ids::AccountId;
use time::OffsetDateTime;

/// Where a sign-in stands after the password.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SignInStep {
    /// The person is signed in: the host makes the session.
    SignedIn(SignedIn),
    /// The password was right, and a second factor is needed. There is no session yet.
    FactorNeeded(PendingSignIn),
}

/// Somebody has proven all that the account asks for. The host makes the session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedIn {
    /// Whose.
    pub account: AccountId,
    /// How strongly.
    pub level: AuthLevel,
    /// When.
    pub authenticated_at: Timestamp,
    /// Why the person must choose a new password before anything else: the host lets a session do nothing but
    /// [`change_password`](crate::Recovery::change_password) then.
    pub change_required: Option<ChangeReason>,
}

coded! {
    /// Why a password has to be changed.
    ChangeReason {
        /// The host says so ([`Account::must_change_password`](crate::account::Account::must_change_password)).
        ByHost = "by_host",
        /// It is known to be compromised (PW-6; [`mark_password_compromised`](crate::Recovery::mark_password_compromised)).
        Compromised = "compromised",
        /// It is shorter than what the account needs now that no second factor stands before it any more (PW-1).
        TooShort = "too_short",
    }
}

/// A sign-in that waits for a second factor. It says nothing of the account but the kinds of its factors.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PendingSignIn {
    /// What the browser sends back with the factor: a secret.
    pub ticket: SignInTicket,
    /// What the person can prove, each kind once; none where the host's own factors are not wired up, or all that there are
    /// were disabled: then only recovery through the support desk helps.
    pub kinds: Vec<FactorKind>,
    /// From when on it is too late.
    pub expires_at: OffsetDateTime,
}
