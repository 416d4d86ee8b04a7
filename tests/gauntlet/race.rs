//! RACE: of any number of requests with one link, one gets through, and of any number of guesses as many as may.

use crate::kit::{Site, Verdict, holds_and_catches, mailed_token};
use futures_util::future::join_all;
use regain::budget::Quota;
use regain::memory::MemoryFlows;
use regain::password::Password;
use regain::recovery::Limits;
use regain::sqlite::SqliteFlows;
use regain::store::FlowStore;
use regain::testing::{Someone, World};
use regain::{Client, RecoveryError};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use time::Duration;

rows! { "RACE":
    "GHSA-r3xq-68wh-gwvh" => race_ghsa_r3xq_68wh_gwvh_parse_server_single_use_by_concurrency,
    "CVE-2019-5421" => race_cve_2019_5421_devise_failures_not_counted_atomically,
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

const GUESSES: usize = 64;
const CAP: u32 = 5;

/// Takes many wrong guesses at once, and says how many of them it compared with what is stored.
trait Guessed {
    async fn all_at_once(&self) -> usize;
}

/// What is guessed at, and whose cap it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    SignInFromOneNetwork,
    SignInFromMany,
    ChoiceByLink,
}

struct Guarded {
    world: World,
    ana: Someone,
    way: Way,
}

impl Guarded {
    async fn on(flows: Arc<dyn FlowStore>, way: Way) -> Self {
        let (mut limits, cap) = (Limits::default(), Quota::new(CAP, Duration::HOUR));
        match way {
            Way::SignInFromOneNetwork => limits.sign_ins_per_identifier_and_client = cap,
            Way::SignInFromMany => limits.sign_ins_per_identifier = cap,
            Way::ChoiceByLink => limits.choices_per_link = cap,
        }
        let world = World::builder().flows(flows).configure(move |builder| builder.limits(limits)).build();
        let ana = world.person(&format!("{way:?}")).await;
        Self { world, ana, way }
    }
}

impl Guessed for Guarded {
    async fn all_at_once(&self) -> usize {
        let Self { world, ana, way } = self;
        let token = world.fresh_link(ana).await;
        world.hasher.take_verifications();
        let guesses: Vec<_> = (0..GUESSES)
            .map(|n| {
                let (recovery, token, identifier) = (world.recovery.clone(), token.clone(), ana.identifier());
                let wrong = Password::new(format!("wrong guess number {n} of many"));
                // For a link the present password is what is wrong: a hash finds out.
                let (present, way, many) = (ana.password(), *way, world.client());
                tokio::spawn(async move {
                    match way {
                        Way::ChoiceByLink => {
                            recovery.choose_password(&token, &present, &many).await.map(drop)
                        }
                        Way::SignInFromMany => recovery.sign_in(&identifier, &wrong, &many).await.map(drop),
                        Way::SignInFromOneNetwork => {
                            recovery.sign_in(&identifier, &wrong, &Client::unknown()).await.map(drop)
                        }
                    }
                })
            })
            .collect();
        let answers: Vec<_> = join_all(guesses).await.into_iter().map(Result::unwrap).collect();
        let over = |answer: &&_| matches!(answer, Err(RecoveryError::TooManyAttempts { .. }));
        assert_eq!(answers.iter().filter(over).count(), GUESSES - CAP as usize, "{way:?}: {answers:?}");
        world.hasher.take_verifications()
    }
}

/// Devise: the count of failures was read, the password compared, and the count plus one written.
#[derive(Default)]
struct Devise {
    failures: Cell<u32>,
    compared: Cell<usize>,
}

impl Devise {
    async fn guess(&self) {
        let failures = self.failures.get();
        if failures < CAP {
            tokio::task::yield_now().await;
            self.compared.set(self.compared.get() + 1);
            self.failures.set(failures + 1);
        }
    }
}

impl Guessed for Devise {
    async fn all_at_once(&self) -> usize {
        join_all((0..GUESSES).map(|_| self.guess())).await;
        self.compared.get()
    }
}

async fn check_guesses_at_once(subject: &impl Guessed) -> Verdict {
    let compared = subject.all_at_once().await;
    ensure!(compared > 0, "nothing was compared");
    ensure!(compared <= CAP as usize, "{compared} of {GUESSES} at once were compared");
    Ok(())
}

/// Devise: see [`Devise`].
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn race_cve_2019_5421_devise_failures_not_counted_atomically() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Arc::new(SqliteFlows::open(folder.path().join("flows.db")).await.unwrap());
    let twin = check_guesses_at_once(&Devise::default()).await.unwrap_err();
    for way in [Way::SignInFromOneNetwork, Way::SignInFromMany, Way::ChoiceByLink] {
        let stores: [Arc<dyn FlowStore>; 2] = [sqlite.clone(), Arc::new(MemoryFlows::new())];
        for flows in stores {
            let regain = check_guesses_at_once(&Guarded::on(flows, way).await).await;
            holds_and_catches(regain, Err(twin.clone()), "64 of 64 at once were compared");
        }
    }
}
