//! Trials on PostgreSQL: a schema of its own for each, in the database that `REGAIN_POSTGRES` names.

use crate::site::{Ground, Rows};
use async_trait::async_trait;
use regain::postgres::{PostgresFlows, SchemaName};
use regain::store::FlowStore;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, Row as _};
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;

/// A trial does one thing at a time; a few more in case a store holds one while it asks for the next.
const CONNECTIONS: u32 = 4;

pub struct OnPostgres {
    options: PgConnectOptions,
}

impl OnPostgres {
    pub fn new() -> Self {
        let url = std::env::var("REGAIN_POSTGRES").expect(
            "set REGAIN_POSTGRES to the URL of a database for tests, such as postgres://postgres@127.0.0.1:5432/regain_test",
        );
        Self { options: PgConnectOptions::from_str(&url).unwrap().disable_statement_logging() }
    }

    async fn raw(&self) -> PgConnection {
        self.options.connect().await.expect("PostgreSQL is there")
    }
}

/// Named after the trial's folder, which is like no other.
fn schema(folder: &Path) -> SchemaName {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let plain: String = name.bytes().filter(u8::is_ascii_alphanumeric).map(|b| format!("{b:02x}")).collect();
    SchemaName::new(&format!("crash_{plain}")).unwrap()
}

fn sql(statement: &str, folder: &Path) -> AssertSqlSafe<String> {
    AssertSqlSafe(statement.replace("REGAIN", schema(folder).as_str()))
}

#[async_trait]
impl Ground for OnPostgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    /// Whoever opens it makes the tables.
    async fn prepare(&self, _: &Path) {}

    async fn open(&self, folder: &Path) -> Arc<dyn FlowStore> {
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect_lazy_with(self.options.clone());
        Arc::new(PostgresFlows::with_pool(pool, schema(folder)).await.expect("PostgreSQL is there"))
    }

    async fn rows(&self, folder: &Path) -> Rows {
        let mut raw = self.raw().await;
        let mut column = async |query: &'static str| {
            let rows = sqlx::query(sql(query, folder)).fetch_all(&mut raw).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        };
        Rows {
            flows: column("SELECT id FROM REGAIN.flow").await,
            waiting: column("SELECT flow FROM REGAIN.outbox").await,
        }
    }

    async fn clear(&self, folder: &Path) {
        let drop = sql("DROP SCHEMA IF EXISTS REGAIN CASCADE", folder);
        sqlx::raw_sql(drop).execute(&mut self.raw().await).await.unwrap();
    }
}
