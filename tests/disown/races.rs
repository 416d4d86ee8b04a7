//! Two things at once, and processes that die between two writes.

use super::{NEW, ask, choose, count, letter_of, press};
use async_trait::async_trait;
use regain::account::{Account, AccountStore, Applied, PasswordChange};
use regain::identity::{Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::Password;
use regain::recovery::DisownRules;
use regain::store::{Commit, Committed, FlowStore, StoreError};
use regain::testing::{FlowStoreLayer, Layered, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use time::Duration;
use tokio::sync::Notify;

/// Stops before a commit that it is told to wait for, until it is let go.
#[derive(Default)]
struct Stopping {
    flows: MemoryFlows,
    stops_at: std::sync::Mutex<Option<&'static str>>,
    reached: Notify,
    let_go: Notify,
}

impl Stopping {
    async fn commit_when_let(&self, commit: Commit) -> Result<Committed, StoreError> {
        let stops = {
            let mut at = self.stops_at.lock().unwrap();
            let here = at.is_some_and(|event| commit.audit.iter().any(|line| line.event == event));
            here.then(|| at.take()).is_some()
        };
        if stops {
            self.reached.notify_one();
            self.let_go.notified().await;
        }
        self.flows.commit(commit).await
    }
}

/// The host, which may be out of order.
#[derive(Default)]
struct Host {
    accounts: Arc<MemoryAccounts>,
    sets_none: AtomicBool,
    ends_none: AtomicBool,
}

#[async_trait]
impl AccountStore for Host {
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
        if self.sets_none.load(SeqCst) {
            return Err(StoreError::plain("the host does not answer"));
        }
        self.accounts.set_password(change).await
    }

    async fn end_sessions(&self, id: &AccountId) -> Result<(), StoreError> {
        if self.ends_none.load(SeqCst) {
            return Err(StoreError::plain("the host does not answer"));
        }
        self.accounts.end_sessions(id).await
    }
}

struct Shared(Arc<Stopping>);

#[async_trait]
impl FlowStoreLayer for Shared {
    fn inner(&self) -> &dyn FlowStore {
        &self.0.flows
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        self.0.commit_when_let(commit).await
    }
}

fn world_with(stopping: &Arc<Stopping>) -> Arc<World> {
    Arc::new(World::builder().flows(Arc::new(Layered(Shared(stopping.clone())))).build())
}

/// Of one link, either a password is chosen or it is disowned: never both.
#[tokio::test]
async fn of_choosing_and_disowning_one_wins() {
    for stops_at in ["password.password_chosen", "account.disowned"] {
        let stopping = Arc::new(Stopping::default());
        let world = world_with(&stopping);
        let ana = world.person("Ana").await;
        let link = world.fresh_link(&ana).await;
        let letter = letter_of(&world, &ana);
        *stopping.stops_at.lock().unwrap() = Some(stops_at);
        let (one, link_of_one, letter_of_one) = (world.clone(), link.clone(), letter.clone());
        let slow = tokio::spawn(async move {
            if stops_at == "account.disowned" {
                press(&one, &letter_of_one).await.is_ok()
            } else {
                choose(&one, &link_of_one).await
            }
        });
        stopping.reached.notified().await;
        let fast = if stops_at == "account.disowned" {
            choose(&world, &link).await
        } else {
            press(&world, &letter).await.is_ok()
        };
        stopping.let_go.notify_one();
        let (slow, fast) = (slow.await.unwrap(), fast);
        let chosen = count(&world, "password.password_chosen").await;
        let disowned = count(&world, "password.disowned").await;
        assert_eq!(chosen + disowned, 1, "{stops_at}");
        // The button is always answered alike; the password is set only where the choice came first.
        assert_eq!((slow, fast), (stops_at == "account.disowned", true), "{stops_at}");
        assert_eq!(count(&world, "account.disowned: recovery_link").await, 1);
        ask(&world, &ana).await;
        assert_eq!(count(&world, "password.dismissed: on_hold").await, 1);
    }
}

/// A link that was being issued while the account was disowned does not live: not while the hold lasts, and not after one
/// that is shorter than the link's life either.
#[tokio::test]
async fn a_link_that_is_issued_at_that_moment_does_not_survive() {
    for hold in [Duration::DAY, Duration::MINUTE, Duration::ZERO] {
        let stopping = Arc::new(Stopping::default());
        let mut rules = DisownRules::default();
        rules.hold = hold;
        let builder = World::builder().flows(Arc::new(Layered(Shared(stopping.clone()))));
        let world = Arc::new(builder.configure(move |builder| builder.disown_rules(rules)).build());
        let ana = world.person("Ana").await;
        ask(&world, &ana).await;
        let letter = letter_of(&world, &ana);
        world.recovery.ask_password(&ana.identifier(), &world.client()).await.unwrap();
        *stopping.stops_at.lock().unwrap() = Some("password.link_sent");
        let working = world.clone();
        let issuing = tokio::spawn(async move { working.work().await });
        stopping.reached.notified().await;
        world.clock.advance(Duration::SECOND);
        assert!(press(&world, &letter).await.is_ok());
        stopping.let_go.notify_one();
        issuing.await.unwrap();
        world.work().await;
        let link = world.link_of(&ana);
        for later in [Duration::ZERO, Duration::minutes(2), Duration::days(2)] {
            world.clock.advance(later);
            assert!(world.recovery.look(&link).await.is_err(), "hold of {hold}, {later} later");
            assert!(!choose(&world, &link).await, "hold of {hold}, {later} later");
        }
    }
}

/// Twenty presses of one letter at once are one.
#[tokio::test]
async fn presses_at_once_are_one() {
    let world = Arc::new(World::new());
    let ana = world.person("Ana").await;
    ask(&world, &ana).await;
    let letter = letter_of(&world, &ana);
    let presses: Vec<_> = (0..20)
        .map(|_| {
            let (world, letter) = (world.clone(), letter.clone());
            tokio::spawn(async move { press(&world, &letter).await })
        })
        .collect();
    for pressed in presses {
        assert!(pressed.await.unwrap().is_ok());
    }
    assert_eq!(count(&world, "account.disowned: recovery_link").await, 1);
    world.work().await;
    assert_eq!(world.mailbox.to(&ana.email).len(), 2);
}

fn world_of(host: &Arc<Host>) -> World {
    World::builder().accounts(host.accounts.clone()).served_accounts(host.clone()).build()
}

/// The process died, or the host did not answer, after the commit: a worker ends the sessions.
#[tokio::test]
async fn sessions_are_ended_by_a_worker_if_need_be() {
    let host = Arc::new(Host::default());
    let world = world_of(&host);
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    assert!(choose(&world, &link).await);
    world.work().await;
    world.accounts.begin_session(&ana.id).await;
    host.ends_none.store(true, SeqCst);
    assert!(press(&world, &letter_of(&world, &ana)).await.is_ok());
    world.clock.advance(Duration::MINUTE);
    world.worker.step().await.unwrap();
    assert_eq!(world.accounts.sessions(&ana.id).await, 1);
    host.ends_none.store(false, SeqCst);
    world.clock.advance(Duration::minutes(2));
    world.work().await;
    assert_eq!(world.accounts.sessions(&ana.id).await, 0);
    // And once only: who signs in afterwards stays.
    world.accounts.begin_session(&ana.id).await;
    world.clock.advance(Duration::HOUR);
    world.work().await;
    assert_eq!(world.accounts.sessions(&ana.id).await, 1);
}

/// A password that was chosen, but not set yet because the host did not answer, is not set after "this wasn't me".
#[tokio::test]
async fn a_password_that_is_not_set_yet_is_withdrawn() {
    let host = Arc::new(Host::default());
    let world = world_of(&host);
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let letter = letter_of(&world, &ana);
    host.sets_none.store(true, SeqCst);
    assert!(choose(&world, &link).await, "it is pending");
    assert!(press(&world, &letter).await.is_ok());
    host.sets_none.store(false, SeqCst);
    world.clock.advance(Duration::minutes(5));
    world.work().await;
    let signed_in = world.recovery.sign_in(&ana.identifier(), &ana.password(), &world.client()).await;
    assert!(signed_in.is_ok(), "the present password still works");
    let taken = world.recovery.sign_in(&ana.identifier(), &Password::new(NEW), &world.client()).await;
    assert!(taken.is_err());
    assert_eq!(count(&world, "password.completed").await, 0);
}
