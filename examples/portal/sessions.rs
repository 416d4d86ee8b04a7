//! The portal's own sessions: random cookies, of which only digests are kept.

use async_trait::async_trait;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use regain::entropy::{Entropy as _, SystemEntropy};
use regain::ids::AccountId;
use regain::recovery::SignedIn;
use regain::store::StoreError;
use regain::web::SessionHost;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After this long one has to sign in again.
const LIFE: Duration = Duration::from_secs(8 * 60 * 60);

type Digest = [u8; 32];

struct Session {
    account: AccountId,
    begun: Instant,
}

/// Live sessions, by the digest of their secret.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<Digest, Session>>);

impl Sessions {
    /// Begins a session, and gives its secret: 256 random bits.
    fn begin(&self, account: AccountId) -> Result<String, StoreError> {
        let mut secret = [0; 32];
        SystemEntropy.fill(&mut secret).map_err(|error| StoreError::new("begin a session", error))?;
        let secret = Base64UrlUnpadded::encode_string(&secret);
        let mut live = self.live();
        live.retain(|_, session| session.begun.elapsed() < LIFE);
        live.insert(digest(&secret), Session { account, begun: Instant::now() });
        Ok(secret)
    }

    fn of(&self, secret: &str) -> Option<AccountId> {
        let live = self.live();
        let session = live.get(&digest(secret)).filter(|session| session.begun.elapsed() < LIFE)?;
        Some(session.account.clone())
    }

    fn end(&self, secret: &str) {
        self.live().remove(&digest(secret));
    }

    /// Ends all sessions of an account: its password was set.
    pub fn end_all(&self, account: &AccountId) {
        self.live().retain(|_, session| session.account != *account);
    }

    fn live(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(secret: &str) -> Digest {
    Sha256::digest(secret.as_bytes()).into()
}

/// Sessions as cookies.
pub struct Portal {
    pub sessions: Arc<Sessions>,
    pub secure: bool,
}

impl Portal {
    /// Whose session a request belongs to.
    pub fn account(&self, headers: &HeaderMap) -> Option<AccountId> {
        self.sessions.of(self.secret(headers)?)
    }

    /// Ends the session of a request, and takes the cookie back.
    pub fn sign_out(&self, headers: &HeaderMap, to: &str) -> Response {
        if let Some(secret) = self.secret(headers) {
            self.sessions.end(secret);
        }
        see_other(to, &self.cookie("", "; Max-Age=0"))
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
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name()).map(|(_, secret)| secret)
    }
}

#[async_trait]
impl SessionHost for Portal {
    async fn begin(&self, signed_in: SignedIn) -> Result<Response, StoreError> {
        // Made-up people have neither. A real portal asks for the factor, or for a new password, at this point.
        if !signed_in.factors.is_empty() || signed_in.must_change_password {
            return Ok((StatusCode::FORBIDDEN, "This example has no second step.").into_response());
        }
        let secret = self.sessions.begin(signed_in.account)?;
        Ok(see_other("/", &self.cookie(&secret, "")))
    }
}

fn see_other(to: &str, cookie: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, cookie)]).into_response()
}
