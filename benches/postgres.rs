//! What asking costs on PostgreSQL, beside a bare handler with one durable insert. `REGAIN_POSTGRES` names the database.

#![allow(missing_docs)]

mod kit;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kit::{AT_ONCE, NEXT, ask, asking, at_once, bare_request, recovery};
use regain::postgres::{PostgresFlows, SchemaName};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::runtime::Runtime;

const SCHEMA: &str = "regain_bench";

fn bare(pool: PgPool) -> Router {
    let insert = async |State(pool): State<PgPool>| {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let insert = sqlx::query("INSERT INTO regain_bench.asked VALUES ($1, $2)")
            .bind(&n.to_be_bytes()[..])
            .bind("user@example.org");
        insert.execute(&pool).await.unwrap();
    };
    Router::new().route("/ask", post(insert)).with_state(pool)
}

async fn fresh(url: &str) -> (PgPool, PostgresFlows) {
    let pool = PgPoolOptions::new().max_connections(16).connect(url).await.unwrap();
    sqlx::raw_sql("DROP SCHEMA IF EXISTS regain_bench CASCADE").execute(&pool).await.unwrap();
    let flows = PostgresFlows::with_pool(pool.clone(), SchemaName::new(SCHEMA).unwrap()).await.unwrap();
    let table = "CREATE TABLE regain_bench.asked (id bytea PRIMARY KEY, what text NOT NULL)";
    sqlx::raw_sql(table).execute(&pool).await.unwrap();
    (pool, flows)
}

fn benches(c: &mut Criterion) {
    let Ok(url) = std::env::var("REGAIN_POSTGRES") else { panic!("set REGAIN_POSTGRES to a database's URL") };
    let runtime = Runtime::new().unwrap();
    let _entered = runtime.enter();
    let (pool, flows) = runtime.block_on(fresh(&url));
    let service = recovery(Arc::new(flows));
    c.bench_function("ask on postgres, one after the other", |b| b.iter(|| runtime.block_on(ask(&service))));

    let mut group = c.benchmark_group("64 at once over axum, durable on postgres");
    group.throughput(Throughput::Elements(AT_ONCE)).sample_size(30);
    for (name, router) in [("regain ask", asking(service)), ("bare insert", bare(pool.clone()))] {
        group.bench_function(name, |b| {
            b.iter_batched(
                || (),
                |()| runtime.block_on(at_once(&router, bare_request)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
    runtime.block_on(async {
        sqlx::raw_sql("DROP SCHEMA regain_bench CASCADE").execute(&pool).await.unwrap();
    });
}

criterion_group!(postgres_benches, benches);
criterion_main!(postgres_benches);
