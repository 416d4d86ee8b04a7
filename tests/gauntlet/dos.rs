//! DOS: the work and the room that anybody can cause are bounded, whatever they send.

use crate::kit::{FORGOT_PASSWORD, FORGOT_USERNAME, Site, Verdict, form, holds_and_catches, mailed_token};
use axum::body::{Body, Bytes};
use axum::http::Method;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use futures_util::stream;
use regain::RecoveryError;
use regain::identity::Identifier;
use regain::password::{
    Argon2Hasher, HashError, HashPool, MAX_BYTES, Password, PasswordHash, PasswordHasher, PreparedPassword,
    Verification,
};
use regain::testing::{Someone, World};
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use time::Duration;

rows! { "DOS":
    "CVE-2026-26233" => dos_cve_2026_26233_mattermost_unlimited_hashing,
    "CVE-2013-1443" => dos_cve_2013_1443_django_long_password_hashed,
    "CVE-2013-5958" => dos_cve_2013_5958_symfony_long_password_on_another_path,
    "CVE-2026-24458" => dos_cve_2026_24458_mattermost_long_password_mishandled,
    "CVE-2020-8295" => dos_cve_2020_8295_nextcloud_flood_of_requests,
}

/// Takes passwords, and says how many bytes it hashed.
trait Passwords {
    async fn sign_in(&self, password: &str) -> bool;
    /// Makes this the password, if it may be one.
    async fn set(&self, password: &str) -> bool;
    /// Since the last call.
    fn hashed(&self) -> usize;
}

/// A hasher that weighs what it is given.
#[derive(Default)]
struct Scales(AtomicUsize);

impl PasswordHasher for Scales {
    fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError> {
        self.0.fetch_add(password.as_bytes().len(), Ordering::SeqCst);
        Argon2Hasher::danger_for_tests().hash(password, salt)
    }

    fn verify(&self, password: &PreparedPassword, stored: &PasswordHash) -> Result<Verification, HashError> {
        self.0.fetch_add(password.as_bytes().len(), Ordering::SeqCst);
        Argon2Hasher::danger_for_tests().verify(password, stored)
    }

    fn dummy(&self) -> PasswordHash {
        Argon2Hasher::danger_for_tests().dummy()
    }
}

struct Regain {
    site: Site,
    ana: Someone,
    scales: Arc<Scales>,
}

impl Regain {
    async fn new() -> Self {
        let scales = Arc::new(Scales::default());
        let hasher = scales.clone();
        let site = Site::build(World::builder().configure(move |builder| builder.hasher(hasher)));
        let ana = site.world.person("Ana").await;
        Self { site, ana, scales }
    }
}

impl Passwords for Regain {
    async fn sign_in(&self, password: &str) -> bool {
        let world = &self.site.world;
        world
            .recovery
            .sign_in(&self.ana.identifier(), &Password::new(password), &world.client())
            .await
            .is_ok()
    }

    async fn set(&self, password: &str) -> bool {
        let world = &self.site.world;
        world.clock.advance(Duration::days(2));
        world.fresh_link(&self.ana).await;
        let token = mailed_token(world, &self.ana);
        let by_page = self.site.choose(&token, password).await;
        let token = world.link_of(&self.ana);
        let by_hand = world.recovery.choose_password(&token, &Password::new(password), &world.client()).await;
        by_page || by_hand.is_ok()
    }

    fn hashed(&self) -> usize {
        self.scales.0.swap(0, Ordering::SeqCst)
    }
}

/// A twin cuts passwords at a length, and has a limit on each path, or none.
struct Twin {
    limit_at_sign_in: usize,
    limit_at_set: usize,
    cut_at: usize,
    stored: RefCell<String>,
    hashed: Cell<usize>,
}

impl Twin {
    fn new(limit_at_sign_in: usize, limit_at_set: usize, cut_at: usize) -> Self {
        let (stored, hashed) = Default::default();
        Self { limit_at_sign_in, limit_at_set, cut_at, stored, hashed }
    }

    fn hash(&self, password: &str) -> String {
        let taken = &password[..password.floor_char_boundary(self.cut_at)];
        self.hashed.set(self.hashed.get() + taken.len());
        taken.to_owned()
    }
}

impl Passwords for Twin {
    async fn sign_in(&self, password: &str) -> bool {
        password.len() <= self.limit_at_sign_in && self.hash(password) == *self.stored.borrow()
    }

    async fn set(&self, password: &str) -> bool {
        let taken = password.len() <= self.limit_at_set;
        if taken {
            self.stored.replace(self.hash(password));
        }
        taken
    }

    fn hashed(&self) -> usize {
        self.hashed.take()
    }
}

/// Text without rhyme or reason, of so many bytes.
fn text(bytes: usize) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"abcdefghijkmnpqrstuvwxyz23456789"[(state % 32) as usize])
    };
    (0..bytes).map(|_| next()).collect()
}

/// What is too long, or becomes so, is nobody's password and costs no hash; what is not, counts to the last byte.
async fn check_lengths(subject: &impl Passwords) -> Verdict {
    // U+1D160 is 4 bytes and becomes 12 by NFC; U+0390 grows by NFD only.
    let grown = ["\u{1D160}".repeat(MAX_BYTES / 4), "\u{fb2c}".repeat(MAX_BYTES / 3)];
    let plain = [MAX_BYTES + 1, 4 * MAX_BYTES, 1 << 20, 16 << 20].map(text);
    for password in plain.iter().chain(&grown) {
        subject.hashed();
        ensure!(!subject.sign_in(password).await, "{} bytes sign in", password.len());
        let hashed = subject.hashed();
        ensure!(hashed == 0, "{hashed} bytes hashed at sign-in for {}", password.len());
        ensure!(!subject.set(password).await, "{} bytes are set", password.len());
        let hashed = subject.hashed();
        ensure!(hashed == 0, "{hashed} bytes hashed for a choice of {}", password.len());
    }
    check_every_byte(subject).await
}

async fn check_every_byte(subject: &impl Passwords) -> Verdict {
    for bytes in [64, 73, 128, 256, 1_000, MAX_BYTES] {
        let password = text(bytes);
        ensure!(subject.set(&password).await, "{bytes} bytes are refused");
        ensure!(subject.sign_in(&password).await, "{bytes} bytes do not sign in");
        let other = format!("{}!", &password[..bytes - 1]);
        ensure!(!subject.sign_in(&other).await, "the last of {bytes} bytes does not count");
        ensure!(!subject.sign_in(&password[..bytes - 1]).await, "the first {} bytes sign in", bytes - 1);
    }
    Ok(())
}

/// Django: a password of a mebibyte was hashed at sign-in, over minutes.
#[tokio::test]
async fn dos_cve_2013_1443_django_long_password_hashed() {
    let twin = Twin::new(usize::MAX, MAX_BYTES, usize::MAX);
    let fault = "1025 bytes hashed at sign-in";
    holds_and_catches(check_lengths(&Regain::new().await).await, check_lengths(&twin).await, fault);
}

/// Symfony: the same, wherever a password is encoded; here the limit is at sign-in, and not where one is chosen.
#[tokio::test]
async fn dos_cve_2013_5958_symfony_long_password_on_another_path() {
    let twin = Twin::new(MAX_BYTES, usize::MAX, usize::MAX);
    holds_and_catches(
        check_lengths(&Regain::new().await).await,
        check_lengths(&twin).await,
        "1025 bytes are set",
    );
}

/// Mattermost: what came after the 72nd byte of a long password was mishandled; here it does not count.
#[tokio::test]
async fn dos_cve_2026_24458_mattermost_long_password_mishandled() {
    let twin = Twin::new(MAX_BYTES, MAX_BYTES, 72);
    // A cut also hides growth, so that the twin is tried with plain text only.
    let fault = "the last of 73 bytes does not count";
    holds_and_catches(check_lengths(&Regain::new().await).await, check_every_byte(&twin).await, fault);
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
            Some(answer) => assert_eq!(answer, Err(RecoveryError::Unavailable)),
            None => waiting.push(attempt),
        }
    }
    gate.wait_for(THREADS);
    let page = site.ask("somebody").now_or_never();
    let others_are_served = page.is_some_and(|answer| answer.status == 200);
    gate.open();
    let count = waiting.len();
    let answers = join_all(waiting).await;
    assert!(answers.into_iter().all(|answer| answer == Err(RecoveryError::NotAccepted)));
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
