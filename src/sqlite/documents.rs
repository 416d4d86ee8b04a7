//! Statements for documents.

use crate::clock::Timestamp;
use crate::ids::AccountId;
use crate::sql::integer;
use crate::store::{Claim, DocumentWrite};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

const INSERT: &str =
    "INSERT INTO regain_document (version, account, open, sealed, created_at, due_at, keep_until, realm, kind, id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const UPDATE: &str =
    "UPDATE regain_document SET version = ?, account = ?, open = ?, sealed = ?, created_at = ?,
     due_at = ?, keep_until = ? WHERE realm = ? AND kind = ? AND id = ? AND version = ?";

/// `false` when another version is stored.
pub(super) async fn write(
    write: &DocumentWrite,
    connection: &mut SqliteConnection,
) -> Result<bool, sqlx::Error> {
    let (next, sql) = match write {
        DocumentWrite::Insert(next) => (next, INSERT),
        DocumentWrite::Update(next) => (next, UPDATE),
    };
    let mut query = sqlx::query(sql)
        .bind(integer(next.version))
        .bind(next.account.as_ref().map(AccountId::as_str))
        .bind(next.open)
        .bind(&next.sealed)
        .bind(next.created_at.millis())
        .bind(next.due_at.map(Timestamp::millis))
        .bind(next.keep_until.map(Timestamp::millis))
        .bind(next.realm.as_str())
        .bind(next.kind.code())
        .bind(&next.id.as_bytes()[..]);
    if let DocumentWrite::Update(_) = write {
        query = query.bind(integer(next.version) - 1);
    }
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

pub(super) async fn claim(
    claim: &Claim,
    connection: &mut SqliteConnection,
) -> Result<Vec<SqliteRow>, sqlx::Error> {
    sqlx::query(
        "UPDATE regain_document SET due_at = ? WHERE rowid IN
           (SELECT rowid FROM regain_document INDEXED BY regain_document_due
            WHERE realm = ? AND due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?)
         RETURNING *",
    )
    .bind(claim.lease_until.millis())
    .bind(claim.realm.as_str())
    .bind(claim.due_by.millis())
    .bind(claim.limit)
    .fetch_all(connection)
    .await
}
