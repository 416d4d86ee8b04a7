//! The service, and the people of the story.

use async_trait::async_trait;
use regain::account::{Account, AccountStore, AddressOnFile};
use regain::clock::Clock;
use regain::desk::{Desk, DeskHost, Ial, Staff, StaffId, StaffRole, Subject};
use regain::factor::AuthLevel;
use regain::identity::{EmailAddress, IdentityClaims, Person, TypedClaims};
use regain::ids::{AccountId, Realm};
use regain::keys::KeyRing;
use regain::mail::{Sender, Service};
use regain::origin::{Links, TrustedOrigin};
use regain::password::{Argon2Hasher, Password, PasswordHash, PasswordHasher as _, Verification};
use regain::recovery::{RecoveryBuilder, Setup};
use regain::security::AuthSession;
use regain::sqlite::SqliteAccounts;
use regain::store::{FlowStore, StoreError};
use regain::{Recovery, budget::Quota, password::HashPool, recovery::Limits};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};
use std::path::Path;
use std::sync::Arc;
use time::Duration;
use time::macros::date;

/// Forgets everything, and regains it.
pub const ANA: &str = "ana";
/// Has mail that comes at the second try, and did not ask for it.
pub const BO: &str = "bo";
/// Never opens the link.
pub const CY: &str = "cy";
/// Has an address that the mail system refuses.
pub const DEE: &str = "dee";
/// Chooses while the accounts are away.
pub const EVA: &str = "eva";
/// Has an address that is Gus's too, and never opens the link of her own.
pub const FAY: &str = "fay";
/// Regains everything by the mail that lists them both.
pub const GUS: &str = "gus";
/// Has an app and recovery codes, and keeps them.
pub const HAL: &str = "hal";
/// Has lost app and codes, and is helped.
pub const IVY: &str = "ivy";
/// Did not ask for the help that is about to be given.
pub const JO: &str = "jo";
pub const EVERYBODY: [&str; 10] = [ANA, BO, CY, DEE, EVA, FAY, GUS, HAL, IVY, JO];
/// How to reach somebody who writes to the desk.
pub const TELLER: &str = "call 555 0101";

const FORGOTTEN: &str = "a password that is forgotten";

pub fn realm() -> Realm {
    Realm::new("crash-points").unwrap()
}

pub fn id(who: &str) -> AccountId {
    AccountId::new(who).unwrap()
}

pub fn email(who: &str) -> String {
    let mailbox = if who == GUS { FAY } else { who };
    format!("{mailbox}@example.org")
}

pub fn forgotten() -> Password {
    Password::new(FORGOTTEN)
}

/// The password that somebody has who has set so many.
pub fn nth_password(number: usize) -> Password {
    match number {
        0 => forgotten(),
        1 => Password::new("violet harbour tin whistle 7"),
        _ => Password::new("copper meadow slow lantern 9"),
    }
}

/// What the host says of somebody who is signed in: with the second factor, just now.
pub fn session(who: &str, clock: &dyn Clock) -> AuthSession {
    let (account, level) = (id(who), AuthLevel::SecondFactor);
    AuthSession { account, level, authenticated_at: clock.now().into(), binding: [7; 32] }
}

/// Records what people show.
pub fn sam() -> Staff {
    Staff::new(StaffId::new("sam").unwrap(), StaffRole::ranked(10))
}

/// Decides.
pub fn tess() -> Staff {
    Staff::new(StaffId::new("tess").unwrap(), StaffRole::ranked(10))
}

/// All enrolled at the counter, and none of them is staff.
struct Enrolled;

#[async_trait]
impl DeskHost for Enrolled {
    async fn subject(&self, _: &AccountId) -> Result<Option<Subject>, StoreError> {
        Ok(Some(Subject { staff: None, enrolled_at: Ial::Two }))
    }
}

pub fn desk(recovery: Recovery) -> Desk {
    let desk = Desk::builder(recovery, Arc::new(Enrolled));
    desk.risk_analysis("Risk analysis of the crash points").build().unwrap()
}

fn record_number(who: &str) -> String {
    format!("MRN-{who}-4711")
}

/// What somebody says of themself.
pub fn claims(who: &str) -> IdentityClaims {
    IdentityClaims::new(TypedClaims {
        given_name: who.to_owned(),
        family_name: "Lindqvist".to_owned(),
        birth_date: "1961-04-02".to_owned(),
        record_number: record_number(who),
        ..TypedClaims::default()
    })
}

/// The service on these stores; cheap to hash, and with budgets that no asking again exhausts.
pub fn service(flows: Arc<dyn FlowStore>, accounts: Arc<dyn AccountStore>) -> RecoveryBuilder {
    let origin = TrustedOrigin::parse("https://portal.example.org").unwrap();
    let setup = Setup {
        realm: realm(),
        keys: KeyRing::new(1, [3; 32]),
        links: Links::new(origin, "/recovery", "/sign-in").unwrap(),
        service: Service::new("Portal", "call 555 0100").unwrap(),
        sender: Sender::new(EmailAddress::parse("portal@example.org").unwrap()),
        accounts,
        flows,
    };
    let mut limits = Limits::default();
    limits.mails_per_account_hour = Quota::new(10, Duration::HOUR);
    Recovery::builder(setup)
        .limits(limits)
        .hasher(Arc::new(Argon2Hasher::danger_for_tests()))
        .hash_pool(HashPool::new(1, 64).unwrap())
}

fn account(who: &str) -> Account {
    let mut account = Account::new(id(who), who);
    let prepared = forgotten().prepare().unwrap();
    account.password = Some(Argon2Hasher::danger_for_tests().hash(&prepared, [1; 16]).unwrap());
    account.addresses = vec![AddressOnFile::Email(EmailAddress::parse(&email(who)).unwrap())];
    let person = Person::new(who, "Lindqvist").with_birth_date(date!(1961 - 04 - 02));
    account.person = Some(person.with_record_number(record_number(who)));
    account
}

/// The host writes down every password that is stored, whoever stores it.
const JOURNAL: &str =
    "CREATE TABLE password_journal (entry INTEGER PRIMARY KEY, account TEXT, password TEXT);
    CREATE TRIGGER password_stored AFTER UPDATE OF password ON regain_account
    BEGIN INSERT INTO password_journal (account, password) VALUES (new.id, new.password); END";

async fn raw(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.unwrap()
}

/// Makes the file of accounts that every trial begins with: the cast, and a session of each.
pub async fn seed(file: &Path, cast: &[&str], index: &regain::identity::BlindIndex) {
    let accounts = SqliteAccounts::open(file).await.unwrap();
    let people: Vec<Account> = cast.iter().map(|who| account(who)).collect();
    accounts.put(&people, index).await.unwrap();
    for who in cast {
        regain::testing::SeedAccounts::begin_session(&accounts, &id(who)).await;
    }
    let mut journal = raw(file).await;
    sqlx::raw_sql(JOURNAL).execute(&mut journal).await.unwrap();
    // Closed, so that none of its files goes while they are copied.
    journal.close().await.unwrap();
    accounts.close().await;
}

/// Every password that was stored since, in order: whose, and its hash.
pub async fn stored_passwords(file: &Path) -> Vec<(String, String)> {
    let query = sqlx::query("SELECT account, password FROM password_journal ORDER BY entry");
    let rows = query.fetch_all(&mut raw(file).await).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

pub fn is(password: &Password, stored: &PasswordHash) -> bool {
    let verified = Argon2Hasher::danger_for_tests().verify(&password.prepare().unwrap(), stored).unwrap();
    verified != Verification::Wrong
}
