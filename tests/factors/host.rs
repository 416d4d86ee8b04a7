//! Factors of the host's own: the host compares, regain counts.

use super::{choose, prove, session};
use async_trait::async_trait;
use regain::RecoveryError;
use regain::factor::{AuthLevel, FactorKind, FactorProof};
use regain::ids::AccountId;
use regain::password::Password;
use regain::recovery::{Chosen, SignInStep};
use regain::security::HostFactors;
use regain::store::StoreError;
use regain::testing::{Someone, World};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// Whose a challenge is, what it is bound to, and itself.
type Given = (AccountId, [u8; 32], Vec<u8>);

/// A passkey of which the response is the challenge, read backwards.
#[derive(Default)]
struct Passkeys {
    given: Mutex<Vec<Given>>,
    asked: AtomicU32,
    out_of_order: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl HostFactors for Passkeys {
    async fn challenge(
        &self,
        account: &AccountId,
        factors: &[String],
        binding: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let number = self.given.lock().unwrap().len();
        let challenge = format!("{factors:?}, number {number}").into_bytes();
        self.given.lock().unwrap().push((account.clone(), *binding, challenge.clone()));
        Ok(Some(challenge))
    }

    async fn verify(
        &self,
        account: &AccountId,
        factor: &str,
        binding: &[u8; 32],
        response: &[u8],
    ) -> Result<bool, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.out_of_order.load(Ordering::SeqCst) {
            return Err(StoreError::plain("no answer from the device"));
        }
        let challenge: Vec<u8> = response.iter().rev().copied().collect();
        let mut given = self.given.lock().unwrap();
        let is_it =
            |(whose, bound, shown): &Given| whose == account && bound == binding && *shown == challenge;
        let place = given.iter().position(is_it).filter(|_| factor == "key-1");
        Ok(place.map(|place| given.remove(place)).is_some())
    }

    fn level(&self, _: &str) -> AuthLevel {
        AuthLevel::PhishingResistant
    }
}

fn world() -> (World, Arc<Passkeys>) {
    let passkeys = Arc::new(Passkeys::default());
    let host = passkeys.clone();
    (World::builder().configure(move |builder| builder.host_factors(host)).build(), passkeys)
}

fn answer(factor: &str, challenge: Option<Vec<u8>>) -> FactorProof {
    let response: Vec<u8> = challenge.expect("there is a challenge").into_iter().rev().collect();
    FactorProof::Host { factor: factor.to_owned(), response: response.into() }
}

fn garbage() -> FactorProof {
    answer("key-1", Some(b"garbage".to_vec()))
}

#[tokio::test]
async fn a_passkey_signs_in_at_its_level_and_its_challenge_is_good_once() {
    let (world, _) = world();
    let ana = world.with_factor("Ana").await;
    let ticket = world.ticket(&ana).await;
    let proof = answer("key-1", world.recovery.sign_in_challenge(&ticket).await.unwrap());
    let signed_in = world.recovery.sign_in_factor(&ticket, &proof, &world.client()).await.unwrap();
    assert_eq!(signed_in.level, AuthLevel::PhishingResistant);
    let again = world.recovery.sign_in_factor(&ticket, &proof, &world.client()).await;
    assert_eq!(again, Err(RecoveryError::FactorNotAccepted));
}

/// What was made for one sign-in, link or session proves no other.
#[tokio::test]
async fn a_challenge_is_bound_to_what_it_was_made_for() {
    let (world, _) = world();
    let ana = world.with_factor("Ana").await;
    let (first, second) = (world.ticket(&ana).await, world.ticket(&ana).await);
    let link = world.fresh_link(&ana).await;
    let here = session(&ana, AuthLevel::Password);
    let for_first = || async { answer("key-1", world.recovery.sign_in_challenge(&first).await.unwrap()) };
    let refused = RecoveryError::FactorNotAccepted;
    let taken = world.recovery.sign_in_factor(&second, &for_first().await, &world.client()).await;
    assert_eq!(taken.unwrap_err(), refused);
    assert_eq!(prove(&world, &link, &for_first().await).await.unwrap_err(), refused);
    let stepped =
        world.recovery.step_up(&here, &ana.password(), Some(&for_first().await), &world.client()).await;
    assert_eq!(stepped.unwrap_err(), refused);
    let for_link = answer("key-1", world.recovery.link_challenge(&link).await.unwrap());
    assert!(world.recovery.sign_in_factor(&first, &for_link, &world.client()).await.is_err());
    let for_link = answer("key-1", world.recovery.link_challenge(&link).await.unwrap());
    assert!(prove(&world, &link, &for_link).await.is_ok());
    let there = regain::security::AuthSession { binding: [1; 32], ..here.clone() };
    let for_there = answer("key-1", world.recovery.step_up_challenge(&there).await.unwrap());
    let stepped = world.recovery.step_up(&here, &ana.password(), Some(&for_there), &world.client()).await;
    assert_eq!(stepped.unwrap_err(), refused);
    let for_here = answer("key-1", world.recovery.step_up_challenge(&here).await.unwrap());
    let stepped = world.recovery.step_up(&here, &ana.password(), Some(&for_here), &world.client()).await;
    assert_eq!(stepped.unwrap().level, AuthLevel::PhishingResistant);
}

#[tokio::test]
async fn a_passkey_proves_a_link() {
    let (world, _) = world();
    let ana = world.with_factor("Ana").await;
    let link = world.fresh_link(&ana).await;
    assert_eq!(world.recovery.look(&link).await.unwrap().factor_kinds, [FactorKind::Host]);
    assert_eq!(prove(&world, &link, &garbage()).await, Err(RecoveryError::FactorNotAccepted));
    let proof = answer("key-1", world.recovery.link_challenge(&link).await.unwrap());
    prove(&world, &link, &proof).await.unwrap();
    assert_eq!(world.recovery.link_challenge(&link).await, Ok(None), "nothing is left to prove");
    assert_eq!(choose(&world, &link, super::NEW).await, Ok(Chosen::Done));
}

/// RL-1, RL-7: the host is asked ten times; and not at all for a factor that it has not bound to this account.
#[tokio::test]
async fn the_host_is_asked_ten_times_and_then_no_more() {
    let (world, passkeys) = world();
    let ana = world.with_factor("Ana").await;
    let ticket = world.ticket(&ana).await;
    for factor in ["key-2", "", "key-1\0"] {
        let proof = answer(factor, world.recovery.sign_in_challenge(&ticket).await.unwrap());
        assert!(world.recovery.sign_in_factor(&ticket, &proof, &world.client()).await.is_err());
    }
    assert_eq!(passkeys.asked.swap(0, Ordering::SeqCst), 0);
    for _ in 0..15 {
        let tried = world.recovery.sign_in_factor(&ticket, &garbage(), &world.client()).await;
        assert_eq!(tried, Err(RecoveryError::FactorNotAccepted));
    }
    assert_eq!(passkeys.asked.load(Ordering::SeqCst), 10);
    let proof = answer("key-1", world.recovery.sign_in_challenge(&ticket).await.unwrap());
    assert!(world.recovery.sign_in_factor(&ticket, &proof, &world.client()).await.is_err(), "disabled");
    assert!(kinds(&world, &ana).await.is_empty());
    world.work().await;
    assert_eq!(world.subjects_to(&ana).len(), 1, "a notice");
}

/// RL-7: whatever the host answers, the try is counted before.
#[tokio::test]
async fn a_host_that_does_not_answer_leaves_the_try_counted() {
    let (world, passkeys) = world();
    let ana = world.with_factor("Ana").await;
    let ticket = world.ticket(&ana).await;
    passkeys.out_of_order.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        let tried = world.recovery.sign_in_factor(&ticket, &garbage(), &world.client()).await;
        assert_eq!(tried, Err(RecoveryError::Unavailable));
    }
    passkeys.out_of_order.store(false, Ordering::SeqCst);
    let proof = answer("key-1", world.recovery.sign_in_challenge(&ticket).await.unwrap());
    let tried = world.recovery.sign_in_factor(&ticket, &proof, &world.client()).await;
    assert_eq!(tried, Err(RecoveryError::FactorNotAccepted));
}

async fn kinds(world: &World, who: &Someone) -> Vec<FactorKind> {
    let step = world.recovery.sign_in(&who.identifier(), &who.password(), &world.client()).await.unwrap();
    let SignInStep::FactorNeeded(pending) = step else { panic!("{step:?}") };
    pending.kinds
}

/// Nobody verifies them: they stand before the account, and no guess gets past.
#[tokio::test]
async fn without_the_port_host_factors_block() {
    let world = World::new();
    let ana = world.with_factor("Ana").await;
    assert!(kinds(&world, &ana).await.is_empty());
    let ticket = world.ticket(&ana).await;
    assert_eq!(world.recovery.sign_in_challenge(&ticket).await, Ok(None));
    let tried = world.recovery.sign_in_factor(&ticket, &garbage(), &world.client()).await;
    assert_eq!(tried, Err(RecoveryError::FactorNotAccepted));
    let link = world.fresh_link(&ana).await;
    assert!(world.recovery.look(&link).await.unwrap().factor_kinds.is_empty());
    assert_eq!(prove(&world, &link, &garbage()).await, Err(RecoveryError::FactorNotAccepted));
    let chosen = world.recovery.choose_password(&link, &Password::new(super::NEW), &world.client()).await;
    assert_eq!(chosen, Err(RecoveryError::FactorNeeded));
}
