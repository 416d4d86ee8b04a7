//! RATE, for second factors: what can be guessed at has one cap for each factor, whatever way the guesses come.

use crate::kit::{Verdict, holds_and_catches};
use async_trait::async_trait;
use regain::factor::{AuthLevel, FactorProof};
use regain::ids::AccountId;
use regain::security::{AuthSession, HostFactors};
use regain::store::StoreError;
use regain::testing::{Someone, World};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use time::Duration;

rows! { "RATE":
    "CVE-2025-64102" => rate_cve_2025_64102_zitadel_factors_guessed_without_end,
    "CVE-2024-32868" => rate_cve_2024_32868_zitadel_lockout_knew_no_second_factor,
}

/// More than anybody needs, over weeks.
const GUESSES: usize = 40;
const CAP: u32 = 10;

#[derive(Debug, Clone, Copy)]
enum Channel {
    SignIn,
    Link,
    StepUp,
}

const CHANNELS: [Channel; 3] = [Channel::SignIn, Channel::Link, Channel::StepUp];

trait Guessed {
    async fn guess(&self, channel: Channel);
    /// How many guesses were compared so far.
    fn compared(&self) -> u32;
}

/// A factor of which every comparison is counted.
#[derive(Default)]
struct Compared(AtomicU32);

#[async_trait]
impl HostFactors for Compared {
    async fn challenge(
        &self,
        _: &AccountId,
        _: &[String],
        _: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }

    async fn verify(&self, _: &AccountId, _: &str, _: &[u8; 32], _: &[u8]) -> Result<bool, StoreError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(false)
    }

    fn level(&self, _: &str) -> AuthLevel {
        AuthLevel::SecondFactor
    }
}

struct Regain {
    world: World,
    ana: Someone,
    compared: Arc<Compared>,
}

impl Regain {
    async fn new() -> Self {
        let compared = Arc::new(Compared::default());
        let host = compared.clone();
        let world = World::builder().configure(move |builder| builder.host_factors(host)).build();
        let ana = world.with_factor("Ana").await;
        Self { world, ana, compared }
    }
}

impl Guessed for Regain {
    async fn guess(&self, channel: Channel) {
        let guess = FactorProof::Host { factor: "key-1".to_owned(), response: b"guess".to_vec().into() };
        let (world, client) = (&self.world, self.world.client());
        match channel {
            Channel::SignIn => {
                let ticket = world.ticket(&self.ana).await;
                world.recovery.sign_in_factor(&ticket, &guess, &client).await.unwrap_err();
            }
            Channel::Link => {
                let link = world.fresh_link(&self.ana).await;
                world.recovery.prove_factor(&link, &guess, &client).await.unwrap_err();
            }
            Channel::StepUp => {
                let session = AuthSession {
                    account: self.ana.id.clone(),
                    level: AuthLevel::Password,
                    authenticated_at: regain::clock::Timestamp::from_millis(0),
                    binding: [1; 32],
                };
                let password = self.ana.password();
                world.recovery.step_up(&session, &password, Some(&guess), &client).await.unwrap_err();
            }
        }
        // Whatever refills with time has refilled.
        world.clock.advance(Duration::DAY);
    }

    fn compared(&self) -> u32 {
        self.compared.0.load(Ordering::SeqCst)
    }
}

/// Counts passwords only.
#[derive(Default)]
struct Uncounted(Cell<u32>);

impl Guessed for Uncounted {
    async fn guess(&self, _: Channel) {
        self.0.set(self.0.get() + 1);
    }

    fn compared(&self) -> u32 {
        self.0.get()
    }
}

/// Has a cap for each way in, and a new link is a new way.
#[derive(Default)]
struct CountedByWay([Cell<u32>; 3]);

impl Guessed for CountedByWay {
    async fn guess(&self, channel: Channel) {
        let way = &self.0[channel as usize];
        way.set((way.get() + 1).min(CAP));
    }

    fn compared(&self) -> u32 {
        self.0.iter().map(Cell::get).sum()
    }
}

async fn check_cap(subject: &impl Guessed, channels: &[Channel]) -> Verdict {
    for channel in channels.iter().cycle().take(GUESSES) {
        subject.guess(*channel).await;
    }
    let compared = subject.compared();
    ensure!(compared <= CAP, "{compared} guesses were compared");
    ensure!(compared == CAP, "only {compared} guesses were compared: the check is none");
    Ok(())
}

/// ZITADEL: codes could be guessed without end.
#[tokio::test]
async fn rate_cve_2025_64102_zitadel_factors_guessed_without_end() {
    let twin = check_cap(&Uncounted::default(), &[Channel::SignIn]).await;
    holds_and_catches(check_cap(&Regain::new().await, &[Channel::SignIn]).await, twin, "40 guesses");
}

/// ZITADEL: the lockout counted passwords, and not the codes of every way in.
#[tokio::test]
async fn rate_cve_2024_32868_zitadel_lockout_knew_no_second_factor() {
    let twin = check_cap(&CountedByWay::default(), &CHANNELS).await;
    holds_and_catches(check_cap(&Regain::new().await, &CHANNELS).await, twin, "30 guesses");
}
