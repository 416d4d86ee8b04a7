//! A clinic's portal with the host's passkeys behind the port, and what a browser does in it.

use crate::authenticator::{Authenticator, Site};
use crate::relying_party::{ORIGIN, Passkeys, RP_ID};
use regain::factor::FactorProof;
use regain::password::Password;
use regain::recovery::{SignInStep, SignInTicket, SignedIn};
use regain::testing::{Someone, TestClock, World};
use regain::{RecoveryError, RecoveryToken};
use std::sync::Arc;

/// The portal's own page.
pub const HOME: Site<'static> = Site { origin: ORIGIN, rp_id: RP_ID };

pub struct Stage {
    pub world: World,
    pub passkeys: Arc<Passkeys>,
}

impl Stage {
    pub fn new() -> Self {
        let clock = Arc::new(TestClock::default());
        let passkeys = Arc::new(Passkeys::new(clock.clone()));
        let port = passkeys.clone();
        let world =
            World::builder().clock(clock).configure(move |builder| builder.host_factors(port)).build();
        Self { world, passkeys }
    }

    /// Somebody with one passkey on a phone.
    pub async fn with_passkey(&self, name: &str) -> (Someone, Authenticator) {
        let who = self.world.person(name).await;
        let mut phone = Authenticator::new();
        let options = self.passkeys.begin(&who.id, &who.username).expect("options can be had");
        self.passkeys.finish(&who.id, &phone.create(&options, HOME)).expect("it can be bound");
        self.bind(&who, &phone).await;
        (who, phone)
    }

    /// What a host writes once a passkey is registered: the account has one more factor.
    pub async fn bind(&self, who: &Someone, device: &Authenticator) {
        let name = device.name();
        self.world.change(who, move |account| account.factors.push(name)).await;
    }

    pub async fn password(&self, who: &Someone, password: &str) -> Result<SignInStep, RecoveryError> {
        let world = &self.world;
        world.recovery.sign_in(&who.identifier(), &Password::new(password), &world.client()).await
    }

    /// The options for `navigator.credentials.get` at a sign-in.
    pub async fn asked(&self, ticket: &SignInTicket) -> Option<Vec<u8>> {
        self.world.recovery.sign_in_challenge(ticket).await.expect("a challenge can be had")
    }

    pub async fn answer(
        &self,
        ticket: &SignInTicket,
        device: &Authenticator,
        response: Vec<u8>,
    ) -> Result<SignedIn, RecoveryError> {
        let proof = FactorProof::Host { factor: device.name(), response: response.into() };
        self.world.recovery.sign_in_factor(ticket, &proof, &self.world.client()).await
    }

    /// A whole second step, as an honest browser plays it.
    pub async fn second_step(
        &self,
        ticket: &SignInTicket,
        device: &mut Authenticator,
    ) -> Result<SignedIn, RecoveryError> {
        let Some(options) = self.asked(ticket).await else { return Err(RecoveryError::FactorNotAccepted) };
        let response = device.get(&options, HOME);
        self.answer(ticket, device, response).await
    }

    pub async fn prove(
        &self,
        link: &RecoveryToken,
        device: &Authenticator,
        response: Vec<u8>,
    ) -> Result<(), RecoveryError> {
        let proof = FactorProof::Host { factor: device.name(), response: response.into() };
        self.world.recovery.prove_factor(link, &proof, &self.world.client()).await.map(drop)
    }

    pub async fn choose(&self, link: &RecoveryToken, password: &str) -> Result<(), RecoveryError> {
        let client = self.world.client();
        self.world.recovery.choose_password(link, &Password::new(password), &client).await.map(drop)
    }

    /// How often the audit record says this.
    pub async fn lines(&self, event: &str) -> usize {
        self.world.audit().await.iter().filter(|line| line.event == event).count()
    }
}
