//! Connections, transactions, and what went wrong with them.

use crate::postgres::schema::SchemaName;
use crate::store::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool, Postgres, Transaction};
use std::borrow::Cow;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

/// How long a caller waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECTIONS: u32 = 16;
/// How often a transaction is tried that lost against another one.
pub(super) const TRIES: u32 = 5;

/// A node that is paused in the middle holds its locks for no longer than this. Set for each transaction, since a pool
/// may be the host's, and a connection may come by way of a proxy. No statement in here needs to read a whole table, which
/// a planner likes to do as long as it has not counted the rows of a new one.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    SET LOCAL lock_timeout = '5s';
    SET LOCAL statement_timeout = '10s';
    SET LOCAL idle_in_transaction_session_timeout = '10s';
    SET LOCAL enable_seqscan = off";

/// A pool, and the schema that is used in it.
#[derive(Clone)]
pub(super) struct Database {
    pub(super) pool: PgPool,
    pub(super) schema: SchemaName,
}

pub(super) type Query<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

impl Database {
    pub(super) fn sql(&self, statement: &'static str) -> AssertSqlSafe<String> {
        self.schema.sql(statement)
    }

    pub(super) async fn begin<'c>(
        &self,
        connection: &'c mut PoolConnection<Postgres>,
    ) -> Result<Transaction<'c, Postgres>, sqlx::Error> {
        sqlx::Connection::begin_with(&mut **connection, BEGIN).await
    }

    pub(super) async fn read<T>(
        &self,
        query: Query<'_>,
        parse: fn(&PgRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = query.fetch_all(&self.pool).await;
        rows.map_err(failed("read from the database"))?.iter().map(parse).collect()
    }
}

/// A pool of regain's own. Statements are not logged.
pub(super) async fn connect(url: &str) -> Result<PgPool, StoreError> {
    let context = "connect to the database";
    let options = PgConnectOptions::from_str(&without_pgpass(url)).map_err(failed(context))?;
    let options = options.disable_statement_logging();
    let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).max_connections(CONNECTIONS);
    pool.connect_with(options).await.map_err(failed(context))
}

/// Where a URL has no password, sqlx looks for one in the home folder's `.pgpass`: what connects is what the URL says,
/// and the environment.
fn without_pgpass(url: &str) -> Cow<'_, str> {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    if user.contains(':') || rest.contains("password=") || std::env::var_os("PGPASSWORD").is_some() {
        return url.into();
    }
    let (url, joint) = (url.split('#').next().unwrap_or(url), if url.contains('?') { '&' } else { '?' });
    format!("{url}{joint}password=").into()
}

/// Whether to try once more: nothing was done, and another try may succeed.
pub(super) fn try_again(error: &sqlx::Error, tries: u32) -> bool {
    tries < TRIES && matches!(code(error).as_deref(), Some("40001" | "40P01"))
}

pub(super) fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code)
}

/// Wraps an error with what was being done, or with what an operator can do about it.
pub(super) fn failed(context: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| StoreError::new(advice(&error).unwrap_or(context), error)
}

/// The same for all of those who wanted to write at once.
pub(super) fn failed_for_all(context: &'static str, error: sqlx::Error) -> impl Fn() -> StoreError {
    let (words, error) = (advice(&error).unwrap_or(context), Arc::new(error));
    move || StoreError::new(words, error.clone())
}

fn advice(error: &sqlx::Error) -> Option<&'static str> {
    if let sqlx::Error::PoolTimedOut = error {
        return Some(
            "no database connection came free in time; is the database there, is the pool large enough",
        );
    }
    Some(match code(error)?.as_ref() {
        "25006" => "the database is read-only, a replica perhaps; connect to the primary",
        "42501" => "the database role lacks rights on regain's schema",
        "42P01" | "3F000" => "regain's tables are gone; open the store again",
        "28000" | "28P01" => "the database refuses this role or its password",
        "3D000" => "there is no such database on that server; create it first",
        "53100" => "the database server's disk is full",
        "53300" => {
            "the database has no connection left; fewer nodes, smaller pools or a larger max_connections"
        }
        "55P03" | "57014" => "the database is too busy: a lock or a statement took too long",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::without_pgpass;

    #[test]
    fn a_password_comes_from_the_url_only() {
        for (url, becomes) in [
            ("postgres://ana@db/x", "postgres://ana@db/x?password="),
            ("postgres://ana@db/x?sslmode=require", "postgres://ana@db/x?sslmode=require&password="),
            ("postgres://ana:secret@db/x", "postgres://ana:secret@db/x"),
            ("postgres://ana@db/x?password=secret", "postgres://ana@db/x?password=secret"),
            ("postgres://db:5433/x", "postgres://db:5433/x?password="),
        ] {
            assert_eq!(without_pgpass(url), becomes);
        }
    }
}
