//! The example sessions: when they end.

use regain::account::{Account, AccountStatus};
use regain::clock::Timestamp;
use regain::identity::BlindIndex;
use regain::identity::IdentityRules;
use regain::ids::AccountId;
use regain::sqlite::SqliteAccounts;
use tempfile::TempDir;

const COOKIE: [u8; 32] = [9; 32];

struct Scene {
    accounts: SqliteAccounts,
    index: BlindIndex,
    ana: Account,
    _folder: TempDir,
}

impl Scene {
    /// Ana, and a session of hers from the first to the last of a thousand milliseconds.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let accounts = SqliteAccounts::open(folder.path().join("accounts.db")).await.unwrap();
        let index = BlindIndex::new(IdentityRules::default(), "sessions", vec![(1, [7; 32])]).unwrap();
        let ana = Account::new(AccountId::new("ana").unwrap(), "ana");
        let scene = Self { accounts, index, ana, _folder: folder };
        scene.put(AccountStatus::Active).await;
        scene.accounts.begin_session(&COOKIE, &scene.ana.id, at(0), at(1_000)).await.unwrap();
        scene
    }

    async fn put(&self, status: AccountStatus) {
        let mut account = self.ana.clone();
        account.status = status;
        self.accounts.put(&[account], &self.index).await.unwrap();
    }

    async fn goes_on(&self, millis: i64) -> bool {
        self.accounts.session(&COOKIE, at(millis)).await.unwrap() == Some(self.ana.id.clone())
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// SE-5: to the millisecond, and by the server's clock.
#[tokio::test]
async fn a_session_ends_at_its_end() {
    let scene = Scene::new().await;
    assert!(scene.goes_on(0).await && scene.goes_on(999).await);
    assert!(!scene.goes_on(1_000).await && !scene.goes_on(1_001).await);
}

/// SE-2: they end for good, also where the account is opened again.
#[tokio::test]
async fn sessions_of_a_disabled_account_end_and_do_not_come_back() {
    let scene = Scene::new().await;
    scene.put(AccountStatus::Active).await;
    assert!(scene.goes_on(1).await, "another change leaves them");
    scene.put(AccountStatus::Disabled).await;
    assert!(!scene.goes_on(1).await);
    scene.put(AccountStatus::Active).await;
    assert!(!scene.goes_on(1).await, "what has ended stays ended");
}

/// SE-2
#[tokio::test]
async fn sessions_of_a_deleted_account_end_and_are_not_the_next_ones() {
    let scene = Scene::new().await;
    scene.accounts.remove(&scene.ana.id).await.unwrap();
    assert!(!scene.goes_on(1).await);
    scene.put(AccountStatus::Active).await;
    assert!(!scene.goes_on(1).await, "an account of the same name does not inherit them");
}
