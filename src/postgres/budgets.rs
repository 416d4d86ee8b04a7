//! Budgets under row locks.
//!
//! Locks are taken in the order of the keys, in every transaction, so that two never wait for each other; and last of all,
//! so that a budget that everybody spends from is held for a moment only.

use crate::budget::{BudgetKey, Spent, take_all};
use crate::clock::Timestamp;
use crate::ids::Realm;
use crate::postgres::database::Database;
use crate::postgres::message::portions;
use crate::store::Commit;
use sqlx::PgConnection;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use std::collections::{BTreeMap, BTreeSet};

pub(super) type Logs = BTreeMap<BudgetKey, Vec<u8>>;

// One key after the other, in the order in which they are given, each by the primary key: with `= ANY` a planner that
// knows little of the table reads all rows of the realm.
const LOOK: &str = "SELECT stored.key, stored.log FROM unnest($2::bytea[]) AS wanted (key) CROSS JOIN LATERAL
       (SELECT key, log FROM REGAIN.budget WHERE realm = $1 AND key = wanted.key LIMIT 1) AS stored";
const LOCK: &str = "SELECT stored.key, stored.log FROM unnest($2::bytea[]) AS wanted (key) CROSS JOIN LATERAL
       (SELECT key, log FROM REGAIN.budget WHERE realm = $1 AND key = wanted.key FOR UPDATE) AS stored";

/// What is stored just now, without a lock. Whoever is over budget by this is refused at the price of one read.
pub(super) async fn look(
    database: &Database,
    commits: &[&Commit],
    connection: &mut PgConnection,
) -> Result<Logs, sqlx::Error> {
    let keys = spent_keys(commits);
    if keys.is_empty() {
        return Ok(Logs::new());
    }
    let query = database.query(LOOK).bind(commits[0].realm.as_str()).bind(bytes(&keys));
    database.fetch_on(query, connection).await?.iter().map(log).collect()
}

/// When the first budget that refuses this commit has something again, were it to come next.
pub(super) fn refused(commit: &Commit, logs: &Logs) -> Option<Timestamp> {
    Ledger::on(logs).take(commit).err()
}

/// Budgets as they are while several commits take from them, one after the other.
pub(super) struct Ledger<'l> {
    stored: &'l Logs,
    changed: BTreeMap<BudgetKey, Spent>,
}

impl<'l> Ledger<'l> {
    pub(super) fn on(stored: &'l Logs) -> Self {
        Self { stored, changed: BTreeMap::new() }
    }

    /// All that the commit spends, then what it clears; or nothing, and when to try again.
    pub(super) fn take(&mut self, commit: &Commit) -> Result<(), Timestamp> {
        let taken = take_all(&commit.spends, |key| {
            let changed = self.changed.get(key).map(|spent| &spent.log);
            changed.or_else(|| self.stored.get(key)).map(|log| &log[..])
        })?;
        self.changed.extend(taken);
        // What is cleared stays as an empty row until it is swept: others may be waiting for its lock.
        let empty = Spent { log: vec![], full_at: Timestamp::from_millis(0) };
        self.changed.extend(commit.clears.iter().map(|key| (*key, empty.clone())));
        Ok(())
    }
}

/// Locks what the commits spend and clear. The rows that there are; a key that has none yet is not locked.
pub(super) async fn lock(
    database: &Database,
    commits: &[&Commit],
    connection: &mut PgConnection,
) -> Result<Logs, sqlx::Error> {
    let mut keys = spent_keys(commits);
    keys.extend(commits.iter().flat_map(|commit| &commit.clears));
    if keys.is_empty() {
        return Ok(Logs::new());
    }
    let query = database.query(LOCK).bind(commits[0].realm.as_str()).bind(bytes(&keys));
    query.fetch_all(connection).await?.iter().map(log).collect()
}

// A row that is there and was not locked came in between: it is left as it is, and counts as not written.
const WRITE: &str = "INSERT INTO REGAIN.budget AS budget (realm, key, full_at, log)
     SELECT $1, key, full_at, log FROM unnest($2::bytea[], $3::bigint[], $4::bytea[]) AS new (key, full_at, log)
     ORDER BY key
     ON CONFLICT (realm, key) DO UPDATE SET full_at = excluded.full_at, log = excluded.log
     WHERE budget.key = ANY($5)";

/// `false` when somebody made a row in between: to be tried again.
pub(super) async fn write(
    database: &Database,
    realm: &Realm,
    ledger: Ledger<'_>,
    connection: &mut PgConnection,
) -> Result<bool, sqlx::Error> {
    let (mut changed, locked) = (ledger.changed, ledger.stored);
    changed.retain(|key, spent| locked.contains_key(key) || !spent.log.is_empty());
    let changed: Vec<(&BudgetKey, &Spent)> = changed.iter().collect();
    let mut written = 0;
    for rows in portions(&changed, |(_, spent)| 100 + spent.log.len()) {
        let keys: Vec<&[u8]> = rows.iter().map(|(key, _)| &key.as_bytes()[..]).collect();
        let ends: Vec<i64> = rows.iter().map(|(_, spent)| whole_minute(spent.full_at)).collect();
        let logs: Vec<&[u8]> = rows.iter().map(|(_, spent)| &spent.log[..]).collect();
        let is_locked = |key: &BudgetKey| locked.contains_key(key);
        let locked: Vec<&[u8]> =
            rows.iter().filter(|(key, _)| is_locked(key)).map(|(key, _)| &key.as_bytes()[..]).collect();
        let query = database.query(WRITE).bind(realm.as_str());
        let query = query.bind(keys).bind(ends).bind(logs).bind(locked);
        written += query.execute(&mut *connection).await?.rows_affected();
    }
    Ok(written == changed.len() as u64)
}

/// Rounded up: `full_at` is only there for the sweep, and while it stays the same a busy row changes without its indexes.
fn whole_minute(at: Timestamp) -> i64 {
    const MINUTE: i64 = 60_000;
    let millis = at.millis();
    millis.saturating_add((MINUTE - millis.rem_euclid(MINUTE)) % MINUTE)
}

fn spent_keys(commits: &[&Commit]) -> BTreeSet<BudgetKey> {
    commits.iter().flat_map(|commit| &commit.spends).map(|spend| spend.key).collect()
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
