//! The page for the second step, after a password and beside a link: one field for every kind of code.

use crate::factor::{FactorKind, FactorProof};
use crate::web::Site;
use crate::web::page::FactorPage;
use axum::http::StatusCode;
use axum::response::Response;
use zeroize::Zeroizing;

/// What the second step belongs to. The form carries it: a secret.
pub(super) enum Beside {
    /// The ticket of a sign-in.
    SignIn(Zeroizing<String>),
    /// The token of a link.
    Link(Zeroizing<String>),
}

/// Whether the page follows a code that was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tried {
    NotYet,
    Refused,
}

/// Whether the page has anything to ask for: codes, not the host's own factors.
pub(super) fn takes_codes(kinds: &[FactorKind]) -> bool {
    kinds.iter().any(|kind| matches!(kind, FactorKind::Totp | FactorKind::RecoveryCodes))
}

/// What was typed, if it can be a code at all. What cannot is answered like a wrong one.
pub(super) fn typed(code: &str) -> Option<FactorProof> {
    FactorProof::parse(code).ok()
}

impl Site {
    pub(super) fn factor_page(&self, beside: Beside, tried: Tried) -> Response {
        let links = self.recovery.links();
        let (action, proof_name, proof, from_link) = match beside {
            Beside::SignIn(ticket) => (format!("{}/factor", links.sign_in_path()), "ticket", ticket, false),
            Beside::Link(token) => (format!("{}/factor", links.mount()), "token", token, true),
        };
        let refused = tried == Tried::Refused;
        let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let page = FactorPage { frame: self.frame(), action, proof_name, proof, from_link, refused };
        self.page(status, &page)
    }
}
