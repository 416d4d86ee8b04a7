//! Security information: what a signed-in person sees and changes of what protects the account.
//!
//! Whose account it is comes from the host's session alone, never from a form. A browser sends the session's cookie along
//! by itself, so each form also carries a token that only a page of this session can have (`form.rs`), and nothing is
//! changed by opening a page.

mod address;
mod app;
mod codes;
mod form;
mod member;
mod overview;
pub(super) mod pages;
mod password;
#[cfg(feature = "questions")]
mod questions;
mod refused;
mod remove;
mod step_up;

use crate::factor::FactorId;
use crate::recovery::{Recovery, SignedIn};
use crate::security::AuthSession;
use crate::store::StoreError;
use crate::web::{Site, Surface, WebConfig, finish};
use async_trait::async_trait;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Extension, Router};
use std::sync::Arc;

/// The host's sessions, for the pages of those who are signed in.
///
/// ```
/// use async_trait::async_trait;
/// use axum::http::HeaderMap;
/// use regain::recovery::SignedIn;
/// use regain::security::AuthSession;
/// use regain::store::StoreError;
/// use regain::web::SecurityHost;
///
/// struct Portal;
///
/// #[async_trait]
/// impl SecurityHost for Portal {
///     async fn session(&self, headers: &HeaderMap) -> Result<Option<AuthSession>, StoreError> {
///         // Look the cookie's digest up, and make an `AuthSession` of the row.
///         Ok(headers.get("cookie").and(None))
///     }
///     async fn raise(&self, headers: &HeaderMap, proven: SignedIn) -> Result<HeaderMap, StoreError> {
///         // End that session, begin one of `proven`, and set its cookie.
///         let _ = (headers, proven);
///         Ok(HeaderMap::new())
///     }
/// }
/// ```
#[async_trait]
pub trait SecurityHost: Send + Sync {
    /// The session that a request belongs to, if it is one that goes on.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be told; the person is asked to try again.
    async fn session(&self, headers: &HeaderMap) -> Result<Option<AuthSession>, StoreError>;

    /// Whether a session may do nothing but choose another password
    /// ([`SignedIn::change_required`](crate::recovery::SignedIn::change_required)). Every page then leads to that one.
    ///
    /// # Errors
    /// As [`SecurityHost::session`].
    async fn change_required(&self, headers: &HeaderMap) -> Result<bool, StoreError> {
        let _ = headers;
        Ok(false)
    }

    /// The person of this session has just proven all that the account asks for. The session goes on with the level and
    /// the time of `proven`, best under a new secret: a cookie that somebody else may have read before must not gain by it.
    /// The headers, such as a `Set-Cookie`, go out with the answer.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be stored; the person is asked to try again.
    async fn raise(&self, headers: &HeaderMap, proven: SignedIn) -> Result<HeaderMap, StoreError>;
}

/// The pages for security information, at `/security` or at [`WebConfig::security_at`]; merge it beside
/// [`router`](super::router), which has its style sheet and scripts.
///
/// | path | GET | POST |
/// |---|---|---|
/// | `/security` | apps, recovery codes, password, e-mail | - |
/// | `/security/app` | form for a name | begins to bind an app |
/// | `/security/app/confirm?factor=…` | QR code, key, field for the first code | turns it on; shows recovery codes once |
/// | `/security/codes` | asks whether one is sure | makes new codes, shows them once |
/// | `/security/remove?factor=…` | asks whether one is sure | removes it |
/// | `/security/password` | form | changes it; all sessions end |
/// | `/security/password-strength` | - | how the new one would be judged, as JSON for the page's script; sets nothing |
/// | `/security/email` | form | sends a code to the new address |
/// | `/security/questions` | three questions to choose and answer (feature `questions`) | sets them |
/// | `/security/questions/remove` | asks whether one is sure | removes them |
/// | `/security/email/confirm` | form for that code | changes the address |
/// | `/security/step-up?back=…` | form for password and code | raises the session, and goes back |
///
/// Whoever is not signed in is sent to the sign-in page.
pub fn security_router(recovery: Recovery, sessions: Arc<dyn SecurityHost>, config: WebConfig) -> Router {
    let at = |path: &str| format!("{}{path}", config.security);
    let routes = Router::new()
        .route(&at(""), get(overview::show))
        .route(&at("/app"), get(app::name_form).post(app::begin))
        .route(&at("/app/confirm"), get(app::show).post(app::confirm))
        .route(&at("/codes"), get(codes::ask).post(codes::renew))
        .route(&at("/remove"), get(remove::ask).post(remove::remove))
        .route(&at("/password"), get(password::form).post(password::change))
        .route(&at("/password-strength"), post(password::weigh))
        .route(&at("/email"), get(address::form).post(address::propose))
        .route(&at("/email/confirm"), get(address::code_form).post(address::confirm))
        .route(&at("/step-up"), get(step_up::form).post(step_up::prove))
        .merge(questions(&config.security))
        .route_layer(Extension(sessions));
    finish(routes, Site { recovery, config, surface: Surface::Session })
}

/// The pages for security questions, where there are any.
#[cfg(feature = "questions")]
fn questions(mount: &str) -> Router<Arc<Site>> {
    Router::new()
        .route(&format!("{mount}/questions"), get(questions::choose).post(questions::set))
        .route(&format!("{mount}/questions/remove"), get(questions::ask_removal).post(questions::remove))
}

#[cfg(not(feature = "questions"))]
fn questions(_: &str) -> Router<Arc<Site>> {
    Router::new()
}

/// The name of a factor, as our own pages write it.
fn factor_id(typed: &str) -> Option<FactorId> {
    let digits = typed.as_bytes();
    if digits.len() != 32
        || !digits.iter().all(|digit| digit.is_ascii_digit() || matches!(digit, b'a'..=b'f'))
    {
        return None;
    }
    u128::from_str_radix(typed, 16).ok().map(|number| FactorId::from_bytes(number.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factors_name_has_one_spelling() {
        let id = FactorId::from_bytes([0x0a; 16]);
        assert_eq!(factor_id(&id.to_string()), Some(id));
        let text = id.to_string();
        for other in
            ["", "0", &text.to_uppercase(), &format!("+{}", &text[1..]), &format!("{text}0"), &text[1..]]
        {
            assert_eq!(factor_id(other), None, "{other:?}");
        }
    }
}
