//! What a form of a session carries beside its fields.
//!
//! A token that only a page of this session can have: made of the session's binding under a key of the ring, so that
//! nothing is stored, and nobody who knows a session's digest can make one. `Origin` and `Sec-Fetch-Site` are looked at
//! before; this is for browsers that send neither.

use crate::recovery::Recovery;
use crate::security::AuthSession;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// The name of the field.
pub(super) const FIELD: &str = "form";

/// The token for the forms of this session.
pub(super) fn token(recovery: &Recovery, session: &AuthSession) -> Zeroizing<String> {
    let mark = Zeroizing::new(recovery.0.pseudonyms.of("web/form", &session.binding));
    Zeroizing::new(Base64UrlUnpadded::encode_string(&*mark))
}

/// Whether a form comes from a page of this session.
pub(super) fn is_of(recovery: &Recovery, session: &AuthSession, sent: &str) -> bool {
    token(recovery, session).as_bytes().ct_eq(sent.as_bytes()).into()
}
