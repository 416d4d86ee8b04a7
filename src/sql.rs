//! Rows to records, for every database that speaks SQL.
//!
//! A database says how it holds a value ([`Values`]); what the columns mean is written down once, here.

use crate::audit::{Actor, AuditRecord, Checkpoint, Pseudonym};
use crate::clock::Timestamp;
use crate::flow::FlowRecord;
use crate::ids::{AccountId, FlowId, MailId, Realm};
use crate::store::{DeadLetter, OutboxMail, SealedIn, StoreError, StoreErrorKind};

type Result<T> = std::result::Result<T, StoreError>;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::new("use the database", error)
    }
}

/// A row's values by column.
pub(crate) trait Values {
    fn integer(&self, column: &'static str) -> Result<Option<i64>>;
    fn text(&self, column: &'static str) -> Result<Option<String>>;
    fn bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>>;
    fn flag(&self, column: &'static str) -> Result<bool>;
}

pub(crate) fn unreadable(error: sqlx::Error) -> StoreError {
    StoreError::new("read a row", error).with_kind(StoreErrorKind::Damaged)
}

pub(crate) fn damaged(column: &'static str) -> StoreError {
    StoreError::new("read a row", format!("column {column} holds what nobody wrote"))
        .with_kind(StoreErrorKind::Damaged)
}

/// As the database's integer; what is too large is stored as the largest.
pub(crate) fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The rows that can be read. One damaged row must not keep a worker from the others; it comes again with each lease.
pub(crate) fn readable<R, T>(rows: &[R], parse: fn(&R) -> Result<T>) -> Vec<T> {
    let log = |error: &StoreError| {
        let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        tracing::error!(cause, "a claimed row is damaged");
    };
    rows.iter().filter_map(|row| parse(row).inspect_err(log).ok()).collect()
}

fn text(row: &impl Values, column: &'static str) -> Result<String> {
    row.text(column)?.ok_or_else(|| damaged(column))
}

fn maybe_array<const N: usize>(row: &impl Values, column: &'static str) -> Result<Option<[u8; N]>> {
    row.bytes(column)?.map(|bytes| bytes.try_into().map_err(|_| damaged(column))).transpose()
}

fn array<const N: usize>(row: &impl Values, column: &'static str) -> Result<[u8; N]> {
    maybe_array(row, column)?.ok_or_else(|| damaged(column))
}

fn count<T: TryFrom<i64>>(row: &impl Values, column: &'static str) -> Result<T> {
    row.integer(column)?.and_then(|count| T::try_from(count).ok()).ok_or_else(|| damaged(column))
}

fn maybe_time(row: &impl Values, column: &'static str) -> Result<Option<Timestamp>> {
    Ok(row.integer(column)?.map(Timestamp::from_millis))
}

fn time(row: &impl Values, column: &'static str) -> Result<Timestamp> {
    maybe_time(row, column)?.ok_or_else(|| damaged(column))
}

fn realm(row: &impl Values) -> Result<Realm> {
    Realm::new(&text(row, "realm")?).map_err(|_| damaged("realm"))
}

pub(crate) fn flow(row: &impl Values) -> Result<FlowRecord> {
    let account = row.text("account")?;
    Ok(FlowRecord {
        id: FlowId::from_bytes(array(row, "id")?),
        realm: realm(row)?,
        purpose: text(row, "purpose")?,
        version: count(row, "version")?,
        state: text(row, "state")?,
        reason: row.text("reason")?,
        account: account.as_deref().map(AccountId::new).transpose().map_err(|_| damaged("account"))?,
        live_link: row.flag("live_link")?,
        digest: maybe_array(row, "digest")?,
        epoch: maybe_array(row, "epoch")?,
        factor: row.text("factor")?,
        attempts: count(row, "attempts")?,
        sealed: row.bytes("sealed")?,
        created_at: time(row, "created_at")?,
        opened_at: maybe_time(row, "opened_at")?,
        expires_at: maybe_time(row, "expires_at")?,
        high: maybe_time(row, "high")?,
        due_at: maybe_time(row, "due_at")?,
    })
}

pub(crate) fn mail(row: &impl Values) -> Result<OutboxMail> {
    Ok(OutboxMail {
        id: MailId::from_bytes(array(row, "id")?),
        realm: realm(row)?,
        flow: FlowId::from_bytes(array(row, "flow")?),
        letter: text(row, "letter")?,
        sealed: row.bytes("sealed")?.ok_or_else(|| damaged("sealed"))?,
        attempts: count(row, "attempts")?,
        created_at: time(row, "created_at")?,
        due_at: time(row, "due_at")?,
    })
}

pub(crate) fn dead_letter(row: &impl Values) -> Result<DeadLetter> {
    Ok(DeadLetter {
        id: MailId::from_bytes(array(row, "id")?),
        flow: FlowId::from_bytes(array(row, "flow")?),
        letter: text(row, "letter")?,
        attempts: count(row, "attempts")?,
        created_at: time(row, "created_at")?,
        dead_at: time(row, "dead_at")?,
        why: text(row, "why")?,
        sealed: row.bytes("sealed")?,
        keep_until: maybe_time(row, "keep_until")?,
    })
}

pub(crate) fn checkpoint(row: &impl Values) -> Result<Checkpoint> {
    Ok(Checkpoint {
        realm: realm(row)?,
        number: count(row, "number")?,
        through: count(row, "through")?,
        at: time(row, "at")?,
        digest: array(row, "digest")?,
        hash: array(row, "hash")?,
        key: count(row, "key")?,
        mac: array(row, "mac")?,
        marks: row.bytes("marks")?.ok_or_else(|| damaged("marks"))?,
    })
}

/// A sealed value with its place: `flow`, `mail` or `dead_letter`.
pub(crate) fn sealed(row: &impl Values) -> Result<(SealedIn, Vec<u8>)> {
    let id = array(row, "id")?;
    let place = match text(row, "place")?.as_str() {
        "flow" => SealedIn::Flow(FlowId::from_bytes(id), text(row, "state")?),
        "mail" => SealedIn::Mail(MailId::from_bytes(id)),
        "dead_letter" => SealedIn::DeadLetter(MailId::from_bytes(id)),
        _ => return Err(damaged("place")),
    };
    Ok((place, row.bytes("sealed")?.ok_or_else(|| damaged("sealed"))?))
}

pub(crate) fn audit(row: &impl Values) -> Result<(u64, AuditRecord)> {
    let record = AuditRecord {
        realm: realm(row)?,
        at: time(row, "at")?,
        flow: FlowId::from_bytes(array(row, "flow")?),
        version: count(row, "version")?,
        event: text(row, "event")?,
        reason: row.text("reason")?,
        actor: Actor::from_code(&text(row, "actor")?).ok_or_else(|| damaged("actor"))?,
        account: maybe_array(row, "account")?.map(Pseudonym::from_bytes),
        client: maybe_array(row, "client")?.map(Pseudonym::from_bytes),
    };
    Ok((count(row, "position")?, record))
}
