//! What asking costs: in memory, on SQLite, and through a handler beside a bare one with one durable insert.
//!
//! The last group is the one to read as a ratio: both sides sit in one axum router each, get the same 64 requests at
//! once, and answer when their row is on disk.

#![allow(missing_docs)]

mod kit;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kit::{AT_ONCE, NEXT, ask, asking, at_once, recovery};
use regain::memory::MemoryFlows;
use regain::sqlite::SqliteFlows;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
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
