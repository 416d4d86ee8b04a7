//! The pages, over HTTP, on stores in memory.

mod apps;
mod asking;
mod code;
mod codes;
mod disown;
mod email;
mod hostile;
mod languages;
mod link;
mod link_host;
mod looks;
mod members;
mod meter;
mod operator;
mod password;
mod questions;
mod second_step;
mod session_forms;
mod sign_in;
mod step_up;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use members::Members;
use regain::account::{Account, AddressOnFile};
use regain::entropy::SystemEntropy;
use regain::identity::{EmailAddress, Person};
use regain::ids::{AccountId, Realm};
use regain::keys::KeyRing;
use regain::language::Languages;
use regain::mail::{Sender, Service};
use regain::memory::{Mailbox, MemoryAccounts, MemoryFlows};
use regain::origin::{Links, TrustedOrigin};
use regain::password::{Argon2Hasher, Password, PasswordHasher as _};
use regain::recovery::{Limits, Means, RecoveryBuilder, Setup, SignedIn};
use regain::store::StoreError;
use regain::testing::TestClock;
use regain::web::{self, ClientAddress, SessionHost, WebConfig};
use regain::{Recovery, Worker};
use std::sync::Arc;
use time::Duration;
use time::macros::date;
use tower::ServiceExt as _;

const ORIGIN: &str = "https://portal.example.org";
const FORM: &str = "application/x-www-form-urlencoded";
const GOOD_PASSWORD: &str = "nine green lamps at noon";

/// A hospital's portal with its people.
struct World {
    app: Router,
    accounts: Arc<MemoryAccounts>,
    clock: Arc<TestClock>,
    members: Arc<Members>,
    recovery: Recovery,
    worker: Worker,
    mailbox: Arc<Mailbox>,
}

/// An answer, read to its end.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
    ticket: Ticket,
}

/// The ticket in the answer's cookie, which is random: in place of it the headers have a dot. All tickets are alike.
#[derive(Debug, Clone, Default)]
struct Ticket(Option<String>);

impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_some() == other.0.is_some()
    }
}

impl Eq for Ticket {}

impl Ticket {
    fn taken_out_of(headers: &mut HeaderMap) -> Self {
        let Some(cookie) = headers.get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok()) else {
            return Self(None);
        };
        let Some((_, rest)) = cookie.split_once("__Host-regain-ask=") else { return Self(None) };
        let ticket = rest.split(';').next().unwrap_or_default().to_owned();
        if ticket.is_empty() {
            return Self(None);
        }
        let blank = cookie.replace(&ticket, ".").parse().expect("a header");
        headers.insert(SET_COOKIE, blank);
        Self(Some(ticket))
    }
}

impl World {
    fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// A portal that takes any number of asks from one client.
    fn patient() -> Self {
        let quota = regain::budget::Quota::new(1_000_000, Duration::MINUTE);
        Self::with_limits(Limits::default().danger_asks_per_client(quota))
    }

    fn with_limits(limits: Limits) -> Self {
        Self::with(limits, Means::email_only())
    }

    /// A portal that speaks these languages.
    fn speaking(languages: Languages) -> Self {
        Self::built(|builder| builder, portal().speaking(languages), WebConfig::new(ClientAddress::Socket))
    }

    fn with(limits: Limits, means: Means) -> Self {
        Self::configured(|builder| builder.limits(limits).means(means), WebConfig::new(ClientAddress::Socket))
    }

    fn configured(change: impl FnOnce(RecoveryBuilder) -> RecoveryBuilder, config: WebConfig) -> Self {
        Self::built(change, portal(), config)
    }

    fn built(
        change: impl FnOnce(RecoveryBuilder) -> RecoveryBuilder,
        service: Service,
        config: WebConfig,
    ) -> Self {
        let accounts = Arc::new(MemoryAccounts::new());
        let clock = Arc::new(TestClock::default());
        let members = Arc::new(Members::default());
        let origin = TrustedOrigin::parse(ORIGIN).expect("an origin");
        let builder = Recovery::builder(Setup {
            realm: Realm::new("mercy").expect("a realm"),
            keys: KeyRing::new(1, KeyRing::generate_key(&SystemEntropy).expect("randomness")),
            links: Links::new(origin, "/recovery", "/sign-in").expect("plain paths"),
            service,
            sender: Sender::new(address("portal@mercy.example")),
            accounts: accounts.clone(),
            flows: Arc::new(MemoryFlows::new()),
        })
        .hasher(Arc::new(Argon2Hasher::danger_for_tests()))
        .clock(clock.clone());
        let recovery = change(builder).build().expect("the configuration builds");
        let mailbox = Arc::new(Mailbox::new());
        let sessions = Arc::new(Sessions(accounts.clone()));
        let app = web::router(recovery.clone(), config.clone())
            .merge(web::sign_in_router(recovery.clone(), sessions, config.clone()))
            .merge(web::security_router(recovery.clone(), members.clone(), config));
        let worker = Worker::new(recovery.clone(), mailbox.clone());
        Self { app, accounts, clock, members, recovery, worker, mailbox }
    }

    /// Somebody with an account, a password that nobody knows any more, and an address on file.
    fn person(&self, username: &str) -> Account {
        let mut account = Account::new(AccountId::new(&format!("id-{username}")).expect("an id"), username);
        account.addresses = vec![AddressOnFile::Email(address(&format!("{username}@example.org")))];
        account.password = Some(hash("the old oboe is gone"));
        account.person = Some(
            Person::new("Ana", "Silva")
                .with_birth_date(date!(1990 - 05 - 17))
                .with_record_number(format!("MRN-{username}")),
        );
        self.keep(&account);
        account
    }

    fn keep(&self, account: &Account) {
        self.accounts.put(account.clone(), self.recovery.blind_index());
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.expect("the router never fails");
        let (mut parts, body) = response.into_parts();
        let ticket = Ticket::taken_out_of(&mut parts.headers);
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Answer { status: parts.status, headers: parts.headers, body, ticket }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_raw(path, encode(fields)).await
    }

    async fn post_raw(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(form(path).body(body.into()).expect("a request")).await
    }

    /// What the worker sends to an address by now.
    async fn mail_to(&self, address: &str) -> Option<String> {
        self.worker.drain().await.expect("the worker works");
        self.mailbox.to(address).pop().map(|mail| mail.text.to_string())
    }

    /// Asks for a link for somebody, and takes the token out of the mail.
    async fn token_for(&self, username: &str) -> String {
        let asked = self.post("/recovery/forgot-password", &[("identifier", username)]).await;
        assert_eq!(asked.status, StatusCode::OK);
        self.worker.drain().await.expect("the worker works");
        let mails = self.mailbox.to(&format!("{username}@example.org"));
        let mail = mails.iter().rev().find(|mail| mail.text.contains("/link?")).expect("a mail with a link");
        link_in(&mail.text).split_once("token=").expect("a token").1.to_owned()
    }
}

fn portal() -> Service {
    Service::new("Mercy Hospital <portal> & more", "call +1 555 0100").expect("a service")
}

/// A POST of our own page's form.
fn form(path: &str) -> axum::http::request::Builder {
    Request::post(path).header(CONTENT_TYPE, FORM).header("sec-fetch-site", "same-origin")
}

fn link_in(mail: &str) -> &str {
    mail.split_whitespace().find(|word| word.contains("/link?")).expect("a link")
}

fn encode(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    pairs.join("&")
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("a valid address")
}

fn hash(password: &str) -> regain::password::PasswordHash {
    let prepared = Password::new(password).prepare().expect("a password");
    Argon2Hasher::danger_for_tests().hash(&prepared, [7; 16]).expect("a hash")
}

/// The host's sessions: a count, a cookie and a fixed path.
struct Sessions(Arc<MemoryAccounts>);

#[async_trait]
impl SessionHost for Sessions {
    async fn begin(&self, signed_in: SignedIn) -> Result<Response, StoreError> {
        self.0.begin_session(&signed_in.account);
        Ok((StatusCode::SEE_OTHER, [(LOCATION, "/home"), (SET_COOKIE, "s=1; HttpOnly")]).into_response())
    }
}
