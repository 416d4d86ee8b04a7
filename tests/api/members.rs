//! The host's sessions.

use async_trait::async_trait;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use regain::api::ApiHost;
use regain::recovery::SignedIn;
use regain::security::AuthSession;
use regain::store::StoreError;
use regain::web::SecurityHost;
use std::collections::HashMap;
use std::sync::Mutex;

#[derive(Clone)]
struct Row {
    session: AuthSession,
    change_required: bool,
}

/// Sessions by the value of their cookie.
#[derive(Default)]
pub struct Members {
    rows: Mutex<HashMap<String, Row>>,
}

impl Members {
    fn row(&self, headers: &HeaderMap) -> Option<Row> {
        let cookie = headers.get(COOKIE)?.to_str().ok()?;
        self.rows.lock().expect("no panic").get(cookie).cloned()
    }

    fn begin(&self, signed_in: SignedIn) -> HeaderMap {
        let mut rows = self.rows.lock().expect("no panic");
        let number = u8::try_from(rows.len() + 1).expect("few sessions");
        let cookie = format!("member=session-{number}");
        let session = AuthSession {
            account: signed_in.account,
            level: signed_in.level,
            authenticated_at: signed_in.authenticated_at,
            binding: [number; 32],
        };
        rows.insert(cookie.clone(), Row { session, change_required: signed_in.change_required.is_some() });
        let cookie = HeaderValue::from_str(&format!("{cookie}; HttpOnly")).expect("a header");
        HeaderMap::from_iter([(SET_COOKIE, cookie)])
    }
}

#[async_trait]
impl SecurityHost for Members {
    async fn session(&self, headers: &HeaderMap) -> Result<Option<AuthSession>, StoreError> {
        Ok(self.row(headers).map(|row| row.session))
    }

    async fn change_required(&self, headers: &HeaderMap) -> Result<bool, StoreError> {
        Ok(self.row(headers).is_some_and(|row| row.change_required))
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
