//! The example host keeps the contract with its own users' table, on SQLite and on PostgreSQL, whatever its collation.
//!
//! With feature `postgres`, `REGAIN_POSTGRES` names a database that these tests may make schemas in.

#[path = "../../examples/embed/sessions.rs"]
#[expect(dead_code, reason = "tests end sessions by a new password only")]
mod sessions;
#[path = "../../examples/embed/users.rs"]
#[expect(dead_code, reason = "each test names one database")]
mod users;

mod club;
mod named;
#[cfg(feature = "postgres")]
mod on_postgres;
mod table;

use named::Named;
use regain::account::{Account, AccountStore as _, AddressOnFile, Applied, PasswordChange};
use regain::clock::Timestamp;
use regain::factor::AuthLevel;
use regain::identity::{BlindIndex, EmailAddress, Identifier, IdentityRules, Person};
use regain::ids::{AccountId, FlowId};
use regain::password::{Argon2Hasher, Password, PasswordHash, PasswordHasher as _};
use regain::testing::contract::{account_store_contract, address_contract};
use sessions::Session;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use users::Users;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);
const LATER: Timestamp = Timestamp::from_millis(2_000_000);

/// A new file name each time.
fn fresh_file(folder: &TempDir) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    folder.path().join(format!("a 100 % new? file #{}.db", NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn index() -> BlindIndex {
    BlindIndex::new(IdentityRules::default(), "library", vec![(1, [7; 32])]).unwrap()
}

fn hash(password: &str, salt: u8) -> PasswordHash {
    Argon2Hasher::danger_for_tests().hash(&Password::new(password).prepare().unwrap(), [salt; 16]).unwrap()
}

fn somebody(name: &str) -> Account {
    let mut account = Account::new(AccountId::new("new").unwrap(), name);
    account.addresses =
        vec![AddressOnFile::Email(EmailAddress::parse(&format!("{name}@example.org")).unwrap())];
    account.password = Some(hash("present password", 1));
    account.person = Some(Person::new(name, "Silva").with_record_number(format!("card-{name}")));
    account
}

async fn find(users: &Users, name: &str) -> Account {
    users.find_by_identifier(&Identifier::parse(name)).await.unwrap().pop().unwrap()
}

async fn begin_sessions<const N: usize>(users: &Users, account: &AccountId) -> [[u8; 32]; N] {
    let id = account.as_str().parse::<u8>().unwrap();
    let sessions: [[u8; 32]; N] = std::array::from_fn(|n| [id * 16 + u8::try_from(n).unwrap(); 32]);
    for session in &sessions {
        users.begin_session(session, &signed_in(account), LATER).await.unwrap();
    }
    sessions
}

fn signed_in(account: &AccountId) -> Session {
    Session {
        account: account.clone(),
        level: AuthLevel::SecondFactor,
        authenticated_at: NOW,
        change_required: true,
    }
}

/// RC-18
async fn a_new_password_ends_all_sessions_of_its_user_and_of_nobody_else(users: &Users) {
    users.add(&[somebody("ana"), somebody("bo")], &index()).await.unwrap();
    let (ana, bo) = (find(users, "ana").await, find(users, "bo").await);
    let anas: [_; 2] = begin_sessions(users, &ana.id).await;
    let [bos] = begin_sessions(users, &bo.id).await;

    let change = |expected, salt| PasswordChange {
        flow: FlowId::from_bytes([1; 16]),
        account: ana.id.clone(),
        expected,
        hash: hash("new password", salt),
    };
    assert_eq!(users.set_password(&change(bo.epoch(), 2)).await.unwrap(), Applied::Conflict);
    for session in &anas {
        assert_eq!(
            users.session(session, NOW).await.unwrap(),
            Some(signed_in(&ana.id)),
            "nothing was changed"
        );
    }
    let good = change(ana.epoch(), 3);
    assert_eq!(users.set_password(&good).await.unwrap(), Applied::Done);
    for session in &anas {
        assert_eq!(users.session(session, NOW).await.unwrap(), None, "a new password ends every session");
    }
    assert_eq!(users.session(&bos, NOW).await.unwrap(), Some(signed_in(&bo.id)), "and nobody else's");

    let [since] = begin_sessions(users, &ana.id).await;
    assert_eq!(users.set_password(&good).await.unwrap(), Applied::Before);
    let who = users.session(&since, NOW).await.unwrap();
    assert_eq!(who, Some(signed_in(&ana.id)), "what was done before ends no session that began since");
}

async fn ids_are_numbers_as_they_are_printed(users: &Users) {
    users.add(&[somebody("ana")], &index()).await.unwrap();
    let ana = find(users, "ana").await.id;
    let ana = ana.as_str();
    for id in [format!("0{ana}"), format!("+{ana}"), format!("{ana} "), format!("{ana}.0"), "ana".to_owned()]
    {
        let nobody = AccountId::new(&id).unwrap();
        assert!(users.get(&nobody).await.unwrap().is_none(), "{id:?} is nobody's id");
    }
}

/// Each of several nodes that start at once adds the same users.
async fn users_are_added_once(nodes: &[Users]) {
    let people: Vec<Account> = (0..40).map(|n| somebody(&format!("user{n}"))).collect();
    let index = index();
    let added = futures_util::future::join_all(nodes.iter().map(|node| node.add(&people, &index))).await;
    assert!(added.iter().all(Result::is_ok), "{added:?}");
    assert_eq!(nodes[0].count().await.unwrap(), 40);
    let ana = find(&nodes[0], "user7").await;
    assert_eq!(ana.person.and_then(|person| person.record_number).as_deref(), Some("card-user7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_table_on_sqlite_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    account_store_contract(async |accounts, index| {
        let users = Users::open(&fresh_file(&folder)).await.unwrap();
        Arc::new(Named::add(users, accounts, &index).await)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_on_sqlite_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    address_contract(async |accounts, index| {
        let users = Users::open(&fresh_file(&folder)).await.unwrap();
        Arc::new(Named::add(users, accounts, &index).await)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_on_sqlite_end_with_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let users = Users::open(&fresh_file(&folder)).await.unwrap();
    a_new_password_ends_all_sessions_of_its_user_and_of_nobody_else(&users).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_on_sqlite_are_numbers_as_they_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    ids_are_numbers_as_they_are_printed(&Users::open(&fresh_file(&folder)).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_on_sqlite_are_added_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = fresh_file(&folder);
    users_are_added_once(&[Users::open(&file).await.unwrap(), Users::open(&file).await.unwrap()]).await;
}

#[test]
fn what_mounts_regain_is_less_than_30_lines() {
    let example = include_str!("../../examples/embed/main.rs");
    let (_, rest) = example.split_once("// mount: begin\n").expect("the part has a beginning");
    let (mount, _) = rest.split_once("// mount: end\n").expect("and an end");
    assert!(
        mount.contains("Recovery::builder") && mount.contains("Worker::new") && mount.contains("web::router")
    );
    let lines = mount.lines().count();
    assert!(lines < 30, "{lines} lines");
}
