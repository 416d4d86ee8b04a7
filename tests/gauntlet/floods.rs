//! DOS: a flood is held off, and leaves little behind.

use crate::kit::{FORGOT_PASSWORD, FORGOT_USERNAME, Site, Verdict, form, holds_and_catches};
use axum::body::{Body, Bytes};
use axum::http::Method;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use futures_util::stream;
use regain::RecoveryError;
use regain::identity::Identifier;
use regain::password::{
    Argon2Hasher, HashError, HashPool, Password, PasswordHash, PasswordHasher, PreparedPassword, Verification,
};
use regain::testing::World;
use std::cell::Cell;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use time::Duration;

rows! { "DOS":
    "CVE-2026-26233" => dos_cve_2026_26233_mattermost_unlimited_hashing,
    "CVE-2020-8295" => dos_cve_2020_8295_nextcloud_flood_of_requests,
}

/// Hashes that wait until a gate is opened.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    moved: Condvar,
}

#[derive(Default, Clone, Copy)]
struct GateState {
    open: bool,
    inside: usize,
    most: usize,
}

impl Gate {
    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.inside += 1;
        state.most = state.most.max(state.inside);
        self.moved.notify_all();
        state = self.moved.wait_while(state, |state| !state.open).unwrap();
        state.inside -= 1;
    }

    fn wait_for(&self, inside: usize) {
        drop(self.moved.wait_while(self.state.lock().unwrap(), |state| state.inside < inside).unwrap());
    }

    fn open(&self) {
        self.state.lock().unwrap().open = true;
        self.moved.notify_all();
    }

    fn most(&self) -> usize {
        self.state.lock().unwrap().most
    }
}

struct Gated(Arc<Gate>);

impl PasswordHasher for Gated {
    fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError> {
        self.0.pass();
        Argon2Hasher::danger_for_tests().hash(password, salt)
    }

    fn verify(&self, password: &PreparedPassword, stored: &PasswordHash) -> Result<Verification, HashError> {
        self.0.pass();
        Argon2Hasher::danger_for_tests().verify(password, stored)
    }

    fn dummy(&self) -> PasswordHash {
        Argon2Hasher::danger_for_tests().dummy()
    }
}

const THREADS: usize = 2;
const QUEUE: usize = 4;
const FLOOD: usize = 40;

/// What a flood of sign-ins does while no hash comes to its end.
struct Flood {
    hashed_at_once: usize,
    waiting: usize,
    others_are_served: bool,
}

async fn flood_regain() -> Flood {
    let gate = Arc::new(Gate::default());
    let hasher = Arc::new(Gated(gate.clone()));
    let configured = World::builder()
        .configure(move |builder| builder.hasher(hasher).hash_pool(HashPool::new(THREADS, QUEUE).unwrap()));
    let (site, password) = (Site::build(configured), Password::new("nine wrong guesses in a row"));
    let recovery = &site.world.recovery;
    let identifiers: Vec<_> = (0..FLOOD).map(|n| Identifier::parse(&format!("user{n}"))).collect();
    let mut under_way: Vec<BoxFuture<'_, _>> = Vec::new();
    for identifier in &identifiers {
        let client = site.world.client();
        let password = &password;
        under_way.push(async move { recovery.sign_in(identifier, password, &client).await }.boxed());
    }
    // In memory nothing else waits: what is not answered at once waits for a hash.
    let mut waiting = Vec::new();
    for mut attempt in under_way {
        match (&mut attempt).now_or_never() {
            Some(answer) => assert_eq!(answer.map(drop), Err(RecoveryError::Unavailable)),
            None => waiting.push(attempt),
        }
    }
    gate.wait_for(THREADS);
    let page = site.ask("somebody").now_or_never();
    let others_are_served = page.is_some_and(|answer| answer.status == 200);
    gate.open();
    let count = waiting.len();
    let answers = join_all(waiting).await;
    assert!(answers.into_iter().all(|answer| answer.map(drop) == Err(RecoveryError::NotAccepted)));
    Flood { hashed_at_once: gate.most(), waiting: count, others_are_served }
}

/// Mattermost: each request hashed on its own, as many at once as came.
fn flood_mattermost() -> Flood {
    let gate = Gate::default();
    thread::scope(|scope| {
        for _ in 0..FLOOD {
            scope.spawn(|| gate.pass());
        }
        gate.wait_for(FLOOD);
        gate.open();
    });
    Flood { hashed_at_once: gate.most(), waiting: FLOOD, others_are_served: true }
}

fn check_flood(flood: &Flood) -> Verdict {
    ensure!(flood.hashed_at_once <= THREADS, "{} hashes at once", flood.hashed_at_once);
    ensure!((1..=THREADS + QUEUE).contains(&flood.waiting), "{} wait for a hash", flood.waiting);
    ensure!(flood.others_are_served, "who needs no hash is not served");
    Ok(())
}

/// Mattermost: see [`flood_mattermost`].
#[tokio::test]
async fn dos_cve_2026_26233_mattermost_unlimited_hashing() {
    holds_and_catches(
        check_flood(&flood_regain().await),
        check_flood(&flood_mattermost()),
        "40 hashes at once",
    );
}

/// Takes asks about one person, each from another network, and says how much is kept and mailed.
trait Flooded {
    async fn ask(&self, typed: &str);
    async fn kept(&self) -> usize;
    fn mailed(&self) -> usize;
    fn advance(&self, span: Duration);
}

struct OfOne(Site);

impl Flooded for OfOne {
    async fn ask(&self, typed: &str) {
        let world = &self.0.world;
        // Over budget or not: that is what is counted.
        drop(world.recovery.ask_password(&Identifier::parse(typed), &world.client()).await);
    }

    async fn kept(&self) -> usize {
        self.0.world.work().await;
        let depth = self.0.world.flows.depth(self.0.world.realm()).await.unwrap();
        self.0.world.audit().await.len()
            + (depth.live_flows + depth.waiting_mails + depth.dead_letters) as usize
    }

    fn mailed(&self) -> usize {
        self.0.world.mailbox.mails().len()
    }

    fn advance(&self, span: Duration) {
        self.0.world.clock.advance(span);
    }
}

/// Nextcloud: every request made a row and sent a mail.
#[derive(Default)]
struct Nextcloud(Cell<usize>);

impl Flooded for Nextcloud {
    async fn ask(&self, _: &str) {
        self.0.set(self.0.get() + 1);
    }

    async fn kept(&self) -> usize {
        self.0.get()
    }

    fn mailed(&self) -> usize {
        self.0.get()
    }

    fn advance(&self, _: Duration) {}
}

/// Twenty thousand asks, in every spelling, leave what ten leave; and a day of them ten mails.
async fn check_requests(subject: &impl Flooded) -> Verdict {
    let spellings =
        ["ana", " ANA ", "Ana", "\u{ff21}na", "ana@home.example", "ANA@HOME.example", "ana\u{200b}", "an\0a"];
    for n in 0..20_000 {
        subject.ask(spellings[n % spellings.len()]).await;
    }
    let (kept, mailed) = (subject.kept().await, subject.mailed());
    ensure!(kept <= 30, "{kept} rows are kept");
    ensure!(mailed <= 3, "{mailed} mails went out at once");
    for _ in 0..24 {
        subject.advance(Duration::HOUR);
        for n in 0..50 {
            subject.ask(spellings[n % spellings.len()]).await;
        }
        subject.kept().await;
    }
    let mailed = subject.mailed();
    ensure!(mailed <= 20, "{mailed} mails went out in a day");
    Ok(())
}

/// Nextcloud: see [`Nextcloud`].
#[tokio::test]
async fn dos_cve_2020_8295_nextcloud_flood_of_requests() {
    let regain = OfOne(Site::new());
    regain.0.world.person("Ana").await;
    let twin = check_requests(&Nextcloud::default()).await;
    holds_and_catches(check_requests(&regain).await, twin, "20000 rows are kept");
}

/// Of the class, though no row: a body without end is given up, and what can be read of others is read in one go.
#[tokio::test]
async fn dos_a_body_without_end_is_given_up() {
    let site = Site::new();
    let many = "a=b&".repeat(4_000);
    let deep = format!("identifier={}", "%5B".repeat(5_000));
    for page in
        [FORGOT_PASSWORD, FORGOT_USERNAME, "/recovery/link", "/recovery/new-password", "/recovery/disown"]
    {
        let pulled = Arc::new(AtomicUsize::new(0));
        let count = pulled.clone();
        let endless = stream::repeat_with(move || {
            count.fetch_add(1_024, Ordering::SeqCst);
            Ok::<_, Infallible>(Bytes::from_static(&[b'a'; 1_024]))
        });
        let answer = site.send(Method::POST, page, &[], Body::from_stream(endless)).await;
        assert_eq!(answer.status, 413, "{page}");
        assert!(pulled.load(Ordering::SeqCst) <= 20 * 1_024, "{page}: {pulled:?} bytes were read");
        for body in [&many, &deep] {
            let status = site.post(page, &[], body.clone()).await.status;
            assert!(matches!(status, 200 | 410 | 429), "{page}: {status}");
        }
    }
    // One character that becomes eighteen: the key of a budget stays small.
    let grown = Identifier::parse(&"\u{fdfa}".repeat(1 << 20));
    assert!(grown.is_malformed() && grown.canonical().len() < 64 * 1_024, "{}", grown.canonical().len());
    assert_eq!(
        site.post(FORGOT_PASSWORD, &[], form(&[("identifier", &"\u{fdfa}".repeat(600))])).await.status,
        200
    );
}
