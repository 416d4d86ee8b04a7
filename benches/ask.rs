//! What asking costs: in memory, on SQLite, and through a handler, the page and the API beside a bare handler with one
//! durable insert.
//!
//! The last group is the one to read as a ratio: all sides sit in one axum router each, get 64 requests at once, and
//! answer when their row is on disk. The page reads its form and writes its HTML, the API its JSON; the bare one reads
//! and says nothing.

#![allow(missing_docs)]

mod kit;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kit::{AT_ONCE, NEXT, ask, asking, at_once, bare_request, recovery, somebody};
use regain::api::{self, ApiConfig};
use regain::memory::MemoryFlows;
use regain::sqlite::SqliteFlows;
use regain::web::{self, ClientAddress, WebConfig};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::runtime::Runtime;

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

/// A browser's request, as the server hands it to the router.
fn sent(target: &str, kind: &str, body: fn(&str) -> String) -> Request<Body> {
    let (identifier, address) = somebody();
    let request = Request::post(target)
        .header(CONTENT_TYPE, kind)
        .header("sec-fetch-site", "same-origin")
        .extension(ConnectInfo(SocketAddr::from((address, 4242))));
    request.body(body(&identifier).into()).unwrap()
}

fn form() -> Request<Body> {
    let body = |identifier: &str| format!("identifier={}", identifier.replace('@', "%40"));
    sent("/recovery/forgot-password", "application/x-www-form-urlencoded", body)
}

fn json() -> Request<Body> {
    sent("/password-links", "application/json", |identifier| format!(r#"{{"identifier":"{identifier}"}}"#))
}

/// What is asked, by which request.
type Row = (&'static str, Router, fn() -> Request<Body>);

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
    let page = web::router(sqlite.clone(), WebConfig::new(ClientAddress::Socket));
    let api = api::router(sqlite.clone(), ApiConfig::new(ClientAddress::Socket));
    let rows: [Row; 4] = [
        ("regain ask", asking(sqlite), bare_request),
        ("regain page", page, form),
        ("regain api", api, json),
        ("bare insert", bare, bare_request),
    ];
    for (name, router, request) in rows {
        group.bench_function(name, |b| {
            b.iter_batched(|| (), |()| runtime.block_on(at_once(&router, request)), BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(ask_benches, benches);
criterion_main!(ask_benches);
