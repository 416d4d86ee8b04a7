//! Opening a SQLite file, and bringing its tables up to date.
//!
//! Tables are prefixed, and their version stands in a table of their own, so that they can share a file with the
//! host's tables and migrations.

use crate::sqlite::trouble::failed;
use crate::store::{StoreError, StoreErrorKind};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::path::Path;
use std::time::Duration;

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

/// A group of tables with its migrations, the oldest first. Migrations only ever go forward.
pub(super) struct Schema {
    pub(super) name: &'static str,
    pub(super) migrations: &'static [&'static str],
}

/// One connection that writes, several that read.
#[derive(Clone)]
pub(super) struct Pools {
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
}

impl Pools {
    pub(super) async fn open(path: &Path, schema: &Schema) -> Result<Self, StoreError> {
        let failed = failed("open the database file");
        // Set on the options, so that every connection of the pool has them.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .pragma("secure_delete", "ON");
        let one = SqlitePoolOptions::new()
            .acquire_timeout(BUSY_TIMEOUT)
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
        let writer = one.connect_with(options.clone()).await.map_err(failed)?;
        migrate(&writer, schema).await?;
        let several = SqlitePoolOptions::new().acquire_timeout(BUSY_TIMEOUT).max_connections(READERS);
        let readers = several.connect_with(options.read_only(true)).await.map_err(failed)?;
        Ok(Self { writer, readers })
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

async fn migrate(writer: &SqlitePool, schema: &Schema) -> Result<(), StoreError> {
    let failed = failed("bring the tables up to date");
    let mut connection = writer.acquire().await.map_err(failed)?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let version = stored_version(&mut transaction, schema).await.map_err(failed)?;
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    if version > schema.migrations.len() {
        let newer = "the database was written by a newer regain; upgrade this program";
        return Err(StoreError::plain(newer).with_kind(StoreErrorKind::SchemaNewer));
    }
    for migration in &schema.migrations[version..] {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(failed)?;
    }
    let now = i64::try_from(schema.migrations.len()).unwrap_or(i64::MAX);
    sqlx::query("INSERT INTO regain_schema (name, version) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version")
        .bind(schema.name)
        .bind(now)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

async fn stored_version(connection: &mut SqliteConnection, schema: &Schema) -> Result<i64, sqlx::Error> {
    sqlx::raw_sql(
        "CREATE TABLE IF NOT EXISTS regain_schema (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT",
    )
    .execute(&mut *connection)
    .await?;
    let row = sqlx::query("SELECT version FROM regain_schema WHERE name = ?")
        .bind(schema.name)
        .fetch_optional(connection)
        .await?;
    row.map_or(Ok(0), |row| row.try_get(0))
}
