//! A worker is woken by what another node leaves.

use crate::proxy::Proxy;
use crate::{Site, on_postgres, sql};
use futures_util::FutureExt as _;
use regain::ids::{FlowId, MailId, Realm};
use regain::memory::{Mailbox, MemoryAccounts};
use regain::postgres::SchemaName;
use regain::store::{Commit, FlowStore as _, OutboxMail};
use regain::testing::World;
use sqlx::postgres::{PgConnectOptions, PgListener, PgSslMode};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::yield_now;

/// So long that no poll comes before a test is given up.
pub(crate) const NEVER: Duration = Duration::from_secs(24 * 60 * 60);
/// When a test is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node that people ask and that does no work, and another one whose worker runs.
pub(crate) struct TwoNodes {
    asked: World,
    mailbox: Arc<Mailbox>,
    /// How the working node's connections are called.
    name: String,
}

impl TwoNodes {
    async fn start(site: &Site, through: PgConnectOptions, poll: Duration) -> Self {
        Self::by_ways(site, site.options.clone(), through, poll).await
    }

    /// Each has a way of its own to the database.
    pub(crate) async fn by_ways(
        site: &Site,
        asked: PgConnectOptions,
        working: PgConnectOptions,
        poll: Duration,
    ) -> Self {
        let schema = site.schema();
        let name = schema.as_str().to_owned();
        let (accounts, mailbox) = (Arc::new(MemoryAccounts::new()), Arc::new(Mailbox::new()));
        let asked = site.open_by(asked, &schema).await;
        let working = site.open_by(working.application_name(&name), &schema).await;
        let node =
            |flows| World::builder().flows(flows).accounts(accounts.clone()).mailer(mailbox.clone()).build();
        tokio::spawn(node(working).worker.clone().with_poll(poll).run(std::future::pending()));
        Self { asked: node(asked), mailbox, name }
    }

    pub(crate) async fn ask_and_wait_for_the_mail(&self, name: &str) {
        let person = self.asked.person(name).await;
        self.asked.recovery.ask_password(&person.identifier(), &self.asked.client()).await.unwrap();
        soon(async {
            while self.mailbox.to(&person.email).is_empty() {
                yield_now().await;
            }
        })
        .await;
    }

    /// The backend that listens for the working node, once it does.
    pub(crate) async fn listener(&self, site: &Site) -> i32 {
        let mut raw = site.raw().await;
        let listening = "SELECT pid FROM pg_stat_activity
             WHERE application_name = $1 AND query LIKE 'LISTEN%' AND state = 'idle'";
        soon(async {
            loop {
                let found = sqlx::query_scalar(listening).bind(&self.name).fetch_optional(&mut raw).await;
                if let Some(pid) = found.unwrap() {
                    return pid;
                }
            }
        })
        .await
    }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it happens at all")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_starts_at_once_when_another_node_is_asked() {
    on_postgres(async |site| {
        let nodes = TwoNodes::start(site, site.options.clone(), NEVER).await;
        nodes.listener(site).await;
        // One after the other: the first could be found by the worker's first look.
        for name in ["ana", "bo", "cleo", "dan"] {
            nodes.ask_and_wait_for_the_mail(name).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_is_cut_off_comes_back_and_finds_what_it_missed() {
    on_postgres(async |site| {
        let nodes = TwoNodes::start(site, site.options.clone(), NEVER).await;
        let mut raw = site.raw().await;
        for name in ["ana", "bo"] {
            let listener = nodes.listener(site).await;
            let cut = sqlx::query("SELECT pg_terminate_backend($1)").bind(listener);
            cut.execute(&mut raw).await.unwrap();
            nodes.ask_and_wait_for_the_mail(name).await;
        }
        assert!(nodes.listener(site).await > 0, "and it listens again");
        nodes.ask_and_wait_for_the_mail("cleo").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_listening_comes_to_nothing_the_poll_finds_the_work() {
    on_postgres(async |site| {
        let proxy = Proxy::that_swallows_listen(site.options.get_port()).await;
        let through = site.options.clone().host("127.0.0.1").port(proxy.port);
        // In the clear: the proxy reads what is said.
        let through = through.ssl_mode(PgSslMode::Disable);
        let nodes = TwoNodes::start(site, through, Duration::from_millis(50)).await;
        for name in ["ana", "bo", "cleo"] {
            nodes.ask_and_wait_for_the_mail(name).await;
        }
        assert!(proxy.swallowed() > 0, "the proxy was in the way");
    })
    .await;
}

fn a_mail(number: u8) -> Commit {
    let (realm, at) = (Realm::new("clinic").unwrap(), regain::clock::Timestamp::from_millis(0));
    let mut commit = Commit::new(realm.clone());
    commit.mails.push(OutboxMail {
        id: MailId::from_bytes([number; 16]),
        realm,
        flow: FlowId::from_bytes([number; 16]),
        letter: "x".to_owned(),
        sealed: vec![],
        attempts: 0,
        created_at: at,
        due_at: at,
    });
    commit
}

async fn listen(site: &Site, schema: &SchemaName) -> PgListener {
    let mut listener = PgListener::connect_with(&site.pool(1).await).await.unwrap();
    listener.listen(schema.as_str()).await.unwrap();
    listener
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_hears_of_others_work_and_not_of_its_own() {
    on_postgres(async |site| {
        let schema = site.schema();
        let (one, other) = (site.open(&schema).await, site.open(&schema).await);
        let mut witness = listen(site, &schema).await;
        // The first word is that of the listener itself: others may have left work before.
        soon(one.work_arrived()).await;
        let mut arrived = Box::pin(one.work_arrived());
        assert!((&mut arrived).now_or_never().is_none());
        for number in 0..3 {
            one.commit(a_mail(number)).await.unwrap();
            soon(witness.recv()).await.unwrap();
        }
        assert!((&mut arrived).now_or_never().is_none(), "its own work is no news");
        other.commit(a_mail(9)).await.unwrap();
        soon(arrived).await;
    })
    .await;
}

/// Others learn that there is work, and nothing of what: whoever may connect to the database may listen.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_says_nothing_of_anybody_and_a_commit_without_work_sends_none() {
    on_postgres(async |site| {
        let schema = site.schema();
        let store = site.open(&schema).await;
        let mut witness = listen(site, &schema).await;
        let only_budgets = Commit { clears: vec![], ..Commit::new(Realm::new("clinic").unwrap()) };
        store.commit(only_budgets).await.unwrap();
        let mut raw = site.raw().await;
        sqlx::raw_sql(sql("NOTIFY \"REGAIN\", 'marker'", &schema)).execute(&mut raw).await.unwrap();
        assert_eq!(soon(witness.recv()).await.unwrap().payload(), "marker");
        store.commit(a_mail(1)).await.unwrap();
        let notice = soon(witness.recv()).await.unwrap();
        assert!(u64::from_str_radix(notice.payload(), 16).is_ok(), "{notice:?}");
    })
    .await;
}
