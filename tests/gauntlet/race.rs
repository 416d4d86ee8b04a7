//! RACE: of any number of requests with one link, one gets through.

use crate::kit::{Site, Verdict, holds_and_catches, mailed_token};
use futures_util::future::join_all;
use regain::memory::MemoryFlows;
use regain::password::Password;
use regain::sqlite::SqliteFlows;
use regain::store::FlowStore;
use regain::testing::{Someone, World};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

rows! { "RACE":
    "GHSA-r3xq-68wh-gwvh" => race_ghsa_r3xq_68wh_gwvh_parse_server_single_use_by_concurrency,
}

const AT_ONCE: usize = 16;

/// One link, used by several at once.
trait Redeemer {
    async fn redeem(&self, password: &str) -> bool;
    async fn has(&self, password: &str) -> bool;
}

struct Regain {
    site: Site,
    ana: Someone,
    token: String,
}

impl Regain {
    async fn on(flows: Arc<dyn FlowStore>) -> Self {
        let site = Site::build(World::builder().flows(flows));
        let ana = site.world.person("Ana").await;
        site.world.fresh_link(&ana).await;
        let token = mailed_token(&site.world, &ana);
        Self { site, ana, token }
    }
}

impl Redeemer for Regain {
    async fn redeem(&self, password: &str) -> bool {
        self.site.choose(&self.token, password).await
    }

    async fn has(&self, password: &str) -> bool {
        let world = &self.site.world;
        world
            .recovery
            .sign_in(&self.ana.identifier(), &Password::new(password), &world.client())
            .await
            .is_ok()
    }
}

/// Parse Server: the token was read, the password set, and then the token deleted, in three queries.
#[derive(Default)]
struct ParseServer {
    used: Cell<bool>,
    password: RefCell<String>,
}

impl Redeemer for ParseServer {
    async fn redeem(&self, password: &str) -> bool {
        let good = !self.used.get();
        tokio::task::yield_now().await;
        if good {
            self.password.replace(password.to_owned());
            tokio::task::yield_now().await;
            self.used.set(true);
        }
        good
    }

    async fn has(&self, password: &str) -> bool {
        *self.password.borrow() == password
    }
}

async fn check_race(subject: &impl Redeemer) -> Verdict {
    let passwords: Vec<String> =
        (0..AT_ONCE).map(|n| format!("harbour {n} lanterns kettle {n} drift")).collect();
    let redeemed = join_all(passwords.iter().map(|password| subject.redeem(password))).await;
    let through = redeemed.iter().filter(|through| **through).count();
    ensure!(through == 1, "{through} got through with one link");
    for (password, through) in passwords.iter().zip(redeemed) {
        ensure!(subject.has(password).await == through, "the password is another one's");
    }
    Ok(())
}

/// Parse Server: see [`ParseServer`].
#[tokio::test(flavor = "multi_thread")]
async fn race_ghsa_r3xq_68wh_gwvh_parse_server_single_use_by_concurrency() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteFlows::open(folder.path().join("flows.db")).await.unwrap();
    check_race(&Regain::on(Arc::new(sqlite)).await).await.unwrap();
    let regain = check_race(&Regain::on(Arc::new(MemoryFlows::new())).await).await;
    holds_and_catches(regain, check_race(&ParseServer::default()).await, "16 got through");
}
