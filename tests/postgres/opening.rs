//! The contract, and what can be wrong with a database when it is opened.

use crate::{Site, on_postgres, sql, url};
use futures_util::future::join_all;
use regain::postgres::{PostgresFlows, SchemaName};
use regain::store::StoreErrorKind;
use regain::testing::contract::{flow_store_contract, flow_store_outage_contract};
use sqlx::Connection as _;
use std::error::Error as _;

#[tokio::test(flavor = "multi_thread")]
async fn flows_on_postgres_keep_the_contract() {
    on_postgres(async |site| {
        flow_store_contract(async || site.open(&site.schema()).await).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_that_is_away_says_so() {
    on_postgres(async |site| {
        let store = site.open(&site.schema()).await;
        store.close().await;
        flow_store_outage_contract(&*store).await;
    })
    .await;
}

async fn migrations(site: &Site, schema: &SchemaName) -> i64 {
    let count = sqlx::query_scalar(sql("SELECT count(*) FROM REGAIN.migration", schema));
    count.fetch_one(&mut site.raw().await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_nodes_open_an_empty_database_at_once() {
    on_postgres(async |site| {
        for _ in 0..5 {
            let schema = site.schema();
            let mut pools = Vec::new();
            for _ in 0..10 {
                pools.push(site.pool(1).await);
            }
            let opens = pools.into_iter().map(|pool| {
                let schema = schema.clone();
                tokio::spawn(async move { PostgresFlows::with_pool(pool, schema).await.map(drop) })
            });
            for open in join_all(opens.collect::<Vec<_>>()).await {
                open.unwrap().unwrap();
            }
            assert_eq!(migrations(site, &schema).await, MIGRATIONS, "each migration is run once");
        }
    })
    .await;
}

/// As many as there are.
const MIGRATIONS: i64 = 3;

#[tokio::test]
async fn a_database_from_a_newer_regain_does_not_open_and_is_left_as_it_is() {
    on_postgres(async |site| {
        let schema = site.schema();
        site.open(&schema).await;
        let newer = sql("INSERT INTO REGAIN.migration VALUES (99)", &schema);
        sqlx::raw_sql(newer).execute(&mut site.raw().await).await.unwrap();
        let error = PostgresFlows::with_pool(site.pool(1).await, schema.clone()).await.map(drop).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::SchemaNewer);
        assert!(error.to_string().contains("newer"), "{error}");
        assert_eq!(migrations(site, &schema).await, MIGRATIONS + 1);
    })
    .await;
}

/// The work of other hands, or of a restore that stopped in the middle: nothing is added to it.
#[tokio::test]
async fn a_schema_that_is_not_whole_does_not_open_and_is_left_as_it_is() {
    on_postgres(async |site| {
        for (damage, found) in [
            ("DELETE FROM REGAIN.migration WHERE version = 1", "[2, 3]"),
            ("INSERT INTO REGAIN.migration VALUES (0)", "[0, 1, 2, 3]"),
            ("DROP TABLE REGAIN.outbox", "outbox"),
            ("DROP TABLE REGAIN.audit, REGAIN.duty", "audit, duty"),
            ("DELETE FROM REGAIN.migration", "already exists"),
            ("DROP TABLE REGAIN.migration", "already exists"),
        ] {
            let schema = site.schema();
            site.open(&schema).await;
            sqlx::raw_sql(sql(damage, &schema)).execute(&mut site.raw().await).await.unwrap();
            let before = tables(site, &schema).await;
            let error =
                PostgresFlows::with_pool(site.pool(1).await, schema.clone()).await.map(drop).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Damaged, "{damage}");
            let cause = error.source().unwrap().to_string();
            assert!(cause.contains(found), "{damage}: {cause}");
            assert_eq!(tables(site, &schema).await, before, "{damage}");
        }
    })
    .await;
}

async fn tables(site: &Site, schema: &SchemaName) -> Vec<String> {
    let tables =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY tablename");
    tables.bind(schema.as_str()).fetch_all(&mut site.raw().await).await.unwrap()
}

/// The last table but one is being made when the node is killed: it waits there, for somebody who makes one of that name.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_while_it_makes_the_tables_leaves_none() {
    on_postgres(async |site| {
        let schema = site.schema();
        let mut raw = site.raw().await;
        sqlx::raw_sql(sql("CREATE SCHEMA REGAIN", &schema)).execute(&mut raw).await.unwrap();
        let mut other = raw.begin().await.unwrap();
        sqlx::raw_sql(sql("CREATE TABLE REGAIN.checkpoint ()", &schema)).execute(&mut *other).await.unwrap();
        let pool = site.pool_with(site.options.clone().application_name(schema.as_str()), 1).await;
        let opening = tokio::spawn(PostgresFlows::with_pool(pool, schema.clone()));
        let mut killer = site.raw().await;
        let kill = "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
             WHERE application_name = $1 AND wait_event_type = 'Lock' AND query LIKE '%CREATE TABLE%checkpoint%'";
        while sqlx::query(kill).bind(schema.as_str()).fetch_optional(&mut killer).await.unwrap().is_none() {}
        let error = opening.await.unwrap().map(drop).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unreachable, "{error:?}");
        other.rollback().await.unwrap();
        assert_eq!(tables(site, &schema).await, [""; 0]);
        site.open(&schema).await;
        assert_eq!(migrations(site, &schema).await, MIGRATIONS);
    })
    .await;
}

#[tokio::test]
async fn a_schema_that_an_administrator_made_is_used() {
    on_postgres(async |site| {
        let schema = site.schema();
        sqlx::raw_sql(sql("CREATE SCHEMA REGAIN", &schema)).execute(&mut site.raw().await).await.unwrap();
        site.open(&schema).await;
        assert_eq!(migrations(site, &schema).await, MIGRATIONS);
    })
    .await;
}

/// A URL connects with a pool of its own; what is wrong with one is said in words that help.
#[tokio::test]
async fn a_url_connects_or_says_what_to_do() {
    let url = url();
    let base = url.rsplit_once('/').unwrap().0;
    let error = PostgresFlows::connect(&format!("{base}/no_such_database")).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("create it first"), "{error}: {:?}", error.source());
    for wrong in ["postgres://nobody@127.0.0.1:1/x", "mysql://db/x", "nonsense"] {
        let error = PostgresFlows::connect(wrong).await.map(drop).unwrap_err();
        assert!(error.source().is_some(), "{wrong}: {error}");
    }
}

#[tokio::test]
async fn a_database_that_only_reads_is_named_as_such() {
    on_postgres(async |site| {
        let schema = site.schema();
        let read_only = site.options.clone().options([("default_transaction_read_only", "on")]);
        let pool = sqlx::postgres::PgPoolOptions::new().connect_with(read_only).await.unwrap();
        let error = PostgresFlows::with_pool(pool, schema).await.map(drop).unwrap_err();
        assert!(error.to_string().contains("primary"), "{error}: {:?}", error.source());
    })
    .await;
}

#[test]
fn a_schemas_name_is_a_plain_word() {
    for name in ["regain", "_x", "user", "a1", &"a".repeat(63)] {
        assert_eq!(SchemaName::new(name).unwrap().as_str(), name);
    }
    for name in
        ["", "1a", "Regain", "pg_x", "a-b", "a.b", "a\"b", "a b", "a;b", "\u{e4}", "a\0", &"a".repeat(64)]
    {
        assert!(SchemaName::new(name).is_err(), "{name:?}");
    }
}
