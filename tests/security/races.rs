//! Many at once, on one node and on two, and processes that die between two writes.

use super::addresses::{code_to, on_file, propose};
use super::*;
use async_trait::async_trait;
use regain::ids::{DocumentId, Realm};
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::store::{Commit, Committed, Document, DocumentKind, FlowStore, StoreError};
use regain::testing::{FlowStoreLayer, Layered, TestClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

/// Lets everybody else go first, before each write and after each read of a record.
#[derive(Default)]
struct Crowded(MemoryFlows);

#[async_trait]
impl FlowStoreLayer for Crowded {
    fn inner(&self) -> &dyn FlowStore {
        &self.0
    }

    async fn document(
        &self,
        realm: &Realm,
        kind: DocumentKind,
        id: DocumentId,
    ) -> Result<Option<Document>, StoreError> {
        let read = self.0.document(realm, kind, id).await;
        tokio::task::yield_now().await;
        read
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        tokio::task::yield_now().await;
        self.0.commit(commit).await
    }
}

/// Two nodes on the same tables, with one clock.
fn two_nodes() -> [Arc<World>; 2] {
    let flows: Arc<dyn FlowStore> = Arc::new(Layered(Crowded::default()));
    let (accounts, clock) = (Arc::new(MemoryAccounts::new()), Arc::new(TestClock::default()));
    [(); 2].map(|()| {
        let world = World::builder().flows(flows.clone()).accounts(accounts.clone()).clock(clock.clone());
        Arc::new(world.build())
    })
}

async fn all<T: Send + 'static>(
    calls: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let running: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    futures_util::future::join_all(running).await.into_iter().map(Result::unwrap).collect()
}

/// MF-3.
#[tokio::test]
async fn of_sixty_four_confirmations_of_one_code_one_binds() {
    let nodes = two_nodes();
    let ana = nodes[0].person("Ana").await;
    let begun = by_password(&nodes[0], &ana).begin_totp(&label("My phone")).await.unwrap();
    let code = app(&nodes[0], &begun);
    let calls = (0..64).map(|n: usize| {
        let (info, code) = (by_password(&nodes[n % 2], &ana), code.clone());
        async move { info.confirm_totp(begun.id, &code).await.is_ok_and(|it| it.codes.is_some()) }
    });
    let bound = all(calls).await.into_iter().filter(|bound| *bound).count();
    assert_eq!(bound, 1);
    assert_eq!(view(&nodes[0], &ana).await.factors.len(), 2);
    assert_eq!(count(&nodes[0], "account.factor_added: totp").await, 1);
    nodes[0].work().await;
    assert_eq!(nodes[0].mailbox.to(&ana.email).len(), 1);
}

/// RL-7: wrong ones at once are compared no more often than one after the other.
#[tokio::test]
async fn of_sixty_four_guesses_at_once_five_are_compared() {
    let nodes = two_nodes();
    let ana = nodes[0].person("Ana").await;
    let begun = by_password(&nodes[0], &ana).begin_totp(&label("My phone")).await.unwrap();
    let code = wrong(&nodes[0], &begun);
    let calls = (0..64).map(|n: usize| {
        let (info, code) = (by_password(&nodes[n % 2], &ana), code.clone());
        async move { info.confirm_totp(begun.id, &code).await.unwrap_err() }
    });
    let compared =
        all(calls).await.into_iter().filter(|error| *error == RecoveryError::CodeNotUsable).count();
    assert_eq!(compared, 5);
}

#[tokio::test]
async fn of_two_removals_at_once_one_removes() {
    let nodes = two_nodes();
    let (ana, id) = protected(&nodes[0], "Ana").await;
    let calls = (0..8).map(|n: usize| {
        let info = signed_in(&nodes[n % 2], &ana);
        async move { info.remove(id).await }
    });
    let removed = all(calls).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(removed, 1);
    assert_eq!(count(&nodes[0], "account.factor_removed: totp").await, 1);
}

/// Whoever removes the last factor and whoever makes codes at the same time do not leave codes without a factor.
#[tokio::test]
async fn codes_and_the_last_factor_never_part() {
    for first in 0..2 {
        let nodes = two_nodes();
        let (ana, id) = protected(&nodes[0], "Ana").await;
        let calls =
            (0..2).map(|n: usize| {
                let info = signed_in(&nodes[n], &ana);
                async move {
                    if n == first { info.remove(id).await } else { info.regenerate_codes().await.map(drop) }
                }
            });
        let done = all(calls).await;
        assert!(done[first].is_ok());
        assert!(view(&nodes[0], &ana).await.factors.is_empty(), "{first}");
    }
}

/// CVE-2026-32700: whatever two proposals and their confirmations do to each other, the address on file is the one that the
/// code was sent to.
#[tokio::test]
async fn the_address_that_is_confirmed_is_the_one_that_the_code_was_sent_to() {
    for round in 0..8 {
        let nodes = two_nodes();
        let world = nodes[0].clone();
        let ana = world.person("Ana").await;
        let first = propose(&world, &ana, "one@home.example").await;
        let calls = (0..4).map(|n: usize| {
            let (node, first, info) = (nodes[n % 2].clone(), first.clone(), signed_in(&nodes[n % 2], &ana));
            async move {
                for _ in 0..(n * round) % 5 {
                    tokio::task::yield_now().await;
                }
                if n.is_multiple_of(2) {
                    let old = email("ana@home.example");
                    let _ = info.propose_address(&email("two@home.example"), Some(&old)).await;
                    node.work().await;
                    None
                } else {
                    info.confirm_address(&first).await.is_ok().then_some("one@home.example")
                }
            }
        });
        let confirmed: Vec<_> = all(calls).await.into_iter().flatten().collect();
        let expected = confirmed.first().copied().unwrap_or("ana@home.example");
        assert!(confirmed.len() <= 1);
        assert_eq!(on_file(&world, &ana).await, [expected], "{round}");
        assert_eq!(count(&world, "account.address_confirmed").await, confirmed.len());
    }
}

#[tokio::test]
async fn of_sixty_four_confirmations_of_one_address_one_succeeds() {
    let nodes = two_nodes();
    let ana = nodes[0].person("Ana").await;
    let code = propose(&nodes[0], &ana, "new@home.example").await;
    let calls = (0..64).map(|n: usize| {
        let (info, code) = (signed_in(&nodes[n % 2], &ana), code.clone());
        async move { info.confirm_address(&code).await.is_ok() }
    });
    assert_eq!(all(calls).await.into_iter().filter(|done| *done).count(), 1);
    assert_eq!(count(&nodes[0], "account.address_confirmed").await, 1);
    assert_eq!(count(&nodes[0], "account.address_set").await, 1);
    nodes[0].work().await;
    assert_eq!(nodes[0].mailbox.to(&ana.email).len(), 1);
}

/// Fails at the commit with this number, before it or after it.
struct Dying {
    flows: MemoryFlows,
    left: AtomicI64,
    after: bool,
}

#[async_trait]
impl FlowStoreLayer for Dying {
    fn inner(&self) -> &dyn FlowStore {
        &self.flows
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let dies = self.left.fetch_sub(1, SeqCst) == 0;
        if dies && !self.after {
            return Err(StoreError::plain("died before the write"));
        }
        let committed = self.flows.commit(commit).await;
        if dies { Err(StoreError::plain("died after the write")) } else { committed }
    }
}

/// Of begin, count and confirm, each write either happened or not. An app is bound exactly where its notice waits, and the
/// person can go on in any case.
#[tokio::test]
async fn a_crash_at_any_write_leaves_nothing_half_done() {
    for (at, after) in [(0, false), (0, true), (1, false), (1, true), (2, false), (2, true)] {
        let dying = Dying { flows: MemoryFlows::new(), left: AtomicI64::new(at), after };
        let world = World::builder().flows(Arc::new(Layered(dying))).build();
        let ana = world.person("Ana").await;
        let info = by_password(&world, &ana);
        let tried = async {
            let begun = info.begin_totp(&label("My phone")).await?;
            info.confirm_totp(begun.id, &app(&world, &begun)).await
        };
        assert_eq!(tried.await.map(drop).unwrap_err(), RecoveryError::Unavailable, "{at} {after}");
        world.work().await;
        let protects = view(&world, &ana).await.level_needed == AuthLevel::SecondFactor;
        assert_eq!(protects, (at, after) == (2, true), "{at} {after}");
        assert_eq!(world.mailbox.to(&ana.email).len(), usize::from(protects), "{at} {after}");
        assert_eq!(count(&world, "account.factor_added: totp").await, usize::from(protects));
        world.clock.advance(MINUTE);
        bind(&world, &signed_in(&world, &ana), "Tablet").await;
    }
}

/// Of proposing, counting, confirming and settling, each write either happened or not. The address is on file exactly where
/// the notices are out, once a worker has been by.
#[tokio::test]
async fn a_crash_at_any_write_of_a_change_of_address_leaves_nothing_half_done() {
    for (at, after) in (0..6).flat_map(|at| [(at, false), (at, true)]) {
        let dying = Dying { flows: MemoryFlows::new(), left: AtomicI64::new(i64::MAX), after };
        let layer = Arc::new(Layered(dying));
        let world = World::builder().flows(layer.clone()).build();
        let ana = world.person("Ana").await;
        layer.0.left.store(at, SeqCst);
        let info = signed_in(&world, &ana);
        let tried = async {
            info.propose_address(&email("new@home.example"), Some(&email(&ana.email))).await?;
            // The worker's own writes may be the ones that fail.
            let _ = world.worker.drain().await;
            world.clock.advance(2 * MINUTE);
            let _ = world.worker.drain().await;
            let code = code_to(&world, "new@home.example");
            info.confirm_address(&code).await
        };
        let tried = tried.await;
        layer.0.left.store(i64::MAX, SeqCst);
        world.clock.advance(2 * MINUTE);
        world.work().await;
        let changed = on_file(&world, &ana).await == ["new@home.example"];
        assert_eq!(world.mailbox.to(&ana.email).len(), usize::from(changed), "{at} {after}: {tried:?}");
        assert_eq!(count(&world, "account.address_confirmed").await, usize::from(changed), "{at} {after}");
        assert_eq!(count(&world, "account.address_set").await, usize::from(changed), "{at} {after}");
        if tried.is_ok() {
            assert!(changed, "{at} {after}");
        }
    }
}
