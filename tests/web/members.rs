//! The host's sessions as the pages for security information see them, and somebody who acts in one.

use super::{Answer, FORM, World, encode};
use async_trait::async_trait;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use regain::account::Account;
use regain::clock::Timestamp;
use regain::factor::{AuthLevel, TotpSecret, step_at};
use regain::recovery::SignedIn;
use regain::security::AuthSession;
use regain::store::StoreError;
use regain::web::SecurityHost;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use time::Duration;

/// What the host knows of a session.
#[derive(Clone)]
struct Row {
    session: AuthSession,
    change_required: bool,
}

/// Sessions by the value of their cookie.
#[derive(Default)]
pub struct Members {
    rows: Mutex<HashMap<String, Row>>,
    begun: AtomicU8,
}

impl Members {
    fn row(&self, headers: &HeaderMap) -> Option<Row> {
        let cookie = headers.get(COOKIE)?.to_str().ok()?.strip_prefix("member=")?.to_owned();
        self.rows.lock().expect("no panic").get(&cookie).cloned()
    }

    fn begin(&self, row: impl FnOnce([u8; 32]) -> Row) -> String {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let cookie = format!("session-{number}");
        self.rows.lock().expect("no panic").insert(cookie.clone(), row([number; 32]));
        cookie
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

    async fn raise(&self, headers: &HeaderMap, proven: SignedIn) -> Result<HeaderMap, StoreError> {
        let old = headers.get(COOKIE).expect("a session").to_str().expect("ASCII").replace("member=", "");
        let cookie = self.begin(|binding| Row {
            session: AuthSession {
                account: proven.account,
                level: proven.level,
                authenticated_at: proven.authenticated_at,
                binding,
            },
            change_required: proven.change_required.is_some(),
        });
        self.rows.lock().expect("no panic").remove(&old);
        let cookie = HeaderValue::from_str(&format!("member={cookie}")).expect("a header");
        Ok(HeaderMap::from_iter([(SET_COOKIE, cookie)]))
    }
}

/// Somebody's browser, signed in.
pub struct Browser<'a> {
    world: &'a World,
    pub cookie: String,
}

impl World {
    /// A session that was authenticated just now.
    pub fn browser(&self, account: &Account, level: AuthLevel) -> Browser<'_> {
        self.browser_of(account, level, false)
    }

    pub fn browser_of(&self, account: &Account, level: AuthLevel, change_required: bool) -> Browser<'_> {
        let account = account.id.clone();
        let authenticated_at: Timestamp = self.clock.timestamp();
        let cookie = self.members.begin(|binding| Row {
            session: AuthSession { account, level, authenticated_at, binding },
            change_required,
        });
        Browser { world: self, cookie }
    }

    /// Somebody with an app, its secret, and the recovery codes that came with it.
    pub async fn protected(&self, username: &str) -> (Account, TotpSecret, Vec<String>) {
        let account = self.person(username);
        let (secret, codes) = self.browser(&account, AuthLevel::Password).enrol("My phone").await;
        (account, secret, codes)
    }

    /// What the app shows, in a step of its own: the clock moves on.
    pub fn code(&self, secret: &TotpSecret) -> String {
        self.clock.advance(Duration::seconds(30));
        secret.code(step_at(self.clock.timestamp()).expect("a time after 1970")).expose().to_string()
    }
}

impl Browser<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(COOKIE, format!("member={}", self.cookie));
        self.world.send(request.body(Body::empty()).expect("a request")).await
    }

    /// The token of this session's forms.
    pub async fn form(&self) -> String {
        hidden(&self.get("/security/password").await, "form")
    }

    /// A POST of one of our own forms.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.form().await;
        let fields: Vec<_> = [("form", &*form)].into_iter().chain(fields.iter().copied()).collect();
        self.post_raw(path, encode(&fields)).await
    }

    pub async fn post_raw(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path)
            .header(CONTENT_TYPE, FORM)
            .header("sec-fetch-site", "same-origin")
            .header(COOKIE, format!("member={}", self.cookie));
        self.world.send(request.body(body.into()).expect("a request")).await
    }

    /// Begins to add an app: where its page is.
    pub async fn begin(&self, label: &str) -> String {
        let begun = self.post("/security/app", &[("label", label)]).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
        begun.headers[LOCATION].to_str().expect("a path").to_owned()
    }

    /// Adds an app by what its page shows.
    pub async fn enrol(&self, label: &str) -> (TotpSecret, Vec<String>) {
        let page = self.get(&self.begin(label).await).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let (factor, secret) = (hidden(&page, "factor"), secret_on(&page));
        let code = self.world.code(&secret);
        let done = self.post("/security/app/confirm", &[("factor", &factor), ("code", &code)]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        (secret, codes_on(&done))
    }
}

/// The value of a hidden field.
pub fn hidden(page: &Answer, name: &str) -> String {
    let before = format!(r#"<input type="hidden" name="{name}" value=""#);
    let (_, rest) = page.body.split_once(&before).unwrap_or_else(|| panic!("no {name} in {}", page.body));
    rest.split('"').next().expect("a value").to_owned()
}

/// The key that the page shows for typing.
pub fn secret_on(page: &Answer) -> TotpSecret {
    let (_, rest) = page.body.split_once(r#"<code id="secret">"#).expect("a key");
    TotpSecret::import_base32(rest.split('<').next().expect("text")).expect("base32")
}

/// The recovery codes on a page.
pub fn codes_on(page: &Answer) -> Vec<String> {
    let items = page.body.split("<li><code>").skip(1);
    items.map(|rest| rest.split('<').next().expect("text").to_owned()).collect()
}
