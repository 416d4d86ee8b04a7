//! Rows to records.

use crate::audit::{Actor, AuditRecord, Pseudonym};
use crate::clock::Timestamp;
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::store::{DeadLetter, OutboxMail, StoreError};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

type Result<T> = std::result::Result<T, StoreError>;

pub(super) fn get<'r, T>(row: &'r SqliteRow, column: &'static str) -> Result<T>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(column).map_err(|error| StoreError::new("read a row", error))
}

pub(super) fn damaged(column: &'static str) -> StoreError {
    StoreError::new("read a row", format!("column {column} holds what nobody wrote"))
}

fn bytes<const N: usize>(row: &SqliteRow, column: &'static str) -> Result<[u8; N]> {
    get::<&[u8]>(row, column)?.try_into().map_err(|_| damaged(column))
}

fn maybe_bytes<const N: usize>(row: &SqliteRow, column: &'static str) -> Result<Option<[u8; N]>> {
    let bytes: Option<&[u8]> = get(row, column)?;
    bytes.map(|bytes| bytes.try_into().map_err(|_| damaged(column))).transpose()
}

fn count<T: TryFrom<i64>>(row: &SqliteRow, column: &'static str) -> Result<T> {
    T::try_from(get(row, column)?).map_err(|_| damaged(column))
}

fn time(row: &SqliteRow, column: &'static str) -> Result<Timestamp> {
    Ok(Timestamp::from_millis(get(row, column)?))
}

fn maybe_time(row: &SqliteRow, column: &'static str) -> Result<Option<Timestamp>> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis))
}

fn realm(row: &SqliteRow) -> Result<Realm> {
    Realm::new(get(row, "realm")?).map_err(|_| damaged("realm"))
}

/// The rows that can be read. One damaged row must not keep a worker from the others; it comes again with each lease.
pub(super) fn readable<T>(rows: &[SqliteRow], parse: fn(&SqliteRow) -> Result<T>) -> Vec<T> {
    let log = |error: &StoreError| {
        let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        tracing::error!(cause, "a claimed row is damaged");
    };
    rows.iter().filter_map(|row| parse(row).inspect_err(log).ok()).collect()
}

pub(super) fn flow(row: &SqliteRow) -> Result<FlowRecord> {
    let account: Option<&str> = get(row, "account")?;
    Ok(FlowRecord {
        id: FlowId::from_bytes(bytes(row, "id")?),
        realm: realm(row)?,
        purpose: get(row, "purpose")?,
        version: count(row, "version")?,
        state: get(row, "state")?,
        reason: get(row, "reason")?,
        account: account.map(AccountId::new).transpose().map_err(|_| damaged("account"))?,
        live_link: get(row, "live_link")?,
        digest: maybe_bytes(row, "digest")?,
        epoch: maybe_bytes(row, "epoch")?,
        factor: get(row, "factor")?,
        attempts: count(row, "attempts")?,
        sealed: get(row, "sealed")?,
        created_at: time(row, "created_at")?,
        opened_at: maybe_time(row, "opened_at")?,
        expires_at: maybe_time(row, "expires_at")?,
        high: maybe_time(row, "high")?,
        due_at: maybe_time(row, "due_at")?,
    })
}

pub(super) fn mail(row: &SqliteRow) -> Result<OutboxMail> {
    Ok(OutboxMail {
        id: MailId::from_bytes(bytes(row, "id")?),
        realm: realm(row)?,
        flow: FlowId::from_bytes(bytes(row, "flow")?),
        letter: get(row, "letter")?,
        sealed: get(row, "sealed")?,
        attempts: count(row, "attempts")?,
        created_at: time(row, "created_at")?,
        due_at: time(row, "due_at")?,
    })
}

pub(super) fn dead_letter(row: &SqliteRow) -> Result<DeadLetter> {
    Ok(DeadLetter {
        id: MailId::from_bytes(bytes(row, "id")?),
        flow: FlowId::from_bytes(bytes(row, "flow")?),
        letter: get(row, "letter")?,
        attempts: count(row, "attempts")?,
        created_at: time(row, "created_at")?,
        dead_at: time(row, "dead_at")?,
        why: get(row, "why")?,
    })
}

pub(super) fn audit(row: &SqliteRow) -> Result<(u64, AuditRecord)> {
    let record = AuditRecord {
        realm: realm(row)?,
        at: time(row, "at")?,
        flow: FlowId::from_bytes(bytes(row, "flow")?),
        version: count(row, "version")?,
        event: get(row, "event")?,
        reason: get(row, "reason")?,
        actor: Actor::from_code(get(row, "actor")?).ok_or_else(|| damaged("actor"))?,
        account: maybe_bytes(row, "account")?.map(Pseudonym::from_bytes),
        client: maybe_bytes(row, "client")?.map(Pseudonym::from_bytes),
    };
    Ok((count(row, "position")?, record))
}
