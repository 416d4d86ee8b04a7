//! One [`Commit`], one transaction.
//!
//! Flows are locked before mails, mails before budgets: the same order in every transaction.

use crate::audit::AuditRecord;
use crate::clock::Timestamp;
use crate::ids::{AccountId, Realm};
use crate::postgres::budgets::{self, Taken};
use crate::postgres::database::{Database, TRIES, code, try_again};
use crate::postgres::upkeep;
use crate::sql::integer;
use crate::store::{Commit, Committed, FlowWrite, MailOutcome, MailSettlement, OutboxMail};
use sqlx::PgConnection;

/// Does all of it, or nothing.
pub(super) async fn commit(database: &Database, commit: &Commit) -> Result<Committed, sqlx::Error> {
    let mut tries = 1;
    loop {
        match attempt(database, commit).await {
            Ok(Some(committed)) => return Ok(committed),
            Err(error) if !try_again(&error, tries) => return Err(error),
            Ok(None) if tries == TRIES => return Err(sqlx::Error::RowNotFound),
            Ok(None) | Err(_) => tries += 1,
        }
    }
}

/// `None` when a sweep took a budget's row in between.
async fn attempt(database: &Database, commit: &Commit) -> Result<Option<Committed>, sqlx::Error> {
    let mut lease = database.lease().await?;
    let done = attempt_on(database, commit, &mut lease).await;
    lease.done();
    done
}

async fn attempt_on(
    database: &Database,
    commit: &Commit,
    connection: &mut PgConnection,
) -> Result<Option<Committed>, sqlx::Error> {
    let mut seen = budgets::Logs::new();
    if !commit.spends.is_empty() {
        seen = budgets::look(database, commit, connection).await?;
        if let Some(retry_at) = budgets::refused(commit, &seen) {
            return Ok(Some(Committed::OverBudget { retry_at }));
        }
    }
    let mut transaction = database.begin(connection).await?;
    let committed = match apply(database, commit, &seen, &mut transaction).await {
        Err(error) if code(&error).as_deref() == Some("23505") => Some(Committed::Conflict),
        committed => committed?,
    };
    if committed == Some(Committed::Done) {
        transaction.commit().await?;
        return Ok(committed);
    }
    transaction.rollback().await?;
    if committed == Some(Committed::Conflict) && !commit.spends.is_empty() {
        // Whoever lost to a commit that also used up the budget is over budget first of all.
        seen = budgets::look(database, commit, connection).await?;
        let over = budgets::refused(commit, &seen).map(|retry_at| Committed::OverBudget { retry_at });
        return Ok(over.or(committed));
    }
    Ok(committed)
}

async fn apply(
    database: &Database,
    commit: &Commit,
    seen: &budgets::Logs,
    connection: &mut PgConnection,
) -> Result<Option<Committed>, sqlx::Error> {
    lock_flows(database, commit, connection).await?;
    for write in &commit.flows {
        if !write_flow(database, write, connection).await? {
            return Ok(Some(Committed::Conflict));
        }
    }
    for mail in &commit.mails {
        insert_mail(database, mail, connection).await?;
    }
    for settlement in &commit.settlements {
        settle(database, &commit.realm, settlement, connection).await?;
    }
    if !upkeep::apply(database, commit, connection).await? {
        return Ok(Some(Committed::Conflict));
    }
    for record in &commit.audit {
        insert_audit(database, record, connection).await?;
    }
    if commit.spends.is_empty() && commit.clears.is_empty() {
        return Ok(Some(Committed::Done));
    }
    Ok(match budgets::take(database, commit, seen, connection).await? {
        Taken::Done => Some(Committed::Done),
        Taken::OverBudget(retry_at) => Some(Committed::OverBudget { retry_at }),
        Taken::Moved => None,
    })
}

/// Several flows are written in the commit's order, but locked in the order of their ids.
async fn lock_flows(
    database: &Database,
    commit: &Commit,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let mut ids: Vec<&[u8]> = Vec::new();
    for write in &commit.flows {
        if let FlowWrite::Update(record) = write {
            ids.push(&record.id.as_bytes()[..]);
        }
    }
    if ids.len() < 2 {
        return Ok(());
    }
    let sql = "SELECT id FROM REGAIN.flow WHERE realm = $1 AND id = ANY($2) ORDER BY id FOR UPDATE";
    let query = database.query(sql).bind(commit.realm.as_str()).bind(ids);
    query.execute(connection).await.map(drop)
}

const INSERT_FLOW: &str =
    "INSERT INTO REGAIN.flow (purpose, version, state, reason, account, live_link, digest,
     epoch, factor, attempts, sealed, created_at, opened_at, expires_at, high, due_at, realm, id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     ON CONFLICT DO NOTHING";
const UPDATE_FLOW: &str =
    "UPDATE REGAIN.flow SET purpose = $1, version = $2, state = $3, reason = $4, account = $5,
     live_link = $6, digest = $7, epoch = $8, factor = $9, attempts = $10, sealed = $11, created_at = $12,
     opened_at = $13, expires_at = $14, high = $15, due_at = $16 WHERE realm = $17 AND id = $18 AND version = $19";

/// `false` when another version is stored.
async fn write_flow(
    database: &Database,
    write: &FlowWrite,
    connection: &mut PgConnection,
) -> Result<bool, sqlx::Error> {
    let (record, sql) = match write {
        FlowWrite::Insert(record) => (record, INSERT_FLOW),
        FlowWrite::Update(record) => (record, UPDATE_FLOW),
    };
    let mut query = database
        .query(sql)
        .bind(&record.purpose)
        .bind(integer(record.version))
        .bind(&record.state)
        .bind(&record.reason)
        .bind(record.account.as_ref().map(|account| AccountId::as_str(account).as_bytes()))
        .bind(record.live_link)
        .bind(record.digest.as_ref().map(|digest| &digest[..]))
        .bind(record.epoch.as_ref().map(|epoch| &epoch[..]))
        .bind(&record.factor)
        .bind(i64::from(record.attempts))
        .bind(record.sealed.as_deref())
        .bind(record.created_at.millis())
        .bind(record.opened_at.map(Timestamp::millis))
        .bind(record.expires_at.map(Timestamp::millis))
        .bind(record.high.map(Timestamp::millis))
        .bind(record.due_at.map(Timestamp::millis))
        .bind(record.realm.as_str())
        .bind(&record.id.as_bytes()[..]);
    if let FlowWrite::Update(_) = write {
        query = query.bind(integer(record.version) - 1);
    }
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

async fn insert_mail(
    database: &Database,
    mail: &OutboxMail,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO REGAIN.outbox (realm, id, flow, letter, sealed, attempts, created_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    database
        .query(sql)
        .bind(mail.realm.as_str())
        .bind(&mail.id.as_bytes()[..])
        .bind(&mail.flow.as_bytes()[..])
        .bind(&mail.letter)
        .bind(&mail.sealed[..])
        .bind(i64::from(mail.attempts))
        .bind(mail.created_at.millis())
        .bind(mail.due_at.millis())
        .execute(connection)
        .await?;
    Ok(())
}

const RETRY: &str = "UPDATE REGAIN.outbox SET due_at = $4 WHERE realm = $1 AND id = $2 AND attempts = $3";
/// One statement: between two, the mail could be claimed again.
const BURY: &str =
    "WITH gone AS (DELETE FROM REGAIN.outbox WHERE realm = $1 AND id = $2 AND attempts = $3 RETURNING *)
     INSERT INTO REGAIN.dead_letter
       (realm, id, flow, letter, attempts, created_at, dead_at, why, keep_until, sealed)
     SELECT realm, id, flow, letter, attempts, created_at, $4, $5, $6, CASE WHEN $6 IS NOT NULL THEN sealed END FROM gone";
const ERASE: &str = "DELETE FROM REGAIN.outbox WHERE realm = $1 AND id = $2 AND attempts = $3";

async fn settle(
    database: &Database,
    realm: &Realm,
    settlement: &MailSettlement,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let query = |sql| {
        database
            .query(sql)
            .bind(realm.as_str())
            .bind(&settlement.id.as_bytes()[..])
            .bind(i64::from(settlement.attempts))
    };
    let query = match &settlement.outcome {
        MailOutcome::Retry(at) => query(RETRY).bind(at.millis()),
        MailOutcome::Dead { at, why, keep_until } => {
            query(BURY).bind(at.millis()).bind(why).bind(keep_until.map(Timestamp::millis))
        }
        MailOutcome::Sent | MailOutcome::Stale => query(ERASE),
    };
    query.execute(connection).await.map(drop)
}

async fn insert_audit(
    database: &Database,
    record: &AuditRecord,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO REGAIN.audit (realm, at, flow, version, event, reason, actor, account, client)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    database
        .query(sql)
        .bind(record.realm.as_str())
        .bind(record.at.millis())
        .bind(&record.flow.as_bytes()[..])
        .bind(integer(record.version))
        .bind(record.event.as_bytes())
        .bind(record.reason.as_deref().map(str::as_bytes))
        .bind(record.actor.code())
        .bind(record.account.as_ref().map(|account| &account.as_bytes()[..]))
        .bind(record.client.as_ref().map(|client| &client.as_bytes()[..]))
        .execute(connection)
        .await?;
    Ok(())
}
