//! regain's schema in a database, and its migrations. They only ever go forward.

use crate::postgres::database::{Database, failed};
use crate::store::StoreError;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row as _};
use std::fmt;
use std::sync::Arc;

/// The oldest first. `REGAIN` stands for the schema's name.
const MIGRATIONS: &[&str] = &[include_str!("flows.sql"), include_str!("upkeep.sql")];

/// The name of the schema that holds regain's tables: `regain` by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaName(Arc<str>);

impl SchemaName {
    /// Names a schema: 1 to 63 of `a-z`, `0-9` and `_`, not beginning with a digit or with `pg_`.
    ///
    /// # Errors
    /// [`StoreError`] for anything else.
    pub fn new(name: &str) -> Result<Self, StoreError> {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = name.starts_with(|first: char| first == '_' || first.is_ascii_lowercase());
        if !begins || name.len() > 63 || !name.bytes().all(legal) || name.starts_with("pg_") {
            return Err(StoreError::plain(
                "a schema's name must be 1 to 63 of a-z, 0-9 and _, not beginning with a digit or with pg_",
            ));
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A statement on this schema. No part of it comes from outside but the name, which is letters and digits.
    pub(super) fn sql(&self, statement: &'static str) -> AssertSqlSafe<String> {
        AssertSqlSafe(statement.replace("REGAIN", &format!("\"{self}\"")))
    }
}

impl Default for SchemaName {
    fn default() -> Self {
        Self("regain".into())
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Brings the tables up to date, in one transaction. Nodes that start at once go one after the other.
pub(super) async fn open(pool: PgPool, schema: SchemaName) -> Result<Database, StoreError> {
    let context = "bring the tables up to date";
    let mut transaction =
        pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(failed(context))?;
    lock(&schema, &mut transaction).await.map_err(failed(context))?;
    let version = version(&schema, &mut transaction).await.map_err(failed(context))?;
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    if version > MIGRATIONS.len() {
        return Err(StoreError::plain("the database was written by a newer regain; upgrade this program"));
    }
    for (number, migration) in (1_i64..).zip(MIGRATIONS).skip(version) {
        migrate(&schema, number, migration, &mut transaction).await.map_err(failed(context))?;
    }
    transaction.commit().await.map_err(failed(context))?;
    Ok(Database { pool, schema })
}

/// Until the transaction ends; other schemas of the database are not held up.
async fn lock(schema: &SchemaName, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('regain/schema/' || $1, 0))")
        .bind(schema.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// 0 where nothing is yet. A schema that is there already, made by an administrator, is used as it is.
async fn version(schema: &SchemaName, connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    let there = sqlx::query(
        "SELECT to_regnamespace(quote_ident($1)) IS NOT NULL, to_regclass(quote_ident($1) || '.migration') IS NOT NULL",
    )
    .bind(schema.as_str())
    .fetch_one(&mut *connection)
    .await?;
    if !there.try_get::<bool, _>(0)? {
        sqlx::raw_sql(schema.sql("CREATE SCHEMA REGAIN")).execute(&mut *connection).await?;
    }
    if !there.try_get::<bool, _>(1)? {
        let table = "CREATE TABLE REGAIN.migration (version bigint PRIMARY KEY)";
        sqlx::raw_sql(schema.sql(table)).execute(&mut *connection).await?;
    }
    let last = sqlx::query(schema.sql("SELECT coalesce(max(version), 0) FROM REGAIN.migration"));
    last.fetch_one(connection).await?.try_get(0)
}

async fn migrate(
    schema: &SchemaName,
    number: i64,
    migration: &'static str,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(schema.sql(migration)).execute(&mut *connection).await?;
    let done = sqlx::query(schema.sql("INSERT INTO REGAIN.migration (version) VALUES ($1)"));
    done.bind(number).execute(connection).await.map(drop)
}
