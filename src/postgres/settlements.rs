//! What became of mails: each kind of outcome in one statement.

use crate::clock::Timestamp;
use crate::ids::Realm;
use crate::postgres::database::{Database, Query};
use crate::store::{MailOutcome, MailSettlement};
use sqlx::PgConnection;

// One after the other, in the order in which they are given, each by the primary key.
const LOCK: &str = "SELECT stored.id FROM unnest($2::bytea[]) AS wanted (id) CROSS JOIN LATERAL
       (SELECT id FROM REGAIN.outbox WHERE realm = $1 AND id = wanted.id FOR UPDATE) AS stored";
// By the place of the row, which is locked and cannot move.
const RETRY: &str = "WITH tried AS MATERIALIZED (SELECT stored.ctid AS row, tried.due_at
       FROM unnest($2::bytea[], $3::bigint[], $4::bigint[]) AS tried (id, attempts, due_at) CROSS JOIN LATERAL
         (SELECT ctid FROM REGAIN.outbox WHERE realm = $1 AND id = tried.id AND attempts = tried.attempts
          FOR UPDATE) AS stored)
     UPDATE REGAIN.outbox AS outbox SET due_at = tried.due_at FROM tried WHERE outbox.ctid = tried.row";
const BURY: &str =
    "WITH tried AS MATERIALIZED (SELECT stored.ctid AS row, tried.dead_at, tried.why, tried.keep_until
       FROM unnest($2::bytea[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[])
         AS tried (id, attempts, dead_at, why, keep_until)
       CROSS JOIN LATERAL
         (SELECT ctid FROM REGAIN.outbox WHERE realm = $1 AND id = tried.id AND attempts = tried.attempts
          FOR UPDATE) AS stored),
     gone AS (DELETE FROM REGAIN.outbox AS outbox USING tried WHERE outbox.ctid = tried.row
       RETURNING outbox.realm, outbox.id, outbox.flow, outbox.letter, outbox.attempts, outbox.created_at,
         outbox.sealed, tried.dead_at, tried.why, tried.keep_until)
     INSERT INTO REGAIN.dead_letter (realm, id, flow, letter, attempts, created_at, dead_at, why,
       keep_until, sealed)
     SELECT realm, id, flow, letter, attempts, created_at, dead_at, why, keep_until,
       CASE WHEN keep_until IS NOT NULL THEN sealed END FROM gone";
const ERASE: &str = "WITH tried AS MATERIALIZED (SELECT stored.ctid AS row
       FROM unnest($2::bytea[], $3::bigint[]) AS tried (id, attempts) CROSS JOIN LATERAL
         (SELECT ctid FROM REGAIN.outbox WHERE realm = $1 AND id = tried.id AND attempts = tried.attempts
          FOR UPDATE) AS stored)
     DELETE FROM REGAIN.outbox AS outbox USING tried WHERE outbox.ctid = tried.row";

/// Settles mails, each of them once.
pub(super) async fn settle(
    database: &Database,
    realm: &Realm,
    settlements: &[&MailSettlement],
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    if settlements.is_empty() {
        return Ok(());
    }
    lock(database, realm, settlements, connection).await?;
    let (mut erased, mut retried, mut due, mut dead, mut dead_at, mut why, mut keep) =
        (vec![], vec![], vec![], vec![], vec![], vec![], vec![]);
    for settlement in settlements {
        match &settlement.outcome {
            MailOutcome::Sent | MailOutcome::Stale => erased.push(*settlement),
            MailOutcome::Retry(at) => {
                retried.push(*settlement);
                due.push(at.millis());
            }
            MailOutcome::Dead { at, why: because, keep_until } => {
                keep.push(keep_until.map(Timestamp::millis));
                dead.push(*settlement);
                dead_at.push(at.millis());
                why.push(&because[..]);
            }
        }
    }
    if !erased.is_empty() {
        tries(database, ERASE, realm, &erased).execute(&mut *connection).await?;
    }
    if !retried.is_empty() {
        tries(database, RETRY, realm, &retried).bind(due).execute(&mut *connection).await?;
    }
    if !dead.is_empty() {
        tries(database, BURY, realm, &dead).bind(dead_at).bind(why).bind(keep).execute(connection).await?;
    }
    Ok(())
}

/// In the order of their ids, so that two nodes that settle the same mails never wait in a circle.
async fn lock(
    database: &Database,
    realm: &Realm,
    settlements: &[&MailSettlement],
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let mut ids = ids(settlements);
    ids.sort_unstable();
    let query = database.query(LOCK).bind(realm.as_str()).bind(ids);
    query.execute(connection).await.map(drop)
}

fn tries<'q>(
    database: &Database,
    sql: &'static str,
    realm: &'q Realm,
    settlements: &[&'q MailSettlement],
) -> Query<'q> {
    let attempts: Vec<i64> = settlements.iter().map(|settlement| i64::from(settlement.attempts)).collect();
    database.query(sql).bind(realm.as_str()).bind(ids(settlements)).bind(attempts)
}

fn ids<'q>(settlements: &[&'q MailSettlement]) -> Vec<&'q [u8]> {
    settlements.iter().map(|settlement| &settlement.id.as_bytes()[..]).collect()
}
