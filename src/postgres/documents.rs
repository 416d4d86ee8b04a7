//! Documents of one or of many commits, in one statement, or in as few as go into messages of their own.

use crate::clock::Timestamp;
use crate::ids::{AccountId, DocumentId, Realm};
use crate::postgres::database::Database;
use crate::postgres::message::portions;
use crate::postgres::writes::{column, damaged_id};
use crate::sql::{damaged, integer};
use crate::store::{Commit, Document, DocumentKind, DocumentWrite};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use std::collections::HashMap;

/// What names a document within its realm.
pub(super) type Key = (&'static str, DocumentId);

pub(super) fn key(document: &Document) -> Key {
    (document.kind.code(), document.id)
}

pub(super) fn document(write: &DocumentWrite) -> &Document {
    let (DocumentWrite::Insert(document) | DocumentWrite::Update(document)) = write;
    document
}

pub(super) fn keys(commit: &Commit) -> impl Iterator<Item = Key> {
    commit.documents.iter().map(|write| key(document(write)))
}

/// The documents that a commit changes, and the versions that have to be there before.
pub(super) fn updates(commit: &Commit) -> impl Iterator<Item = (Key, i64)> {
    commit.documents.iter().filter_map(|write| match write {
        DocumentWrite::Update(next) => Some((key(next), integer(next.version) - 1)),
        DocumentWrite::Insert(_) => None,
    })
}

// One after the other, in the order in which they are given, each by the primary key.
const LOCK: &str = "SELECT stored.kind, stored.id, stored.version
     FROM unnest($2::text[], $3::bytea[]) AS wanted (kind, id) CROSS JOIN LATERAL
       (SELECT kind, id, version FROM REGAIN.document
        WHERE realm = $1 AND kind = wanted.kind AND id = wanted.id FOR UPDATE) AS stored";

/// Locks documents in the order of their keys, and tells which versions are stored. Before they are written: the statement
/// that writes looks only where the rows are by then.
pub(super) async fn lock(
    database: &Database,
    realm: &Realm,
    mut keys: Vec<Key>,
    connection: &mut PgConnection,
) -> Result<HashMap<Key, i64>, sqlx::Error> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    keys.sort_unstable();
    let kinds: Vec<&str> = keys.iter().map(|(kind, _)| *kind).collect();
    let ids: Vec<&[u8]> = keys.iter().map(|(_, id)| &id.as_bytes()[..]).collect();
    let query = database.query(LOCK).bind(realm.as_str()).bind(kinds).bind(ids);
    query.fetch_all(connection).await?.iter().map(stored).collect()
}

fn stored(row: &PgRow) -> Result<(Key, i64), sqlx::Error> {
    let id: [u8; 16] = row.try_get::<&[u8], _>("id")?.try_into().map_err(|_| damaged_id())?;
    let kind = DocumentKind::from_code(row.try_get("kind")?);
    let kind = kind.ok_or_else(|| sqlx::Error::Decode(damaged("kind").into()))?;
    Ok(((kind.code(), DocumentId::from_bytes(id)), row.try_get("version")?))
}

const INSERT: &str =
    "INSERT INTO REGAIN.document (realm, kind, id, version, account, open, sealed, created_at,
       due_at, keep_until)
     SELECT $1, * FROM unnest($2::text[], $3::bytea[], $4::bigint[], $5::bytea[], $6::boolean[], $7::bytea[],
       $8::bigint[], $9::bigint[], $10::bigint[])
     ON CONFLICT DO NOTHING";
// By the place of the row, which is locked and cannot move.
const UPDATE: &str = "WITH new AS MATERIALIZED (
       SELECT stored.ctid AS row, new.* FROM unnest($2::text[], $3::bytea[], $4::bigint[], $5::bytea[], $6::boolean[],
         $7::bytea[], $8::bigint[], $9::bigint[], $10::bigint[])
         AS new (kind, id, version, account, open, sealed, created_at, due_at, keep_until)
       CROSS JOIN LATERAL (SELECT ctid FROM REGAIN.document
         WHERE realm = $1 AND kind = new.kind AND id = new.id AND version = new.version - 1 FOR UPDATE) AS stored)
     UPDATE REGAIN.document AS document SET version = new.version, account = new.account, open = new.open,
       sealed = new.sealed, created_at = new.created_at, due_at = new.due_at, keep_until = new.keep_until
     FROM new WHERE document.ctid = new.row";

/// Writes that are all inserts or all updates, of one document each. `false` when one of them did not fit what is stored.
///
/// In the order of their keys: a document's name may be derived from an account's, so two nodes may well insert the same
/// two at once, and whoever comes second to the first waits for it before the second one.
pub(super) async fn write(
    database: &Database,
    realm: &Realm,
    writes: &[&DocumentWrite],
    connection: &mut PgConnection,
) -> Result<bool, sqlx::Error> {
    let sql = match writes {
        [] => return Ok(true),
        [DocumentWrite::Insert(_), ..] => INSERT,
        [DocumentWrite::Update(_), ..] => UPDATE,
    };
    let mut documents: Vec<&Document> = writes.iter().map(|write| document(write)).collect();
    documents.sort_by_key(|document| key(document));
    let mut written = 0;
    for documents in portions(&documents, |document| 200 + document.sealed.len()) {
        written += write_documents(database, sql, realm, documents, connection).await?;
    }
    Ok(written == writes.len() as u64)
}

async fn write_documents(
    database: &Database,
    sql: &'static str,
    realm: &Realm,
    documents: &[&Document],
    connection: &mut PgConnection,
) -> Result<u64, sqlx::Error> {
    let query = database
        .query(sql)
        .bind(realm.as_str())
        .bind(column(documents, |document| document.kind.code()))
        .bind(column(documents, |document| &document.id.as_bytes()[..]))
        .bind(column(documents, |document| integer(document.version)))
        .bind(column(documents, |document| {
            document.account.as_ref().map(|id| AccountId::as_str(id).as_bytes())
        }))
        .bind(column(documents, |document| document.open))
        .bind(column(documents, |document| &document.sealed[..]))
        .bind(column(documents, |document| document.created_at.millis()))
        .bind(column(documents, |document| document.due_at.map(Timestamp::millis)))
        .bind(column(documents, |document| document.keep_until.map(Timestamp::millis)));
    Ok(query.execute(connection).await?.rows_affected())
}

/// One after the other where the order says something.
pub(super) fn in_turn<'c>(commits: &[&'c Commit], in_any_order: bool) -> Vec<Vec<&'c DocumentWrite>> {
    let all = commits.iter().flat_map(|commit| &commit.documents);
    if !in_any_order {
        return all.map(|write| vec![write]).collect();
    }
    let (inserts, updates) = all.partition(|write| matches!(write, DocumentWrite::Insert(_)));
    vec![updates, inserts]
}
