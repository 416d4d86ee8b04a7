//! A database that is away, full, busy, read-only, not theirs or not whole: people are asked to come back later, whoever
//! they ask for; the operator reads what it is; and once it is over, the same objects go on and nothing is lost.

use crate::cluster::Cluster;
use crate::proxy::Proxy;
use crate::{Site, on_postgres, sql};
use async_trait::async_trait;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use regain::memory::MemoryAccounts;
use regain::postgres::{PostgresFlows, SchemaName};
use regain::store::{Commit, Committed, FlowStore, StoreError, StoreErrorKind};
use regain::testing::{FlowStoreLayer, Layered, Someone, World};
use regain::web::{self, ClientAddress, WebConfig};
use regain::{RecoveryError, identity::Identifier};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt as _;

/// Writes down what was the matter when a commit failed.
struct Noted {
    flows: Arc<PostgresFlows>,
    kinds: Arc<Mutex<Vec<StoreErrorKind>>>,
}

#[async_trait]
impl FlowStoreLayer for Noted {
    fn inner(&self) -> &dyn FlowStore {
        &*self.flows
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let note = |error: &StoreError| self.kinds.lock().unwrap().push(error.kind());
        self.flows.commit(commit).await.inspect_err(note)
    }
}

/// One node's service, and Ana, who asked before anything went wrong.
struct Service {
    world: World,
    ana: Someone,
    kinds: Arc<Mutex<Vec<StoreErrorKind>>>,
    asked: usize,
}

impl Service {
    async fn start(flows: PostgresFlows) -> Self {
        let kinds = Arc::<Mutex<Vec<_>>>::default();
        let noted = Layered(Noted { flows: Arc::new(flows), kinds: kinds.clone() });
        let world = World::with(Arc::new(noted), Arc::new(MemoryAccounts::new()));
        let ana = world.person("Ana").await;
        let mut service = Self { world, ana, kinds, asked: 0 };
        assert_eq!(service.ask("ana").await, Ok(()));
        service
    }

    async fn ask(&mut self, name: &str) -> Result<(), RecoveryError> {
        let asked = self.world.recovery.ask_password(&Identifier::parse(name), &self.world.client()).await;
        self.asked += usize::from(asked.is_ok());
        asked.map(drop)
    }

    /// Whoever is asked for, and a link too: "not now", for this reason.
    async fn is_unavailable(&mut self, kind: StoreErrorKind) {
        for name in ["ana", "nobody"] {
            assert_eq!(self.ask(name).await, Err(RecoveryError::Unavailable), "{name}");
        }
        let kinds = std::mem::take(&mut *self.kinds.lock().unwrap());
        assert!(kinds.len() >= 2 && kinds.iter().all(|noted| *noted == kind), "{kinds:?}");
        let worked = self.world.worker.step().await;
        assert!(worked.is_err(), "the worker does not take it for nothing to do");
    }

    /// The first that is not taken down of a few asks.
    async fn refusal_of(&mut self, name: &str) -> RecoveryError {
        for _ in 0..4 {
            if let Err(error) = self.ask(name).await {
                return error;
            }
        }
        panic!("{name} is never refused")
    }

    /// What the page answers.
    async fn page(&self, name: &str) -> (StatusCode, Vec<u8>) {
        let app = web::router(self.world.recovery.clone(), WebConfig::new(ClientAddress::Socket));
        let request = Request::post("/recovery/forgot-password")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(format!("identifier={name}")));
        let (parts, body) = app.oneshot(request.unwrap()).await.unwrap().into_parts();
        (parts.status, body.collect().await.unwrap().to_bytes().to_vec())
    }

    /// The same objects: what was asked before the fault is mailed, its link works, and so does all else.
    async fn goes_on(mut self) {
        assert_eq!(self.ask("bo").await, Ok(()));
        self.world.work().await;
        // What the worker had taken on and could not do comes again when its lease ends.
        self.world.clock.advance(time::Duration::minutes(2));
        self.world.work().await;
        let link = self.world.link_of(&self.ana);
        self.world.recovery.look(&link).await.expect("the link from before the fault works");
        let requested =
            self.world.audit().await.into_iter().filter(|line| line.event == "password.requested").count();
        assert_eq!(requested, self.asked, "all that was taken down is there, and nothing else");
    }
}

/// Does not wait for long, and has one connection: none is on its way while a test cuts off those that are there.
async fn pool(url: &str) -> PgPool {
    let options = PgConnectOptions::from_str(url).unwrap().disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(2));
    pool.connect_with(options).await.unwrap()
}

async fn open(url: &str) -> PostgresFlows {
    PostgresFlows::with_pool(pool(url).await, SchemaName::default()).await.unwrap()
}

async fn say(url: &str, statements: &[&str]) {
    let mut raw = PgConnection::connect(url).await.unwrap();
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(*statement)).execute(&mut raw).await.unwrap();
    }
    raw.close().await.unwrap();
}

/// What is the matter with a database that does not open.
async fn refusal(url: &str) -> (StoreErrorKind, String) {
    let error = PostgresFlows::connect(url).await.map(drop).expect_err("it does not open");
    (error.kind(), error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_at_the_start_or_later_is_waited_for() {
    let cluster = Cluster::start();
    let url = cluster.url("postgres", "postgres");
    cluster.down();
    let (kind, advice) = refusal(&url).await;
    assert_eq!(kind, StoreErrorKind::Unreachable, "{advice}");
    assert!(advice.contains("is the database there"), "{advice}");
    cluster.up();
    let mut service = Service::start(open(&url).await).await;
    for _ in 0..2 {
        cluster.down();
        service.is_unavailable(StoreErrorKind::Unreachable).await;
        cluster.up();
        // Connections from before are found out to be dead at no cost to anybody.
        assert_eq!(service.ask("cleo").await, Ok(()));
    }
    service.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_refused_until_it_is_the_primary() {
    let primary = Cluster::start();
    let standby = primary.standby();
    let proxy = Proxy::to(primary.port).await;
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", proxy.port);
    let mut service = Service::start(open(&url).await).await;
    caught_up(&primary).await;
    let (kind, advice) = refusal(&standby.url("postgres", "postgres")).await;
    assert_eq!(
        (kind, advice.contains("connect to the primary")),
        (StoreErrorKind::ReadOnly, true),
        "{advice}"
    );
    // The primary dies, and its name leads to the replica.
    primary.down();
    proxy.lead_to(standby.port);
    service.is_unavailable(StoreErrorKind::ReadOnly).await;
    standby.promote();
    service.goes_on().await;
}

async fn caught_up(primary: &Cluster) {
    let mut raw = PgConnection::connect(&primary.url("postgres", "postgres")).await.unwrap();
    let behind =
        "SELECT coalesce(bool_and(replay_lsn >= pg_current_wal_lsn()), false) FROM pg_stat_replication";
    while !sqlx::query_scalar::<_, bool>(behind).fetch_one(&mut raw).await.unwrap() {}
    raw.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_is_over_when_there_is_room() {
    let mut cluster = Cluster::start();
    let small = cluster.small_disk();
    let admin = cluster.url("postgres", "postgres");
    let place = format!("CREATE TABLESPACE small LOCATION '{small}'");
    say(&admin, &[&place, "CREATE DATABASE portal TABLESPACE small"]).await;
    let url = cluster.url("postgres", "portal");
    let mut service = Service::start(open(&url).await).await;
    say(&url, &["CREATE TABLE filler (bytes text)"]).await;
    fill(&url).await;
    // Free bytes in pages that are there serve an ask here and there: until none is left.
    let mut refused = 0;
    while refused < 30 {
        match service.ask(&format!("user{}-{refused}", service.asked)).await {
            Ok(()) => refused = 0,
            Err(error) => {
                assert_eq!(error, RecoveryError::Unavailable);
                refused += 1;
            }
        }
        assert!(service.asked < 3_000, "the disk is never full");
    }
    service.kinds.lock().unwrap().clear();
    for name in ["ana", "nobody"] {
        assert_eq!(service.refusal_of(name).await, RecoveryError::Unavailable, "{name}");
    }
    let kinds = std::mem::take(&mut *service.kinds.lock().unwrap());
    assert!(kinds.len() >= 2 && kinds.iter().all(|noted| *noted == StoreErrorKind::Full), "{kinds:?}");
    say(&url, &["DROP TABLE filler", "CHECKPOINT"]).await;
    service.goes_on().await;
}

/// Until not one page is left.
async fn fill(url: &str) {
    let mut raw = PgConnection::connect(url).await.unwrap();
    for rows in [1_000, 100, 10, 1] {
        let more = format!("INSERT INTO filler SELECT repeat('x', 1900) FROM generate_series(1, {rows})");
        while sqlx::raw_sql(AssertSqlSafe(more.clone())).execute(&mut raw).await.is_ok() {}
    }
    raw.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_the_server_is_named_and_can_be_put_right() {
    let cluster = Cluster::start();
    let admin = cluster.url("postgres", "postgres");
    let portal = [
        "SET password_encryption = 'scram-sha-256'",
        "CREATE ROLE portal LOGIN PASSWORD 'right'",
        "CREATE DATABASE portal OWNER portal",
        "CREATE ROLE guest LOGIN",
    ];
    say(&admin, &portal).await;
    cluster.let_in("host all portal 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
    let url = cluster.url("portal:right", "portal");
    let misconfigured = StoreErrorKind::Misconfigured;
    for (url, kind, word) in [
        (cluster.url("portal:wrong", "portal"), misconfigured, "password"),
        (cluster.url("nobody", "portal"), misconfigured, "role"),
        (cluster.url("portal:right", "porta"), misconfigured, "no such database"),
        (format!("{url}?sslmode=require"), misconfigured, "TLS"),
        (cluster.url("guest", "portal"), StoreErrorKind::Rights, "rights"),
    ] {
        let (found, advice) = refusal(&url).await;
        assert_eq!((found, advice.contains(word)), (kind, true), "{url}: {advice}");
    }
    let mut service = Service::start(open(&url).await).await;

    say(&admin, &["ALTER ROLE portal PASSWORD 'other'", CUT]).await;
    service.is_unavailable(misconfigured).await;
    say(&admin, &["ALTER ROLE portal PASSWORD 'right'"]).await;
    assert_eq!(service.ask("cleo").await, Ok(()));

    let tables = "ON ALL TABLES IN SCHEMA regain";
    let portal = cluster.url("postgres", "portal");
    say(&portal, &["ALTER SCHEMA regain OWNER TO postgres", &format!("REVOKE ALL {tables} FROM portal")])
        .await;
    say(&portal, &["DO $$ DECLARE name text; BEGIN FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'regain'
        LOOP EXECUTE 'ALTER TABLE regain.' || name || ' OWNER TO postgres'; END LOOP; END $$"]).await;
    service.is_unavailable(StoreErrorKind::Rights).await;
    let granted = ["GRANT USAGE ON SCHEMA regain TO portal", &format!("GRANT ALL {tables} TO portal")];
    say(&portal, &granted).await;
    service.goes_on().await;
}

/// Gone when this returns.
const CUT: &str = "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE usename = 'portal'";

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_dropped_works_again_once_any_node_has_opened_it() {
    let cluster = Cluster::start();
    let (admin, url) = (cluster.url("postgres", "postgres"), cluster.url("postgres", "portal"));
    say(&admin, &["CREATE DATABASE portal"]).await;
    let mut service = Service::start(open(&url).await).await;
    say(&admin, &["DROP DATABASE portal WITH (FORCE)"]).await;
    service.is_unavailable(StoreErrorKind::Misconfigured).await;
    say(&admin, &["CREATE DATABASE portal"]).await;
    // It makes no tables by itself: somebody may be about to restore them.
    service.is_unavailable(StoreErrorKind::Damaged).await;
    drop(open(&url).await);
    // What was asked is gone with the database; she asks again.
    service.asked = 0;
    assert_eq!(service.ask("ana").await, Ok(()));
    service.goes_on().await;
}

async fn on_a_pool_of(site: &Site, connections: u32) -> (PgPool, SchemaName, Service) {
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(2));
    let pool = pool.connect_with(site.options.clone().disable_statement_logging()).await.unwrap();
    let schema = site.schema();
    let flows = PostgresFlows::with_pool(pool.clone(), schema.clone()).await.unwrap();
    (pool, schema, Service::start(flows).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_somebody_holds_is_not_waited_for_without_end() {
    on_postgres(async |site| {
        let (_, schema, mut service) = on_a_pool_of(site, 3).await;
        let mut raw = site.raw().await;
        let mut held = raw.begin().await.unwrap();
        let lock = sql("LOCK TABLE REGAIN.flow, REGAIN.outbox IN ACCESS EXCLUSIVE MODE", &schema);
        sqlx::raw_sql(lock).execute(&mut *held).await.unwrap();
        for name in ["ana", "nobody"] {
            assert_eq!(service.ask(name).await, Err(RecoveryError::Unavailable));
        }
        held.rollback().await.unwrap();
        assert_eq!(service.kinds.lock().unwrap().drain(..).collect::<Vec<_>>(), [StoreErrorKind::Busy; 2]);
        service.goes_on().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_others_have_emptied_is_not_waited_for_without_end() {
    on_postgres(async |site| {
        let (pool, _, mut service) = on_a_pool_of(site, 2).await;
        let taken = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
        service.is_unavailable(StoreErrorKind::Unreachable).await;
        let pages = [service.page("ana").await, service.page("nobody").await];
        assert_eq!(pages[0].0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(pages[0], pages[1], "the page is the same for everybody");
        drop(taken);
        assert_eq!(service.page("ana").await.0, StatusCode::OK);
        service.asked += 1;
        service.goes_on().await;
    })
    .await;
}

/// A call that was given up while the network was silent, and connections on which no answer will ever come: none of them
/// is missing from the pool afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_is_survived() {
    on_postgres(async |site| {
        let proxy = Proxy::to(site.options.get_port()).await;
        let through = site.options.clone().host("127.0.0.1").port(proxy.port).disable_statement_logging();
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(8));
        let schema = site.schema();
        let flows = PostgresFlows::with_pool(pool.connect_with(through).await.unwrap(), schema.clone())
            .await
            .unwrap();
        let service = Arc::new(tokio::sync::Mutex::new(Service::start(flows).await));
        let mut raw = site.raw().await;
        let mut held = raw.begin().await.unwrap();
        let lock = sql("LOCK TABLE REGAIN.flow IN ACCESS EXCLUSIVE MODE", &schema);
        sqlx::raw_sql(lock).execute(&mut *held).await.unwrap();
        let waiting = service.clone();
        let given_up = tokio::spawn(async move { waiting.lock().await.world.worker.step().await.map(drop) });
        let waits = || {
            sql(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'REGAIN.flow'::regclass",
                &schema,
            )
        };
        while sqlx::query_scalar::<_, i64>(waits()).fetch_one(&mut *held).await.unwrap() == 0 {}
        proxy.fall_silent();
        given_up.abort();
        assert!(given_up.await.unwrap_err().is_cancelled());
        held.rollback().await.unwrap();
        proxy.recover();
        let Ok(service) = Arc::try_unwrap(service) else { panic!("nobody else has it") };
        service.into_inner().goes_on().await;
    })
    .await;
}
