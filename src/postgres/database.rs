//! Connections and transactions.

use crate::postgres::schema::SchemaName;
use crate::postgres::trouble::no_answer;
pub(super) use crate::postgres::trouble::{TRIES, code, failed, try_again};
use crate::store::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool, Postgres, Row as _, Transaction};
use std::borrow::Cow;
use std::ops::{Deref, DerefMut};
use std::str::FromStr as _;
use std::time::Duration;
use tokio::time::timeout;

/// How long a caller waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECTIONS: u32 = 16;
/// How long a call waits for a database that is silent: longer than every limit that the database itself keeps.
const PATIENCE: Duration = Duration::from_secs(25);
/// How long a connection that a caller left in the middle has for coming to rest.
const REST: Duration = Duration::from_secs(5);

/// A node that is paused in the middle holds its locks for no longer than this. Set for each transaction, since a pool
/// may be the host's, and a connection may come by way of a proxy. No statement in here needs to read a whole table, which
/// a planner likes to do as long as it has not counted the rows of a new one.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL lock_timeout = '5s';
    SET LOCAL statement_timeout = '10s';
    SET LOCAL idle_in_transaction_session_timeout = '10s';
    SET LOCAL enable_seqscan = off";

/// A pool, and the schema that is used in it.
#[derive(Clone)]
pub(super) struct Database {
    pub(super) pool: PgPool,
    pub(super) schema: SchemaName,
    /// Connections go by way of a pooler that gives each transaction another server connection.
    pub(super) pooled: bool,
}

pub(super) type Query<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

impl Database {
    pub(super) async fn new(pool: PgPool, schema: SchemaName) -> Result<Self, sqlx::Error> {
        // A database that starts up is waited for as long as the pool waits.
        drop(pool.acquire().await?);
        let pooled = is_pooled(&pool).await?;
        Ok(Self { pool, schema, pooled })
    }

    /// A statement on regain's schema. Behind a pooler it gets no name: the server's connection that knows the name would
    /// be another one the next time, or worse, know another statement by it.
    pub(super) fn query<'q>(&self, statement: &'static str) -> Query<'q> {
        sqlx::query(self.schema.sql(statement)).persistent(!self.pooled)
    }

    /// A connection that comes back to the pool in good order, or not at all.
    pub(super) async fn lease(&self) -> Result<Lease, sqlx::Error> {
        Ok(Lease { connection: Some(self.pool.acquire().await?), in_use: true })
    }

    pub(super) async fn begin<'c>(
        &self,
        connection: &'c mut PgConnection,
    ) -> Result<Transaction<'c, Postgres>, sqlx::Error> {
        connection.begin_with(BEGIN).await
    }

    /// One statement by itself; behind a pooler in a transaction, since its parts may go to two connections otherwise.
    pub(super) async fn fetch(&self, query: Query<'_>) -> Result<Vec<PgRow>, sqlx::Error> {
        let mut lease = self.lease().await?;
        let rows = self.fetch_on(query, &mut lease).await;
        lease.done();
        rows
    }

    /// The same on a connection that one has.
    pub(super) async fn fetch_on(
        &self,
        query: Query<'_>,
        connection: &mut PgConnection,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        if !self.pooled {
            return query.fetch_all(connection).await;
        }
        self.fetch_in_transaction(query, connection).await
    }

    /// The same under the limits and the settings of a transaction.
    pub(super) async fn fetch_in_transaction(
        &self,
        query: Query<'_>,
        connection: &mut PgConnection,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        let mut transaction = self.begin(connection).await?;
        let rows = query.fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    pub(super) async fn read<T>(
        &self,
        query: Query<'_>,
        parse: fn(&PgRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = in_time(self.fetch(query)).await;
        rows.map_err(failed("read from the database"))?.iter().map(parse).collect()
    }
}

/// Gives up on a database that is silent: the network may have swallowed the question or the answer.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(no_answer()))
}

/// A pool's connection. One whose user went away in the middle, or was given up, comes to rest before the pool has it
/// again; one that does not is closed. Else a connection to a server that fell silent would be missing from the pool for
/// good.
pub(super) struct Lease {
    connection: Option<PoolConnection<Postgres>>,
    in_use: bool,
}

impl Lease {
    /// Nothing is under way on it any more.
    pub(super) fn done(&mut self) {
        self.in_use = false;
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect(LEASED)
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect(LEASED)
    }
}

const LEASED: &str = "a lease has its connection until it is dropped";

impl Drop for Lease {
    fn drop(&mut self) {
        let (true, Some(mut connection)) = (self.in_use, self.connection.take()) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if !matches!(timeout(REST, connection.ping()).await, Ok(Ok(()))) {
                drop(connection.detach());
            }
        });
    }
}

/// PostgreSQL hands back a setting that was among a connection's first words. A pooler refuses it or forgets it.
const MARK: &str = "regain.direct";
const NO_CACHE: (&str, &str) = ("statement-cache-capacity", "0");

async fn is_pooled(pool: &PgPool) -> Result<bool, sqlx::Error> {
    let options = pool.connect_options();
    if options.to_url_lossy().query_pairs().any(|(key, value)| (&*key, &*value) == NO_CACHE) {
        return Ok(true);
    }
    let marked = options.as_ref().clone().options([(MARK, "on")]);
    let asked = timeout(PATIENCE, async {
        let mut probe = marked.connect().await?;
        let query = sqlx::raw_sql("SELECT current_setting('regain.direct', true)");
        let row = query.fetch_one(&mut probe).await?;
        // Politeness only; the answer is there.
        let _ = probe.close().await;
        row.try_get::<Option<String>, _>(0)
    });
    match asked.await.unwrap_or_else(|_| Err(no_answer())) {
        // "unsupported startup parameter"
        Err(error) if code(&error).as_deref() == Some("08P01") => Ok(true),
        answer => Ok(answer?.as_deref() != Some("on")),
    }
}

/// A pool of regain's own. Statements are not logged.
pub(super) async fn connect(url: &str) -> Result<PgPool, StoreError> {
    let context = "connect to the database";
    let options = PgConnectOptions::from_str(&without_pgpass(url)).map_err(failed(context))?;
    // Poolers know nothing of `extra_float_digits`, and regain stores no floating-point numbers.
    let options = options.disable_statement_logging().extra_float_digits(None);
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
