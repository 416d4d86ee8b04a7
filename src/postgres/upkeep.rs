//! Statements for what is done besides: dead letters sent again, values sealed anew, checkpoints, duties.

use crate::audit::Checkpoint;
use crate::ids::Realm;
use crate::postgres::database::{Database, in_time};
use crate::sql::integer;
use crate::store::{Commit, DutyClaim, Reseal, Revival, SealedIn};
use sqlx::PgConnection;

/// What a commit holds of these. `false` when a dead letter is not there, or has nothing sealed in it.
pub(super) async fn apply(
    database: &Database,
    commit: &Commit,
    connection: &mut PgConnection,
) -> Result<bool, sqlx::Error> {
    for revival in &commit.revivals {
        if !revive(database, &commit.realm, revival, connection).await? {
            return Ok(false);
        }
    }
    for value in &commit.reseals {
        reseal(database, &commit.realm, value, connection).await?;
    }
    if let Some(next) = &commit.checkpoint {
        insert_checkpoint(database, next, connection).await?;
    }
    Ok(true)
}

const REVIVE: &str = "WITH gone AS (DELETE FROM REGAIN.dead_letter
       WHERE realm = $1 AND id = $2 AND sealed IS NOT NULL
       RETURNING realm, id, flow, letter, sealed, attempts)
     INSERT INTO REGAIN.outbox (realm, id, flow, letter, sealed, attempts, created_at, due_at)
     SELECT realm, id, flow, letter, sealed, attempts, $3, $3 FROM gone";

async fn revive(
    database: &Database,
    realm: &Realm,
    revival: &Revival,
    connection: &mut PgConnection,
) -> Result<bool, sqlx::Error> {
    let query = database
        .query(REVIVE)
        .bind(realm.as_str())
        .bind(&revival.id.as_bytes()[..])
        .bind(revival.at.millis());
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

async fn reseal(
    database: &Database,
    realm: &Realm,
    reseal: &Reseal,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let (sql, id) = match &reseal.place {
        SealedIn::Flow(id, _) => {
            ("UPDATE REGAIN.flow SET sealed = $1 WHERE realm = $2 AND id = $3 AND sealed = $4", id.as_bytes())
        }
        SealedIn::Mail(id) => (
            "UPDATE REGAIN.outbox SET sealed = $1 WHERE realm = $2 AND id = $3 AND sealed = $4",
            id.as_bytes(),
        ),
        SealedIn::DeadLetter(id) => (
            "UPDATE REGAIN.dead_letter SET sealed = $1 WHERE realm = $2 AND id = $3 AND sealed = $4",
            id.as_bytes(),
        ),
    };
    let query =
        database.query(sql).bind(&reseal.to[..]).bind(realm.as_str()).bind(&id[..]).bind(&reseal.from[..]);
    query.execute(connection).await.map(drop)
}

async fn insert_checkpoint(
    database: &Database,
    next: &Checkpoint,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO REGAIN.checkpoint (realm, number, through, at, digest, hash, key, mac, marks)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    database
        .query(sql)
        .bind(next.realm.as_str())
        .bind(integer(next.number))
        .bind(integer(next.through))
        .bind(next.at.millis())
        .bind(&next.digest[..])
        .bind(&next.hash[..])
        .bind(i64::from(next.key))
        .bind(&next.mac[..])
        .bind(&next.marks[..])
        .execute(connection)
        .await
        .map(drop)
}

const CLAIM_DUTY: &str = "INSERT INTO REGAIN.duty (realm, duty, until) VALUES ($1, $2, $4)
     ON CONFLICT (realm, duty) DO UPDATE SET until = excluded.until
     WHERE duty.until <= $3 OR duty.until > $4 RETURNING 1";

pub(super) async fn claim_duty(database: &Database, claim: &DutyClaim) -> Result<bool, sqlx::Error> {
    let query = database
        .query(CLAIM_DUTY)
        .bind(claim.realm.as_str())
        .bind(claim.duty.code())
        .bind(claim.now.millis())
        .bind(claim.until.millis());
    Ok(in_time(database.fetch(query)).await?.len() == 1)
}

/// The records of the oldest checkpoint that has marks, if its time is over. One statement: both go, or neither.
const EMPTY: &str =
    "WITH emptied AS (UPDATE REGAIN.checkpoint SET marks = '' WHERE realm = $1 AND at < $2 AND number =
       (SELECT number FROM REGAIN.checkpoint WHERE realm = $1 AND marks <> '' ORDER BY number LIMIT 1)
       RETURNING through)
     DELETE FROM REGAIN.audit WHERE realm = $1 AND position IS NOT NULL
       AND position <= (SELECT through FROM emptied) RETURNING 1";

pub(super) async fn empty_checkpoint(
    database: &Database,
    realm: &Realm,
    closed_before: i64,
) -> Result<u64, sqlx::Error> {
    let query = database.query(EMPTY).bind(realm.as_str()).bind(closed_before);
    Ok(in_time(database.fetch(query)).await?.len() as u64)
}

pub(super) const SEALED_UNDER: &str = "(SELECT 'flow' AS place, id, state, sealed FROM REGAIN.flow
       WHERE realm = $1 AND due_at IS NOT NULL AND substr(sealed, 1, 4) = $2
     UNION ALL SELECT 'mail', id, '', sealed FROM REGAIN.outbox
       WHERE realm = $1 AND substr(sealed, 1, 4) = $2
     UNION ALL SELECT 'dead_letter', id, '', sealed FROM REGAIN.dead_letter
       WHERE realm = $1 AND keep_until IS NOT NULL AND substr(sealed, 1, 4) = $2)
     LIMIT $3";
