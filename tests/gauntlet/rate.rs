//! RATE: guesses are counted before they are compared, in one place, whatever the caller does or says.

use crate::kit::{FORGOT_PASSWORD, Site, Verdict, form, holds_and_catches};
use async_trait::async_trait;
use axum::body::Body;
use axum::http::Method;
use regain::account::{Account, AccountStore, Applied, PasswordChange};
use regain::identity::{Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::memory::{MemoryAccounts, MemoryFlows};
use regain::password::Password;
use regain::sqlite::SqliteFlows;
use regain::store::{FlowStore, StoreError};
use regain::testing::{Someone, TestClock, World};
use regain::{Client, RecoveryError};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

rows! { "RATE":
    "CVE-2026-35597" => rate_cve_2026_35597_vikunja_count_undone_with_the_failure,
    "CVE-2020-25827" => rate_cve_2020_25827_mediawiki_throttle_for_each_wiki,
    "CVE-2026-29794" => rate_cve_2026_29794_vikunja_limit_by_spoofable_header,
}

/// Sign-ins for one identifier from one network.
const CAP: usize = 10;

/// How a guess ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It is wrong.
    Refused,
    /// The host's accounts do not answer.
    Failed,
    /// Whoever guesses hangs up, and the guess is given up on the way.
    GivenUp,
}

const ENDINGS: [Ending; 3] = [Ending::Refused, Ending::Failed, Ending::GivenUp];

/// Takes wrong guesses, and says whether one was too many.
trait Counting {
    async fn is_too_many(&self, ending: Ending) -> bool;
}

/// Accounts that answer, or do not.
struct Wayward {
    accounts: Arc<MemoryAccounts>,
    ending: Mutex<Ending>,
    asked: Notify,
}

#[async_trait]
impl AccountStore for Wayward {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        let ending = *self.ending.lock().unwrap();
        match ending {
            Ending::Refused => self.accounts.find_by_identifier(identifier).await,
            Ending::Failed => Err(StoreError::plain("the directory is away")),
            Ending::GivenUp => {
                self.asked.notify_one();
                std::future::pending().await
            }
        }
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        self.accounts.find_by_identity(key).await
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.accounts.get(id).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        self.accounts.set_password(change).await
    }
}

struct Regain {
    world: World,
    ana: Someone,
    wayward: Arc<Wayward>,
    client: Client,
}

impl Regain {
    async fn on(flows: Arc<dyn FlowStore>) -> Self {
        let accounts = Arc::new(MemoryAccounts::new());
        let (ending, asked) = (Mutex::new(Ending::Refused), Notify::new());
        let wayward = Arc::new(Wayward { accounts: accounts.clone(), ending, asked });
        let builder = World::builder().flows(flows).accounts(accounts).served_accounts(wayward.clone());
        let world = builder.build();
        let (ana, client) = (world.person("Ana").await, world.client());
        Self { world, ana, wayward, client }
    }
}

impl Counting for Regain {
    async fn is_too_many(&self, ending: Ending) -> bool {
        *self.wayward.ending.lock().unwrap() = ending;
        let (identifier, wrong) = (self.ana.identifier(), Password::new("nine wrong guesses in a row"));
        let answer = tokio::select! {
            answer = self.world.recovery.sign_in(&identifier, &wrong, &self.client) => answer,
            () = self.wayward.asked.notified() => return false,
        };
        match answer {
            Err(RecoveryError::TooManyAttempts { .. }) => true,
            Err(RecoveryError::NotAccepted) if ending == Ending::Refused => false,
            Err(RecoveryError::Unavailable) if ending == Ending::Failed => false,
            other => panic!("{ending:?}: {other:?}"),
        }
    }
}

/// Vikunja: the count was written in the transaction of the sign-in, which a failure rolled back.
#[derive(Default)]
struct Vikunja {
    failures: Cell<usize>,
}

impl Counting for Vikunja {
    async fn is_too_many(&self, _: Ending) -> bool {
        let before = self.failures.get();
        let too_many = before >= CAP;
        self.failures.set(before + 1);
        self.failures.set(before);
        too_many
    }
}

/// However ten guesses ended, the eleventh is one too many.
async fn check_count<S: Counting>(fresh: impl AsyncFn() -> S) -> Verdict {
    for ending in ENDINGS {
        let subject = fresh().await;
        for n in 1..=CAP {
            ensure!(!subject.is_too_many(ending).await, "{ending:?}: guess {n} is too many");
        }
        for late in ENDINGS {
            ensure!(subject.is_too_many(late).await, "{ending:?}: after {CAP} of them one more is heard");
        }
    }
    Ok(())
}

/// Vikunja: see [`Vikunja`].
#[tokio::test]
async fn rate_cve_2026_35597_vikunja_count_undone_with_the_failure() {
    let folder = tempfile::tempdir().unwrap();
    let files = Cell::new(0);
    let sqlite = async || {
        files.set(files.get() + 1);
        let file = folder.path().join(format!("flows{}.db", files.get()));
        Regain::on(Arc::new(SqliteFlows::open(file).await.unwrap())).await
    };
    check_count(sqlite).await.unwrap();
    let regain = check_count(async || Regain::on(Arc::new(MemoryFlows::new())).await).await;
    let twin = check_count(async || Vikunja::default()).await;
    holds_and_catches(regain, twin, "Refused: after 10 of them one more is heard");
}

const NODES: usize = 3;

/// Several nodes of one service, that one person's password is guessed at.
trait Nodes {
    async fn is_heard(&self, node: usize, typed: &str) -> bool;
}

struct OfOneService {
    nodes: Vec<World>,
    client: Client,
}

impl OfOneService {
    async fn on(stores: [Arc<dyn FlowStore>; NODES]) -> Self {
        let (accounts, clock) = (Arc::new(MemoryAccounts::new()), Arc::new(TestClock::default()));
        let node =
            |flows| World::builder().flows(flows).accounts(accounts.clone()).clock(clock.clone()).build();
        let nodes: Vec<World> = stores.into_iter().map(node).collect();
        nodes[0].person("Ana").await;
        let client = nodes[0].client();
        Self { nodes, client }
    }
}

impl Nodes for OfOneService {
    async fn is_heard(&self, node: usize, typed: &str) -> bool {
        let wrong = Password::new("nine wrong guesses in a row");
        let answer = self.nodes[node].recovery.sign_in(&Identifier::parse(typed), &wrong, &self.client).await;
        answer.map(drop) == Err(RecoveryError::NotAccepted)
    }
}

/// MediaWiki: each wiki of a farm had a throttle of its own for the one account that all share.
#[derive(Default)]
struct MediaWiki(RefCell<BTreeMap<usize, usize>>);

impl Nodes for MediaWiki {
    async fn is_heard(&self, node: usize, _: &str) -> bool {
        let mut throttles = self.0.borrow_mut();
        let count = throttles.entry(node).or_default();
        *count += 1;
        *count <= CAP
    }
}

async fn check_nodes(subject: &impl Nodes) -> Verdict {
    let spellings = ["ana", " ANA ", "\u{ff21}na"];
    let mut heard = 0;
    for n in 0..10 * NODES {
        heard += usize::from(subject.is_heard(n % NODES, spellings[n % 7 % 3]).await);
    }
    ensure!(heard == CAP, "{heard} guesses are heard by {NODES} nodes together");
    Ok(())
}

/// MediaWiki: see [`MediaWiki`].
#[tokio::test]
async fn rate_cve_2020_25827_mediawiki_throttle_for_each_wiki() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || Arc::new(SqliteFlows::open(folder.path().join("flows.db")).await.unwrap());
    let sqlite: [Arc<dyn FlowStore>; NODES] = [open().await, open().await, open().await];
    check_nodes(&OfOneService::on(sqlite).await).await.unwrap();
    let memory: Arc<dyn FlowStore> = Arc::new(MemoryFlows::new());
    let regain = check_nodes(&OfOneService::on([memory.clone(), memory.clone(), memory]).await).await;
    holds_and_catches(
        regain,
        check_nodes(&MediaWiki::default()).await,
        "30 guesses are heard by 3 nodes together",
    );
}

/// Pages that take so many asks from one network, and so many for one name.
trait Pages {
    async fn takes(&self, network: [u8; 4], name: &str, header: (&str, &str)) -> bool;
}

impl Pages for Site {
    async fn takes(&self, network: [u8; 4], name: &str, header: (&str, &str)) -> bool {
        let body = Body::from(form(&[("identifier", name)]));
        let answer = self.send_from(network, Method::POST, FORGOT_PASSWORD, &[header], body).await;
        assert!(matches!(answer.status, 200 | 429), "{header:?}: {answer:?}");
        answer.status == 200
    }
}

/// Vikunja, another time: the address of the client was what a header said.
#[derive(Default)]
struct BehindAnyProxy(RefCell<BTreeMap<String, usize>>);

impl Pages for BehindAnyProxy {
    async fn takes(&self, network: [u8; 4], _: &str, (header, value): (&str, &str)) -> bool {
        let from_header = ["x-forwarded-for", "x-real-ip"].contains(&header);
        let client = if from_header { value.to_owned() } else { format!("{network:?}") };
        let mut counts = self.0.borrow_mut();
        let count = counts.entry(client).or_default();
        *count += 1;
        *count <= FROM_ONE_NETWORK
    }
}

const FROM_ONE_NETWORK: usize = 30;
const FOR_ONE_NAME: usize = 5;

#[rustfmt::skip]
const HEADERS: [&str; 25] = [
    "x-forwarded-for", "x-real-ip", "forwarded", "x-forwarded", "forwarded-for", "x-client-ip", "client-ip",
    "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip", "cf-connecting-ipv6", "fastly-client-ip",
    "x-original-forwarded-for", "x-envoy-external-address", "x-originating-ip", "x-remote-ip", "x-remote-addr",
    "x-azure-clientip", "x-appengine-user-ip", "x-forwarded-host", "via", "host", "user-agent", "accept-language",
    "cookie",
];

/// The `n`-th of fifty, no two alike.
fn header(n: usize) -> (&'static str, String) {
    let name = HEADERS[n % HEADERS.len()];
    let value = match (name, n / HEADERS.len() % 2) {
        ("forwarded", 0) => format!("for=203.0.113.{n}"),
        ("forwarded", _) => format!("for=\"[2001:db8:{n}::1]:4711\""),
        ("cookie", _) => format!("session={n}"),
        (_, 0) => format!("203.0.113.{n}"),
        _ => format!("2001:db8:{n}::1, 203.0.113.{n}"),
    };
    (name, value)
}

/// No header makes room in a budget, and none takes from a stranger's.
async fn check_headers(subject: &impl Pages) -> Verdict {
    const OURS: [u8; 4] = [192, 0, 2, 1];
    for n in 0..FROM_ONE_NETWORK {
        let name = format!("somebody{n}");
        ensure!(subject.takes(OURS, &name, ("x-forwarded-for", "192.0.2.9")).await, "ask {n} is refused");
    }
    for n in 0..2 * HEADERS.len() {
        let (header, value) = header(n);
        let name = format!("somebody else {n}");
        let taken = subject.takes(OURS, &name, (header, &value)).await;
        ensure!(!taken, "{header}: {value} makes room for the network");
    }
    let forged = ("x-plain", "");
    ensure!(subject.takes([192, 0, 2, 9], "ben", forged).await, "a header spent what is another network's");
    for n in 0..2 * HEADERS.len() {
        let (header, value) = header(n);
        let network = [198, 51, 100, u8::try_from(n).unwrap()];
        let taken = subject.takes(network, "ana", (header, &value)).await;
        ensure!(taken == (n < FOR_ONE_NAME), "{header}: {value} makes room for the name, or takes it");
    }
    Ok(())
}

/// Vikunja: see [`BehindAnyProxy`].
#[tokio::test]
async fn rate_cve_2026_29794_vikunja_limit_by_spoofable_header() {
    let twin = check_headers(&BehindAnyProxy::default()).await;
    holds_and_catches(
        check_headers(&Site::new()).await,
        twin,
        "x-forwarded-for: 203.0.113.0 makes room for the network",
    );
}
