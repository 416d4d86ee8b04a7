//! Budgets under row locks.
//!
//! Locks are taken in the order of the keys, in every transaction, so that two never wait for each other; and last of all,
//! so that a budget that everybody spends from is held for a moment only.

use crate::budget::{BudgetKey, Spent, take_all};
use crate::clock::Timestamp;
use crate::postgres::database::Database;
use crate::store::Commit;
use sqlx::PgConnection;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use std::collections::{BTreeMap, BTreeSet};

pub(super) type Logs = BTreeMap<BudgetKey, Vec<u8>>;

/// What became of a try to spend.
pub(super) enum Taken {
    Done,
    OverBudget(Timestamp),
    /// A row went away in between: to be tried again.
    Moved,
}

/// What is stored just now, without a lock. Whoever is over budget by this is refused at the price of one read.
pub(super) async fn look(
    database: &Database,
    commit: &Commit,
    connection: &mut PgConnection,
) -> Result<Logs, sqlx::Error> {
    let keys: BTreeSet<BudgetKey> = commit.spends.iter().map(|spend| spend.key).collect();
    let sql = "SELECT key, log FROM REGAIN.budget WHERE realm = $1 AND key = ANY($2)";
    let query = database.query(sql).bind(commit.realm.as_str()).bind(bytes(&keys));
    database.fetch_on(query, connection).await?.iter().map(log).collect()
}

/// When the first budget that refuses has something again, as far as one can see.
pub(super) fn refused(commit: &Commit, logs: &Logs) -> Option<Timestamp> {
    decide(commit, logs).err()
}

/// Takes all that the commit spends, and forgets what it clears. `seen` is what [`look`] found.
pub(super) async fn take(
    database: &Database,
    commit: &Commit,
    seen: &Logs,
    connection: &mut PgConnection,
) -> Result<Taken, sqlx::Error> {
    let spent: BTreeSet<BudgetKey> = commit.spends.iter().map(|spend| spend.key).collect();
    let new: BTreeSet<BudgetKey> = spent.iter().filter(|key| !seen.contains_key(key)).copied().collect();
    if !new.is_empty() {
        insert(database, commit, &new, connection).await?;
    }
    let all: BTreeSet<BudgetKey> = spent.iter().chain(&commit.clears).copied().collect();
    let logs = lock(database, commit, &all, connection).await?;
    if !spent.iter().all(|key| logs.contains_key(key)) {
        return Ok(Taken::Moved);
    }
    match decide(commit, &logs) {
        Err(retry_at) => Ok(Taken::OverBudget(retry_at)),
        Ok(taken) => write(database, commit, taken, connection).await,
    }
}

fn decide(commit: &Commit, logs: &Logs) -> Result<BTreeMap<BudgetKey, Spent>, Timestamp> {
    take_all(&commit.spends, |key| logs.get(key).map(|log| &log[..]))
}

/// A row to lock for each key that had none. It is filled before anybody sees it.
async fn insert(
    database: &Database,
    commit: &Commit,
    keys: &BTreeSet<BudgetKey>,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO REGAIN.budget (realm, key, full_at, log)
         SELECT $1, key, 0, ''::bytea FROM unnest($2::bytea[]) AS new (key) ORDER BY key ON CONFLICT DO NOTHING";
    let query = database.query(sql).bind(commit.realm.as_str()).bind(bytes(keys));
    query.execute(connection).await.map(drop)
}

async fn lock(
    database: &Database,
    commit: &Commit,
    keys: &BTreeSet<BudgetKey>,
    connection: &mut PgConnection,
) -> Result<Logs, sqlx::Error> {
    let sql = "SELECT key, log FROM REGAIN.budget WHERE realm = $1 AND key = ANY($2) ORDER BY key FOR UPDATE";
    let query = database.query(sql).bind(commit.realm.as_str()).bind(bytes(keys));
    query.fetch_all(connection).await?.iter().map(log).collect()
}

/// What is cleared stays as an empty row until it is swept: others may be waiting for its lock.
async fn write(
    database: &Database,
    commit: &Commit,
    mut taken: BTreeMap<BudgetKey, Spent>,
    connection: &mut PgConnection,
) -> Result<Taken, sqlx::Error> {
    let empty = Spent { log: vec![], full_at: Timestamp::from_millis(0) };
    taken.extend(commit.clears.iter().map(|key| (*key, empty.clone())));
    let keys: Vec<&[u8]> = taken.keys().map(|key| &key.as_bytes()[..]).collect();
    let ends: Vec<i64> = taken.values().map(|spent| whole_minute(spent.full_at)).collect();
    let logs: Vec<&[u8]> = taken.values().map(|spent| &spent.log[..]).collect();
    let sql = "UPDATE REGAIN.budget AS budget SET full_at = taken.full_at, log = taken.log
         FROM unnest($2::bytea[], $3::bigint[], $4::bytea[]) AS taken (key, full_at, log)
         WHERE budget.realm = $1 AND budget.key = ANY($2) AND budget.key = taken.key";
    let query = database.query(sql).bind(commit.realm.as_str()).bind(keys).bind(ends).bind(logs);
    query.execute(connection).await?;
    Ok(Taken::Done)
}

/// Rounded up: `full_at` is only there for the sweep, and while it stays the same a busy row changes without its indexes.
fn whole_minute(at: Timestamp) -> i64 {
    const MINUTE: i64 = 60_000;
    let millis = at.millis();
    millis.saturating_add((MINUTE - millis.rem_euclid(MINUTE)) % MINUTE)
}

fn bytes(keys: &BTreeSet<BudgetKey>) -> Vec<&[u8]> {
    keys.iter().map(|key| &key.as_bytes()[..]).collect()
}

fn log(row: &PgRow) -> Result<(BudgetKey, Vec<u8>), sqlx::Error> {
    let key: Vec<u8> = row.try_get("key")?;
    let key: [u8; 32] =
        key.try_into().map_err(|_| sqlx::Error::Decode("a budget's key is damaged".into()))?;
    Ok((BudgetKey::from_bytes(key), row.try_get("log")?))
}
