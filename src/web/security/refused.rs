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

/// The key of why.
fn words(reason: ChangeRefused) -> &'static str {
    match reason {
        ChangeRefused::NotThere => "unchanged.not-there",
        ChangeRefused::TooMany => "unchanged.too-many",
        ChangeRefused::Held => "unchanged.held",
        ChangeRefused::ChangedLately => "unchanged.changed-lately",
        ChangeRefused::AddressesElsewhere => "unchanged.elsewhere",
        ChangeRefused::KindNotTaken => "unchanged.kind",
        #[cfg(feature = "questions")]
        ChangeRefused::Answer(why) => super::questions::words(why),
        ChangeRefused::OnFileAlready => "unchanged.on-file",
    }
}
