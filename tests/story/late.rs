//! A call to the host's accounts that hangs while others go on.

use super::{NEW, choose, sign_in, told};
use async_trait::async_trait;
use regain::RecoveryError;
use regain::account::{Account, AccountStatus, AccountStore, Applied, PasswordChange};
use regain::identity::{Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::memory::MemoryAccounts;
use regain::recovery::Chosen;
use regain::store::StoreError;
use regain::testing::{Someone, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The first password to be set hangs until it is let go.
struct Hanging {
    accounts: Arc<MemoryAccounts>,
    hangs: AtomicBool,
    reached: Notify,
    let_go: Notify,
}

#[async_trait]
impl AccountStore for Hanging {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        self.accounts.find_by_identifier(identifier).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        self.accounts.find_by_identity(key).await
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.accounts.get(id).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        if self.hangs.swap(false, Ordering::SeqCst) {
            self.reached.notify_one();
            self.let_go.notified().await;
        }
        self.accounts.set_password(change).await
    }
}

/// Somebody has chosen a password, and the host does not answer yet.
struct Scene {
    world: Arc<World>,
    host: Arc<Hanging>,
    ana: Someone,
    choosing: JoinHandle<Result<Chosen, RecoveryError>>,
}

async fn hanging() -> Scene {
    let accounts = Arc::new(MemoryAccounts::new());
    let (hangs, reached, let_go) = (AtomicBool::new(true), Notify::new(), Notify::new());
    let host = Arc::new(Hanging { accounts: accounts.clone(), hangs, reached, let_go });
    let world = Arc::new(World::builder().accounts(accounts).served_accounts(host.clone()).build());
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let asking = world.clone();
    let choosing = tokio::spawn(async move { choose(&asking, &link, NEW).await });
    host.reached.notified().await;
    Scene { world, host, ana, choosing }
}

/// NO-1: another worker was told of a conflict and ended the flow; then the host took the password all the same.
#[tokio::test]
async fn a_password_that_is_set_after_its_flow_has_ended_is_told() {
    let Scene { world, host, ana, choosing } = hanging().await;
    world.change(&ana, |account| account.status = AccountStatus::Disabled).await;
    world.clock.advance(Duration::minutes(2));
    world.work().await;
    world.change(&ana, |account| account.status = AccountStatus::Active).await;
    host.let_go.notify_one();
    assert_eq!(choosing.await.unwrap(), Ok(Chosen::Done));
    world.work().await;
    assert!(sign_in(&world, &ana, NEW).await.is_ok());
    let subjects = world.subjects_to(&ana);
    assert_eq!(subjects.last().unwrap(), "Your password for Mercy Clinic was changed", "{subjects:?}");
    let lines = told(&world).await;
    assert!(lines.iter().any(|line| line == "password.superseded"), "{lines:?}");
    assert!(lines.iter().any(|line| line == "password.set_late"), "{lines:?}");
}

/// Two that set one password tell of it once.
#[tokio::test]
async fn a_password_that_another_worker_has_completed_is_told_once() {
    let Scene { world, host, ana, choosing } = hanging().await;
    world.clock.advance(Duration::minutes(2));
    world.work().await;
    host.let_go.notify_one();
    assert_eq!(choosing.await.unwrap(), Ok(Chosen::Done));
    world.work().await;
    assert_eq!(world.subjects_to(&ana).len(), 2, "one link, one notice");
}
