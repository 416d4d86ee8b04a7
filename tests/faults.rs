//! Each port fails in turn: nothing is half done, nobody learns more than "not available", and nothing fails open.

use futures_util::FutureExt as _;
use regain::client::Client;
use regain::identity::Identifier;
use regain::mail::Delivery;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::{
    Argon2Hasher, BoxError, HashError, HashPool, OnBreachFailure, Password, PasswordHasher as _, Reason,
};
use regain::recovery::{Chosen, Receipt};
use regain::store::{Committed, StoreError};
use regain::testing::mocks::{
    MockAccountStore, MockBreachedPasswords, MockClock, MockFlowStore, MockMailer, MockPasswordHasher,
};
use regain::testing::{Cut, FailingEntropy, Someone, Trace, World};
use regain::{RecoveryError, RecoveryToken};
use std::sync::Arc;
use time::Duration;
use time::macros::datetime;

const NEW: &str = "forty-one copper kettles whistle";
const DOWN: &str = "the backend is down";

async fn ask(world: &World) -> Result<Receipt, RecoveryError> {
    world.recovery.ask_password(&Identifier::parse("ana"), &Client::unknown()).await
}

async fn choose(world: &World, link: &RecoveryToken) -> Result<Chosen, RecoveryError> {
    world.recovery.choose_password(link, &Password::new(NEW), &world.client()).await
}

async fn sign_in(world: &World) -> Result<(), RecoveryError> {
    let (identifier, password) = (Identifier::parse("ana"), Password::new("nine wrong guesses in a row"));
    world.recovery.sign_in(&identifier, &password, &world.client()).await.map(drop)
}

/// A double that was not told to expect a call panics at it: these worlds also say what is never called.
fn on(flows: MockFlowStore, accounts: MockAccountStore) -> World {
    World::builder().flows(Arc::new(flows)).served_accounts(Arc::new(accounts)).build()
}

/// A world whose stores can be cut off, with a link that is out.
async fn with_link() -> (World, Trace, Someone, RecoveryToken) {
    let (trace, accounts) = (Trace::new(), Arc::new(MemoryAccounts::new()));
    let world = World::builder()
        .flows(trace.flows(Arc::new(MemoryFlows::new())))
        .accounts(accounts.clone())
        .served_accounts(trace.accounts(accounts))
        .build();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    (world, trace, ana, link)
}

#[tokio::test]
async fn asking_while_the_store_is_down_is_unavailable_and_touches_nothing_else() {
    let mut flows = MockFlowStore::new();
    flows.expect_commit().times(2).returning(|_| Err(StoreError::plain(DOWN)));
    let world = on(flows, MockAccountStore::new());
    assert_eq!(ask(&world).await, Err(RecoveryError::Unavailable));
    let claims = regain::identity::IdentityClaims::new(regain::identity::TypedClaims::default());
    assert_eq!(world.recovery.ask_username(&claims, &world.client()).await, Err(RecoveryError::Unavailable));
    assert!(!RecoveryError::Unavailable.to_string().contains(DOWN));
}

#[tokio::test]
async fn asking_under_a_name_that_is_taken_is_unavailable() {
    let mut flows = MockFlowStore::new();
    flows.expect_commit().times(1).returning(|_| Ok(Committed::Conflict));
    assert_eq!(ask(&on(flows, MockAccountStore::new())).await, Err(RecoveryError::Unavailable));
}

/// RL-11: a budget that cannot be counted is no budget that allows.
#[tokio::test]
async fn signing_in_while_budgets_cannot_be_counted_compares_nothing() {
    let mut flows = MockFlowStore::new();
    flows.expect_commit().times(1).returning(|_| Err(StoreError::plain(DOWN)));
    let world = on(flows, MockAccountStore::new());
    assert_eq!(sign_in(&world).await, Err(RecoveryError::Unavailable));
    assert_eq!(world.hasher.take_verifications(), 0);
}

/// RL-11
#[tokio::test]
async fn choosing_while_budgets_cannot_be_counted_compares_nothing_and_spares_the_link() {
    for cut in [Cut::OnTheWayThere, Cut::OnTheWayBack] {
        let (world, trace, _, link) = with_link().await;
        world.hasher.take_verifications();
        trace.cut("flows.commit(spends=1", cut);
        assert_eq!(choose(&world, &link).await, Err(RecoveryError::Unavailable));
        assert_eq!((world.hasher.take_verifications(), world.hasher.take_hashes()), (0, 0));
        assert_eq!(choose(&world, &link).await, Ok(Chosen::Done));
    }
}

#[tokio::test]
async fn signing_in_while_accounts_are_down_is_unavailable() {
    let mut accounts = MockAccountStore::new();
    accounts.expect_find_by_identifier().times(1).returning(|_| Err(StoreError::plain(DOWN)));
    let world = World::builder().served_accounts(Arc::new(accounts)).build();
    assert_eq!(sign_in(&world).await, Err(RecoveryError::Unavailable));
}

/// A link is not dead because a store did not answer.
#[tokio::test]
async fn a_link_survives_stores_that_are_down() {
    for call in ["flows.load", "accounts.get"] {
        let (world, trace, _, link) = with_link().await;
        for _ in 0..3 {
            trace.cut(call, Cut::OnTheWayThere);
        }
        assert_eq!(world.recovery.look(&link).await, Err(RecoveryError::Unavailable), "{call}");
        assert_eq!(choose(&world, &link).await, Err(RecoveryError::Unavailable), "{call}");
        assert_eq!(
            world.recovery.disown(&link, &world.client()).await,
            Err(RecoveryError::Unavailable),
            "{call}"
        );
        assert!(!trace.has_cuts_left());
        assert_eq!(choose(&world, &link).await, Ok(Chosen::Done), "{call}");
    }
}

/// RC-1: there is no other generator to fall back to, and nothing is written without randomness.
#[tokio::test]
async fn asking_without_randomness_fails_closed() {
    for draws in 0..3 {
        let entropy = Arc::new(FailingEntropy::after(draws));
        let world = World::builder()
            .flows(Arc::new(MockFlowStore::new()))
            .configure(move |builder| builder.entropy(entropy))
            .build();
        assert_eq!(ask(&world).await, Err(RecoveryError::Unavailable), "after {draws} draws");
    }
}

/// RC-1
#[tokio::test]
async fn without_randomness_no_link_is_issued_and_the_ask_is_resolved_once_there_is_some() {
    let entropy = Arc::new(FailingEntropy::after(3));
    let seam = entropy.clone();
    let world = World::builder().configure(move |builder| builder.entropy(seam)).build();
    let ana = world.person("Ana").await;
    ask(&world).await.unwrap();
    for draws in 0..4 {
        entropy.allow(draws);
        assert_eq!(world.work().await.faults, 1, "with {draws} draws");
        assert!(world.mailbox.mails().is_empty());
        world.clock.advance(Duration::seconds(61));
    }
    entropy.allow(usize::MAX);
    world.work().await;
    assert!(world.recovery.look(&world.link_of(&ana)).await.is_ok());
}

/// RC-1
#[tokio::test]
async fn choosing_without_randomness_fails_closed_and_spares_the_link() {
    let entropy = Arc::new(FailingEntropy::after(usize::MAX));
    let seam = entropy.clone();
    let world = World::builder().configure(move |builder| builder.entropy(seam)).build();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let before = world.account(&ana).await.unwrap().epoch();
    for draws in 0..2 {
        entropy.allow(draws);
        assert_eq!(choose(&world, &link).await, Err(RecoveryError::Unavailable), "with {draws} draws");
        assert!(world.account(&ana).await.unwrap().epoch() == before);
    }
    entropy.allow(usize::MAX);
    assert_eq!(choose(&world, &link).await, Ok(Chosen::Done));
}

/// The password is set, and only its notice could not be written: a worker does that later.
#[tokio::test]
async fn completing_without_randomness_is_finished_by_the_worker() {
    let entropy = Arc::new(FailingEntropy::after(usize::MAX));
    let seam = entropy.clone();
    let world = World::builder().configure(move |builder| builder.entropy(seam)).build();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    entropy.allow(2);
    assert_eq!(choose(&world, &link).await, Ok(Chosen::Pending));
    entropy.allow(usize::MAX);
    world.clock.advance(Duration::minutes(2));
    world.work().await;
    assert_eq!(world.subjects_to(&ana).len(), 2);
}

/// EN-6
#[tokio::test]
async fn whoever_asks_cannot_tell_whether_mail_goes_out() {
    let mut histories = Vec::new();
    for working in [true, false] {
        let mut mailer = MockMailer::new();
        mailer.expect_send().returning(move |_| match working {
            true => Delivery::Sent,
            false => Delivery::Refused("550 no such mailbox".into()),
        });
        let world = World::builder().mailer(Arc::new(mailer)).build();
        world.person("Ana").await;
        let mut answers = Vec::new();
        for _ in 0..8 {
            answers.push(ask(&world).await);
            world.work().await;
        }
        histories.push(answers);
    }
    assert_eq!(histories[0], histories[1]);
}

/// PW-5: three answers of the register, under both rules.
#[tokio::test]
async fn the_register_of_breached_passwords_decides_and_its_failure_does_what_was_configured() {
    let refused = |reason| Err(RecoveryError::PasswordRefused(vec![reason]));
    type Answer = fn() -> Result<bool, BoxError>;
    let (clean, breached, down): (Answer, Answer, Answer) = (|| Ok(false), || Ok(true), || Err(DOWN.into()));
    let cases = [
        (clean, OnBreachFailure::Refuse, Ok(Chosen::Done)),
        (breached, OnBreachFailure::Accept, refused(Reason::Breached)),
        (down, OnBreachFailure::Accept, Ok(Chosen::Done)),
        (down, OnBreachFailure::Refuse, refused(Reason::BreachUnknown)),
    ];
    for (answer, rule, expected) in cases {
        let mut register = MockBreachedPasswords::new();
        register.expect_is_breached().returning(move |_| answer());
        let world = World::builder()
            .configure(move |builder| builder.breached_passwords(Arc::new(register), rule))
            .build();
        let ana = world.person("Ana").await;
        let link = world.fresh_link(&ana).await;
        assert_eq!(choose(&world, &link).await, expected, "{rule:?}");
        assert_eq!(world.recovery.look(&link).await.is_ok(), expected.is_err(), "{rule:?}");
    }
}

/// A machine without memory says nothing about a password.
#[tokio::test]
async fn a_hasher_that_fails_is_unavailable_and_no_wrong_password() {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().returning(|_, _| Err(HashError::Argon2(argon2::Error::OutOfMemory.into())));
    hasher.expect_dummy().returning(|| Argon2Hasher::danger_for_tests().dummy());
    let world = World::builder().configure(move |builder| builder.hasher(Arc::new(hasher))).build();
    assert_eq!(sign_in(&world).await, Err(RecoveryError::Unavailable), "unknown");
    let ana = world.person("Ana").await;
    assert_eq!(sign_in(&world).await, Err(RecoveryError::Unavailable), "known");
    let link = world.fresh_link(&ana).await;
    assert_eq!(choose(&world, &link).await, Err(RecoveryError::Unavailable));
    assert!(world.recovery.look(&link).await.is_ok());
}

/// Load is shed, for known and unknown alike.
#[tokio::test]
async fn a_full_queue_for_hashing_is_unavailable() {
    let pool = HashPool::new(1, 1).unwrap();
    let handle = pool.clone();
    let world = World::builder().configure(move |builder| builder.hash_pool(pool)).build();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (started, has_started) = std::sync::mpsc::channel::<()>();
    let busy = handle.run(move || {
        started.send(()).unwrap();
        let _ = held.recv();
    });
    let mut busy = Box::pin(busy);
    assert!((&mut busy).now_or_never().is_none());
    has_started.recv().unwrap();
    let mut waiting = Box::pin(handle.run(|| ()));
    assert!((&mut waiting).now_or_never().is_none());
    assert_eq!(sign_in(&world).await, Err(RecoveryError::Unavailable));
    release.send(()).unwrap();
    busy.await.unwrap();
    waiting.await.unwrap();
    assert_eq!(sign_in(&world).await, Err(RecoveryError::NotAccepted));
}

/// Clocks that are out of this world break no arithmetic.
#[tokio::test]
async fn asking_at_the_ends_of_time_does_not_panic() {
    for now in [
        datetime!(0000-01-01 00:00 UTC),
        datetime!(1969-12-31 23:59:59.999 UTC),
        datetime!(9999-12-31 23:59:59 UTC),
    ] {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(now);
        let world = World::builder().configure(move |builder| builder.clock(Arc::new(clock))).build();
        let ana = world.person("Ana").await;
        assert!(ask(&world).await.is_ok());
        world.work().await;
        assert_eq!(choose(&world, &world.link_of(&ana)).await, Ok(Chosen::Done), "{now}");
    }
}

/// One row that cannot be read keeps no other from being attended to.
#[tokio::test]
async fn a_damaged_row_does_not_stop_the_worker() {
    let tables = Arc::new(MemoryFlows::new());
    let world = World::builder().flows(tables).build();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    let mut damaged = world.flows.load(world.realm(), link.flow()).await.unwrap().unwrap();
    damaged.state = "nonsense".to_owned();
    damaged.version += 1;
    let mut commit = regain::store::Commit::new(world.realm().clone());
    commit.flows.push(regain::store::FlowWrite::Update(damaged));
    assert_eq!(world.flows.commit(commit).await.unwrap(), Committed::Done);
    world.clock.advance(Duration::HOUR);
    let bea = world.person("Bea").await;
    world.recovery.ask_password(&bea.identifier(), &world.client()).await.unwrap();
    let progress = world.work().await;
    assert_eq!((progress.faults, world.mailbox.to(&bea.email).len()), (0, 1));
    assert_eq!(world.recovery.look(&link).await, Err(RecoveryError::LinkNotUsable));
    let lines = world.audit().await;
    assert!(lines.iter().any(|line| line.event == "flow.unreadable"), "the operator finds it");
}

/// A live link that cannot be read, such as one a newer node wrote, keeps its owner neither from signing in nor from
/// a new link.
#[tokio::test]
async fn a_damaged_link_does_not_lock_its_owner_out() {
    for sign_in in [true, false] {
        let world = World::new();
        let ana = world.person("Ana").await;
        let link = world.fresh_link(&ana).await;
        let mut damaged = world.flows.load(world.realm(), link.flow()).await.unwrap().unwrap();
        damaged.factor = Some("nonsense".to_owned());
        damaged.version += 1;
        let mut commit = regain::store::Commit::new(world.realm().clone());
        commit.flows.push(regain::store::FlowWrite::Update(damaged));
        assert_eq!(world.flows.commit(commit).await.unwrap(), Committed::Done);
        if sign_in {
            let signed_in = world.recovery.sign_in(&ana.identifier(), &ana.password(), &world.client()).await;
            assert!(signed_in.is_ok());
        }
        let fresh = world.fresh_link(&ana).await;
        assert!(world.recovery.look(&fresh).await.is_ok());
    }
}
