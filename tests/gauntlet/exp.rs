//! EXP: a link's time ends, to the millisecond, and never later than the configuration says now.

use crate::kit::{Site, Verdict, holds_and_catches};
use regain::Recovery;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::testing::{Someone, TestClock, World};
use std::cell::Cell;
use std::sync::Arc;
use time::Duration;

rows! { "EXP":
    "CVE-2022-36106" => exp_cve_2022_36106_typo3_expiry_not_checked,
    "CVE-2026-52809" => exp_cve_2026_52809_gogs_life_of_another_purpose_baked_in,
}

const MILLISECOND: Duration = Duration::milliseconds(1);
const LIFE: Duration = Duration::minutes(30);

/// Issues one kind of token.
trait Issuer {
    async fn issue(&self);
    fn advance(&self, span: Duration);
    /// Another life is configured from now on.
    fn configure(&self, life: Duration);
    /// How many minutes the mail says.
    fn promised(&self) -> i64;
    async fn usable(&self) -> bool;
}

/// Two services on one store: one from before a change of the configuration, and one from after.
struct Regain {
    world: World,
    accounts: Arc<MemoryAccounts>,
    flows: Arc<MemoryFlows>,
    ana: Someone,
    later: Cell<Option<Duration>>,
}

impl Regain {
    async fn new(life: Duration) -> Self {
        let (accounts, flows) = (Arc::new(MemoryAccounts::new()), Arc::new(MemoryFlows::new()));
        let world = service(&accounts, &flows, Arc::default(), life);
        let ana = world.person("Ana").await;
        Self { world, accounts, flows, ana, later: Cell::new(None) }
    }

    fn present(&self) -> Recovery {
        let Some(life) = self.later.get() else { return self.world.recovery.clone() };
        service(&self.accounts, &self.flows, self.world.clock.clone(), life).recovery
    }
}

fn service(
    accounts: &Arc<MemoryAccounts>,
    flows: &Arc<MemoryFlows>,
    clock: Arc<TestClock>,
    life: Duration,
) -> World {
    let builder = World::builder().accounts(accounts.clone()).flows(flows.clone()).clock(clock);
    builder.configure(move |builder| builder.link_life(life)).build()
}

impl Issuer for Regain {
    async fn issue(&self) {
        self.world.fresh_link(&self.ana).await;
    }

    fn advance(&self, span: Duration) {
        self.world.clock.advance(span);
    }

    fn configure(&self, life: Duration) {
        self.later.set(Some(life));
    }

    fn promised(&self) -> i64 {
        let mail = self.world.mailbox.to(&self.ana.email).pop().expect("a link was mailed");
        let words: Vec<&str> = mail.text.split_whitespace().collect();
        let at =
            words.iter().position(|word| word.starts_with("minutes")).expect("the mail names its minutes");
        words[at - 1].parse().expect("a number of minutes")
    }

    async fn usable(&self) -> bool {
        self.present().look(&self.world.link_of(&self.ana)).await.is_ok()
    }
}

/// A twin with one token: whether it is usable, by life then, life now, and age.
struct Twin {
    life: Cell<Duration>,
    baked: Cell<Duration>,
    age: Cell<Duration>,
    promised: Duration,
    usable: fn(baked: Duration, life: Duration, age: Duration) -> bool,
}

impl Issuer for Twin {
    async fn issue(&self) {
        self.age.set(Duration::ZERO);
    }

    fn advance(&self, span: Duration) {
        self.age.set(self.age.get() + span);
    }

    fn configure(&self, life: Duration) {
        self.life.set(life);
    }

    fn promised(&self) -> i64 {
        self.promised.whole_minutes()
    }

    async fn usable(&self) -> bool {
        (self.usable)(self.baked.get(), self.life.get(), self.age.get())
    }
}

/// Good to the last millisecond, over at the boundary, and over for good.
async fn check_expiry(subject: &impl Issuer, life: Duration) -> Verdict {
    subject.issue().await;
    ensure!(subject.usable().await, "a fresh token is refused");
    subject.advance(life - MILLISECOND);
    ensure!(subject.usable().await, "refused a millisecond before its time is over");
    for (span, when) in
        [(MILLISECOND, "at the boundary"), (Duration::DAY, "a day later"), (-Duration::DAY, "stepped back")]
    {
        subject.advance(span);
        ensure!(!subject.usable().await, "usable {when}");
    }
    Ok(())
}

/// An ask that nobody attended to in its time is not attended to later: no link comes out of the blue.
async fn check_asks_expire() {
    for (late, mails) in [(-MILLISECOND, 1), (Duration::ZERO, 0), (Duration::days(30), 0)] {
        let site = Site::new();
        let ana = site.world.person("Ana").await;
        site.ask(&ana.username).await;
        site.world.clock.advance(Duration::HOUR + late);
        site.world.work().await;
        assert_eq!(site.world.mailbox.to(&ana.email).len(), mails, "{late}");
    }
}

/// TYPO3: the expiry of a token for a backend user's reset was stored, and never looked at.
#[tokio::test]
async fn exp_cve_2022_36106_typo3_expiry_not_checked() {
    let twin = Twin {
        life: Cell::new(LIFE),
        baked: Cell::new(LIFE),
        age: Cell::default(),
        promised: LIFE,
        usable: |_, _, _| true,
    };
    check_asks_expire().await;
    for life in [Duration::MINUTE, Duration::DAY] {
        check_expiry(&Regain::new(life).await, life).await.unwrap();
    }
    let regain = check_expiry(&Regain::new(LIFE).await, LIFE).await;
    holds_and_catches(regain, check_expiry(&twin, LIFE).await, "usable at the boundary");
}

/// The mail says the real life; a life that is shortened binds tokens that are out, one that is lengthened does not.
async fn check_change<S: Issuer>(fresh: impl AsyncFn() -> S) -> Verdict {
    for (now, over_at) in [(LIFE / 3, LIFE / 3), (LIFE * 3, LIFE), (LIFE, LIFE)] {
        let subject = fresh().await;
        subject.issue().await;
        ensure!(
            subject.promised() == LIFE.whole_minutes(),
            "the mail promises {} minutes",
            subject.promised()
        );
        subject.configure(now);
        subject.advance(over_at - MILLISECOND);
        ensure!(subject.usable().await, "with a life of {now} now, refused early");
        subject.advance(MILLISECOND);
        ensure!(!subject.usable().await, "with a life of {now} now, usable after {over_at}");
    }
    Ok(())
}

/// Gogs: reset tokens were made with the life of an activation, and the token itself said how long it lives.
#[tokio::test]
async fn exp_cve_2026_52809_gogs_life_of_another_purpose_baked_in() {
    let twin = async || Twin {
        life: Cell::new(LIFE),
        baked: Cell::new(Duration::minutes(180)),
        age: Cell::default(),
        promised: LIFE,
        usable: |baked, _, age| age < baked,
    };
    let fault = "usable after";
    holds_and_catches(check_change(async || Regain::new(LIFE).await).await, check_change(twin).await, fault);
}
