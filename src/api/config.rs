//! How the API is served, and whose sessions it begins.

#[cfg(feature = "desk")]
use crate::desk::Desk;
use crate::recovery::SignedIn;
use crate::store::StoreError;
#[cfg(feature = "desk")]
use crate::web::StaffHost;
#[cfg(feature = "desk")]
use crate::web::desk::Counter;
use crate::web::{ClientAddress, SecurityHost};
use async_trait::async_trait;
use axum::http::HeaderMap;
use std::sync::Arc;

/// The host's sessions, for those who sign in over the API. It tells a request's session, and raises one, as for the pages.
///
/// ```
/// use async_trait::async_trait;
/// use axum::http::{HeaderMap, HeaderValue, header::SET_COOKIE};
/// use regain::api::ApiHost;
/// use regain::recovery::SignedIn;
/// use regain::security::AuthSession;
/// use regain::store::StoreError;
/// use regain::web::SecurityHost;
///
/// struct Portal;
///
/// #[async_trait]
/// impl SecurityHost for Portal {
///     async fn session(&self, _: &HeaderMap) -> Result<Option<AuthSession>, StoreError> { Ok(None) }
///     async fn raise(&self, _: &HeaderMap, _: SignedIn) -> Result<HeaderMap, StoreError> { Ok(HeaderMap::new()) }
/// }
///
/// #[async_trait]
/// impl ApiHost for Portal {
///     async fn open(&self, signed_in: SignedIn) -> Result<HeaderMap, StoreError> {
///         // Store a digest of fresh random bytes for `signed_in.account` here, and hand the bytes out.
///         let cookie = HeaderValue::from_static("__Host-session=…; Path=/; Secure; HttpOnly; SameSite=Strict");
///         Ok(HeaderMap::from_iter([(SET_COOKIE, cookie)]))
///     }
/// }
/// ```
#[async_trait]
pub trait ApiHost: SecurityHost {
    /// Somebody has proven all that the account asks for: a session begins. The headers, such as a `Set-Cookie` or one of
    /// the host's own with a bearer token, go out with the answer. With [`SignedIn::change_required`] the session does
    /// nothing but choose another password; [`SecurityHost::change_required`] has to tell so.
    ///
    /// # Errors
    /// [`StoreError`] when the session cannot be stored; the client is told to try again.
    async fn open(&self, signed_in: SignedIn) -> Result<HeaderMap, StoreError>;
}

/// How the API is served.
#[derive(Clone)]
pub struct ApiConfig {
    pub(super) client_address: ClientAddress,
    pub(super) sessions: Option<Arc<dyn ApiHost>>,
    #[cfg(feature = "desk")]
    pub(super) help: Option<Desk>,
    #[cfg(feature = "desk")]
    pub(super) counter: Option<Counter>,
}

impl ApiConfig {
    /// The steps of a recovery, with the address of a client taken from there.
    #[must_use]
    pub fn new(client_address: ClientAddress) -> Self {
        Self {
            client_address,
            sessions: None,
            #[cfg(feature = "desk")]
            help: None,
            #[cfg(feature = "desk")]
            counter: None,
        }
    }

    /// Sign-in and security information, too, in these sessions.
    #[must_use]
    pub fn sessions(self, sessions: Arc<dyn ApiHost>) -> Self {
        Self { sessions: Some(sessions), ..self }
    }

    /// A way to write to the support desk.
    #[cfg(feature = "desk")]
    #[must_use]
    pub fn help(self, desk: Desk) -> Self {
        Self { help: Some(desk), ..self }
    }

    /// The support desk itself, for the staff that this host knows, by the same rule as on the pages. Best in a service that
    /// only staff reach, with a router of its own: that for everybody is then built without it.
    #[cfg(feature = "desk")]
    #[must_use]
    pub fn desk(self, desk: Desk, host: Arc<dyn StaffHost>) -> Self {
        Self { counter: Some(Counter { desk, host }), ..self }
    }
}

impl std::fmt::Debug for ApiConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiConfig").field("client_address", &self.client_address).finish_non_exhaustive()
    }
}
