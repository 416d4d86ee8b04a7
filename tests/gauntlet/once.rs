//! ONCE: a link works once, and not at all after anything that it rests on has changed.

use crate::kit::{NEW, NEWER, Site, Verdict, holds_and_catches, mailed_token, on_file};
use regain::account::AccountStatus;
use regain::testing::Someone;
use std::cell::{Cell, RefCell};
use time::Duration;

rows! { "ONCE":
    "CVE-2026-28268" => once_cve_2026_28268_vikunja_voided_only_by_a_broken_clean_up,
    "CVE-2024-41888" => once_cve_2024_41888_answer_link_not_single_use,
    "CVE-2026-26060" => once_cve_2026_26060_fleet_link_survives_a_password_change,
}

/// Somebody's link.
trait Link {
    async fn issue(&self);
    async fn redeem(&self, password: &str) -> bool;
    /// Lets the clean-up run, after so long.
    async fn clean_up(&self, after: Duration);
    /// Something about the account changes, and not by this link.
    async fn change(&self, what: Change);
}

#[derive(Debug, Clone, Copy)]
enum Change {
    /// At the host; regain is told nothing.
    Password,
    /// At the host, which tells.
    PasswordTold,
    Address,
    SecondAddress,
    Username,
    Factor,
    Status,
    Permission,
    Gone,
    SignIn,
    NewerLink,
    OtherLinkUsed,
    Disowned,
}

const CHANGES: &[Change] = &[
    Change::Password,
    Change::PasswordTold,
    Change::Address,
    Change::SecondAddress,
    Change::Username,
    Change::Factor,
    Change::Status,
    Change::Permission,
    Change::Gone,
    Change::SignIn,
    Change::NewerLink,
    Change::OtherLinkUsed,
    Change::Disowned,
];

struct Regain {
    site: Site,
    ana: Someone,
    token: RefCell<String>,
}

impl Regain {
    async fn new() -> Self {
        let site = Site::new();
        let ana = site.world.person("Ana").await;
        Self { site, ana, token: RefCell::default() }
    }

    async fn newer_token(&self) -> String {
        self.site.world.fresh_link(&self.ana).await;
        mailed_token(&self.site.world, &self.ana)
    }
}

impl Link for Regain {
    async fn issue(&self) {
        let token = self.newer_token().await;
        self.token.replace(token);
    }

    async fn redeem(&self, password: &str) -> bool {
        let token = self.token.borrow().clone();
        self.site.choose(&token, password).await
    }

    async fn clean_up(&self, after: Duration) {
        self.site.world.clock.advance(after);
        self.site.world.work().await;
    }

    async fn change(&self, what: Change) {
        let (world, ana) = (&self.site.world, &self.ana);
        let hash = world.hash(NEWER);
        match what {
            Change::Password => world.change(ana, |account| account.password = Some(hash)).await,
            Change::PasswordTold => {
                let told = world.recovery.credential_changed(&ana.id, regain::recovery::Credential::Password);
                told.await.unwrap();
            }
            Change::Address => {
                world.change(ana, |account| account.addresses = vec![on_file("new@home.example")]).await
            }
            Change::SecondAddress => {
                world.change(ana, |account| account.addresses.push(on_file("b@home.example"))).await
            }
            Change::Username => world.change(ana, |account| account.username = "anna".to_owned()).await,
            Change::Factor => world.change(ana, |account| account.factors.push("totp-1".to_owned())).await,
            Change::Status => world.change(ana, |account| account.status = AccountStatus::Disabled).await,
            Change::Permission => world.change(ana, |account| account.may_change_password = false).await,
            Change::Gone => world.accounts.remove(&ana.id).await,
            Change::SignIn => {
                world.recovery.sign_in(&ana.identifier(), &ana.password(), &world.client()).await.unwrap();
            }
            Change::NewerLink => drop(self.newer_token().await),
            Change::OtherLinkUsed => {
                let newer = self.newer_token().await;
                assert!(self.site.choose(&newer, NEWER).await);
            }
            Change::Disowned => {
                let token = regain::RecoveryToken::parse(&self.token.borrow()).unwrap();
                world.recovery.disown(&token, &world.client()).await.unwrap();
            }
        }
    }
}

/// A twin's one row.
#[derive(Default)]
struct Twin {
    row: Cell<bool>,
    used: Cell<bool>,
    /// Whether the row goes when the link is used, and what the clean-up does.
    voids_on_use: bool,
    clean_up: Option<fn(&Twin, Duration)>,
}

impl Link for Twin {
    async fn issue(&self) {
        self.row.set(true);
    }

    async fn redeem(&self, _: &str) -> bool {
        let good = self.row.get();
        self.used.set(good);
        if self.voids_on_use {
            self.row.set(false);
        }
        good
    }

    async fn clean_up(&self, after: Duration) {
        if let Some(clean_up) = self.clean_up {
            clean_up(self, after);
        }
    }

    async fn change(&self, _: Change) {}
}

/// Twice at once, twice with a clean-up in between, early and late: the second time comes to nothing.
async fn check_once<L: Link>(fresh: impl AsyncFn() -> L) -> Verdict {
    let spans =
        [Duration::ZERO, Duration::seconds(1), Duration::minutes(29), Duration::HOUR, Duration::days(40)];
    for between in spans.into_iter().map(Some).chain([None]) {
        let link = fresh().await;
        link.issue().await;
        link.clean_up(Duration::ZERO).await;
        ensure!(link.redeem(NEW).await, "the link does not work the first time");
        if let Some(after) = between {
            link.clean_up(after).await;
            link.clean_up(Duration::ZERO).await;
        }
        ensure!(!link.redeem(NEWER).await, "used again, with a clean-up after {between:?}");
        ensure!(!link.redeem(NEW).await, "used a third time, with a clean-up after {between:?}");
    }
    Ok(())
}

async fn check_changes<L: Link>(fresh: impl AsyncFn() -> L) -> Verdict {
    let link = fresh().await;
    link.issue().await;
    ensure!(link.redeem(NEW).await, "the link does not work without a change");
    for what in CHANGES {
        let link = fresh().await;
        link.issue().await;
        link.change(*what).await;
        ensure!(!link.redeem(NEW).await, "the link survives {what:?}");
    }
    Ok(())
}

/// Vikunja: use did not void a token, and the clean-up compared the wrong way round, so nothing ever did.
#[tokio::test]
async fn once_cve_2026_28268_vikunja_voided_only_by_a_broken_clean_up() {
    let clean_up = |twin: &Twin, after: Duration| {
        // Meant: older than a day.
        if after < -Duration::DAY {
            twin.row.set(false);
        }
    };
    let twin = async || Twin { clean_up: Some(clean_up), ..Twin::default() };
    holds_and_catches(check_once(async || Regain::new().await).await, check_once(twin).await, "used again");
}

/// Apache Answer: the code of a link stayed in the cache until its time was over, however often it was used.
#[tokio::test]
async fn once_cve_2024_41888_answer_link_not_single_use() {
    let clean_up = |twin: &Twin, after: Duration| {
        if after >= Duration::minutes(10) {
            twin.row.set(false);
        }
    };
    let twin = async || Twin { clean_up: Some(clean_up), ..Twin::default() };
    let fault = "used again, with a clean-up after Some(SignedDuration { seconds: 0";
    holds_and_catches(check_once(async || Regain::new().await).await, check_once(twin).await, fault);
}

/// Fleet: a link that was out stayed good when the password was changed in another way.
#[tokio::test]
async fn once_cve_2026_26060_fleet_link_survives_a_password_change() {
    let twin = async || Twin { voids_on_use: true, ..Twin::default() };
    let regain = check_changes(async || Regain::new().await).await;
    check_once(twin).await.expect("this twin's link is used once");
    holds_and_catches(regain, check_changes(twin).await, "the link survives Password");
}
