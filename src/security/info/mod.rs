//! `SecurityInfo`: what a signed-in owner sees and changes of what protects their account.
//!
//! One rule stands before every change: the session has to be at the account's highest level, and authenticated a short
//! time ago; else [`RecoveryError::StepUpRequired`], whatever was asked. Whose account it is comes from the session, so
//! that no name of a factor reaches another account's (CVE-2020-5240).
//!
//! A change is one commit: the record over the version that was read, the end of all live links (RC-7), a notice to every
//! address on file (NO-1), a line of the audit record.

mod addresses;
mod change;
mod factors;
#[cfg(feature = "questions")]
mod questions;
mod settle;
mod view;

#[cfg(feature = "questions")]
pub use questions::Answered;
pub use view::{
    AddressChanged, ChangeRefused, Confirmed, FactorLabel, FreshCodes, InvalidLabel, ProposalState,
    ProposalView, SecurityView, TotpEnrolment,
};

use crate::account::AddressOnFile;
use crate::client::Client;
use crate::error::RecoveryError;
use crate::factor::{FactorId, TotpCode};
use crate::recovery::Recovery;
use crate::security::AuthSession;
use change::StepUp;
use std::fmt;
use tracing::Instrument as _;

/// The security information of one signed-in owner: cheap to make, one for each request.
#[derive(Clone)]
pub struct SecurityInfo {
    recovery: Recovery,
    session: AuthSession,
    client: Client,
}

impl fmt::Debug for SecurityInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecurityInfo({:?})", self.session)
    }
}

impl Recovery {
    /// What protects the account of somebody who is signed in. The host vouches for the session; where the request came
    /// from goes into the audit record.
    #[must_use]
    pub fn security_info(&self, session: &AuthSession, client: &Client) -> SecurityInfo {
        SecurityInfo { recovery: self.clone(), session: session.clone(), client: *client }
    }
}

impl SecurityInfo {
    fn span(&self, doing: &'static str) -> tracing::Span {
        self.inner().span(doing, None)
    }

    /// All that protects the account. Asks for no step-up, writes nothing, and shows no secret.
    ///
    /// # Errors
    /// [`RecoveryError::StepUpRequired`] when the account is gone or not in use; [`RecoveryError::Unavailable`].
    pub async fn list(&self) -> Result<SecurityView, RecoveryError> {
        let at = self.inner().clock.read();
        let present = self.present(StepUp::No, at).instrument(self.span("security_info")).await?;
        Ok(self.view(&present))
    }

    /// Begins to bind an authenticator app: what to show, as text, as address and as QR code. It protects nothing until
    /// [`SecurityInfo::confirm_totp`]; what the same session began before is dropped.
    ///
    /// # Errors
    /// [`RecoveryError::StepUpRequired`]; [`RecoveryError::ChangeRefused`] with [`ChangeRefused::TooMany`] or
    /// [`ChangeRefused::Held`]; [`RecoveryError::TooManyAttempts`]; [`RecoveryError::Unavailable`].
    pub async fn begin_totp(&self, label: &FactorLabel) -> Result<TotpEnrolment, RecoveryError> {
        self.begin(label).instrument(self.span("begin_totp")).await
    }

    /// What [`SecurityInfo::begin_totp`] gave, once more in the same session, such as after a wrong code.
    ///
    /// # Errors
    /// [`RecoveryError::StepUpRequired`]; [`RecoveryError::ChangeRefused`] with [`ChangeRefused::NotThere`];
    /// [`RecoveryError::Unavailable`].
    pub async fn enrolment(&self, id: FactorId) -> Result<TotpEnrolment, RecoveryError> {
        let at = self.inner().clock.read();
        let present = self.present(StepUp::Fresh, at).instrument(self.span("enrolment")).await?;
        self.show(&present, id)
    }

    /// Binds the app by the first code that it shows. Up to 5 codes are compared; then one begins anew. Where the account
    /// has no recovery codes yet, ten come with it: they are shown now and never again.
    ///
    /// # Errors
    /// [`RecoveryError::StepUpRequired`]; [`RecoveryError::CodeNotUsable`] for a wrong code;
    /// [`RecoveryError::ChangeRefused`] with [`ChangeRefused::NotThere`] where nothing of that name was begun in this
    /// session, or too long ago, or too many codes were wrong, and with [`ChangeRefused::TooMany`];
    /// [`RecoveryError::TooManyAttempts`]; [`RecoveryError::Unavailable`].
    pub async fn confirm_totp(&self, id: FactorId, code: &TotpCode) -> Result<Confirmed, RecoveryError> {
        self.confirm(id, code).instrument(self.span("confirm_totp")).await
    }

    /// Unbinds a factor, or the set of recovery codes. With the last factor the recovery codes go.
    ///
    /// # Errors
    /// [`RecoveryError::StepUpRequired`]; [`RecoveryError::ChangeRefused`] with [`ChangeRefused::NotThere`];
    /// [`RecoveryError::TooManyAttempts`]; [`RecoveryError::Unavailable`].
    pub async fn remove(&self, id: FactorId) -> Result<(), RecoveryError> {
        self.unbind(id).instrument(self.span("remove_factor")).await
    }

    /// Switches a factor off at once, such as when a phone is gone: it stays bound, so the account is asked for a factor
    /// still, and this one is taken no more (MF-11). There is no way back but to remove it and bind it anew.
    ///
    /// # Errors
    /// As [`SecurityInfo::remove`].
    pub async fn disable(&self, id: FactorId) -> Result<(), RecoveryError> {
        self.switch_off(id).instrument(self.span("disable_factor")).await
    }

    /// Makes ten new recovery codes; the old ones are worth nothing from then on.
    ///
    /// # Errors
    /// As [`SecurityInfo::remove`], with [`ChangeRefused::NotThere`] for an account without a factor to stand in for.
    pub async fn regenerate_codes(&self) -> Result<FreshCodes, RecoveryError> {
        self.make_codes().instrument(self.span("regenerate_codes")).await
    }

    /// Proposes an address, in the place of one that is on file or as one more. A code goes to the new address, and nowhere
    /// else; nothing changes until it is typed (NO-5). A newer proposal takes the place of the older.
    ///
    /// # Errors
    /// [`RecoveryError::StepUpRequired`]; [`RecoveryError::ChangeRefused`] with [`ChangeRefused::AddressesElsewhere`],
    /// [`ChangeRefused::KindNotTaken`], [`ChangeRefused::OnFileAlready`], [`ChangeRefused::NotThere`] (the address to
    /// replace), [`ChangeRefused::TooMany`], [`ChangeRefused::ChangedLately`] or [`ChangeRefused::Held`]; [`RecoveryError::TooManyAttempts`];
    /// [`RecoveryError::Unavailable`].
    pub async fn propose_address(
        &self,
        address: &AddressOnFile,
        replaces: Option<&AddressOnFile>,
    ) -> Result<ProposalView, RecoveryError> {
        self.propose(address, replaces).instrument(self.span("propose_address")).await
    }

    /// Types the code that was sent to the proposed address. The address that is confirmed is the one that the code was
    /// sent to (CVE-2026-32700). Every address that was on file is told, and can dispute it for 7 days by the button of
    /// that letter.
    ///
    /// # Errors
    /// [`RecoveryError::StepUpRequired`] for a session below the account's level; [`RecoveryError::CodeNotUsable`]
    /// whatever is wrong with the code; [`RecoveryError::ChangeRefused`] as for [`SecurityInfo::propose_address`];
    /// [`RecoveryError::TooManyAttempts`]; [`RecoveryError::Unavailable`].
    pub async fn confirm_address(&self, code: &str) -> Result<AddressChanged, RecoveryError> {
        self.confirm_proposal(code).instrument(self.span("confirm_address")).await
    }
}
