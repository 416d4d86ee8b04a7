//! PostgreSQL. `REGAIN_POSTGRES` names a database that these tests may make schemas in.
//!
//! Each test has schemas of its own, which are dropped when it ends, however it ends.

mod batches;
mod clocks;
mod cluster;
mod collations;
mod faults;
mod guesses;
mod nodes;
#[path = "../desk/office.rs"]
#[expect(dead_code, reason = "the desk's own tests do more with it")]
mod office;
#[path = "../desk/on_any_store.rs"]
mod on_any_store;
mod opening;
mod orders;
mod plans;
mod pooler;
mod proxy;
mod story;
mod wake;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use regain::postgres::{PostgresFlows, SchemaName};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// A server has 100 connections, if nobody changed it, and a test takes up to 20.
static TESTS_AT_ONCE: Semaphore = Semaphore::const_new(3);

/// A database, and the schemas that a test made in it.
struct Site {
    options: PgConnectOptions,
    schemas: Mutex<Vec<SchemaName>>,
}

impl Site {
    /// The name of a schema that is not there yet.
    fn schema(&self) -> SchemaName {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let schema = SchemaName::new(&format!("regain_test_{}_{number}", std::process::id())).unwrap();
        self.schemas.lock().unwrap().push(schema.clone());
        schema
    }

    /// With all its connections open: else whoever comes first is done before the others are connected.
    async fn pool(&self, connections: u32) -> PgPool {
        self.pool_with(self.options.clone(), connections).await
    }

    async fn pool_with(&self, options: PgConnectOptions, connections: u32) -> PgPool {
        let options = options.disable_statement_logging();
        let pool = PgPoolOptions::new().max_connections(connections).connect_with(options).await.unwrap();
        join_all((0..connections).map(|_| pool.acquire())).await;
        pool
    }

    /// A store on a pool of its own.
    async fn open(&self, schema: &SchemaName) -> Arc<PostgresFlows> {
        self.open_by(self.options.clone(), schema).await
    }

    /// The same by another way to the database.
    async fn open_by(&self, options: PgConnectOptions, schema: &SchemaName) -> Arc<PostgresFlows> {
        let pool = self.pool_with(options, 8).await;
        Arc::new(PostgresFlows::with_pool(pool, schema.clone()).await.unwrap())
    }

    async fn raw(&self) -> PgConnection {
        self.options.connect().await.unwrap()
    }
}

fn url() -> String {
    std::env::var("REGAIN_POSTGRES").expect(
        "set REGAIN_POSTGRES to the URL of a database for tests, such as postgres://postgres@127.0.0.1:5432/regain_test",
    )
}

fn sql(statement: &str, schema: &SchemaName) -> AssertSqlSafe<String> {
    AssertSqlSafe(statement.replace("REGAIN", schema.as_str()))
}

/// Runs a test, and drops its schemas.
async fn on_postgres(test: impl AsyncFnOnce(&Site)) {
    let _permit = TESTS_AT_ONCE.acquire().await.unwrap();
    let site = Site { options: PgConnectOptions::from_str(&url()).unwrap(), schemas: Mutex::default() };
    let done = AssertUnwindSafe(test(&site)).catch_unwind().await;
    let mut raw = site.raw().await;
    let schemas = std::mem::take(&mut *site.schemas.lock().unwrap());
    for schema in schemas {
        sqlx::raw_sql(sql("DROP SCHEMA IF EXISTS REGAIN CASCADE", &schema)).execute(&mut raw).await.unwrap();
    }
    done.unwrap_or_else(|panic| resume_unwind(panic));
}
