//! What asking costs: in memory, on SQLite, and through a handler beside a bare one with one durable insert.
//!
//! The last group is the one to read as a ratio: both sides sit in one axum router each, get the same 64 requests at
//! once, and answer when their row is on disk.

#![allow(missing_docs)]

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request;
use axum::routing::post;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use regain::budget::Quota;
use regain::identity::{EmailAddress, Identifier};
use regain::ids::Realm;
use regain::keys::KeyRing;
use regain::mail::{Sender, Service};
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::origin::{Links, TrustedOrigin};
use regain::recovery::{Limits, Setup};
use regain::sqlite::SqliteFlows;
use regain::store::FlowStore;
use regain::{Client, Recovery};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const AT_ONCE: u64 = 64;
static NEXT: AtomicU64 = AtomicU64::new(0);

fn recovery(flows: Arc<dyn FlowStore>) -> Recovery {
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
    // Everybody comes from another network; the ceiling for all of them together is lifted.
    let limits = Limits::default().danger_asks_per_client(Quota::new(u32::MAX, time::Duration::HOUR));
    Recovery::builder(setup).limits(limits).build().unwrap()
}

/// Another identifier and another client each time, so that no budget refuses.
fn somebody() -> (Identifier, Client) {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let [.., a, b, c] = n.to_be_bytes();
    (Identifier::parse(&format!("user{n}@example.org")), Client::at([10, a, b, c].into()))
}

async fn ask(recovery: &Recovery) {
    let (identifier, client) = somebody();
    recovery.ask_password(&identifier, &client).await.unwrap();
}

async fn at_once(router: &Router) {
    let requests = (0..AT_ONCE).map(|_| {
        let request = Request::post("/ask").body(Body::empty()).unwrap();
        tokio::spawn(router.clone().oneshot(request))
    });
    for answer in requests.collect::<Vec<_>>() {
        assert!(answer.await.unwrap().unwrap().status().is_success());
    }
}

fn asking(recovery: Recovery) -> Router {
    Router::new()
        .route("/ask", post(async |State(recovery): State<Recovery>| ask(&recovery).await))
        .with_state(recovery)
}

async fn bare(file: &Path) -> Router {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE asked (id BLOB PRIMARY KEY, what TEXT NOT NULL)").execute(&pool).await.unwrap();
    let insert = async |State(pool): State<SqlitePool>| {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let insert = sqlx::query("INSERT INTO asked VALUES (?, ?)")
            .bind(&n.to_be_bytes()[..])
            .bind("user@example.org");
        insert.execute(&pool).await.unwrap();
    };
    Router::new().route("/ask", post(insert)).with_state(pool)
}

fn benches(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let _entered = runtime.enter();
    let folder = tempfile::tempdir().unwrap();
    let memory = recovery(Arc::new(MemoryFlows::new()));
    let sqlite = runtime.block_on(SqliteFlows::open(folder.path().join("flows.db"))).unwrap();
    let sqlite = recovery(Arc::new(sqlite));
    let bare = runtime.block_on(bare(&folder.path().join("bare.db")));

    let mut alone = c.benchmark_group("ask, one after the other");
    alone.bench_function("memory", |b| b.iter(|| runtime.block_on(ask(&memory))));
    alone.bench_function("sqlite", |b| b.iter(|| runtime.block_on(ask(&sqlite))));
    alone.finish();

    let mut group = c.benchmark_group("64 at once over axum, durable on sqlite");
    group.throughput(Throughput::Elements(AT_ONCE)).sample_size(30);
    for (name, router) in [("regain ask", asking(sqlite)), ("bare insert", bare)] {
        group.bench_function(name, |b| {
            b.iter_batched(|| (), |()| runtime.block_on(at_once(&router)), BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(ask_benches, benches);
criterion_main!(ask_benches);
