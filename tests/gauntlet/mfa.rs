//! MFA: a code is good once, and no way in leaves the second factor out.

use crate::kit::{NEW, Verdict, holds_and_catches};
use futures_util::future::join_all;
use regain::RecoveryError;
use regain::factor::{AuthLevel, TotpSecret};
use regain::password::Password;
use regain::recovery::{SignInStep, SignInTicket};
use regain::security::AuthSession;
use regain::testing::{Someone, World};
use std::cell::Cell;

rows! { "MFA":
    "CVE-2015-7225" => mfa_cve_2015_7225_devise_code_not_burnt,
    "CVE-2021-45331" => mfa_cve_2021_45331_gitea_code_taken_again,
    "CVE-2026-33473" => mfa_cve_2026_33473_vikunja_code_taken_twice_at_once,
    "GHSA-wc43-73w7-x2f5" => mfa_ghsa_wc43_73w7_x2f5_kratos_one_more_factor_asks_for_less,
    "CVE-2026-34727" => mfa_cve_2026_34727_vikunja_another_way_in,
    "CVE-2025-64103" => mfa_cve_2025_64103_zitadel_second_factor_bypassed,
    "CVE-2026-9091" => mfa_cve_2026_9091_casdoor_second_factor_bypassed,
}

/// Takes the code that an app shows now.
trait Codes {
    /// In the sign-in that is under way, or in a new one.
    async fn take(&self, anew: bool) -> bool;
}

struct Regain {
    world: World,
    ana: Someone,
    app: TotpSecret,
    ticket: SignInTicket,
}

impl Regain {
    async fn new() -> Self {
        let world = World::new();
        let ana = world.person("Ana").await;
        let app = world.enrol_totp(&ana).await;
        let ticket = world.ticket(&ana).await;
        Self { world, ana, app, ticket }
    }

    fn session(&self) -> AuthSession {
        AuthSession {
            account: self.ana.id.clone(),
            level: AuthLevel::Password,
            authenticated_at: regain::clock::Timestamp::from_millis(0),
            binding: [1; 32],
        }
    }
}

impl Codes for Regain {
    async fn take(&self, anew: bool) -> bool {
        let ticket = if anew { self.world.ticket(&self.ana).await } else { self.ticket.clone() };
        let code = self.world.code_of(&self.app);
        self.world.recovery.sign_in_factor(&ticket, &code, &self.world.client()).await.is_ok()
    }
}

/// Compares, and keeps nothing of it.
struct NotBurnt;

impl Codes for NotBurnt {
    async fn take(&self, _: bool) -> bool {
        true
    }
}

/// Burns the code of a sign-in with the sign-in, and not for the account.
#[derive(Default)]
struct BurntInTheSession(Cell<bool>);

impl Codes for BurntInTheSession {
    async fn take(&self, anew: bool) -> bool {
        !self.0.replace(true) || anew
    }
}

/// Reads, compares, and then writes that the code is used.
#[derive(Default)]
struct ReadThenWritten(Cell<bool>);

impl Codes for ReadThenWritten {
    async fn take(&self, _: bool) -> bool {
        let good = !self.0.get();
        tokio::task::yield_now().await;
        self.0.set(true);
        good
    }
}

async fn check_once(subject: &impl Codes, anew: bool) -> Verdict {
    ensure!(subject.take(false).await, "a right code is refused");
    ensure!(!subject.take(anew).await, "a code is taken again");
    Ok(())
}

async fn check_once_at_once(subject: &impl Codes) -> Verdict {
    let taken = join_all([subject.take(true), subject.take(true)]).await;
    let through = taken.iter().filter(|taken| **taken).count();
    ensure!(through == 1, "{through} sign-ins got through with one code");
    Ok(())
}

/// devise-two-factor: a code was good as often as somebody typed it within its time.
#[tokio::test]
async fn mfa_cve_2015_7225_devise_code_not_burnt() {
    let twin = check_once(&NotBurnt, false).await;
    holds_and_catches(check_once(&Regain::new().await, false).await, twin, "taken again");
}

/// Gitea: whoever looked over a shoulder signed in with the same code.
#[tokio::test]
async fn mfa_cve_2021_45331_gitea_code_taken_again() {
    let twin = check_once(&BurntInTheSession::default(), true).await;
    holds_and_catches(check_once(&Regain::new().await, true).await, twin, "taken again");
}

/// Vikunja: two sign-ins at a time both got through.
#[tokio::test]
async fn mfa_cve_2026_33473_vikunja_code_taken_twice_at_once() {
    let twin = check_once_at_once(&ReadThenWritten::default()).await;
    holds_and_catches(check_once_at_once(&Regain::new().await).await, twin, "2 sign-ins got through");
}

/// Every call that ends with a session or a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ByUsername,
    ByEmail,
    StepUp,
    Link,
    Code,
    Change,
}

const WAYS: [Way; 6] = [Way::ByUsername, Way::ByEmail, Way::StepUp, Way::Link, Way::Code, Way::Change];

trait Doors {
    /// Whether it opens to somebody who can prove all but the second factor.
    async fn opens(&self, way: Way) -> bool;
}

impl Regain {
    async fn signs_in(&self, typed: &str) -> bool {
        let (typed, password) = (regain::identity::Identifier::parse(typed), self.ana.password());
        let step = self.world.recovery.sign_in(&typed, &password, &self.world.client()).await;
        matches!(step, Ok(SignInStep::SignedIn(_)))
    }

    async fn by_code(&self) -> bool {
        let (recovery, client) = (&self.world.recovery, self.world.client());
        let asked = recovery.ask_password(&self.ana.identifier(), &client).await.unwrap();
        self.world.work().await;
        let mails = self.world.mailbox.to(&self.ana.email);
        let is_code = |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-';
        let typed = mails.last().unwrap().text.split_whitespace().find(is_code).unwrap().to_owned();
        let link = recovery.exchange_code(&asked.ticket, &typed, &client).await.unwrap();
        recovery.choose_password(&link, &Password::new(NEW), &client).await.is_ok()
    }
}

impl Doors for Regain {
    async fn opens(&self, way: Way) -> bool {
        let (recovery, client) = (&self.world.recovery, self.world.client());
        let (new, present) = (Password::new(NEW), self.ana.password());
        match way {
            Way::ByUsername => self.signs_in(&self.ana.username).await,
            Way::ByEmail => self.signs_in(&self.ana.email).await,
            Way::StepUp => recovery.step_up(&self.session(), &present, None, &client).await.is_ok(),
            Way::Link => {
                let link = self.world.fresh_link(&self.ana).await;
                recovery.choose_password(&link, &new, &client).await.is_ok()
            }
            Way::Code => self.by_code().await,
            Way::Change => recovery.change_password(&self.session(), &present, &new, &client).await.is_ok(),
        }
    }
}

/// One way in was forgotten.
struct OneDoorOpen(Way);

impl Doors for OneDoorOpen {
    async fn opens(&self, way: Way) -> bool {
        way == self.0
    }
}

async fn check_doors(subject: &impl Doors) -> Verdict {
    for way in WAYS {
        ensure!(!subject.opens(way).await, "{way:?} leads past the second factor");
    }
    Ok(())
}

async fn every_door_asks(forgotten: Way) {
    let twin = check_doors(&OneDoorOpen(forgotten)).await;
    let fault = format!("{forgotten:?} leads past");
    holds_and_catches(check_doors(&Regain::new().await).await, twin, &fault);
}

/// Vikunja: who came by another identity provider was not asked.
#[tokio::test]
async fn mfa_cve_2026_34727_vikunja_another_way_in() {
    every_door_asks(Way::ByEmail).await;
}

/// ZITADEL: the second factor could be left out.
#[tokio::test]
async fn mfa_cve_2025_64103_zitadel_second_factor_bypassed() {
    every_door_asks(Way::StepUp).await;
}

/// Casdoor: the second factor could be left out by another call.
#[tokio::test]
async fn mfa_cve_2026_9091_casdoor_second_factor_bypassed() {
    every_door_asks(Way::Change).await;
}

/// What an account may have beside its password.
#[derive(Debug, Clone, Copy)]
enum Added {
    App,
    Codes,
    Passkey,
}

const ORDERS: [[Added; 3]; 4] = [
    [Added::App, Added::Codes, Added::Passkey],
    [Added::App, Added::Passkey, Added::Codes],
    [Added::Passkey, Added::App, Added::Codes],
    [Added::Passkey, Added::Codes, Added::App],
];

trait Asks {
    async fn add(&mut self, factor: Added);
    async fn asks(&self) -> bool;
}

struct Fresh {
    world: World,
    ana: Someone,
}

impl Asks for Fresh {
    async fn add(&mut self, factor: Added) {
        match factor {
            Added::App => drop(self.world.enrol_totp(&self.ana).await),
            Added::Codes => drop(self.world.enrol_codes(&self.ana).await),
            Added::Passkey => {
                self.world.change(&self.ana, |account| account.factors.push("key-1".to_owned())).await;
            }
        }
    }

    async fn asks(&self) -> bool {
        let (name, password) = (self.ana.identifier(), self.ana.password());
        let step = self.world.recovery.sign_in(&name, &password, &self.world.client()).await;
        let session = AuthSession {
            account: self.ana.id.clone(),
            level: AuthLevel::Password,
            authenticated_at: regain::clock::Timestamp::from_millis(0),
            binding: [1; 32],
        };
        let client = self.world.client();
        let stepped = self.world.recovery.step_up(&session, &password, None, &client).await;
        matches!(step, Ok(SignInStep::FactorNeeded(_))) && stepped == Err(RecoveryError::FactorNeeded)
    }
}

/// Ory Kratos: an account with codes beside its other factors counted as one without.
#[derive(Default)]
struct Kratos {
    has_codes: bool,
}

impl Asks for Kratos {
    async fn add(&mut self, factor: Added) {
        self.has_codes |= matches!(factor, Added::Codes);
    }

    async fn asks(&self) -> bool {
        !self.has_codes
    }
}

async fn check_more_never_asks_for_less(subject: &mut impl Asks, order: [Added; 3]) -> Verdict {
    for factor in order {
        subject.add(factor).await;
        ensure!(subject.asks().await, "with {factor:?} of {order:?} no factor is asked for");
    }
    Ok(())
}

/// Ory Kratos: see [`Kratos`].
#[tokio::test]
async fn mfa_ghsa_wc43_73w7_x2f5_kratos_one_more_factor_asks_for_less() {
    for order in ORDERS {
        let twin = check_more_never_asks_for_less(&mut Kratos::default(), order).await;
        let world = World::new();
        let ana = world.person("Ana").await;
        let regain = check_more_never_asks_for_less(&mut Fresh { world, ana }, order).await;
        holds_and_catches(regain, twin, "with Codes of");
    }
}
