//! RATE: whatever can be guessed at has a cap, and over it what is right is not heard either.

use crate::kit::{NEW, Site, Verdict, form, holds_and_catches, mailed_token};
use async_trait::async_trait;
use axum::body::Body;
use axum::http::Method;
use axum::response::{IntoResponse as _, Redirect, Response};
use regain::RecoveryError;
use regain::password::Password;
use regain::recovery::SignedIn;
use regain::store::StoreError;
use regain::testing::{Someone, World};
use regain::web::{ClientAddress, SessionHost, WebConfig, sign_in_router};
use regain::{Client, RecoveryToken};
use std::cell::Cell;
use std::sync::Arc;
use time::Duration;

rows! { "RATE":
    "CVE-2016-11069" => rate_cve_2016_11069_mattermost_unlimited_password_changes,
    "CVE-2026-56450" => rate_cve_2026_56450_ail_unlimited_guesses_at_one_time_codes,
    "CVE-2023-25156" => rate_cve_2023_25156_kiwi_tcms_unlimited_sign_ins,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Right,
    Wrong,
    TooMany,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    Right,
    Wrong,
}

trait Guessed {
    async fn hear(&self, guess: Guess) -> Heard;
    /// Until the cap has room again.
    async fn wait(&self);
}

/// So many wrong guesses are heard and no more; then the right one is not heard either; and later it is.
async fn check_cap(subject: &impl Guessed, cap: usize) -> Verdict {
    for n in 1..=cap {
        let heard = subject.hear(Guess::Wrong).await;
        ensure!(heard == Heard::Wrong, "wrong guess {n} of {cap} is heard as {heard:?}");
    }
    for n in 1..=50 {
        let heard = subject.hear(Guess::Wrong).await;
        ensure!(heard == Heard::TooMany, "{n} over {cap}: a wrong guess is heard as {heard:?}");
    }
    let heard = subject.hear(Guess::Right).await;
    ensure!(heard == Heard::TooMany, "over {cap} the right one is heard as {heard:?}");
    subject.wait().await;
    let heard = subject.hear(Guess::Right).await;
    ensure!(heard == Heard::Right, "the right one is heard as {heard:?} for good");
    Ok(())
}

/// Each of the three products, as far as its fault goes: nothing is counted.
struct Unlimited;

impl Guessed for Unlimited {
    async fn hear(&self, guess: Guess) -> Heard {
        if guess == Guess::Right { Heard::Right } else { Heard::Wrong }
    }

    async fn wait(&self) {}
}

const FAULT: &str = "a wrong guess is heard as Wrong";

/// Sign-ins by a call, from one network or from many.
struct SignIns {
    world: World,
    ana: Someone,
    client: Option<Client>,
    recovered: Cell<bool>,
}

impl SignIns {
    async fn from_one_network() -> Self {
        let mut all = Self::from_many().await;
        all.client = Some(all.world.client());
        all
    }

    async fn from_many() -> Self {
        let world = World::new();
        let ana = world.person("Ana").await;
        Self { world, ana, client: None, recovered: Cell::new(false) }
    }
}

impl Guessed for SignIns {
    async fn hear(&self, guess: Guess) -> Heard {
        let wrong = Password::new("a password that nobody has");
        let right = if self.recovered.get() { Password::new(NEW) } else { self.ana.password() };
        let password = if guess == Guess::Right { right } else { wrong };
        let client = self.client.unwrap_or_else(|| self.world.client());
        heard(self.world.recovery.sign_in(&self.ana.identifier(), &password, &client).await.map(drop))
    }

    /// A hundred wrong ones in a row have shut the password besides: a recovery opens it.
    async fn wait(&self) {
        self.world.clock.advance(Duration::HOUR);
        if self.client.is_none() {
            let (link, new) = (self.world.fresh_link(&self.ana).await, Password::new(NEW));
            self.world.recovery.choose_password(&link, &new, &self.world.client()).await.unwrap();
            self.recovered.set(true);
        }
    }
}

fn heard(answer: Result<(), RecoveryError>) -> Heard {
    match answer {
        Ok(()) => Heard::Right,
        Err(RecoveryError::NotAccepted | RecoveryError::PasswordRefused(_)) => Heard::Wrong,
        Err(RecoveryError::TooManyAttempts { .. }) => Heard::TooMany,
        Err(error) => panic!("{error:?}"),
    }
}

/// Kiwi TCMS: sign-ins were not counted.
#[tokio::test]
async fn rate_cve_2023_25156_kiwi_tcms_unlimited_sign_ins() {
    let twin = check_cap(&Unlimited, 10).await;
    check_cap(&SignIns::from_many().await, 100).await.unwrap();
    holds_and_catches(check_cap(&SignIns::from_one_network().await, 10).await, twin, FAULT);
}

/// Sign-ins on the page.
struct Page {
    site: Site,
    ana: Someone,
}

struct Home;

#[async_trait]
impl SessionHost for Home {
    async fn begin(&self, _: SignedIn) -> Result<Response, StoreError> {
        Ok(Redirect::to("/home").into_response())
    }
}

impl Page {
    async fn new() -> Self {
        let world = World::new();
        let pages =
            sign_in_router(world.recovery.clone(), Arc::new(Home), WebConfig::new(ClientAddress::Socket));
        let site = Site::of(world).merge(pages);
        let ana = site.world.person("Ana").await;
        Self { site, ana }
    }
}

impl Guessed for Page {
    async fn hear(&self, guess: Guess) -> Heard {
        let password = if guess == Guess::Right { &self.ana.password } else { "000 000" };
        let body = Body::from(form(&[("identifier", &self.ana.username), ("password", password)]));
        let answer = self.site.send_from([192, 0, 2, 1], Method::POST, "/sign-in", &[], body).await;
        match answer.status {
            303 => Heard::Right,
            422 => Heard::Wrong,
            429 => Heard::TooMany,
            _ => panic!("{answer:?}"),
        }
    }

    async fn wait(&self) {
        self.site.world.clock.advance(Duration::minutes(15));
    }
}

/// What is not capped is too long to be guessed: the one-time secret of a link has 256 bits. A wrong one costs no hash,
/// is told from nothing else, and does not use up the link.
async fn assert_that_a_link_is_no_code() {
    let site = Site::new();
    let ana = site.world.person("Ana").await;
    site.world.fresh_link(&ana).await;
    let token = mailed_token(&site.world, &ana);
    site.world.hasher.take_verifications();
    assert_eq!(token.len(), 64, "a name of 128 bits and a secret of 256");
    let nobodys = site.post("/recovery/new-password", &[], form(&[("token", "x"), ("password", NEW)])).await;
    for at in 22..64 {
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        let wrong = format!("{}{other}{}", &token[..at], &token[at + 1..]);
        assert!(RecoveryToken::parse(&wrong).is_ok(), "{at}");
        let answer =
            site.post("/recovery/new-password", &[], form(&[("token", &wrong), ("password", NEW)])).await;
        assert_eq!(answer, nobodys);
    }
    assert_eq!((site.world.hasher.take_verifications(), site.world.hasher.take_hashes()), (0, 0));
    assert!(site.choose(&token, NEW).await, "the link itself still works");
}

/// AIL: codes of few digits could be tried without end.
#[tokio::test]
async fn rate_cve_2026_56450_ail_unlimited_guesses_at_one_time_codes() {
    assert_that_a_link_is_no_code().await;
    holds_and_catches(check_cap(&Page::new().await, 10).await, check_cap(&Unlimited, 10).await, FAULT);
}

/// New passwords by one link. The present one is refused, and to find that out costs two hashes.
struct Choices {
    site: Site,
    ana: Someone,
    hashes: Cell<usize>,
}

impl Choices {
    async fn new() -> Self {
        let site = Site::new();
        let ana = site.world.person("Ana").await;
        site.world.fresh_link(&ana).await;
        site.world.hasher.take_verifications();
        Self { site, ana, hashes: Cell::new(0) }
    }
}

impl Guessed for Choices {
    async fn hear(&self, guess: Guess) -> Heard {
        let (world, token) = (&self.site.world, mailed_token(&self.site.world, &self.ana));
        let password = if guess == Guess::Right { NEW } else { &self.ana.password };
        let body = form(&[("token", &token), ("password", password)]);
        let answer = self.site.post("/recovery/new-password", &[], body).await;
        self.hashes.set(self.hashes.get() + world.hasher.take_verifications());
        match answer.status {
            200 => Heard::Right,
            422 => Heard::Wrong,
            429 => Heard::TooMany,
            _ => panic!("{answer:?}"),
        }
    }

    /// A link does not live as long as its cap; the next one is waited for.
    async fn wait(&self) {
        assert_eq!(self.hashes.get(), 20, "a choice over the cap costs no hash");
        self.site.world.clock.advance(Duration::HOUR);
        self.site.world.fresh_link(&self.ana).await;
    }
}

/// Mattermost: a password could be changed, and the present one guessed at, as often as one liked.
#[tokio::test]
async fn rate_cve_2016_11069_mattermost_unlimited_password_changes() {
    holds_and_catches(check_cap(&Choices::new().await, 20).await, check_cap(&Unlimited, 20).await, FAULT);
}
