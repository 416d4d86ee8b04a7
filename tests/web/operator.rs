//! What happens when something behind the pages is out of order, and what the operator's log then holds.

use super::{GOOD_PASSWORD, ORIGIN, World, address, encode, form};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;
use regain::account::{Account, AccountStore, Applied, PasswordChange};
use regain::entropy::SystemEntropy;
use regain::identity::{Identifier, IdentityKey};
use regain::ids::{AccountId, Realm};
use regain::keys::KeyRing;
use regain::mail::{Sender, Service};
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::origin::{Links, TrustedOrigin};
use regain::recovery::Setup;
use regain::store::StoreError;
use regain::web::{self, ClientAddress, WebConfig};
use regain::{Recovery, Worker};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tower::ServiceExt as _;

/// Accounts in a database that is down.
struct Down;

const DOWN: StoreError = StoreError::plain("connect to db-7.internal");

#[async_trait]
impl AccountStore for Down {
    async fn find_by_identifier(&self, _: &Identifier) -> Result<Vec<Account>, StoreError> {
        Err(DOWN)
    }

    async fn find_by_identity(&self, _: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        Err(DOWN)
    }

    async fn get(&self, _: &AccountId) -> Result<Option<Account>, StoreError> {
        Err(DOWN)
    }

    async fn set_password(&self, _: &PasswordChange) -> Result<Applied, StoreError> {
        Err(DOWN)
    }
}

/// A portal over these keys and stores.
fn portal_over(keys: &KeyRing, flows: &Arc<MemoryFlows>, accounts: Arc<dyn AccountStore>) -> Recovery {
    Recovery::builder(Setup {
        realm: Realm::new("mercy").expect("a realm"),
        keys: keys.clone(),
        links: Links::new(TrustedOrigin::parse(ORIGIN).expect("an origin"), "/recovery", "/sign-in")
            .expect("plain paths"),
        service: Service::new("Mercy Hospital", "call +1 555 0100").expect("a service"),
        sender: Sender::new(address("portal@mercy.example")),
        accounts,
        flows: flows.clone(),
    })
    .build()
    .expect("the configuration builds")
}

/// CR-6: the cause is the operator's; a person reads when to come back.
#[tokio::test]
async fn when_the_accounts_do_not_answer_a_person_is_asked_to_come_back() {
    let keys = KeyRing::new(1, KeyRing::generate_key(&SystemEntropy).expect("randomness"));
    let (flows, accounts) = (Arc::new(MemoryFlows::new()), Arc::new(MemoryAccounts::new()));
    let mailbox = Arc::new(regain::memory::Mailbox::new());
    let up = portal_over(&keys, &flows, accounts.clone());
    let mut ana = Account::new(AccountId::new("1").expect("an id"), "ana");
    ana.addresses = vec![regain::account::AddressOnFile::Email(address("ana@example.org"))];
    accounts.put(ana, up.blind_index());
    up.ask_password(&Identifier::parse("ana"), &regain::Client::unknown()).await.expect("taken down");
    Worker::new(up, mailbox.clone()).drain().await.expect("the worker works");
    let mail = mailbox.mails().pop().expect("a mail");
    let token = super::link_in(&mail.text).split_once("token=").expect("a token").1.to_owned();

    let down = portal_over(&keys, &flows, Arc::new(Down));
    let app = web::router(down, WebConfig::new(ClientAddress::None));
    let chosen =
        send(&app, "/recovery/new-password", &[("token", &token), ("password", GOOD_PASSWORD)]).await;
    assert_eq!(chosen.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(chosen.headers()[RETRY_AFTER], "30");
    let body = axum::body::to_bytes(chosen.into_body(), 1 << 20).await.expect("a body");
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    assert!(body.contains("Please try again") && !body.contains("db-7"), "{body}");
    // Asking does not look at an account, so it goes on.
    let asked = send(&app, "/recovery/forgot-password", &[("identifier", "ana")]).await;
    assert_eq!(asked.status(), StatusCode::OK);
}

async fn send(app: &Router, path: &str, fields: &[(&str, &str)]) -> Response {
    let request = form(path).body(Body::from(encode(fields))).expect("a request");
    app.clone().oneshot(request).await.expect("the router never fails")
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// LG-3, CVE-2020-35234: at the finest level, of all crates.
#[tokio::test]
async fn no_log_holds_a_token_or_anything_typed() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    tracing::trace!("the log works");

    let world = World::new();
    world.person("canaryuser");
    let token = world.token_for("canaryuser").await;
    world.get(&format!("/recovery/link?token={token}")).await;
    world.get(&format!("/recovery/link?token={}", token.replace(&token[..4], "AAAA"))).await;
    world.post("/recovery/link", &[("token", &token)]).await;
    for password in ["canarytoo", "canary lamps of green at noon"] {
        world.post("/recovery/new-password", &[("token", &token), ("password", password)]).await;
        world.post("/sign-in", &[("identifier", "canaryuser"), ("password", password)]).await;
    }
    world.post("/recovery/forgot-username", &[("record_number", "canary-7"), ("canary", "x")]).await;
    let text = log.text();
    assert!(text.contains("the log works"));
    assert!(!text.contains(&token) && !text.contains(&token[32..]), "{text}");
    assert!(!text.contains("canary"), "{text}");
}
