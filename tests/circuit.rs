//! A mail system that is not reached is spared, and no mail is lost for it.

use async_trait::async_trait;
use regain::Client;
use regain::clock::Clock;
use regain::mail::{Circuit, CircuitState, Delivery, Mailer, Message};
use regain::testing::{START, TestClock, World};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use time::Duration;
use tokio::sync::Notify;

/// A mail system of which the test says how it is.
#[derive(Default)]
struct Relay {
    answer: AtomicU8,
    tried: AtomicUsize,
    hold: Mutex<Option<Arc<Notify>>>,
}

const UP: u8 = 0;
const DOWN: u8 = 1;
const REFUSES: u8 = 2;
const BUSY: u8 = 3;

#[async_trait]
impl Mailer for &'static Relay {
    async fn send(&self, _: &Message) -> Delivery {
        self.tried.fetch_add(1, Ordering::SeqCst);
        let hold = self.hold.lock().unwrap().clone();
        if let Some(hold) = hold {
            hold.notified().await;
        }
        match self.answer.load(Ordering::SeqCst) {
            UP => Delivery::Sent,
            DOWN => Delivery::Unreachable("no connection".into()),
            REFUSES => Delivery::Refused("no such mailbox".into()),
            BUSY => Delivery::RetryLater("greylisted".into()),
            _ => panic!("the mailer breaks"),
        }
    }
}

struct Scene {
    relay: &'static Relay,
    clock: Arc<TestClock>,
    circuit: Arc<Circuit<&'static Relay>>,
    mail: Message,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new();
        let ana = world.person("Ana").await;
        world.recovery.ask_password(&ana.identifier(), &Client::unknown()).await.unwrap();
        world.work().await;
        let mail = world.mailbox.mails().pop().expect("a mail");
        let (relay, clock): (&Relay, _) = (Box::leak(Box::default()), Arc::new(TestClock::default()));
        Self { relay, circuit: Arc::new(Circuit::new(relay).clock(clock.clone())), clock, mail }
    }

    fn is(&self, answer: u8) {
        self.relay.answer.store(answer, Ordering::SeqCst);
    }

    async fn send(&self) -> Delivery {
        self.circuit.send(&self.mail).await
    }

    /// Whether the mail system was tried.
    async fn reaches(&self) -> bool {
        let before = self.relay.tried.load(Ordering::SeqCst);
        self.send().await;
        self.relay.tried.load(Ordering::SeqCst) > before
    }

    async fn opened() -> Self {
        let scene = Self::new().await;
        scene.is(DOWN);
        for _ in 0..3 {
            assert!(scene.reaches().await);
        }
        scene
    }

    fn open_for(&self) -> Duration {
        match self.circuit.state() {
            CircuitState::Open { until } => until - self.clock.now(),
            other => panic!("{other:?} instead of open"),
        }
    }
}

#[tokio::test]
async fn after_three_failures_in_a_row_nothing_is_tried() {
    let scene = Scene::opened().await;
    assert_eq!(scene.open_for(), Duration::seconds(10));
    let answer = scene.send().await;
    assert!(matches!(answer, Delivery::RetryLater(_)), "{answer:?}");
    for _ in 0..100 {
        assert!(!scene.reaches().await);
    }
    scene.clock.advance(Duration::milliseconds(9_999));
    assert!(!scene.reaches().await);
    scene.clock.advance(Duration::milliseconds(1));
    assert!(scene.reaches().await);
}

#[tokio::test]
async fn what_becomes_of_single_mails_does_not_open_it() {
    let scene = Scene::new().await;
    for answer in [REFUSES, BUSY, UP] {
        scene.is(answer);
        for _ in 0..20 {
            assert!(scene.reaches().await);
        }
        // Two failures, and one that reached.
        scene.is(DOWN);
        scene.send().await;
        scene.send().await;
        scene.is(answer);
        scene.send().await;
        assert_eq!(scene.circuit.state(), CircuitState::Closed);
    }
}

#[tokio::test]
async fn it_stays_open_longer_and_longer_up_to_two_minutes() {
    let scene = Scene::opened().await;
    for seconds in [10, 20, 40, 80, 120, 120] {
        assert_eq!(scene.open_for(), Duration::seconds(seconds));
        scene.clock.advance(Duration::seconds(seconds));
        assert!(scene.reaches().await);
    }
}

#[tokio::test]
async fn one_mail_that_gets_through_closes_it() {
    for reached in [UP, REFUSES, BUSY] {
        let scene = Scene::opened().await;
        scene.clock.advance(Duration::seconds(10));
        scene.is(reached);
        scene.send().await;
        assert_eq!(scene.circuit.state(), CircuitState::Closed);
        // As new: three failures, and 10 s.
        scene.is(DOWN);
        for _ in 0..3 {
            assert!(scene.reaches().await);
        }
        assert_eq!(scene.open_for(), Duration::seconds(10));
    }
}

#[tokio::test]
async fn one_mail_at_a_time_is_tried() {
    let scene = Scene::opened().await;
    scene.clock.advance(Duration::seconds(10));
    let hold = Arc::new(Notify::new());
    *scene.relay.hold.lock().unwrap() = Some(hold.clone());
    let (circuit, mail) = (scene.circuit.clone(), scene.mail.clone());
    let probe = tokio::spawn(async move { circuit.send(&mail).await });
    while scene.circuit.state() != CircuitState::Probing {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        tokio::select! {
            biased;
            answer = scene.send() => assert!(matches!(answer, Delivery::RetryLater(_)), "{answer:?}"),
            () = std::future::ready(()) => panic!("a second mail is tried"),
        }
    }
    scene.is(UP);
    hold.notify_one();
    assert!(matches!(probe.await.unwrap(), Delivery::Sent));
    *scene.relay.hold.lock().unwrap() = None;
    assert!(scene.reaches().await);
}

#[tokio::test]
async fn a_try_whose_caller_goes_away_or_breaks_leaves_it_to_the_next() {
    let scene = Scene::opened().await;
    scene.clock.advance(Duration::seconds(10));
    *scene.relay.hold.lock().unwrap() = Some(Arc::new(Notify::new()));
    tokio::select! {
        biased;
        _ = scene.send() => panic!("it does not end"),
        () = std::future::ready(()) => {}
    }
    *scene.relay.hold.lock().unwrap() = None;
    scene.is(99);
    let (circuit, mail) = (scene.circuit.clone(), scene.mail.clone());
    tokio::spawn(async move { circuit.send(&mail).await }).await.expect_err("it breaks");
    scene.is(UP);
    assert!(scene.reaches().await);
    assert_eq!(scene.circuit.state(), CircuitState::Closed);
}

/// It would stay open for as long as the clock stepped back.
#[tokio::test]
async fn a_clock_that_steps_back_or_leaps_does_not_keep_it_open() {
    for moved in [-Duration::days(365), Duration::days(365)] {
        let scene = Scene::opened().await;
        scene.clock.set(START + moved);
        assert!(scene.reaches().await);
        assert_eq!(scene.open_for(), Duration::seconds(20));
    }
}

/// What began before it opened ends after: that is no probe, and prolongs nothing.
#[tokio::test]
async fn tries_that_were_under_way_prolong_nothing() {
    let scene = Scene::new().await;
    scene.is(DOWN);
    let hold = Arc::new(Notify::new());
    *scene.relay.hold.lock().unwrap() = Some(hold.clone());
    let sends = (0..16).map(|_| {
        let (circuit, mail) = (scene.circuit.clone(), scene.mail.clone());
        tokio::spawn(async move { circuit.send(&mail).await })
    });
    let sends: Vec<_> = sends.collect();
    while scene.relay.tried.load(Ordering::SeqCst) < 16 {
        tokio::task::yield_now().await;
    }
    hold.notify_waiters();
    for send in sends {
        assert!(matches!(send.await.unwrap(), Delivery::Unreachable(_)));
    }
    assert_eq!(scene.open_for(), Duration::seconds(10));
}

/// A day without a mail system, and fifty mails that wait: it is tried some hundred times, not thousands; none is given up
/// before its day is over, and all go out when it is back.
#[tokio::test]
async fn a_night_without_a_mail_system_loses_no_mail() {
    let (relay, clock): (&Relay, _) = (Box::leak(Box::default()), Arc::new(TestClock::default()));
    relay.answer.store(DOWN, Ordering::SeqCst);
    let circuit = Arc::new(Circuit::new(relay).clock(clock.clone()));
    let world = World::builder().clock(clock.clone()).mailer(circuit.clone()).build();
    for number in 0..50 {
        let who = world.person(&format!("P{number}")).await;
        world.recovery.ask_username(&who.claims(), &world.client()).await.unwrap();
    }
    world.work().await;
    assert_eq!(world.worker.depth().await.unwrap().waiting_mails, 50);
    for _ in 0..12 * 60 {
        world.work().await;
        clock.advance(Duration::MINUTE);
    }
    assert_eq!(world.worker.dead_letters(99).await.unwrap().len(), 0);
    let tried = relay.tried.load(Ordering::SeqCst);
    assert!((100..12 * 60).contains(&tried), "{tried} tries for 50 mails in 12 hours");
    assert_ne!(circuit.state(), CircuitState::Closed);
    relay.answer.store(UP, Ordering::SeqCst);
    for _ in 0..30 {
        world.work().await;
        clock.advance(Duration::MINUTE);
    }
    assert_eq!(circuit.state(), CircuitState::Closed);
    assert_eq!(relay.tried.load(Ordering::SeqCst), tried + 50);
    assert_eq!(world.worker.depth().await.unwrap().waiting_mails, 0);
    assert_eq!(world.worker.dead_letters(99).await.unwrap().len(), 0);
}
