//! Rows of one or of many commits, each table's in one statement, or in as few as go into messages of their own.

use crate::audit::AuditRecord;
use crate::clock::Timestamp;
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, Realm};
use crate::postgres::database::Database;
use crate::postgres::message::portions;
use crate::sql::{damaged, integer};
use crate::store::{FlowWrite, OutboxMail};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use std::collections::HashMap;

// One after the other, in the order in which they are given, each by the primary key.
const LOCK_FLOWS: &str =
    "SELECT stored.id, stored.version, stored.account FROM unnest($2::bytea[]) AS wanted (id) CROSS JOIN LATERAL
       (SELECT id, version, account FROM REGAIN.flow WHERE realm = $1 AND id = wanted.id FOR UPDATE) AS stored";

/// What is stored of a flow that is to be written.
pub(super) struct Stored {
    pub(super) version: i64,
    pub(super) account: Option<Vec<u8>>,
}

/// Locks flows in the order of their ids, and tells what is stored. Before they are written: the statement that writes
/// looks only where the rows are by then.
pub(super) async fn lock_flows(
    database: &Database,
    realm: &Realm,
    mut ids: Vec<FlowId>,
    connection: &mut PgConnection,
) -> Result<HashMap<FlowId, Stored>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    ids.sort_unstable();
    let ids: Vec<&[u8]> = ids.iter().map(|id| &id.as_bytes()[..]).collect();
    let query = database.query(LOCK_FLOWS).bind(realm.as_str()).bind(ids);
    query.fetch_all(connection).await?.iter().map(stored).collect()
}

fn stored(row: &PgRow) -> Result<(FlowId, Stored), sqlx::Error> {
    let id: [u8; 16] = row.try_get::<&[u8], _>("id")?.try_into().map_err(|_| damaged_id())?;
    let stored = Stored { version: row.try_get("version")?, account: row.try_get("account")? };
    Ok((FlowId::from_bytes(id), stored))
}

pub(super) fn damaged_id() -> sqlx::Error {
    sqlx::Error::Decode(damaged("id").into())
}

const INSERT_FLOWS: &str = "INSERT INTO REGAIN.flow (realm, id, purpose, version, state, reason, account,
       live_link, digest, code, epoch, factor, attempts, sealed, created_at, opened_at, expires_at, high, due_at)
     SELECT $1, * FROM unnest($2::bytea[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bytea[],
       $8::boolean[], $9::bytea[], $10::bytea[], $11::bytea[], $12::text[], $13::bigint[], $14::bytea[],
       $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[])
     ON CONFLICT DO NOTHING";
// By the place of the row, which is locked and cannot move: a join would be for the planner to choose, who may know little
// of the table.
const UPDATE_FLOWS: &str = "WITH new AS MATERIALIZED (
       SELECT stored.ctid AS row, new.* FROM unnest($2::bytea[], $3::text[], $4::bigint[], $5::text[], $6::text[],
         $7::bytea[], $8::boolean[], $9::bytea[], $10::bytea[], $11::bytea[], $12::text[], $13::bigint[],
         $14::bytea[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[])
         AS new (id, purpose, version, state, reason, account, live_link, digest, code, epoch, factor, attempts,
           sealed, created_at, opened_at, expires_at, high, due_at)
       CROSS JOIN LATERAL (SELECT ctid FROM REGAIN.flow
         WHERE realm = $1 AND id = new.id AND version = new.version - 1 FOR UPDATE) AS stored)
     UPDATE REGAIN.flow AS flow SET purpose = new.purpose, version = new.version,
       state = new.state, reason = new.reason, account = new.account, live_link = new.live_link,
       digest = new.digest, code = new.code, epoch = new.epoch, factor = new.factor,
       attempts = new.attempts, sealed = new.sealed, created_at = new.created_at, opened_at = new.opened_at,
       expires_at = new.expires_at, high = new.high, due_at = new.due_at
     FROM new WHERE flow.ctid = new.row";

/// Writes that are all inserts or all updates, of one flow each. `false` when one of them did not fit what is stored.
pub(super) async fn write_flows(
    database: &Database,
    realm: &Realm,
    writes: &[&FlowWrite],
    connection: &mut PgConnection,
) -> Result<bool, sqlx::Error> {
    let sql = match writes {
        [] => return Ok(true),
        [FlowWrite::Insert(_), ..] => INSERT_FLOWS,
        [FlowWrite::Update(_), ..] => UPDATE_FLOWS,
    };
    let records: Vec<&FlowRecord> = writes.iter().map(|write| record(write)).collect();
    let mut written = 0;
    for records in portions(&records, |record| 350 + record.sealed.as_ref().map_or(0, Vec::len)) {
        written += write_records(database, sql, realm, records, connection).await?;
    }
    Ok(written == writes.len() as u64)
}

async fn write_records(
    database: &Database,
    sql: &'static str,
    realm: &Realm,
    records: &[&FlowRecord],
    connection: &mut PgConnection,
) -> Result<u64, sqlx::Error> {
    let query = database
        .query(sql)
        .bind(realm.as_str())
        .bind(column(records, |record| &record.id.as_bytes()[..]))
        .bind(column(records, |record| &record.purpose[..]))
        .bind(column(records, |record| integer(record.version)))
        .bind(column(records, |record| &record.state[..]))
        .bind(column(records, |record| record.reason.as_deref()))
        .bind(column(records, |record| record.account.as_ref().map(|id| AccountId::as_str(id).as_bytes())))
        .bind(column(records, |record| record.live_link))
        .bind(column(records, |record| record.digest.as_ref().map(|digest| &digest[..])))
        .bind(column(records, |record| record.code.as_ref().map(|code| &code[..])))
        .bind(column(records, |record| record.epoch.as_ref().map(|epoch| &epoch[..])))
        .bind(column(records, |record| record.factor.as_deref()))
        .bind(column(records, |record| i64::from(record.attempts)))
        .bind(column(records, |record| record.sealed.as_deref()))
        .bind(column(records, |record| record.created_at.millis()))
        .bind(column(records, |record| record.opened_at.map(Timestamp::millis)))
        .bind(column(records, |record| record.expires_at.map(Timestamp::millis)))
        .bind(column(records, |record| record.high.map(Timestamp::millis)))
        .bind(column(records, |record| record.due_at.map(Timestamp::millis)));
    Ok(query.execute(connection).await?.rows_affected())
}

pub(super) fn record(write: &FlowWrite) -> &FlowRecord {
    let (FlowWrite::Insert(record) | FlowWrite::Update(record)) = write;
    record
}

/// One column of many rows.
pub(super) fn column<'r, R, T>(rows: &[&'r R], value: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(|row| value(row)).collect()
}

const INSERT_MAILS: &str =
    "INSERT INTO REGAIN.outbox (realm, id, flow, letter, sealed, attempts, created_at, due_at)
     SELECT $1, * FROM unnest($2::bytea[], $3::bytea[], $4::text[], $5::bytea[], $6::bigint[], $7::bigint[],
       $8::bigint[])";

pub(super) async fn insert_mails(
    database: &Database,
    realm: &Realm,
    mails: &[&OutboxMail],
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    for mails in portions(mails, |mail| 150 + mail.sealed.len()) {
        insert_mail_rows(database, realm, mails, connection).await?;
    }
    Ok(())
}

async fn insert_mail_rows(
    database: &Database,
    realm: &Realm,
    mails: &[&OutboxMail],
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let query = database
        .query(INSERT_MAILS)
        .bind(realm.as_str())
        .bind(column(mails, |mail| &mail.id.as_bytes()[..]))
        .bind(column(mails, |mail| &mail.flow.as_bytes()[..]))
        .bind(column(mails, |mail| &mail.letter[..]))
        .bind(column(mails, |mail| &mail.sealed[..]))
        .bind(column(mails, |mail| i64::from(mail.attempts)))
        .bind(column(mails, |mail| mail.created_at.millis()))
        .bind(column(mails, |mail| mail.due_at.millis()));
    query.execute(connection).await.map(drop)
}

// In the order of the commits, and of the lines of each: numbers are given in this order.
const INSERT_AUDIT: &str =
    "INSERT INTO REGAIN.audit (realm, at, flow, version, event, reason, actor, account, client)
     SELECT $1, at, flow, version, event, reason, actor, account, client
     FROM unnest($2::bigint[], $3::bytea[], $4::bigint[], $5::bytea[], $6::bytea[], $7::text[], $8::bytea[],
       $9::bytea[]) WITH ORDINALITY AS new (at, flow, version, event, reason, actor, account, client, place)
     ORDER BY place";

pub(super) async fn insert_audit(
    database: &Database,
    realm: &Realm,
    lines: &[&AuditRecord],
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    for lines in portions(lines, |_| 200) {
        insert_lines(database, realm, lines, connection).await?;
    }
    Ok(())
}

async fn insert_lines(
    database: &Database,
    realm: &Realm,
    lines: &[&AuditRecord],
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let query = database
        .query(INSERT_AUDIT)
        .bind(realm.as_str())
        .bind(column(lines, |line| line.at.millis()))
        .bind(column(lines, |line| &line.flow.as_bytes()[..]))
        .bind(column(lines, |line| integer(line.version)))
        .bind(column(lines, |line| line.event.as_bytes()))
        .bind(column(lines, |line| line.reason.as_deref().map(str::as_bytes)))
        .bind(column(lines, |line| line.actor.code()))
        .bind(column(lines, |line| line.account.as_ref().map(|account| &account.as_bytes()[..])))
        .bind(column(lines, |line| line.client.as_ref().map(|client| &client.as_bytes()[..])));
    query.execute(connection).await.map(drop)
}
