//! A [`Commit`] as statements of one transaction.

use crate::audit::AuditRecord;
use crate::budget::{BudgetKey, Spent, take_all};
use crate::clock::Timestamp;
use crate::ids::{AccountId, Realm};
use crate::sql::integer;
use crate::sqlite::{documents, upkeep};
use crate::store::{Commit, Committed, FlowWrite, MailOutcome, MailSettlement, OutboxMail};
use sqlx::{QueryBuilder, Row as _, SqliteConnection};
use std::collections::{BTreeMap, HashMap};

/// Everything of a commit. Budgets are judged before anything is written, so that a refusal has nothing to undo.
pub(super) async fn apply(
    commit: &Commit,
    connection: &mut SqliteConnection,
) -> Result<Committed, sqlx::Error> {
    let stored = read_budgets(commit, connection).await?;
    let spent = match take_all(&commit.spends, |key| stored.get(key).map(Vec::as_slice)) {
        Ok(spent) => spent,
        Err(retry_at) => return Ok(Committed::OverBudget { retry_at }),
    };
    for write in &commit.flows {
        if !write_flow(write, connection).await? {
            return Ok(Committed::Conflict);
        }
    }
    for write in &commit.documents {
        if !documents::write(write, connection).await? {
            return Ok(Committed::Conflict);
        }
    }
    write_budgets(&commit.realm, spent, connection).await?;
    for key in &commit.clears {
        clear(&commit.realm, key, connection).await?;
    }
    for mail in &commit.mails {
        insert_mail(mail, connection).await?;
    }
    for settlement in &commit.settlements {
        settle(&commit.realm, settlement, connection).await?;
    }
    for revival in &commit.revivals {
        if !upkeep::revive(&commit.realm, revival, connection).await? {
            return Ok(Committed::Conflict);
        }
    }
    for reseal in &commit.reseals {
        upkeep::reseal(&commit.realm, reseal, connection).await?;
    }
    for record in &commit.audit {
        insert_audit(record, connection).await?;
    }
    if let Some(next) = &commit.checkpoint {
        upkeep::insert_checkpoint(next, connection).await?;
    }
    Ok(Committed::Done)
}

/// What is stored of all budgets of a commit, in one statement.
async fn read_budgets(
    commit: &Commit,
    connection: &mut SqliteConnection,
) -> Result<HashMap<BudgetKey, Vec<u8>>, sqlx::Error> {
    let mut stored = HashMap::new();
    if commit.spends.is_empty() {
        return Ok(stored);
    }
    let mut query = QueryBuilder::new("SELECT key, log FROM regain_budget WHERE realm = ");
    query.push_bind(commit.realm.as_str()).push(" AND key IN (");
    let mut keys = query.separated(", ");
    for spend in &commit.spends {
        keys.push_bind(&spend.key.as_bytes()[..]);
    }
    query.push(")");
    for row in query.build().fetch_all(connection).await? {
        // A key of another length is none that was asked for.
        if let Ok(key) = row.try_get::<&[u8], _>(0)?.try_into() {
            stored.insert(BudgetKey::from_bytes(key), row.try_get(1)?);
        }
    }
    Ok(stored)
}

async fn write_budgets(
    realm: &Realm,
    spent: BTreeMap<BudgetKey, Spent>,
    connection: &mut SqliteConnection,
) -> Result<(), sqlx::Error> {
    if spent.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::new("INSERT INTO regain_budget (realm, key, full_at, log) ");
    query.push_values(spent, |mut row, (key, spent)| {
        row.push_bind(realm.as_str());
        row.push_bind(key.as_bytes().to_vec()).push_bind(spent.full_at.millis()).push_bind(spent.log);
    });
    query.push(" ON CONFLICT (realm, key) DO UPDATE SET full_at = excluded.full_at, log = excluded.log");
    query.build().execute(connection).await.map(drop)
}

async fn clear(realm: &Realm, key: &BudgetKey, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let delete = sqlx::query("DELETE FROM regain_budget WHERE realm = ? AND key = ?");
    delete.bind(realm.as_str()).bind(&key.as_bytes()[..]).execute(connection).await.map(drop)
}

const INSERT_FLOW: &str =
    "INSERT INTO regain_flow (purpose, version, state, reason, account, live_link, digest,
     code, epoch, factor, attempts, sealed, created_at, opened_at, expires_at, high, due_at, realm, id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const UPDATE_FLOW: &str =
    "UPDATE regain_flow SET purpose = ?, version = ?, state = ?, reason = ?, account = ?,
     live_link = ?, digest = ?, code = ?, epoch = ?, factor = ?, attempts = ?, sealed = ?, created_at = ?,
     opened_at = ?, expires_at = ?, high = ?, due_at = ? WHERE realm = ? AND id = ? AND version = ?";

/// `false` when another version is stored.
async fn write_flow(write: &FlowWrite, connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let (record, sql) = match write {
        FlowWrite::Insert(record) => (record, INSERT_FLOW),
        FlowWrite::Update(record) => (record, UPDATE_FLOW),
    };
    let mut query = sqlx::query(sql)
        .bind(&record.purpose)
        .bind(integer(record.version))
        .bind(&record.state)
        .bind(&record.reason)
        .bind(record.account.as_ref().map(AccountId::as_str))
        .bind(record.live_link)
        .bind(record.digest.as_ref().map(|digest| &digest[..]))
        .bind(record.code.as_ref().map(|code| &code[..]))
        .bind(record.epoch.as_ref().map(|epoch| &epoch[..]))
        .bind(&record.factor)
        .bind(record.attempts)
        .bind(&record.sealed)
        .bind(record.created_at.millis())
        .bind(record.opened_at.map(Timestamp::millis))
        .bind(record.expires_at.map(Timestamp::millis))
        .bind(record.high.map(Timestamp::millis))
        .bind(record.due_at.map(Timestamp::millis))
        .bind(record.realm.as_str())
        .bind(&record.id.as_bytes()[..]);
    if let FlowWrite::Update(_) = write {
        query = query.bind(integer(record.version) - 1);
    }
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

async fn insert_mail(mail: &OutboxMail, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO regain_outbox (realm, id, flow, letter, sealed, attempts, created_at, due_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(mail.realm.as_str())
    .bind(&mail.id.as_bytes()[..])
    .bind(&mail.flow.as_bytes()[..])
    .bind(&mail.letter)
    .bind(&mail.sealed)
    .bind(mail.attempts)
    .bind(mail.created_at.millis())
    .bind(mail.due_at.millis())
    .execute(connection)
    .await?;
    Ok(())
}

async fn settle(
    realm: &Realm,
    settlement: &MailSettlement,
    connection: &mut SqliteConnection,
) -> Result<(), sqlx::Error> {
    let id = &settlement.id.as_bytes()[..];
    match &settlement.outcome {
        MailOutcome::Retry(at) => {
            sqlx::query("UPDATE regain_outbox SET due_at = ? WHERE realm = ? AND id = ? AND attempts = ?")
                .bind(at.millis())
                .bind(realm.as_str())
                .bind(id)
                .bind(settlement.attempts)
                .execute(connection)
                .await?;
            return Ok(());
        }
        MailOutcome::Dead { at, why, keep_until } => {
            sqlx::query(
                "INSERT INTO regain_dead_letter
                   (realm, id, flow, letter, attempts, created_at, dead_at, why, keep_until, sealed)
                 SELECT realm, id, flow, letter, attempts, created_at, ?1, ?2, ?3, iif(?3 IS NULL, NULL, sealed)
                 FROM regain_outbox WHERE realm = ?4 AND id = ?5 AND attempts = ?6",
            )
            .bind(at.millis())
            .bind(why)
            .bind(keep_until.map(Timestamp::millis))
            .bind(realm.as_str())
            .bind(id)
            .bind(settlement.attempts)
            .execute(&mut *connection)
            .await?;
        }
        MailOutcome::Sent | MailOutcome::Stale => {}
    }
    sqlx::query("DELETE FROM regain_outbox WHERE realm = ? AND id = ? AND attempts = ?")
        .bind(realm.as_str())
        .bind(id)
        .bind(settlement.attempts)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_audit(record: &AuditRecord, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO regain_audit (realm, at, flow, version, event, reason, actor, account, client)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(record.realm.as_str())
    .bind(record.at.millis())
    .bind(&record.flow.as_bytes()[..])
    .bind(integer(record.version))
    .bind(&record.event)
    .bind(&record.reason)
    .bind(record.actor.code())
    .bind(record.account.as_ref().map(|account| &account.as_bytes()[..]))
    .bind(record.client.as_ref().map(|client| &client.as_bytes()[..]))
    .execute(connection)
    .await?;
    Ok(())
}
