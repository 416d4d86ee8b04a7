//! [`FlowStore`] on PostgreSQL.

use crate::audit::AuditRecord;
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, Realm};
use crate::postgres::database::{Database, connect, failed, try_again};
use crate::postgres::queue::Queue;
use crate::postgres::schema::{self, SchemaName};
use crate::sql::{self, integer};
use crate::store::{
    Claim, Commit, Committed, DeadLetter, Depth, FlowStore, FlowWrite, OutboxMail, StoreError, Sweep,
};
use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

/// regain's tables in a schema of a PostgreSQL database.
pub struct PostgresFlows {
    database: Database,
    asks: Queue,
    work: Queue,
}

impl PostgresFlows {
    /// Connects with a pool of its own and brings the tables in the schema `regain` up to date.
    ///
    /// A password comes from the URL or from `PGPASSWORD`, never from `.pgpass`. Across a network, end the URL with
    /// `?sslmode=verify-full`.
    ///
    /// # Errors
    /// [`StoreError`] when there is no connection, the role may not make the schema, or a newer regain wrote it.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::with_pool(connect(url).await?, SchemaName::default()).await
    }

    /// Uses a host's own pool, and another schema if need be. How such a pool waits and logs is the host's choice;
    /// 8 connections or more keep asks from waiting for each other.
    ///
    /// # Errors
    /// As [`PostgresFlows::connect`].
    pub async fn with_pool(pool: PgPool, schema: SchemaName) -> Result<Self, StoreError> {
        let database = schema::open(pool, schema).await?;
        let (asks, work) = (Queue::new(database.clone()), Queue::new(database.clone()));
        Ok(Self { database, asks, work })
    }

    /// Closes all connections, a host's own pool's too; what was answered is on disk either way.
    pub async fn close(&self) {
        self.database.pool.close().await;
    }

    /// A statement that changes rows by itself, tried again when it lost against another transaction.
    async fn change(&self, sql: &'static str, work: &Work<'_>) -> Result<Vec<PgRow>, StoreError> {
        let mut tries = 1;
        loop {
            match self.change_once(sql, work).await {
                Err(error) if try_again(&error, tries) => tries += 1,
                rows => return rows.map_err(failed("write to the database")),
            }
        }
    }

    async fn change_once(&self, sql: &'static str, work: &Work<'_>) -> Result<Vec<PgRow>, sqlx::Error> {
        let mut connection = self.database.pool.acquire().await?;
        let mut transaction = self.database.begin(&mut connection).await?;
        let query = sqlx::query(self.database.sql(sql)).bind(work.realm.as_str()).bind(work.until);
        let query = query.bind(i64::from(work.limit));
        let query = if let Some(lease) = work.lease_until { query.bind(lease) } else { query };
        let rows = query.fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    /// Gives positions to the next lines that have none. Readers go one after the other; nobody who writes waits.
    async fn number_audit(&self, realm: &Realm, limit: u32) -> Result<(), sqlx::Error> {
        let database = &self.database;
        let sql = "SELECT EXISTS (SELECT FROM REGAIN.audit WHERE realm = $1 AND position IS NULL)";
        let new = sqlx::query(database.sql(sql)).bind(realm.as_str()).fetch_one(&database.pool).await?;
        if !new.try_get::<bool, _>(0)? {
            return Ok(());
        }
        let mut connection = database.pool.acquire().await?;
        let mut transaction = database.begin(&mut connection).await?;
        let sql = "INSERT INTO REGAIN.audit_head (realm, position) VALUES ($1, 0) ON CONFLICT DO NOTHING";
        sqlx::query(database.sql(sql)).bind(realm.as_str()).execute(&mut *transaction).await?;
        let sql = "SELECT position FROM REGAIN.audit_head WHERE realm = $1 FOR UPDATE";
        sqlx::query(database.sql(sql)).bind(realm.as_str()).execute(&mut *transaction).await?;
        // A statement of its own, after the lock: it sees all that was numbered before.
        sqlx::query(database.sql(NUMBER))
            .bind(realm.as_str())
            .bind(i64::from(limit))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}

/// The bounds of a statement that takes work or sweeps.
struct Work<'a> {
    realm: &'a Realm,
    until: i64,
    limit: u32,
    lease_until: Option<i64>,
}

impl<'a> From<&'a Claim> for Work<'a> {
    fn from(claim: &'a Claim) -> Self {
        let (until, lease_until) = (claim.due_by.millis(), Some(claim.lease_until.millis()));
        Self { realm: &claim.realm, until, limit: claim.limit, lease_until }
    }
}

/// By name: a newer regain may have added columns, while this one still runs on another node.
macro_rules! flow {
    () => {
        "realm, id, purpose, version, state, reason, account, live_link, digest, epoch, factor, attempts, sealed,
         created_at, opened_at, expires_at, high, due_at"
    };
}
macro_rules! mail {
    () => {
        "realm, id, flow, letter, sealed, attempts, created_at, due_at"
    };
}

const LOAD: &str = concat!("SELECT ", flow!(), " FROM REGAIN.flow WHERE realm = $1 AND id = $2");
const LIVE_LINKS: &str =
    concat!("SELECT ", flow!(), " FROM REGAIN.flow WHERE realm = $1 AND account = $2 AND live_link");
const AUDIT: &str = "SELECT position, realm, at, flow, version, event, reason, actor, account, client
     FROM REGAIN.audit WHERE realm = $1 AND position > $2 ORDER BY position LIMIT $3";
const DEAD_LETTERS: &str = "SELECT id, flow, letter, attempts, created_at, dead_at, why
     FROM REGAIN.dead_letter WHERE realm = $1 ORDER BY dead_at DESC, id LIMIT $2";

const NUMBER: &str = "WITH
     new AS (SELECT entry, row_number() OVER (ORDER BY entry) AS place FROM
       (SELECT entry FROM REGAIN.audit WHERE realm = $1 AND position IS NULL ORDER BY entry LIMIT $2) AS next),
     numbered AS (UPDATE REGAIN.audit AS audit SET position = head.position + new.place
       FROM new, REGAIN.audit_head AS head
       WHERE head.realm = $1 AND audit.entry = new.entry RETURNING audit.entry)
     UPDATE REGAIN.audit_head SET position = position + (SELECT count(*) FROM numbered) WHERE realm = $1";

// By the place of the row, which is locked and cannot move: whatever a planner knows of the table, it goes there at once.
const CLAIM_FLOWS: &str = concat!(
    "WITH due AS (SELECT ctid FROM REGAIN.flow WHERE realm = $1 AND due_at IS NOT NULL AND due_at <= $2
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE REGAIN.flow SET due_at = $4 WHERE ctid = ANY(ARRAY(SELECT ctid FROM due)) RETURNING ",
    flow!()
);
const CLAIM_MAILS: &str = concat!(
    "WITH due AS (SELECT ctid FROM REGAIN.outbox WHERE realm = $1 AND due_at <= $2
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE REGAIN.outbox SET due_at = $4, attempts = attempts + 1
     WHERE ctid = ANY(ARRAY(SELECT ctid FROM due)) RETURNING ",
    mail!()
);
const SWEEP_FLOWS: &str =
    "WITH old AS (SELECT ctid FROM REGAIN.flow WHERE realm = $1 AND due_at IS NULL AND created_at < $2
       ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     DELETE FROM REGAIN.flow WHERE ctid = ANY(ARRAY(SELECT ctid FROM old)) RETURNING 1";
const SWEEP_BUDGETS: &str = "WITH old AS (SELECT ctid FROM REGAIN.budget WHERE realm = $1 AND full_at <= $2
       ORDER BY full_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     DELETE FROM REGAIN.budget WHERE ctid = ANY(ARRAY(SELECT ctid FROM old)) RETURNING 1";
const SWEEP_DEAD: &str = "WITH old AS (SELECT ctid FROM REGAIN.dead_letter WHERE realm = $1 AND dead_at < $2
       ORDER BY dead_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     DELETE FROM REGAIN.dead_letter WHERE ctid = ANY(ARRAY(SELECT ctid FROM old)) RETURNING 1";

/// Whether it may have to wait for a lock on a flow or a mail. An ask never does, and waits for none that does.
fn changes_rows(commit: &Commit) -> bool {
    let update = |write: &FlowWrite| matches!(write, FlowWrite::Update(_));
    !commit.settlements.is_empty() || commit.flows.iter().any(update)
}

#[async_trait]
impl FlowStore for PostgresFlows {
    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        let query = sqlx::query(self.database.sql(LOAD)).bind(realm.as_str()).bind(&id.as_bytes()[..]);
        Ok(self.database.read(query, sql::flow).await?.pop())
    }

    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>, StoreError> {
        let query =
            sqlx::query(self.database.sql(LIVE_LINKS)).bind(realm.as_str()).bind(account.as_str().as_bytes());
        self.database.read(query, sql::flow).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let queue = if changes_rows(&commit) { &self.work } else { &self.asks };
        queue.commit(commit).await
    }

    async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>, StoreError> {
        Ok(sql::readable(&self.change(CLAIM_FLOWS, &claim.into()).await?, sql::flow))
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError> {
        Ok(sql::readable(&self.change(CLAIM_MAILS, &claim.into()).await?, sql::mail))
    }

    async fn sweep(&self, realm: &Realm, sweep: &Sweep) -> Result<u64, StoreError> {
        let mut swept = 0;
        for (sql, bound) in [
            (SWEEP_FLOWS, sweep.ended_before),
            (SWEEP_BUDGETS, sweep.budgets_full_at),
            (SWEEP_DEAD, sweep.dead_before),
        ] {
            let work = Work { realm, until: bound.millis(), limit: sweep.limit, lease_until: None };
            swept += self.change(sql, &work).await?.len() as u64;
        }
        Ok(swept)
    }

    async fn audit_after(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        self.number_audit(realm, limit).await.map_err(failed("number the audit record"))?;
        let query = sqlx::query(self.database.sql(AUDIT))
            .bind(realm.as_str())
            .bind(integer(after))
            .bind(i64::from(limit));
        self.database.read(query, sql::audit).await
    }

    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let query = sqlx::query(self.database.sql(DEAD_LETTERS)).bind(realm.as_str()).bind(i64::from(limit));
        self.database.read(query, sql::dead_letter).await
    }

    async fn depth(&self, realm: &Realm) -> Result<Depth, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM REGAIN.flow WHERE realm = $1 AND due_at IS NOT NULL),
                    (SELECT count(*) FROM REGAIN.outbox WHERE realm = $1),
                    (SELECT count(*) FROM REGAIN.dead_letter WHERE realm = $1)";
        let failed = failed("count the tables");
        let row =
            sqlx::query(self.database.sql(sql)).bind(realm.as_str()).fetch_one(&self.database.pool).await;
        let row = row.map_err(&failed)?;
        let count = |column: usize| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
        Ok(Depth {
            live_flows: count(0).map_err(&failed)?,
            waiting_mails: count(1).map_err(&failed)?,
            dead_letters: count(2).map_err(&failed)?,
        })
    }
}
