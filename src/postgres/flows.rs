//! [`FlowStore`] on PostgreSQL.

use crate::audit::{AuditRecord, Checkpoint};
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::keys::KeyId;
use crate::postgres::database::{Database, connect, failed, in_time, try_again};
use crate::postgres::listen::Bell;
use crate::postgres::party::is_upkeep;
use crate::postgres::queue::Queue;
use crate::postgres::schema::{self, SchemaName};
use crate::postgres::statements::{
    AUDIT, CHECKPOINTS, CLAIM_FLOWS, CLAIM_MAILS, DEAD_LETTER, DEAD_LETTERS, FORGET_SEALED, LAST_CHECKPOINT,
    LIVE_LINKS, LOAD, NUMBER, SWEEP_BUDGETS, SWEEP_DEAD, SWEEP_FLOWS,
};
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
    asks: Queue,
    work: Queue,
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
        let (asks, work) = (Queue::new(database.clone()), Queue::new(database.clone()));
        Ok(Self { asks, work, bell: Bell::new(&database), database })
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
            match in_time(self.change_once(sql, work)).await {
                Err(error) if try_again(&error, tries) => tries += 1,
                rows => return rows.map_err(failed("write to the database")),
            }
        }
    }

    async fn change_once(&self, sql: &'static str, work: &Work<'_>) -> Result<Vec<PgRow>, sqlx::Error> {
        let query = self.database.query(sql).bind(work.realm.as_str()).bind(work.until);
        let query = query.bind(i64::from(work.limit));
        let query = if let Some(lease) = work.lease_until { query.bind(lease) } else { query };
        let mut lease = self.database.lease().await?;
        let rows = self.database.fetch_in_transaction(query, &mut lease).await;
        lease.done();
        rows
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

/// Whether it may have to wait for a lock on a flow or a mail. An ask never does, and waits for none that does.
fn changes_rows(commit: &Commit) -> bool {
    let update = |write: &FlowWrite| matches!(write, FlowWrite::Update(_));
    !commit.settlements.is_empty() || is_upkeep(commit) || commit.flows.iter().any(update)
}

#[async_trait]
impl FlowStore for PostgresFlows {
    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        let query = self.database.query(LOAD).bind(realm.as_str()).bind(&id.as_bytes()[..]);
        Ok(self.database.read(query, sql::flow).await?.pop())
    }

    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>, StoreError> {
        let query = self.database.query(LIVE_LINKS).bind(realm.as_str()).bind(account.as_str().as_bytes());
        self.database.read(query, sql::flow).await
    }

    async fn commit(&self, wanted: Commit) -> Result<Committed, StoreError> {
        let (queue, leaves_work) =
            (if changes_rows(&wanted) { &self.work } else { &self.asks }, leaves_work(&wanted));
        let committed = queue.commit(wanted).await?;
        if committed == Committed::Done && leaves_work {
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
        let query =
            self.database.query(AUDIT).bind(realm.as_str()).bind(integer(after)).bind(i64::from(limit));
        self.database.read(query, sql::audit).await
    }

    async fn checkpoints(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        let query = self.database.query(CHECKPOINTS).bind(realm.as_str());
        self.database.read(query.bind(integer(after)).bind(i64::from(limit)), sql::checkpoint).await
    }

    async fn last_checkpoint(&self, realm: &Realm) -> Result<Option<Checkpoint>, StoreError> {
        let query = self.database.query(LAST_CHECKPOINT).bind(realm.as_str());
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
        let query = self.database.query(DEAD_LETTER).bind(realm.as_str()).bind(id.as_bytes().to_vec());
        Ok(self.database.read(query, sql::dead_letter).await?.pop())
    }

    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let query = self.database.query(DEAD_LETTERS).bind(realm.as_str()).bind(i64::from(limit));
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
