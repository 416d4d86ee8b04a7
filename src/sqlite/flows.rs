//! [`FlowStore`] on SQLite.

use crate::audit::{AuditRecord, Checkpoint};
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::keys::KeyId;
use crate::sql::{self, integer};
use crate::sqlite::commit::apply;
use crate::sqlite::schema::{Pools, Schema};
use crate::sqlite::trouble::failed;
use crate::sqlite::upkeep;
use crate::sqlite::writer::{Verdict, Work, Writer};
use crate::store::{
    Claim, Commit, Committed, DeadLetter, Depth, DutyClaim, FlowStore, FlowWrite, OutboxMail, SealedIn,
    StoreError, Sweep,
};
use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::path::Path;

// SQLite's planner now and then prefers a primary key, and would read every row of the realm: hence `INDEXED BY`.
const SCHEMA: Schema =
    Schema { name: "flows", migrations: &[include_str!("flows.sql"), include_str!("upkeep.sql")] };

/// regain's tables in a SQLite file.
pub struct SqliteFlows {
    pools: Pools,
    writer: Writer<Job>,
}

impl SqliteFlows {
    /// Opens the file, makes it if need be, and brings its tables up to date. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened or written, or was written by a newer regain.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let pools = Pools::open(path, &SCHEMA).await?;
        let writer = Writer::start(pools.writer.clone(), path);
        Ok(Self { pools, writer })
    }

    /// Closes all connections; what was answered is on disk either way.
    pub async fn close(&self) {
        self.pools.close().await;
    }

    /// Erased rows leave the write-ahead log only when it is written back. Where that is not possible just now, the next
    /// sweep does it.
    async fn clear_log(&self) {
        let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pools.writer).await;
        if let Err(error) = emptied {
            tracing::warn!(%error, "the write-ahead log could not be written back");
        }
    }

    async fn read<T>(
        &self,
        query: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
        parse: fn(&SqliteRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = query.fetch_all(&self.pools.readers).await;
        rows.map_err(failed("read from the database"))?.iter().map(parse).collect()
    }
}

enum Job {
    Commit(Box<Commit>),
    ClaimFlows(Claim),
    ClaimMails(Claim),
    ClaimDuty(DutyClaim),
    Sweep(Realm, Sweep),
}

enum Answer {
    Committed(Committed),
    Rows(Vec<SqliteRow>),
    Duty(bool),
    Swept(u64),
}

const UNEXPECTED: StoreError = StoreError::plain("the writer answered something else than was asked");

#[async_trait]
impl Work for Job {
    type Answer = Answer;

    /// One insert at the most is the first thing that is written: where it conflicts, nothing else has been.
    fn may_undo_writes(&self) -> bool {
        let Self::Commit(commit) = self else { return false };
        let simple = matches!(commit.flows[..], [] | [FlowWrite::Insert(_)]);
        !simple || !commit.mails.is_empty() || !commit.revivals.is_empty() || commit.checkpoint.is_some()
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Verdict<Answer>, sqlx::Error> {
        match self {
            Self::Commit(commit) => {
                let committed = match apply(commit, connection).await {
                    Err(error)
                        if error.as_database_error().is_some_and(|error| error.is_unique_violation()) =>
                    {
                        Committed::Conflict
                    }
                    committed => committed?,
                };
                let answer = Answer::Committed(committed);
                Ok(if committed == Committed::Done { Verdict::Keep(answer) } else { Verdict::Undo(answer) })
            }
            Self::ClaimFlows(claim) => Ok(Verdict::Keep(Answer::Rows(claim_flows(claim, connection).await?))),
            Self::ClaimMails(claim) => Ok(Verdict::Keep(Answer::Rows(claim_mails(claim, connection).await?))),
            Self::ClaimDuty(claim) => {
                Ok(Verdict::Keep(Answer::Duty(upkeep::claim_duty(claim, connection).await?)))
            }
            Self::Sweep(realm, bounds) => {
                Ok(Verdict::Keep(Answer::Swept(sweep(realm, bounds, connection).await?)))
            }
        }
    }
}

async fn claim_flows(
    claim: &Claim,
    connection: &mut SqliteConnection,
) -> Result<Vec<SqliteRow>, sqlx::Error> {
    sqlx::query(
        "UPDATE regain_flow SET due_at = ? WHERE realm = ? AND id IN
           (SELECT id FROM regain_flow INDEXED BY regain_flow_due WHERE realm = ? AND due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?)
         RETURNING *",
    )
    .bind(claim.lease_until.millis())
    .bind(claim.realm.as_str())
    .bind(claim.realm.as_str())
    .bind(claim.due_by.millis())
    .bind(claim.limit)
    .fetch_all(connection)
    .await
}

async fn claim_mails(
    claim: &Claim,
    connection: &mut SqliteConnection,
) -> Result<Vec<SqliteRow>, sqlx::Error> {
    sqlx::query(
        "UPDATE regain_outbox SET due_at = ?, attempts = attempts + 1 WHERE realm = ? AND id IN
           (SELECT id FROM regain_outbox INDEXED BY regain_outbox_due WHERE realm = ? AND due_at <= ? ORDER BY due_at LIMIT ?)
         RETURNING *",
    )
    .bind(claim.lease_until.millis())
    .bind(claim.realm.as_str())
    .bind(claim.realm.as_str())
    .bind(claim.due_by.millis())
    .bind(claim.limit)
    .fetch_all(connection)
    .await
}

async fn sweep(realm: &Realm, sweep: &Sweep, connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let statements = [
        (
            "DELETE FROM regain_flow WHERE realm = ? AND id IN
               (SELECT id FROM regain_flow INDEXED BY regain_flow_ended WHERE realm = ? AND due_at IS NULL AND created_at < ? LIMIT ?)",
            sweep.ended_before,
        ),
        (
            "DELETE FROM regain_budget WHERE realm = ? AND key IN
               (SELECT key FROM regain_budget INDEXED BY regain_budget_full WHERE realm = ? AND full_at <= ? LIMIT ?)",
            sweep.budgets_full_at,
        ),
        (
            "DELETE FROM regain_dead_letter WHERE realm = ? AND id IN
               (SELECT id FROM regain_dead_letter INDEXED BY regain_dead_letter_at WHERE realm = ? AND dead_at < ? LIMIT ?)",
            sweep.dead_before,
        ),
        (
            "UPDATE regain_dead_letter SET sealed = NULL, keep_until = NULL WHERE realm = ? AND id IN
               (SELECT id FROM regain_dead_letter INDEXED BY regain_dead_letter_kept WHERE realm = ? AND keep_until <= ? LIMIT ?)",
            sweep.kept_until,
        ),
    ];
    let mut swept = 0;
    for (sql, bound) in statements {
        let deleted = sqlx::query(sql)
            .bind(realm.as_str())
            .bind(realm.as_str())
            .bind(bound.millis())
            .bind(sweep.limit)
            .execute(&mut *connection)
            .await?;
        // Keeping less of a letter deletes no row.
        if !sql.starts_with("UPDATE") {
            swept += deleted.rows_affected();
        }
    }
    Ok(swept + upkeep::empty_checkpoint(realm, sweep.audit_closed_before.millis(), connection).await?)
}

#[async_trait]
impl FlowStore for SqliteFlows {
    async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM regain_flow WHERE realm = ? AND id = ?")
            .bind(realm.as_str())
            .bind(&id.as_bytes()[..]);
        Ok(self.read(query, sql::flow).await?.pop())
    }

    async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>, StoreError> {
        let query =
            sqlx::query(// SQLite's planner prefers the primary key, and would read every flow of the realm.
            "SELECT * FROM regain_flow INDEXED BY regain_flow_live WHERE realm = ? AND account = ? AND live_link = 1",
        )
                .bind(realm.as_str())
                .bind(account.as_str());
        self.read(query, sql::flow).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        match self.writer.run(Job::Commit(Box::new(commit))).await? {
            Answer::Committed(committed) => Ok(committed),
            _ => Err(UNEXPECTED),
        }
    }

    async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>, StoreError> {
        match self.writer.run(Job::ClaimFlows(claim.clone())).await? {
            Answer::Rows(rows) => Ok(sql::readable(&rows, sql::flow)),
            _ => Err(UNEXPECTED),
        }
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError> {
        match self.writer.run(Job::ClaimMails(claim.clone())).await? {
            Answer::Rows(rows) => Ok(sql::readable(&rows, sql::mail)),
            _ => Err(UNEXPECTED),
        }
    }

    async fn claim_duty(&self, claim: &DutyClaim) -> Result<bool, StoreError> {
        match self.writer.run(Job::ClaimDuty(claim.clone())).await? {
            Answer::Duty(given) => Ok(given),
            _ => Err(UNEXPECTED),
        }
    }

    async fn sweep(&self, realm: &Realm, sweep: &Sweep) -> Result<u64, StoreError> {
        match self.writer.run(Job::Sweep(realm.clone(), *sweep)).await? {
            Answer::Swept(rows) => {
                self.clear_log().await;
                Ok(rows)
            }
            _ => Err(UNEXPECTED),
        }
    }

    async fn audit_after(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        let query = sqlx::query(
            "SELECT * FROM regain_audit WHERE realm = ? AND position > ? ORDER BY position LIMIT ?",
        )
        .bind(realm.as_str())
        .bind(integer(after))
        .bind(limit);
        self.read(query, sql::audit).await
    }

    async fn checkpoints(
        &self,
        realm: &Realm,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        let query = sqlx::query(
            "SELECT * FROM regain_checkpoint WHERE realm = ? AND number > ? ORDER BY number LIMIT ?",
        );
        self.read(query.bind(realm.as_str()).bind(integer(after)).bind(limit), sql::checkpoint).await
    }

    async fn last_checkpoint(&self, realm: &Realm) -> Result<Option<Checkpoint>, StoreError> {
        let query =
            sqlx::query("SELECT * FROM regain_checkpoint WHERE realm = ? ORDER BY number DESC LIMIT 1");
        Ok(self.read(query.bind(realm.as_str()), sql::checkpoint).await?.pop())
    }

    async fn sealed_under(
        &self,
        realm: &Realm,
        key: KeyId,
        limit: u32,
    ) -> Result<Vec<(SealedIn, Vec<u8>)>, StoreError> {
        let query = sqlx::query(
            "SELECT 'flow' AS place, id, state, sealed FROM regain_flow INDEXED BY regain_flow_due
               WHERE realm = ?1 AND due_at IS NOT NULL AND substr(sealed, 1, 4) = ?2
             UNION ALL SELECT 'mail', id, '', sealed FROM regain_outbox
               WHERE realm = ?1 AND substr(sealed, 1, 4) = ?2
             UNION ALL SELECT 'dead_letter', id, '', sealed FROM regain_dead_letter
               WHERE realm = ?1 AND substr(sealed, 1, 4) = ?2
             LIMIT ?3",
        );
        self.read(query.bind(realm.as_str()).bind(key.to_be_bytes().to_vec()).bind(limit), sql::sealed).await
    }

    async fn dead_letter(&self, realm: &Realm, id: MailId) -> Result<Option<DeadLetter>, StoreError> {
        let query = sqlx::query("SELECT * FROM regain_dead_letter WHERE realm = ? AND id = ?");
        Ok(self.read(query.bind(realm.as_str()).bind(id.as_bytes().to_vec()), sql::dead_letter).await?.pop())
    }

    async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let query =
            sqlx::query("SELECT * FROM regain_dead_letter WHERE realm = ? ORDER BY dead_at DESC, id LIMIT ?")
                .bind(realm.as_str())
                .bind(limit);
        self.read(query, sql::dead_letter).await
    }

    async fn depth(&self, realm: &Realm) -> Result<Depth, StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM regain_flow WHERE realm = ?1 AND due_at IS NOT NULL),
                    (SELECT count(*) FROM regain_outbox WHERE realm = ?1),
                    (SELECT count(*) FROM regain_dead_letter WHERE realm = ?1)",
        )
        .bind(realm.as_str())
        .fetch_one(&self.pools.readers)
        .await
        .map_err(failed("count the tables"))?;
        let count =
            |column: usize| row.try_get::<i64, _>(column).map(|count| u64::try_from(count).unwrap_or(0));
        let failed = failed("count the tables");
        Ok(Depth {
            live_flows: count(0).map_err(failed)?,
            waiting_mails: count(1).map_err(failed)?,
            dead_letters: count(2).map_err(failed)?,
        })
    }
}
