//! What is said when a change is not made.

use super::step_up::Back;
use crate::error::RecoveryError;
use crate::security::ChangeRefused;
use crate::web::Site;
use crate::web::answer::Notice;
use axum::response::Response;

impl Site {
    /// The answer to an error, where the form has none of its own. Whoever has to show once more who they are comes back to
    /// where they were.
    pub(super) fn refused(&self, error: RecoveryError, back: Back) -> Response {
        match error {
            RecoveryError::StepUpRequired | RecoveryError::FactorNeeded => self.to_step_up(back),
            RecoveryError::ChangeRefused(reason) => self.notice(&Notice::Unchanged(words(reason))),
            error => self.error(error),
        }
    }
}

fn words(reason: ChangeRefused) -> &'static str {
    match reason {
        ChangeRefused::NotThere => {
            "What you wanted to change is not there any more, or was begun too long ago. Please look, and begin again."
        }
        ChangeRefused::TooMany => "You have as many as you can have. Remove one first.",
        ChangeRefused::Held => {
            "For now nothing of this can be changed, because somebody said “this wasn’t me” a short time ago, or because \
             your account is being looked into."
        }
        ChangeRefused::ChangedLately => {
            "Your addresses were changed several times in the last days. Please wait a few days, or contact us."
        }
        ChangeRefused::AddressesElsewhere => "Addresses are not changed on this page. Please contact us.",
        ChangeRefused::KindNotTaken => "Only e-mail addresses can be used here.",
        #[cfg(feature = "questions")]
        ChangeRefused::Answer(why) => super::questions::words(why),
        ChangeRefused::OnFileAlready => "We have this address on file for you already.",
    }
}
