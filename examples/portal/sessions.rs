//! The portal's own sessions: random cookies, of which the accounts' table keeps digests. A new password ends them.

use crate::users::Users;
use async_trait::async_trait;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use regain::clock::{Clock, Timestamp};
use regain::entropy::{Entropy as _, EntropyError, SystemEntropy};
use regain::ids::AccountId;
use regain::recovery::SignedIn;
use regain::store::StoreError;
use regain::web::SessionHost;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use time::Duration;

/// After this long one has to sign in again.
const LIFE: Duration = Duration::hours(8);

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

    /// Whose session a request belongs to.
    pub async fn account(&self, headers: &HeaderMap) -> Result<Option<AccountId>, StoreError> {
        match self.secret(headers) {
            Some(secret) => self.accounts.session(&digest(secret), self.now()).await,
            None => Ok(None),
        }
    }

    /// Begins a session, and gives its secret: 256 random bits, of which only a digest is kept.
    async fn begin_session(&self, account: &AccountId) -> Result<String, StoreError> {
        let secret = random_secret().map_err(|error| StoreError::new("begin a session", error))?;
        let now = self.now();
        self.accounts.begin_session(&digest(&secret), account, now, now.plus(LIFE)).await?;
        Ok(secret)
    }

    /// Ends the session of a request, and takes the cookie back.
    pub async fn sign_out(&self, headers: &HeaderMap, to: &str) -> Result<Response, StoreError> {
        if let Some(secret) = self.secret(headers) {
            self.accounts.end_session(&digest(secret)).await?;
        }
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
        // Made-up people need not. A real portal asks for a new password at this point.
        if signed_in.change_required.is_some() {
            return Ok((StatusCode::FORBIDDEN, "This example changes no passwords.").into_response());
        }
        let secret = self.begin_session(&signed_in.account).await?;
        Ok(see_other("/", &self.cookie(&secret, "")))
    }
}

pub fn see_other(to: &str, cookie: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, cookie)]).into_response()
}
