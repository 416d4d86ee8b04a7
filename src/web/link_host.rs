//! The host's own page beside a link, for accounts whose second factors are the host's own.

use crate::recovery::LinkView;
use crate::store::StoreError;
use crate::token::RecoveryToken;
use async_trait::async_trait;
use axum::response::Response;
use std::fmt;

/// Shows the host's page for its own factors beside a link: what
/// [`SessionHost::host_factor`](super::SessionHost::host_factor) is at a sign-in. See
/// [`WebConfig::link_host`](super::WebConfig::link_host).
///
/// ```
/// use async_trait::async_trait;
/// use axum::response::{Html, IntoResponse, Response};
/// use regain::RecoveryToken;
/// use regain::recovery::LinkView;
/// use regain::store::StoreError;
/// use regain::web::LinkHost;
///
/// struct Passkeys;
///
/// #[async_trait]
/// impl LinkHost for Passkeys {
///     async fn host_factor(
///         &self, token: &RecoveryToken, _: &LinkView,
///     ) -> Result<Option<Response>, StoreError> {
///         // The token is letters, digits, `-` and `_`. A script of the page asks the browser for the passkey.
///         let form = format!(
///             r#"<form method="post" action="/passkey/link"><input type="hidden" name="token" value="{}"></form>"#,
///             &*token.expose(),
///         );
///         Ok(Some(Html(form).into_response()))
///     }
/// }
/// ```
#[async_trait]
pub trait LinkHost: Send + Sync {
    /// A live link asks for a factor, and the account has one of the host's own
    /// ([`FactorKind::Host`](crate::factor::FactorKind::Host)). The page carries the token in a hidden field, never in an
    /// address; it gets a challenge from [`Recovery::link_challenge`](crate::recovery::Recovery::link_challenge), and hands
    /// the answer to [`Recovery::prove_factor`](crate::recovery::Recovery::prove_factor). Then it sends the token on, as a
    /// form to `/link` below the mount of [`router`](super::router), which goes on with what the link still asks for. Another
    /// form, to `/factor` with the fields `token` and `code`, takes a recovery code where the account has some.
    ///
    /// It gets the security headers of the other pages where it sets none of its own: its script is then a file of the same
    /// origin, and its answer goes as a form.
    ///
    /// With `None` regain's own page asks for a code, or says that people have to help where the account has none.
    ///
    /// # Errors
    /// [`StoreError`] when the page cannot be made; the person is asked to try again.
    async fn host_factor(
        &self,
        token: &RecoveryToken,
        view: &LinkView,
    ) -> Result<Option<Response>, StoreError>;
}

impl fmt::Debug for dyn LinkHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkHost")
    }
}
