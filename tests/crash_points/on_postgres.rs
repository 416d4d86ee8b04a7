//! Trials on PostgreSQL: a schema for each that is under way, in the database that `REGAIN_POSTGRES` names.

use crate::site::{Ground, Rows};
use async_trait::async_trait;
use regain::postgres::{PostgresFlows, SchemaName};
use regain::store::FlowStore;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};
use std::fs;
use std::path::Path;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, OnceLock};

/// A trial does one thing at a time; a few more in case a store holds one while it asks for the next.
const CONNECTIONS: u32 = 4;
/// The file of a trial that names its schema.
const SCHEMA: &str = "schema";

pub struct OnPostgres {
    options: PgConnectOptions,
    pool: OnceLock<PgPool>,
    made: Mutex<Vec<SchemaName>>,
    free: Mutex<Vec<SchemaName>>,
}

impl OnPostgres {
    pub fn new() -> Self {
        let url = std::env::var("REGAIN_POSTGRES").expect(
            "set REGAIN_POSTGRES to the URL of a database for tests, such as postgres://postgres@127.0.0.1:5432/regain_test",
        );
        // A process exits here, never the server: nobody has to wait for its disk.
        let options = PgConnectOptions::from_str(&url).unwrap().options([("synchronous_commit", "off")]);
        // Nor is TLS what is tried here, and a debug build takes longer for it than for a trial.
        let options = options.ssl_mode(PgSslMode::Disable).disable_statement_logging();
        Self { options, pool: OnceLock::new(), made: Mutex::default(), free: Mutex::default() }
    }

    fn pool(&self) -> &PgPool {
        let pool =
            || PgPoolOptions::new().max_connections(CONNECTIONS).connect_lazy_with(self.options.clone());
        self.pool.get_or_init(pool)
    }

    fn new_schema(&self) -> SchemaName {
        let mut made = self.made.lock().unwrap();
        let name = format!("crash_{}_{}", std::process::id(), made.len());
        made.push(SchemaName::new(&name).unwrap());
        made[made.len() - 1].clone()
    }

    async fn column<T>(&self, query: &str, schema: &SchemaName) -> Vec<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let rows = sqlx::query(sql(query, schema)).fetch_all(self.pool()).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn tables(&self, schema: &SchemaName) -> Vec<String> {
        let tables =
            "SELECT tablename::text FROM pg_tables WHERE schemaname = 'REGAIN' AND tablename <> 'migration'";
        self.column(tables, schema).await
    }

    /// What is written, and not what the database computes of it. Entries go on behind those that were copied.
    async fn copy(&self, table: &str, from: &SchemaName, to: &SchemaName) {
        let filled = format!("SELECT 1 FROM REGAIN.{table} LIMIT 1");
        if self.column::<i32>(&filled, from).await.is_empty() {
            return;
        }
        let columns = |which: &str| {
            format!(
                "SELECT column_name::text FROM information_schema.columns \
                 WHERE table_schema = 'REGAIN' AND table_name = '{table}' AND {which}"
            )
        };
        let written = self.column::<String>(&columns("is_generated = 'NEVER'"), from).await.join(", ");
        let copy = format!(
            "INSERT INTO REGAIN.{table} ({written}) OVERRIDING SYSTEM VALUE SELECT {written} FROM {}.{table}",
            from.as_str()
        );
        self.change(&copy, to).await;
        for counter in self.column::<String>(&columns("is_identity = 'YES'"), from).await {
            let behind = format!("ALTER TABLE REGAIN.{table} ALTER COLUMN {counter} RESTART WITH 1000000");
            self.change(&behind, to).await;
        }
    }

    async fn change(&self, statement: &str, schema: &SchemaName) {
        sqlx::raw_sql(sql(statement, schema)).execute(self.pool()).await.unwrap();
    }
}

fn schema(folder: &Path) -> SchemaName {
    SchemaName::new(&fs::read_to_string(folder.join(SCHEMA)).unwrap()).unwrap()
}

fn sql(statement: &str, schema: &SchemaName) -> AssertSqlSafe<String> {
    AssertSqlSafe(statement.replace("REGAIN", schema.as_str()))
}

#[async_trait]
impl Ground for OnPostgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    async fn prepare(&self, seed: &Path) {
        fs::write(seed.join(SCHEMA), self.new_schema().as_str()).unwrap();
    }

    async fn keep(&self, _: &Path) {}

    /// The copied file names the schema with what every trial begins with: some rows, or none.
    async fn lend(&self, folder: &Path) {
        let free = self.free.lock().unwrap().pop();
        let lent = free.unwrap_or_else(|| self.new_schema());
        let seed = schema(folder);
        fs::write(folder.join(SCHEMA), lent.as_str()).unwrap();
        self.open(folder).await;
        for table in self.tables(&seed).await {
            self.copy(&table, &seed, &lent).await;
        }
    }

    async fn open(&self, folder: &Path) -> Arc<dyn FlowStore> {
        let flows = PostgresFlows::with_pool(self.pool().clone(), schema(folder)).await;
        Arc::new(flows.expect("PostgreSQL is there"))
    }

    async fn rows(&self, folder: &Path) -> Rows {
        let schema = schema(folder);
        Rows {
            flows: self.column("SELECT id FROM REGAIN.flow", &schema).await,
            waiting: self.column("SELECT flow FROM REGAIN.outbox", &schema).await,
        }
    }

    /// Emptied and not dropped: making tables costs more than a whole trial.
    async fn take_back(&self, folder: &Path) {
        let schema = schema(folder);
        for table in self.tables(&schema).await {
            self.change(&format!("DELETE FROM REGAIN.{table}"), &schema).await;
        }
        self.free.lock().unwrap().push(schema);
    }

    async fn clear(&self) {
        let made = std::mem::take(&mut *self.made.lock().unwrap());
        for schema in made {
            self.change("DROP SCHEMA IF EXISTS REGAIN CASCADE", &schema).await;
        }
    }
}
