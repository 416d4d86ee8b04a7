//! Without the feature `templates` every mail is regain's own.

use crate::mail::letter::{Drafted, Piece};
use zeroize::Zeroizing;

/// None.
#[derive(Debug, Clone, Default)]
pub(crate) struct MailTemplates(());

impl MailTemplates {
    #[expect(clippy::unused_self, reason = "with the feature it has templates")]
    pub(super) fn write(&self, _: Piece, _: &Drafted<'_>) -> Option<Zeroizing<String>> {
        None
    }
}
