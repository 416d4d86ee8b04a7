//! regain's schema in a database, and its migrations. They only ever go forward.

use crate::postgres::database::{Database, failed};
use crate::postgres::trouble::READ_ONLY;
use crate::store::{StoreError, StoreErrorKind};
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row as _};
use std::fmt;
use std::sync::Arc;

/// The oldest first. `REGAIN` stands for the schema's name.
const MIGRATIONS: &[&str] =
    &[include_str!("flows.sql"), include_str!("upkeep.sql"), include_str!("documents.sql")];

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
    let failed = failed("bring the tables up to date");
    let database = Database::new(pool, schema).await.map_err(&failed)?;
    let mut transaction = database.pool.begin_with(BEGIN).await.map_err(&failed)?;
    if is_read_only(&database, &mut transaction).await.map_err(&failed)? {
        return Err(StoreError::plain(READ_ONLY).with_kind(StoreErrorKind::ReadOnly));
    }
    lock(&database, &mut transaction).await.map_err(&failed)?;
    let done = versions(&database, &mut transaction).await.map_err(&failed)?;
    let version = judge(&done)?;
    for (number, migration) in (1_i64..).zip(MIGRATIONS).skip(version) {
        migrate(&database, number, migration, &mut transaction).await.map_err(&failed)?;
    }
    let missing = missing(&database, &mut transaction).await.map_err(&failed)?;
    if !missing.is_empty() {
        let error = StoreError::new(DAMAGED, format!("missing: {}", missing.join(", ")));
        return Err(error.with_kind(StoreErrorKind::Damaged));
    }
    transaction.commit().await.map_err(&failed)?;
    Ok(database)
}

/// Whoever waits for another node's migration does so for a minute.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '60s'";
const DAMAGED: &str = "regain's schema is not whole; restore it from a backup, or drop it to begin anew";

/// On a replica, and where an administrator wants nothing written.
async fn is_read_only(database: &Database, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let query = database.query("SELECT current_setting('transaction_read_only') = 'on'");
    query.fetch_one(connection).await?.try_get(0)
}

/// How many migrations are done. Each is done in the order of its number, in one transaction with its line: a gap is the
/// work of other hands.
fn judge(done: &[i64]) -> Result<usize, StoreError> {
    let in_order = (1_i64..).zip(done).all(|(number, done)| number == *done);
    if done.last().is_some_and(|last| usize::try_from(*last).unwrap_or(0) > MIGRATIONS.len()) {
        let newer = "the database was written by a newer regain; upgrade this program";
        return Err(StoreError::plain(newer).with_kind(StoreErrorKind::SchemaNewer));
    }
    if !in_order {
        let error = StoreError::new(DAMAGED, format!("migrations done: {done:?}"));
        return Err(error.with_kind(StoreErrorKind::Damaged));
    }
    Ok(done.len())
}

/// Every table that a migration makes.
fn tables() -> impl Iterator<Item = &'static str> {
    let made = MIGRATIONS.iter().flat_map(|migration| migration.split("CREATE TABLE REGAIN.").skip(1));
    made.filter_map(|made| made.split_whitespace().next())
}

async fn missing(database: &Database, connection: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let query = database.query(
        "SELECT name FROM unnest($1::text[]) AS made (name) WHERE to_regclass(quote_ident($2) || '.' || name) IS NULL",
    );
    let tables: Vec<&str> = tables().collect();
    let rows = query.bind(tables).bind(database.schema.as_str()).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Until the transaction ends; other schemas of the database are not held up.
async fn lock(database: &Database, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    database
        .query("SELECT pg_advisory_xact_lock(hashtextextended('regain/schema/' || $1, 0))")
        .bind(database.schema.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// None where nothing is yet. A schema that is there already, made by an administrator, is used as it is.
async fn versions(database: &Database, connection: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    let there = database
        .query("SELECT to_regnamespace(quote_ident($1)) IS NOT NULL, to_regclass(quote_ident($1) || '.migration') IS NOT NULL")
        .bind(database.schema.as_str())
        .fetch_one(&mut *connection)
        .await?;
    if !there.try_get::<bool, _>(0)? {
        sqlx::raw_sql(database.schema.sql("CREATE SCHEMA REGAIN")).execute(&mut *connection).await?;
    }
    if !there.try_get::<bool, _>(1)? {
        let table = "CREATE TABLE REGAIN.migration (version bigint PRIMARY KEY)";
        sqlx::raw_sql(database.schema.sql(table)).execute(&mut *connection).await?;
    }
    let done = database.query("SELECT version FROM REGAIN.migration ORDER BY version");
    done.fetch_all(connection).await?.iter().map(|row| row.try_get(0)).collect()
}

async fn migrate(
    database: &Database,
    number: i64,
    migration: &'static str,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(database.schema.sql(migration)).execute(&mut *connection).await?;
    let done = database.query("INSERT INTO REGAIN.migration (version) VALUES ($1)");
    done.bind(number).execute(connection).await.map(drop)
}
