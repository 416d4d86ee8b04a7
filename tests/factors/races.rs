//! Many at once: what is good once is taken once, and at most the cap is compared.

use super::{NEW, choose, with_app, wrong_code};
use async_trait::async_trait;
use regain::RecoveryError;
use regain::factor::{AuthLevel, FactorProof};
use regain::ids::AccountId;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::security::HostFactors;
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::store::StoreError;
use regain::testing::World;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

const AT_ONCE: usize = 64;

async fn worlds(folder: &TempDir) -> Vec<(&'static str, World)> {
    let flows = SqliteFlows::open(folder.path().join("flows.db")).await.unwrap();
    let accounts = SqliteAccounts::open(folder.path().join("accounts.db")).await.unwrap();
    vec![
        ("memory", World::with(Arc::new(MemoryFlows::new()), Arc::new(MemoryAccounts::new()))),
        ("sqlite", World::with(Arc::new(flows), Arc::new(accounts))),
    ]
}

async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(one: impl Fn() -> F) -> Vec<T> {
    let tasks: Vec<_> = (0..AT_ONCE).map(|_| tokio::spawn(one())).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// MF-3
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_right_code_signs_one_of_sixty_four_in() {
    let folder = tempfile::tempdir().unwrap();
    for (store, world) in worlds(&folder).await {
        let (ana, app) = with_app(&world).await;
        let (ticket, code) = (world.ticket(&ana).await, world.code_of(&app));
        let world = Arc::new(world);
        let answers = at_once(|| {
            let (world, ticket, code) = (world.clone(), ticket.clone(), code.clone());
            async move { world.recovery.sign_in_factor(&ticket, &code, &world.client()).await }
        })
        .await;
        let right = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(right, 1, "{store}");
        let refused = |answer: &&Result<_, _>| **answer == Err(RecoveryError::FactorNotAccepted);
        assert_eq!(answers.iter().filter(refused).count(), AT_ONCE - 1, "{store}");
    }
}

/// MF-3, MF-10
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_recovery_code_proves_a_link_or_signs_in_once() {
    let folder = tempfile::tempdir().unwrap();
    for (store, world) in worlds(&folder).await {
        let (ana, _) = with_app(&world).await;
        let [code, ..] = world.enrol_codes(&ana).await;
        let code = FactorProof::RecoveryCode(code);
        let (ticket, link) = (world.ticket(&ana).await, world.fresh_link(&ana).await);
        let number = Arc::new(AtomicUsize::new(0));
        let world = Arc::new(world);
        let answers = at_once(|| {
            let (world, ticket, link, code) = (world.clone(), ticket.clone(), link.clone(), code.clone());
            let by_link = number.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
            async move {
                let client = world.client();
                match by_link {
                    true => world.recovery.prove_factor(&link, &code, &client).await.map(drop),
                    false => world.recovery.sign_in_factor(&ticket, &code, &client).await.map(drop),
                }
            }
        })
        .await;
        // Whoever comes to a link that was proven before has nothing to prove.
        let proven = world.audit().await.into_iter().filter(|line| {
            line.event == "account.factor_accepted"
                || (line.event == "account.signed_in" && line.reason.is_some())
        });
        assert_eq!(proven.count(), 1, "{store}");
        assert!(answers.iter().any(Result::is_ok), "{store}");
    }
}

/// Counts how often it is asked.
#[derive(Default)]
struct Asked(AtomicUsize);

#[async_trait]
impl HostFactors for Asked {
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
        tokio::task::yield_now().await;
        Ok(false)
    }
    fn level(&self, _: &str) -> AuthLevel {
        AuthLevel::SecondFactor
    }
}

/// RL-7: of sixty-four wrong guesses at a time ten are compared by a sign-in, and five behind one link.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_wrong_guesses_at_most_the_cap_is_compared() {
    for (by_link, cap) in [(false, 10), (true, 5)] {
        let asked = Arc::new(Asked::default());
        let host = asked.clone();
        let world = Arc::new(World::builder().configure(move |builder| builder.host_factors(host)).build());
        let ana = world.with_factor("Ana").await;
        let (ticket, link) = (world.ticket(&ana).await, world.fresh_link(&ana).await);
        let guess = FactorProof::Host { factor: "key-1".to_owned(), response: b"guess".to_vec().into() };
        let answers = at_once(|| {
            let (world, ticket, link, guess) = (world.clone(), ticket.clone(), link.clone(), guess.clone());
            async move {
                let client = world.client();
                match by_link {
                    true => world.recovery.prove_factor(&link, &guess, &client).await.map(drop),
                    false => world.recovery.sign_in_factor(&ticket, &guess, &client).await.map(drop),
                }
            }
        })
        .await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(asked.0.load(Ordering::SeqCst), cap, "by link: {by_link}");
        if by_link {
            assert_eq!(world.recovery.look(&link).await, Err(RecoveryError::LinkNotUsable), "exhausted");
        }
    }
}

/// Wrong codes and passwords at the same time as the right ones: what comes of it is one or the other, never a password
/// without the factor.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn choosing_while_the_factor_is_being_proven_needs_the_proof() {
    for _ in 0..20 {
        let world = Arc::new(World::new());
        let (ana, _) = with_app(&world).await;
        let link = world.fresh_link(&ana).await;
        let number = Arc::new(AtomicUsize::new(0));
        let answers = at_once(|| {
            let (world, link) = (world.clone(), link.clone());
            let proves = number.fetch_add(1, Ordering::SeqCst).is_multiple_of(4);
            async move {
                match proves {
                    true => super::prove(&world, &link, &wrong_code()).await.map(drop),
                    false => choose(&world, &link, NEW).await.map(drop),
                }
            }
        })
        .await;
        assert!(answers.iter().all(Result::is_err));
        assert!(!super::opens(&world, &ana, NEW).await);
    }
}
