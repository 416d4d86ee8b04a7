//! [`FlowStore`] on PostgreSQL.

use crate::audit::{AuditRecord, Checkpoint};
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::keys::KeyId;
use crate::postgres::commit::commit;
use crate::postgres::database::{Database, connect, failed, in_time, try_again};
use crate::postgres::listen::Bell;
use crate::postgres::schema::{self, SchemaName};
use crate::postgres::upkeep;
use crate::sql::{self, integer};
use crate::store::{
    Claim, Commit, Committed, DeadLetter, Depth, DutyClaim, FlowStore, FlowWrite, OutboxMail, SealedIn,
    StoreError, Sweep,
};
use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

/// regain's tables in a schema of a PostgreSQL database.
pub struct PostgresFlows {
    database: Database,
    bell: Bell,
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
        Ok(Self { bell: Bell::new(&database), database })
    }

    /// Closes all connections, a host's own pool's too; what was answered is on disk either way.
    pub async fn close(&self) {
        self.bell.stop();
        self.database.pool.close().await;
    }

    /// A statement that changes rows by itself, tried again when it lost against another transaction.
    async fn change(&self, sql: &'static str, work: &Work<'_>) -> Result<Vec<PgRow>, StoreError> {
        let mut tries = 1;
        loop {
            let query = self.database.query(sql).bind(work.realm.as_str()).bind(work.until);
            let query = query.bind(i64::from(work.limit));
            let query = if let Some(lease) = work.lease_until { query.bind(lease) } else { query };
            match in_time(self.database.fetch(query)).await {
                Err(error) if try_again(&error, tries) => tries += 1,
                rows => return rows.map_err(failed("write to the database")),
            }
        }
    }

    /// Gives positions to the next lines that have none. Readers go one after the other; nobody who writes waits.
    async fn number_audit(&self, realm: &Realm, limit: u32) -> Result<(), sqlx::Error> {
        let database = &self.database;
        let sql = "SELECT EXISTS (SELECT FROM REGAIN.audit WHERE realm = $1 AND position IS NULL)";
        let new = database.fetch(database.query(sql).bind(realm.as_str())).await?;
        if !new.iter().any(|new| matches!(new.try_get(0), Ok(true))) {
            return Ok(());
        }
        let mut lease = database.lease().await?;
        let mut transaction = database.begin(&mut lease).await?;
        let sql = "INSERT INTO REGAIN.audit_head (realm, position) VALUES ($1, 0) ON CONFLICT DO NOTHING";
        database.query(sql).bind(realm.as_str()).execute(&mut *transaction).await?;
        let sql = "SELECT position FROM REGAIN.audit_head WHERE realm = $1 FOR UPDATE";
        database.query(sql).bind(realm.as_str()).execute(&mut *transaction).await?;
        // A statement of its own, after the lock: it sees all that was numbered before.
        database.query(NUMBER).bind(realm.as_str()).bind(i64::from(limit)).execute(&mut *transaction).await?;
        transaction.commit().await?;
        lease.done();
        Ok(())
    }
}

/// Whether others may have something to do after it.
fn leaves_work(commit: &Commit) -> bool {
    !commit.mails.is_empty() || commit.flows.iter().any(|write| matches!(write, FlowWrite::Insert(_)))
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

const NUMBER: &str = "WITH
     new AS (SELECT entry, row_number() OVER (ORDER BY entry) AS place FROM
       (SELECT entry FROM REGAIN.audit WHERE realm = $1 AND position IS NULL ORDER BY entry LIMIT $2) AS next),
     numbered AS (UPDATE REGAIN.audit AS audit SET position = head.position + new.place
       FROM new, REGAIN.audit_head AS head
       WHERE head.realm = $1 AND audit.entry = new.entry RETURNING audit.entry)
     UPDATE REGAIN.audit_head SET position = position + (SELECT count(*) FROM numbered) WHERE realm = $1";

// `= ANY(ARRAY(..))` and not a join: a planner that guesses wrong how many are due would read the whole table.
const CLAIM_FLOWS: &str =
    "WITH due AS (SELECT id FROM REGAIN.flow WHERE realm = $1 AND due_at IS NOT NULL AND due_at <= $2
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE REGAIN.flow SET due_at = $4 WHERE realm = $1 AND id = ANY(ARRAY(SELECT id FROM due)) RETURNING *";
const CLAIM_MAILS: &str = "WITH due AS (SELECT id FROM REGAIN.outbox WHERE realm = $1 AND due_at <= $2
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE REGAIN.outbox SET due_at = $4, attempts = attempts + 1
     WHERE realm = $1 AND id = ANY(ARRAY(SELECT id FROM due)) RETURNING *";
const SWEEP_FLOWS: &str =
    "WITH old AS (SELECT id FROM REGAIN.flow WHERE realm = $1 AND due_at IS NULL AND created_at < $2
       ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     DELETE FROM REGAIN.flow WHERE realm = $1 AND id = ANY(ARRAY(SELECT id FROM old)) RETURNING 1";
const SWEEP_BUDGETS: &str = "WITH old AS (SELECT key FROM REGAIN.budget WHERE realm = $1 AND full_at <= $2
       ORDER BY full_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     DELETE FROM REGAIN.budget WHERE realm = $1 AND key = ANY(ARRAY(SELECT key FROM old)) RETURNING 1";
const SWEEP_DEAD: &str = "WITH old AS (SELECT id FROM REGAIN.dead_letter WHERE realm = $1 AND dead_at < $2
       ORDER BY dead_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     DELETE FROM REGAIN.dead_letter WHERE realm = $1 AND id = ANY(ARRAY(SELECT id FROM old)) RETURNING 1";

const FORGET_SEALED: &str =
    "WITH old AS (SELECT id FROM REGAIN.dead_letter WHERE realm = $1 AND keep_until <= $2
       ORDER BY keep_until LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE REGAIN.dead_letter SET sealed = NULL, keep_until = NULL
     WHERE realm = $1 AND id = ANY(ARRAY(SELECT id FROM old)) RETURNING 1";

#[async_trait]
impl FlowStore for PostgresFlows {
    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        let query = self
            .database
            .query("SELECT * FROM REGAIN.flow WHERE realm = $1 AND id = $2")
            .bind(realm.as_str())
            .bind(&id.as_bytes()[..]);
        Ok(self.database.read(query, sql::flow).await?.pop())
    }

    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>, StoreError> {
        let sql = "SELECT * FROM REGAIN.flow WHERE realm = $1 AND account = $2 AND live_link";
        let query = self.database.query(sql).bind(realm.as_str()).bind(account.as_str().as_bytes());
        self.database.read(query, sql::flow).await
    }

    async fn commit(&self, wanted: Commit) -> Result<Committed, StoreError> {
        let committed =
            in_time(commit(&self.database, &wanted)).await.map_err(failed("write to the database"))?;
        if committed == Committed::Done && leaves_work(&wanted) {
            self.bell.ring();
        }
        Ok(committed)
    }

    async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>, StoreError> {
        Ok(sql::readable(&self.change(CLAIM_FLOWS, &claim.into()).await?, sql::flow))
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError> {
        Ok(sql::readable(&self.change(CLAIM_MAILS, &claim.into()).await?, sql::mail))
    }

    async fn claim_duty(&self, claim: &DutyClaim) -> Result<bool, StoreError> {
        upkeep::claim_duty(&self.database, claim).await.map_err(failed("claim a duty"))
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
        let work = Work { realm, until: sweep.kept_until.millis(), limit: sweep.limit, lease_until: None };
        self.change(FORGET_SEALED, &work).await?;
        let before = sweep.audit_closed_before.millis();
        let records = upkeep::empty_checkpoint(&self.database, realm, before).await;
        Ok(swept + records.map_err(failed("delete old audit records"))?)
    }

    async fn audit_after(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        in_time(self.number_audit(realm, limit)).await.map_err(failed("number the audit record"))?;
        let sql = "SELECT * FROM REGAIN.audit WHERE realm = $1 AND position > $2 ORDER BY position LIMIT $3";
        let query = self.database.query(sql).bind(realm.as_str()).bind(integer(after)).bind(i64::from(limit));
        self.database.read(query, sql::audit).await
    }

    async fn checkpoints(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        let sql = "SELECT * FROM REGAIN.checkpoint WHERE realm = $1 AND number > $2 ORDER BY number LIMIT $3";
        let query = self.database.query(sql).bind(realm.as_str());
        self.database.read(query.bind(integer(after)).bind(i64::from(limit)), sql::checkpoint).await
    }

    async fn last_checkpoint(&self, realm: &Realm) -> Result<Option<Checkpoint>, StoreError> {
        let sql = "SELECT * FROM REGAIN.checkpoint WHERE realm = $1 ORDER BY number DESC LIMIT 1";
        let query = self.database.query(sql).bind(realm.as_str());
        Ok(self.database.read(query, sql::checkpoint).await?.pop())
    }

    async fn sealed_under(
        &self,
        realm: &Realm,
        key: KeyId,
        limit: u32,
    ) -> Result<Vec<(SealedIn, Vec<u8>)>, StoreError> {
        let query = self.database.query(upkeep::SEALED_UNDER).bind(realm.as_str());
        self.database.read(query.bind(key.to_be_bytes().to_vec()).bind(i64::from(limit)), sql::sealed).await
    }

    async fn dead_letter(&self, realm: &Realm, id: MailId) -> Result<Option<DeadLetter>, StoreError> {
        let sql = "SELECT * FROM REGAIN.dead_letter WHERE realm = $1 AND id = $2";
        let query = self.database.query(sql).bind(realm.as_str()).bind(id.as_bytes().to_vec());
        Ok(self.database.read(query, sql::dead_letter).await?.pop())
    }

    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let sql = "SELECT * FROM REGAIN.dead_letter WHERE realm = $1 ORDER BY dead_at DESC, id LIMIT $2";
        let query = self.database.query(sql).bind(realm.as_str()).bind(i64::from(limit));
        self.database.read(query, sql::dead_letter).await
    }

    async fn depth(&self, realm: &Realm) -> Result<Depth, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM REGAIN.flow WHERE realm = $1 AND due_at IS NOT NULL),
                    (SELECT count(*) FROM REGAIN.outbox WHERE realm = $1),
                    (SELECT count(*) FROM REGAIN.dead_letter WHERE realm = $1)";
        let failed = failed("count the tables");
        let rows = in_time(self.database.fetch(self.database.query(sql).bind(realm.as_str()))).await;
        let rows = rows.map_err(&failed)?;
        let row = rows.first().ok_or(sqlx::Error::RowNotFound).map_err(&failed)?;
        let count = |column: usize| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
        Ok(Depth {
            live_flows: count(0).map_err(&failed)?,
            waiting_mails: count(1).map_err(&failed)?,
            dead_letters: count(2).map_err(&failed)?,
        })
    }

    async fn work_arrived(&self) {
        self.bell.heard().await;
    }
}
