//! Every statement on the tables that grow goes by an index, on a table of any size.

use crate::{on_postgres, sql};
use regain::budget::{BudgetKey, Quota, Spend};
use regain::clock::Timestamp;
use regain::ids::{FlowId, MailId};
use regain::memory::MemoryAccounts;
use regain::password::Password;
use regain::postgres::{PostgresFlows, SchemaName};
use regain::store::{
    Commit, FlowStore, MailOutcome, MailSettlement, OutboxMail, Reseal, Revival, SealedIn, Sweep,
};
use regain::testing::World;
use sqlx::{AssertSqlSafe, PgPool, Row as _};
use std::sync::Arc;

/// 20,000 flows that ended, 20 that live, and as many budgets, mails and lines.
const ROWS: &str = "
    INSERT INTO REGAIN.flow SELECT 'clinic', decode(md5(i::text), 'hex'), 'password', 3,
        CASE WHEN i > 20000 THEN 'link_sent' ELSE 'completed' END, NULL,
        CASE WHEN i > 20000 THEN convert_to('account-' || i, 'UTF8') END, i > 20000,
        NULL, NULL, NULL, 0, NULL, i, i, i + 9, i, CASE WHEN i > 20000 THEN i + 9 END
    FROM generate_series(1, 20020) AS i;
    INSERT INTO REGAIN.outbox
        SELECT realm, id, id, 'recovery_link', decode(repeat('00', 900), 'hex'), 0, created_at, created_at FROM REGAIN.flow;
    INSERT INTO REGAIN.dead_letter SELECT realm, id, id, 'recovery_link', 1, created_at, created_at, 'x' FROM REGAIN.flow;
    INSERT INTO REGAIN.budget SELECT realm, decode(md5(id::text) || md5(id::text), 'hex'), created_at, '' FROM REGAIN.flow;
    INSERT INTO REGAIN.audit (position, realm, at, flow, version, event, actor)
        SELECT row_number() OVER () + 1000, realm, 1, id, 1, 'x', 'host' FROM REGAIN.flow;
    ANALYZE REGAIN.flow, REGAIN.outbox, REGAIN.dead_letter, REGAIN.budget, REGAIN.audit, REGAIN.audit_head";

/// Says every statement there is once, on the one connection of this store.
async fn use_everything(store: Arc<PostgresFlows>) {
    let world = World::with(store.clone(), Arc::new(MemoryAccounts::new()));
    let realm = world.realm().clone();
    let ana = world.person("Ana").await;
    world.fresh_link(&ana).await;
    let link = world.fresh_link(&ana).await;
    world.recovery.look(&link).await.unwrap();
    world
        .recovery
        .choose_password(&link, &Password::new("violet harbour tin whistle 7"), &world.client())
        .await
        .unwrap();
    world.work().await;
    world.audit().await;
    world.recovery.audit_trail().verify(Timestamp::from_millis(0), None).await.unwrap();
    world.worker.open_dead_letter(MailId::from_bytes([9; 16])).await.unwrap();
    store.sealed_under(&realm, 1, 9).await.unwrap();
    store.depth(&realm).await.unwrap();
    store.dead_letters(&realm, 9).await.unwrap();
    let at = Timestamp::from_millis;
    let bounds = Sweep {
        ended_before: at(0),
        budgets_full_at: at(0),
        dead_before: at(0),
        kept_until: at(0),
        audit_closed_before: at(0),
        limit: 1,
    };
    store.sweep(&realm, &bounds).await.unwrap();
    let spend =
        Spend { key: BudgetKey::from_bytes([1; 32]), quota: Quota::new(9, time::Duration::HOUR), at: at(0) };
    store
        .commit(Commit { spends: vec![spend], clears: vec![spend.key], ..Commit::new(realm.clone()) })
        .await
        .unwrap();
    let id = MailId::from_bytes([1; 16]);
    let mail = OutboxMail {
        id,
        realm: realm.clone(),
        flow: FlowId::from_bytes([1; 16]),
        letter: "x".to_owned(),
        sealed: vec![],
        attempts: 0,
        created_at: at(0),
        due_at: at(0),
    };
    store.commit(Commit { mails: vec![mail], ..Commit::new(realm.clone()) }).await.unwrap();
    for outcome in [
        MailOutcome::Retry(at(1)),
        MailOutcome::Dead { at: at(1), why: "x".to_owned(), keep_until: Some(at(1)) },
    ] {
        let settlements = vec![MailSettlement { id, attempts: 0, outcome }];
        store.commit(Commit { settlements, ..Commit::new(realm.clone()) }).await.unwrap();
    }
    let places = [SealedIn::Flow(FlowId::from_bytes([1; 16]), "requested".to_owned()), SealedIn::Mail(id)];
    let places = places.into_iter().chain([SealedIn::DeadLetter(id)]);
    let reseals = places.map(|place| Reseal { place, from: vec![], to: vec![1] }).collect();
    let revivals = vec![Revival { id, at: at(1) }];
    store.commit(Commit { reseals, revivals, ..Commit::new(realm.clone()) }).await.unwrap();
}

struct Statement {
    name: String,
    text: String,
    parameters: Vec<String>,
}

/// What the connection has prepared: the statements as they are really said.
async fn statements(pool: &PgPool, schema: &SchemaName) -> Vec<Statement> {
    let prepared =
        "SELECT name, statement, parameter_types::text[] AS types FROM pg_prepared_statements ORDER BY name";
    let rows = sqlx::query(prepared).fetch_all(pool).await.unwrap();
    let all = rows.iter().map(|row| Statement {
        name: row.get("name"),
        text: row.get("statement"),
        parameters: row.get("types"),
    });
    let growing = ["flow", "outbox", "dead_letter", "budget", "audit", "checkpoint"];
    let on_a_table = |text: &str| growing.iter().any(|table| text.contains(&format!("\"{schema}\".{table}")));
    all.filter(|statement| on_a_table(&statement.text)).collect()
}

/// A value for a parameter: the plan must be good whatever it is.
fn sample(kind: &str) -> &'static str {
    match kind {
        "text" => "'clinic'",
        "bytea" => "'\\x01'",
        "bigint" => "30",
        "boolean" => "true",
        "bytea[]" => "ARRAY['\\x01'::bytea, '\\x02'::bytea]",
        "bigint[]" => "ARRAY[1::bigint, 2::bigint]",
        "text[]" => "ARRAY['x'::text, NULL]",
        "boolean[]" => "ARRAY[true, false]",
        other => panic!("no sample for {other}"),
    }
}

async fn plan(statement: &Statement, pool: &PgPool) -> String {
    let values: Vec<&str> = statement.parameters.iter().map(|kind| sample(kind)).collect();
    let explain = format!("EXPLAIN EXECUTE \"{}\"({})", statement.name, values.join(", "));
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(pool).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
}

/// Counting what waits is for operators, and what waits is looked through when a key is rotated. One row for each realm is
/// read as it likes.
fn may_scan(statement: &Statement, plan: &str) -> bool {
    statement.text.contains("count(*) FROM") && !statement.text.contains("numbered")
        || statement.text.contains("substr(sealed")
        || plan.lines().filter(|line| line.contains("Seq Scan")).all(|line| line.contains("audit_head"))
}

#[tokio::test]
async fn no_statement_scans_a_table_that_grows() {
    on_postgres(async |site| {
        let schema = site.schema();
        let pool = site.pool(1).await;
        let store = Arc::new(PostgresFlows::with_pool(pool.clone(), schema.clone()).await.unwrap());
        use_everything(store).await;
        sqlx::raw_sql(sql(ROWS, &schema)).execute(&pool).await.unwrap();
        let statements = statements(&pool, &schema).await;
        assert!(statements.len() >= 25, "all statements are looked at, not {}", statements.len());
        for mode in ["force_generic_plan", "force_custom_plan"] {
            sqlx::raw_sql(AssertSqlSafe(format!("SET plan_cache_mode = {mode}")))
                .execute(&pool)
                .await
                .unwrap();
            for statement in &statements {
                let plan = plan(statement, &pool).await;
                assert!(may_scan(statement, &plan), "{mode}\n{}\n{plan}", statement.text);
                let by_realm_alone = plan
                    .lines()
                    .any(|line| line.trim().starts_with("Index Cond: (realm = ") && !line.contains(" AND "));
                assert!(!by_realm_alone || bounded(statement), "{mode}\n{}\n{plan}", statement.text);
            }
        }
    })
    .await;
}

/// Reads a realm's rows in the order of an index, and stops at a limit or at the first.
fn bounded(statement: &Statement) -> bool {
    [
        "count(*)",
        "EXISTS",
        "ORDER BY dead_at DESC",
        "ORDER BY number",
        "audit_head",
        "position IS NULL",
        "substr(sealed",
    ]
    .iter()
    .any(|part| statement.text.contains(part))
}
