//! Services that are asked, alone and 64 at once.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::routing::post;
use regain::budget::Quota;
use regain::identity::{EmailAddress, Identifier};
use regain::ids::Realm;
use regain::keys::KeyRing;
use regain::mail::{Sender, Service};
use regain::memory::MemoryAccounts;
use regain::origin::{Links, TrustedOrigin};
use regain::recovery::{Limits, Setup};
use regain::store::FlowStore;
use regain::{Client, Recovery};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use time::Duration;
use tower::ServiceExt as _;

pub const AT_ONCE: u64 = 64;
pub static NEXT: AtomicU64 = AtomicU64::new(0);

pub fn recovery(flows: Arc<dyn FlowStore>) -> Recovery {
    let setup = Setup {
        realm: Realm::new("bench").unwrap(),
        keys: KeyRing::new(1, [7; 32]),
        links: Links::new(TrustedOrigin::parse("https://portal.example.org").unwrap(), "/recovery", "/")
            .unwrap(),
        service: Service::new("Portal", "call 555 0100").unwrap(),
        sender: Sender::new(EmailAddress::parse("portal@example.org").unwrap()),
        accounts: Arc::new(MemoryAccounts::new()),
        flows,
    };
    let mut limits = Limits::default();
    // Asks of everybody together: measured is how fast they are answered, not how many are allowed.
    limits.asks_in_all = Quota::new(u32::MAX, Duration::HOUR);
    Recovery::builder(setup).limits(limits).build().unwrap()
}

/// Another identifier and another client each time, so that no budget refuses.
pub fn somebody() -> (String, IpAddr) {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let [.., a, b, c] = n.to_be_bytes();
    (format!("user{n}@example.org"), [10, a, b, c].into())
}

pub async fn ask(recovery: &Recovery) {
    let (identifier, address) = somebody();
    recovery.ask_password(&Identifier::parse(&identifier), &Client::at(address)).await.unwrap();
}

/// What a bare handler is sent: it knows itself what to write.
pub fn bare_request() -> Request<Body> {
    Request::post("/ask").body(Body::empty()).unwrap()
}

pub async fn at_once(router: &Router, request: fn() -> Request<Body>) {
    let requests = (0..AT_ONCE).map(|_| tokio::spawn(router.clone().oneshot(request())));
    for answer in requests.collect::<Vec<_>>() {
        assert!(answer.await.unwrap().unwrap().status().is_success());
    }
}

pub fn asking(recovery: Recovery) -> Router {
    Router::new()
        .route("/ask", post(async |State(recovery): State<Recovery>| ask(&recovery).await))
        .with_state(recovery)
}
