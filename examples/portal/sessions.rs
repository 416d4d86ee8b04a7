//! The portal's own sessions: random cookies, of which the accounts' table keeps digests. A new password ends them.

use crate::users::Users;
use crate::users_sessions::Session;
use async_trait::async_trait;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use regain::clock::{Clock, Timestamp};
use regain::entropy::{Entropy as _, EntropyError, SystemEntropy};
use regain::recovery::SignedIn;
use regain::security::AuthSession;
use regain::store::StoreError;
use regain::web::{SecurityHost, SessionHost};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use time::Duration;

/// After this long one has to sign in again.
const LIFE: Duration = Duration::hours(8);
/// Where somebody chooses another password.
pub const CHANGE_PASSWORD: &str = "/security/password";

/// All that is kept of a secret of a session.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// 256 random bits as text.
pub fn random_secret() -> Result<String, EntropyError> {
    let mut secret = [0; 32];
    SystemEntropy.fill(&mut secret)?;
    Ok(Base64UrlUnpadded::encode_string(&secret))
}

/// The value of a cookie.
pub fn cookie_in<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// Sessions as cookies.
pub struct Portal {
    pub accounts: Arc<Users>,
    pub secure: bool,
    pub clock: Arc<dyn Clock>,
}

impl Portal {
    fn now(&self) -> Timestamp {
        self.clock.now().into()
    }

    /// The session that a request belongs to.
    pub async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<Session>, StoreError> {
        match self.secret(headers) {
            Some(secret) => self.accounts.session(&digest(secret), self.now()).await,
            None => Ok(None),
        }
    }

    /// Begins a session, and gives its cookie: 256 random bits, of which only a digest is kept.
    async fn begin_session(&self, signed_in: SignedIn) -> Result<String, StoreError> {
        let secret = random_secret().map_err(|error| StoreError::new("begin a session", error))?;
        let session = Session {
            account: signed_in.account,
            level: signed_in.level,
            authenticated_at: signed_in.authenticated_at,
            change_required: signed_in.change_required.is_some(),
        };
        self.accounts.begin_session(&digest(&secret), &session, self.now().plus(LIFE)).await?;
        Ok(self.cookie(&secret, ""))
    }

    async fn end_session(&self, headers: &HeaderMap) -> Result<(), StoreError> {
        match self.secret(headers) {
            Some(secret) => self.accounts.end_session(&digest(secret)).await,
            None => Ok(()),
        }
    }

    /// Ends the session of a request, and takes the cookie back.
    pub async fn sign_out(&self, headers: &HeaderMap, to: &str) -> Result<Response, StoreError> {
        self.end_session(headers).await?;
        Ok(see_other(to, &self.cookie("", "; Max-Age=0")))
    }

    /// With `__Host-`, browsers take the cookie only from this very host, and only over https.
    fn name(&self) -> &'static str {
        if self.secure { "__Host-session" } else { "session" }
    }

    fn cookie(&self, secret: &str, more: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={secret}; Path=/; HttpOnly; SameSite=Strict{secure}{more}", self.name())
    }

    fn secret<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        cookie_in(headers, self.name())
    }
}

#[async_trait]
impl SessionHost for Portal {
    async fn begin(&self, signed_in: SignedIn) -> Result<Response, StoreError> {
        let to = if signed_in.change_required.is_some() { CHANGE_PASSWORD } else { "/" };
        let cookie = self.begin_session(signed_in).await?;
        Ok(see_other(to, &cookie))
    }
}

#[async_trait]
impl SecurityHost for Portal {
    async fn session(&self, headers: &HeaderMap) -> Result<Option<AuthSession>, StoreError> {
        let Some(secret) = self.secret(headers) else { return Ok(None) };
        let session = self.accounts.session(&digest(secret), self.now()).await?;
        Ok(session.map(|Session { account, level, authenticated_at, .. }| AuthSession {
            account,
            level,
            authenticated_at,
            binding: digest(secret),
        }))
    }

    async fn change_required(&self, headers: &HeaderMap) -> Result<bool, StoreError> {
        Ok(self.signed_in(headers).await?.is_some_and(|session| session.change_required))
    }

    /// Under a new secret: whoever saw the old cookie gains nothing.
    async fn raise(&self, headers: &HeaderMap, proven: SignedIn) -> Result<HeaderMap, StoreError> {
        let cookie = self.begin_session(proven).await?;
        self.end_session(headers).await?;
        set_cookie(&cookie)
    }
}

#[cfg(feature = "api")]
#[async_trait]
impl regain::api::ApiHost for Portal {
    async fn open(&self, signed_in: SignedIn) -> Result<HeaderMap, StoreError> {
        set_cookie(&self.begin_session(signed_in).await?)
    }
}

fn set_cookie(cookie: &str) -> Result<HeaderMap, StoreError> {
    let cookie = HeaderValue::from_str(cookie).map_err(|error| StoreError::new("set a cookie", error))?;
    Ok(HeaderMap::from_iter([(SET_COOKIE, cookie)]))
}

pub fn see_other(to: &str, cookie: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, cookie)]).into_response()
}
