//! By way of PgBouncer in transaction mode, with two server connections for everybody.

use crate::cluster::Cluster;
use crate::wake::{NEVER, TwoNodes};
use crate::{Site, on_postgres, url};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use regain::memory::{Mailbox, MemoryAccounts};
use regain::password::Password;
use regain::postgres::PostgresFlows;
use regain::recovery::Chosen;
use regain::testing::World;
use regain::testing::contract::flow_store_contract;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::process::Command;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

/// Runs a test with a pooler in front of this database, and ends the pooler.
async fn by_way_of_a_pooler(database: &str, test: impl AsyncFnOnce(&str)) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/pgbouncer");
    let started = Command::new(script).arg(database).output().unwrap();
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    let url = String::from_utf8(started.stdout).unwrap().trim().to_owned();
    let done = AssertUnwindSafe(test(&url)).catch_unwind().await;
    let console = options(&url).database("pgbouncer");
    let mut console = console.connect().await.unwrap();
    // It hangs up instead of an answer.
    let _ = sqlx::raw_sql("SHUTDOWN").execute(&mut console).await;
    done.unwrap_or_else(|panic| resume_unwind(panic));
}

/// PgBouncer refuses a connection that begins with a parameter that it does not know.
fn options(url: &str) -> PgConnectOptions {
    PgConnectOptions::from_str(url).unwrap().extra_float_digits(None)
}

async fn on_a_pooler(test: impl AsyncFnOnce(&Site, PgConnectOptions)) {
    on_postgres(async |site| {
        by_way_of_a_pooler(&url(), async |pooler| test(site, options(pooler)).await).await;
    })
    .await;
}

/// Else the tests beside it show nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_pooler_gives_one_client_several_server_connections() {
    on_a_pooler(async |_, options| {
        // Three share two: they cannot go round in step.
        let clients = (0..3).map(|_| async {
            let mut client = options.connect().await.unwrap();
            let mut servers = HashSet::new();
            for _ in 0..50 {
                let mut transaction = client.begin().await.unwrap();
                let pid =
                    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(&mut *transaction).await.unwrap();
                servers.insert(sqlx::Row::get::<i32, _>(&pid, 0));
                transaction.commit().await.unwrap();
            }
            servers.len()
        });
        assert!(join_all(clients).await.into_iter().any(|servers| servers == 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_behind_a_pooler_keep_the_contract() {
    on_a_pooler(async |site, options| {
        flow_store_contract(async || site.open_by(options.clone(), &site.schema()).await).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_nodes_behind_a_pooler_serve_people_and_share_the_work() {
    on_a_pooler(async |site, options| {
        let schema = site.schema();
        let (accounts, mailbox) = (Arc::new(MemoryAccounts::new()), Arc::new(Mailbox::new()));
        let mut nodes = Vec::new();
        for _ in 0..3 {
            let flows = site.open_by(options.clone(), &schema).await;
            let node = World::builder().flows(flows).accounts(accounts.clone()).mailer(mailbox.clone());
            nodes.push(Arc::new(node.build()));
        }
        let mut people = Vec::new();
        for number in 0..60 {
            people.push((nodes[number % 3].clone(), nodes[0].person(&format!("ana{number}")).await));
        }
        let asks = people.iter().map(async |(node, person)| {
            node.recovery.ask_password(&person.identifier(), &node.client()).await.unwrap();
        });
        join_all(asks).await;
        join_all(nodes.iter().map(async |node| node.work().await)).await;
        let password = Password::new("violet harbour tin whistle 7");
        let choices = people.iter().map(async |(node, person)| {
            let mails = mailbox.to(&person.email);
            assert_eq!(mails.len(), 1, "each mail goes out once");
            let (_, token) = mails[0].text.split_once("?token=").unwrap();
            let link = regain::RecoveryToken::parse(token.split_whitespace().next().unwrap()).unwrap();
            node.recovery.look(&link).await.unwrap();
            let chosen = node.recovery.choose_password(&link, &password, &node.client()).await;
            assert_eq!(chosen, Ok(Chosen::Done));
        });
        join_all(choices).await;
        let completed = nodes[0].audit().await.into_iter().filter(|line| line.event == "password.completed");
        assert_eq!(completed.count(), people.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_others_are_woken_and_oneself_polls() {
    on_a_pooler(async |site, options| {
        let nodes = TwoNodes::by_ways(site, options.clone(), site.options.clone(), NEVER).await;
        nodes.listener(site).await;
        for name in ["ana", "bo", "cleo"] {
            nodes.ask_and_wait_for_the_mail(name).await;
        }
        let poll = Duration::from_millis(50);
        let nodes = TwoNodes::by_ways(site, site.options.clone(), options, poll).await;
        nodes.ask_and_wait_for_the_mail("dan").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_leads_to_a_pooler_needs_nothing_added() {
    let cluster = Cluster::start();
    by_way_of_a_pooler(&cluster.url("postgres", "postgres"), async |pooler| {
        let nodes = join_all((0..3).map(|_| PostgresFlows::connect(pooler))).await;
        for flows in nodes {
            let world = World::with(Arc::new(flows.unwrap()), Arc::new(MemoryAccounts::new()));
            let ana = world.person("Ana").await;
            world.recovery.look(&world.fresh_link(&ana).await).await.unwrap();
        }
    })
    .await;
}

/// For a pooler that hands a connection's first words on.
#[tokio::test(flavor = "multi_thread")]
async fn a_url_can_say_that_a_pooler_is_in_the_way() {
    on_postgres(async |site| {
        let pool = site.pool_with(site.options.clone().statement_cache_capacity(0), 1).await;
        let flows = PostgresFlows::with_pool(pool.clone(), site.schema()).await.unwrap();
        let world = World::with(Arc::new(flows), Arc::new(MemoryAccounts::new()));
        let ana = world.person("Ana").await;
        world.recovery.look(&world.fresh_link(&ana).await).await.unwrap();
        world.audit().await;
        let named = sqlx::raw_sql("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''");
        assert_eq!(sqlx::Row::get::<i64, _>(&named.fetch_one(&pool).await.unwrap(), 0), 0);
    })
    .await;
}
