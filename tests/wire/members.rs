//! The host's sessions, for pages and API alike.

use async_trait::async_trait;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Redirect, Response};
use regain::api::ApiHost;
use regain::recovery::SignedIn;
use regain::security::AuthSession;
use regain::store::StoreError;
use regain::web::{SecurityHost, SessionHost};
use std::sync::Mutex;

/// Sessions by their number, which their cookie names.
#[derive(Default)]
pub struct Members(Mutex<Vec<AuthSession>>);

impl Members {
    fn begin(&self, signed_in: SignedIn) -> HeaderMap {
        let mut sessions = self.0.lock().expect("no panic");
        let number = sessions.len();
        let mut binding = [0; 32];
        binding[..8].copy_from_slice(&(number as u64).to_be_bytes());
        sessions.push(AuthSession {
            account: signed_in.account,
            level: signed_in.level,
            authenticated_at: signed_in.authenticated_at,
            binding,
        });
        let cookie = HeaderValue::from_str(&format!("member={number}")).expect("a header");
        HeaderMap::from_iter([(SET_COOKIE, cookie)])
    }
}

#[async_trait]
impl SessionHost for Members {
    async fn begin(&self, signed_in: SignedIn) -> Result<Response, StoreError> {
        Ok((self.begin(signed_in), Redirect::to("/home")).into_response())
    }
}

#[async_trait]
impl SecurityHost for Members {
    async fn session(&self, headers: &HeaderMap) -> Result<Option<AuthSession>, StoreError> {
        let cookie = headers.get(COOKIE).and_then(|cookie| cookie.to_str().ok());
        let number = cookie.and_then(|cookie| cookie.strip_prefix("member=")?.parse::<usize>().ok());
        Ok(number.and_then(|number| self.0.lock().expect("no panic").get(number).cloned()))
    }

    async fn raise(&self, _: &HeaderMap, proven: SignedIn) -> Result<HeaderMap, StoreError> {
        Ok(self.begin(proven))
    }
}

#[async_trait]
impl ApiHost for Members {
    async fn open(&self, signed_in: SignedIn) -> Result<HeaderMap, StoreError> {
        Ok(self.begin(signed_in))
    }
}
