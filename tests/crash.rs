//! A process is killed at random points of the story, over and over, and nothing is lost.
//!
//! The test starts itself as a child process that plays stories on SQLite files and a mail folder, kills it with
//! SIGKILL, opens what it left, and lets a worker finish. `REGAIN_CRASH_ROUNDS` sets the number of rounds.

#![cfg(unix)]

use mail_parser::MessageParser;
use regain::account::{Account, AccountStore as _, AddressOnFile};
use regain::clock::{Clock, SystemClock};
use regain::identity::{EmailAddress, Identifier};
use regain::ids::{AccountId, Realm};
use regain::keys::KeyRing;
use regain::mail::{EmlMailer, Sender, Service};
use regain::origin::{Links, TrustedOrigin};
use regain::password::{Argon2Hasher, HashPool, Password, PasswordHash, PasswordHasher as _, Verification};
use regain::recovery::{Chosen, Setup};
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::store::FlowStore as _;
use regain::{Client, Recovery, RecoveryError, RecoveryToken, Worker};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use time::OffsetDateTime;

const CHILD: &str = "REGAIN_CRASH_CHILD";
const OFFSET: &str = "REGAIN_CRASH_OFFSET_MINUTES";
const PEOPLE: u32 = 2_000;
/// Stories that a child plays at once.
const AT_ONCE: u32 = 4;
/// Longer than a lease, so that the next process takes over what the last one had claimed.
const MINUTES_PER_ROUND: i64 = 2;

/// RC-6, NO-8, CR-4
#[test]
fn a_process_killed_at_any_point_loses_no_mail_and_half_sets_no_password() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if let Some(folder) = std::env::var_os(CHILD) {
        let minutes = std::env::var(OFFSET).unwrap().parse().unwrap();
        runtime.block_on(live(Path::new(&folder), minutes));
        return;
    }
    let rounds: i64 = std::env::var("REGAIN_CRASH_ROUNDS").map_or(40, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(seed(folder.path()));
    let mut pause = Pauses(0x5eed);
    let mut killed_busy = 0;
    for round in 0..rounds {
        let minutes = round * MINUTES_PER_ROUND;
        let journal_before = journal(folder.path()).len();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_process_killed_at_any_point_loses_no_mail_and_half_sets_no_password"])
            .env(CHILD, folder.path())
            .env(OFFSET, minutes.to_string())
            .stdout(Stdio::null())
            .stderr(File::create(folder.path().join("child.log")).unwrap())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(20 + pause.next_below(280)));
        let said = || fs::read_to_string(folder.path().join("child.log")).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "the child ended by itself: {}", said());
        child.kill().unwrap();
        child.wait().unwrap();
        killed_busy += i64::from(journal(folder.path()).len() > journal_before);
        runtime.block_on(check(folder.path(), minutes + 1));
    }
    let told = runtime.block_on(check_ends(folder.path(), rounds * MINUTES_PER_ROUND + 60));
    println!("{rounds} kills, {killed_busy} of them in a process that was at work; {told}");
    assert!(killed_busy * 2 > rounds, "most kills must hit a process at work");
}

/// The machine's clock, moved on.
struct Moved(time::Duration);

impl Clock for Moved {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now() + self.0
    }
}

/// Reproducible pauses.
struct Pauses(u64);

impl Pauses {
    fn next_below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

struct Site {
    recovery: Recovery,
    worker: Worker,
    flows: Arc<SqliteFlows>,
    accounts: Arc<SqliteAccounts>,
}

async fn open(folder: &Path, minutes: i64) -> Site {
    let flows = Arc::new(SqliteFlows::open(folder.join("flows.db")).await.unwrap());
    let accounts = Arc::new(SqliteAccounts::open(folder.join("accounts.db")).await.unwrap());
    let origin = TrustedOrigin::parse("https://portal.example.org").unwrap();
    let setup = Setup {
        realm: realm(),
        keys: KeyRing::new(1, [3; 32]),
        links: Links::new(origin, "/recovery", "/sign-in").unwrap(),
        service: Service::new("Portal", "call 555 0100").unwrap(),
        sender: Sender::new(EmailAddress::parse("portal@example.org").unwrap()),
        accounts: accounts.clone(),
        flows: flows.clone(),
    };
    let recovery = Recovery::builder(setup)
        .clock(Arc::new(Moved(time::Duration::minutes(minutes))))
        .hasher(Arc::new(Argon2Hasher::danger_for_tests()))
        .hash_pool(HashPool::new(2, 64).unwrap())
        .build()
        .unwrap();
    let worker = Worker::new(recovery.clone(), Arc::new(EmlMailer::new(folder.join("mail")).unwrap()));
    Site { recovery, worker, flows, accounts }
}

fn realm() -> Realm {
    Realm::new("crash").unwrap()
}

fn id(n: u32) -> AccountId {
    AccountId::new(&n.to_string()).unwrap()
}

fn new_password(n: u32) -> Password {
    Password::new(format!("violet {n} harbour tin whistle"))
}

async fn seed(folder: &Path) {
    let site = open(folder, 0).await;
    let prepared = Password::new("a password that is forgotten").prepare().unwrap();
    let forgotten = Argon2Hasher::danger_for_tests().hash(&prepared, [1; 16]).unwrap();
    let people: Vec<Account> = (0..PEOPLE)
        .map(|n| {
            let mut account = Account::new(id(n), format!("user{n}"));
            let address = EmailAddress::parse(&format!("user{n}@example.org")).unwrap();
            account.addresses = vec![AddressOnFile::Email(address)];
            account.password = Some(forgotten.clone());
            account
        })
        .collect();
    site.accounts.put(&people, site.recovery.blind_index()).await.unwrap();
    close(site).await;
}

async fn close(site: Site) {
    site.flows.close().await;
    site.accounts.close().await;
}

/// The child: people recover their passwords until the process is killed.
async fn live(folder: &Path, minutes: i64) {
    let site = open(folder, minutes).await;
    tokio::spawn(site.worker.clone().run(std::future::pending()));
    let first = journal(folder).iter().map(|entry| entry.person + 1).max().unwrap_or(0);
    let strands = (0..AT_ONCE).map(|strand| {
        let (recovery, folder) = (site.recovery.clone(), folder.to_owned());
        tokio::spawn(async move {
            for n in (first + strand..PEOPLE).step_by(AT_ONCE as usize) {
                story(&recovery, &folder, n).await;
            }
        })
    });
    for strand in strands.collect::<Vec<_>>() {
        strand.await.unwrap();
    }
}

async fn story(recovery: &Recovery, folder: &Path, n: u32) {
    let identifier = Identifier::parse(&format!("user{n}"));
    recovery.ask_password(&identifier, &Client::at([10, 0, 0, (n % 250) as u8].into())).await.unwrap();
    note(folder, "asked", n);
    note(folder, "choosing", n);
    // A process that was killed before may have asked for the same person: then one link replaces the other.
    while !choose_with_any_link(recovery, folder, n).await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    note(folder, "chosen", n);
    recovery.sign_in(&identifier, &new_password(n), &Client::unknown()).await.unwrap();
}

async fn choose_with_any_link(recovery: &Recovery, folder: &Path, n: u32) -> bool {
    for token in links_to(folder, n) {
        match recovery.choose_password(&token, &new_password(n), &Client::unknown()).await {
            Ok(chosen) => {
                assert_eq!(chosen, Chosen::Done);
                return true;
            }
            Err(RecoveryError::LinkNotUsable) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    false
}

struct Entry {
    what: String,
    person: u32,
}

/// What the child was told, in order; a line is written at once or not at all.
fn note(folder: &Path, what: &str, n: u32) {
    let mut file = OpenOptions::new().append(true).create(true).open(folder.join("journal")).unwrap();
    file.write_all(format!("{what} {n}\n").as_bytes()).unwrap();
}

fn journal(folder: &Path) -> Vec<Entry> {
    let text = fs::read_to_string(folder.join("journal")).unwrap_or_default();
    let entry = |line: &str| {
        let (what, person) = line.split_once(' ').unwrap();
        Entry { what: what.to_owned(), person: person.parse().unwrap() }
    };
    text.lines().map(entry).collect()
}

/// Mail files, as an independent parser reads them: recipient and text. A file is parsed once: it never changes.
fn mails(folder: &Path) -> Vec<(String, String)> {
    static READ: Mutex<BTreeMap<PathBuf, (String, String)>> = Mutex::new(BTreeMap::new());
    let mut known = READ.lock().unwrap();
    for path in fs::read_dir(folder.join("mail")).unwrap().map(|file| file.unwrap().path()) {
        if path.extension().is_some_and(|ending| ending == "eml") {
            known.entry(path.clone()).or_insert_with(|| read(&path));
        }
    }
    known.values().cloned().collect()
}

fn read(path: &PathBuf) -> (String, String) {
    let bytes = fs::read(path).unwrap();
    let mail = MessageParser::default().parse(&bytes).expect("a whole mail, never half of one");
    let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).expect("a recipient");
    (to.to_owned(), mail.body_text(0).expect("a text").into_owned())
}

fn links_to(folder: &Path, n: u32) -> Vec<RecoveryToken> {
    let wanted = format!("user{n}@example.org");
    let mine = mails(folder).into_iter().filter(|(to, _)| *to == wanted);
    let texts =
        mine.filter_map(|(_, text)| Some(text.split_once("token=")?.1.chars().take(64).collect::<String>()));
    texts.map(|token| RecoveryToken::parse(&token).expect("a whole token")).collect()
}

/// After a kill: a new process takes over, and then everything that anybody was told is true.
async fn check(folder: &Path, minutes: i64) {
    let site = open(folder, minutes).await;
    let done = site.worker.drain().await.unwrap();
    assert_eq!(done.faults, 0, "the worker goes on without a fault");
    let depth = site.flows.depth(&realm()).await.unwrap();
    assert_eq!((depth.waiting_mails, depth.dead_letters), (0, 0), "every mail went out");

    let audit = site.flows.audit_after(&realm(), 0, u32::MAX).await.unwrap();
    let count = |event: &str| audit.iter().filter(|(_, record)| record.event == event).count();
    let journal = journal(folder);
    let told = |what: &str| -> BTreeSet<u32> {
        journal.iter().filter(|entry| entry.what == what).map(|entry| entry.person).collect()
    };
    assert!(count("password.requested") >= told("asked").len(), "an ask that was answered is on record");
    assert_eq!(count("password.requested"), count("password.link_sent"), "and everyone who asked got a link");
    assert_eq!(count("password.password_chosen"), count("password.completed"), "no choice is left half done");

    let mut letters: BTreeMap<String, usize> = BTreeMap::new();
    for (to, _) in mails(folder) {
        *letters.entry(to).or_default() += 1;
    }
    for n in 0..=journal.iter().map(|entry| entry.person).max().unwrap_or(0) + AT_ONCE {
        let me = site.recovery.pseudonym(&id(n));
        let mine = |event: &str| {
            audit.iter().filter(|(_, record)| record.event == event && record.account == Some(me)).count()
        };
        let expected = mine("password.link_sent") + mine("password.completed");
        let got = letters.get(&format!("user{n}@example.org")).copied().unwrap_or(0);
        // A link that a newer one replaced before its mail went out is not mailed any more.
        let needed = expected - mine("password.superseded");
        assert!((needed..=expected).contains(&got), "one file for every mail: user{n}, {got} of {expected}");
        let stored = site.accounts.get(&id(n)).await.unwrap().and_then(|account| account.password).unwrap();
        let is_new = is(&new_password(n), &stored);
        assert!(
            is_new || is(&Password::new("a password that is forgotten"), &stored),
            "one of the two: user{n}"
        );
        assert_eq!(is_new, mine("password.completed") == 1, "the notice says what is true: user{n}");
        assert!(is_new || !told("chosen").contains(&n), "what was answered holds: user{n}");
        assert!(!is_new || told("choosing").contains(&n), "nothing is set that nobody chose: user{n}");
    }
    close(site).await;
}

/// An hour later every flow has ended.
async fn check_ends(folder: &Path, minutes: i64) -> String {
    let site = open(folder, minutes).await;
    site.worker.drain().await.unwrap();
    let depth = site.flows.depth(&realm()).await.unwrap();
    assert_eq!(depth.live_flows, 0, "every flow ends");
    let entries = journal(folder);
    let chosen = entries.iter().filter(|entry| entry.what == "chosen").count();
    File::open(folder).unwrap().sync_all().unwrap();
    close(site).await;
    format!("{} mails, {chosen} passwords chosen and told, nothing lost", mails(folder).len())
}

fn is(password: &Password, stored: &PasswordHash) -> bool {
    let verified = Argon2Hasher::danger_for_tests().verify(&password.prepare().unwrap(), stored).unwrap();
    verified != Verification::Wrong
}
