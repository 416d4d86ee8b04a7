//! Statements for what is done besides: dead letters sent again, values sealed anew, checkpoints, duties.

use crate::audit::Checkpoint;
use crate::ids::Realm;
use crate::sql::integer;
use crate::store::{DutyClaim, Reseal, Revival, SealedIn};
use sqlx::SqliteConnection;

/// `false` when there is no such dead letter, or nothing sealed in it.
pub(super) async fn revive(
    realm: &Realm,
    revival: &Revival,
    connection: &mut SqliteConnection,
) -> Result<bool, sqlx::Error> {
    let id = &revival.id.as_bytes()[..];
    let moved = sqlx::query(
        "INSERT INTO regain_outbox (realm, id, flow, letter, sealed, attempts, created_at, due_at)
         SELECT realm, id, flow, letter, sealed, attempts, ?1, ?1 FROM regain_dead_letter
         WHERE realm = ?2 AND id = ?3 AND sealed IS NOT NULL",
    );
    let moved =
        moved.bind(revival.at.millis()).bind(realm.as_str()).bind(id).execute(&mut *connection).await?;
    let delete = sqlx::query("DELETE FROM regain_dead_letter WHERE realm = ? AND id = ?");
    delete.bind(realm.as_str()).bind(id).execute(connection).await?;
    Ok(moved.rows_affected() == 1)
}

pub(super) async fn reseal(
    realm: &Realm,
    reseal: &Reseal,
    connection: &mut SqliteConnection,
) -> Result<(), sqlx::Error> {
    let (sql, id) = match &reseal.place {
        SealedIn::Flow(id, _) => {
            ("UPDATE regain_flow SET sealed = ? WHERE realm = ? AND id = ? AND sealed = ?", id.as_bytes())
        }
        SealedIn::Mail(id) => {
            ("UPDATE regain_outbox SET sealed = ? WHERE realm = ? AND id = ? AND sealed = ?", id.as_bytes())
        }
        SealedIn::DeadLetter(id) => (
            "UPDATE regain_dead_letter SET sealed = ? WHERE realm = ? AND id = ? AND sealed = ?",
            id.as_bytes(),
        ),
    };
    let update = sqlx::query(sql).bind(&reseal.to).bind(realm.as_str()).bind(&id[..]).bind(&reseal.from);
    update.execute(connection).await.map(drop)
}

pub(super) async fn insert_checkpoint(
    next: &Checkpoint,
    connection: &mut SqliteConnection,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO regain_checkpoint (realm, number, through, at, digest, hash, key, mac, marks)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(next.realm.as_str())
    .bind(integer(next.number))
    .bind(integer(next.through))
    .bind(next.at.millis())
    .bind(&next.digest[..])
    .bind(&next.hash[..])
    .bind(next.key)
    .bind(&next.mac[..])
    .bind(&next.marks)
    .execute(connection)
    .await
    .map(drop)
}

pub(super) async fn claim_duty(
    claim: &DutyClaim,
    connection: &mut SqliteConnection,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query(
        "INSERT INTO regain_duty (realm, duty, until) VALUES (?1, ?2, ?4) ON CONFLICT (realm, duty)
         DO UPDATE SET until = excluded.until WHERE until <= ?3 OR until > ?4",
    )
    .bind(claim.realm.as_str())
    .bind(claim.duty.code())
    .bind(claim.now.millis())
    .bind(claim.until.millis())
    .execute(connection)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// The records of the oldest checkpoint that has marks, if its time is over.
pub(super) async fn empty_checkpoint(
    realm: &Realm,
    closed_before: i64,
    connection: &mut SqliteConnection,
) -> Result<u64, sqlx::Error> {
    let emptied: Option<(i64,)> = sqlx::query_as(
        "UPDATE regain_checkpoint SET marks = x'' WHERE realm = ?1 AND at < ?2 AND number =
           (SELECT number FROM regain_checkpoint INDEXED BY regain_checkpoint_full
            WHERE realm = ?1 AND marks <> x'' ORDER BY number LIMIT 1)
         RETURNING through",
    )
    .bind(realm.as_str())
    .bind(closed_before)
    .fetch_optional(&mut *connection)
    .await?;
    let Some((through,)) = emptied else { return Ok(0) };
    let delete = sqlx::query(
        "DELETE FROM regain_audit INDEXED BY regain_audit_realm WHERE realm = ? AND position <= ?",
    );
    Ok(delete.bind(realm.as_str()).bind(through).execute(connection).await?.rows_affected())
}
