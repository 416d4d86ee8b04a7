//! A table that regain knows by four statements only (`sqlite::UsersTable`).

use regain::account::{
    Account, AccountStatus, AccountStore as _, AddressOnFile, Applied, PasswordChange, Recoverability,
};
use regain::identity::{BlindIndex, EmailAddress, Identifier, username_key};
use regain::ids::FlowId;
use regain::sqlite::{UserStatements, UsersTable};
use regain::store::StoreError;
use regain::testing::contract::account_store_contract;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqliteRow};
use std::sync::Arc;
use tempfile::TempDir;

/// Every column that an account can have, in a table that folds case wherever it can.
const PEOPLE: &str = "
    CREATE TABLE people (id TEXT PRIMARY KEY, username TEXT COLLATE NOCASE, username_key TEXT COLLATE NOCASE,
      password TEXT, email TEXT, email_key TEXT COLLATE NOCASE, second_email TEXT, second_email_key TEXT,
      disabled INTEGER, may INTEGER, must INTEGER, recoverability TEXT, factors TEXT);
    CREATE TABLE person_index (value BLOB, person TEXT);
    CREATE TABLE logins (person TEXT);";

const STATEMENTS: UserStatements = UserStatements {
    find: "SELECT * FROM people WHERE username_key = $1 OR email_key = $2 OR second_email_key = $2",
    get: "SELECT * FROM people WHERE id = $1",
    set_password: "UPDATE people SET password = $2, must = 0 WHERE id = $1",
    end_sessions: "DELETE FROM logins WHERE person = $1",
};

fn more(row: &SqliteRow, mut account: Account) -> Result<Account, StoreError> {
    if let Some(second) = row.try_get::<Option<&str>, _>("second_email")? {
        account.addresses.push(AddressOnFile::Email(EmailAddress::parse(second).unwrap()));
    }
    if row.try_get("disabled")? {
        account.status = AccountStatus::Disabled;
    }
    account.may_change_password = row.try_get("may")?;
    account.must_change_password = row.try_get("must")?;
    account.recoverability = Recoverability::from_code(row.try_get("recoverability")?).unwrap();
    account.factors = row.try_get::<&str, _>("factors")?.lines().map(str::to_owned).collect();
    Ok(account)
}

async fn pool(folder: &TempDir, tables: &'static str) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(super::fresh_file(folder)).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(tables).execute(&pool).await.unwrap();
    pool
}

async fn add(account: &Account, index: &BlindIndex, pool: &SqlitePool) {
    let email = |at: usize| account.addresses.get(at).and_then(AddressOnFile::email);
    let key = |at| email(at).map(|email| email.key().as_str().to_owned());
    sqlx::query("INSERT INTO people VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
        .bind(account.id.as_str())
        .bind(&account.username)
        .bind(username_key(&account.username))
        .bind(account.password.as_ref().map(|hash| hash.as_str()))
        .bind(email(0).map(EmailAddress::as_str))
        .bind(key(0))
        .bind(email(1).map(EmailAddress::as_str))
        .bind(key(1))
        .bind(account.status != AccountStatus::Active)
        .bind(account.may_change_password)
        .bind(account.must_change_password)
        .bind(account.recoverability.code())
        .bind(account.factors.join("\n"))
        .execute(pool)
        .await
        .unwrap();
    for entry in account.person.iter().flat_map(|person| index.entries_for(person)) {
        let insert = sqlx::query("INSERT INTO person_index VALUES ($1, $2)").bind(entry.value.to_vec());
        insert.bind(account.id.as_str()).execute(pool).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_statements_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    account_store_contract(async |accounts, index| {
        let pool = pool(&folder, PEOPLE).await;
        for account in &accounts {
            add(account, &index, &pool).await;
        }
        let table = UsersTable::open(pool, STATEMENTS).await.unwrap().reading(more);
        let sql = "SELECT people.* FROM person_index JOIN people ON id = person WHERE value = $1 LIMIT 2";
        Arc::new(table.by_identity(sql))
    })
    .await;
}

/// Numbers for ids, names and addresses as they were typed, a hash that regain cannot read, a member who is shut out.
const MEMBERS: &str = "
    CREATE TABLE members (number INTEGER PRIMARY KEY, name TEXT, email TEXT, password TEXT, gone INTEGER DEFAULT 0);
    CREATE TABLE logins (member INTEGER);
    INSERT INTO members VALUES (7, 'Rosa', 'Rosa@Example.org', '$2b$12$of.another.kind', 0), (8, 'tom', 'no address', NULL, 0),
      (9, 'R\u{d3}sa', NULL, '', 0), (10, 'gone', 'gone@example.org', '$2b$12$of.another.kind', 1);
    INSERT INTO logins VALUES (7), (7), (8);";

const MEMBER: UserStatements = UserStatements {
    find: "SELECT number AS id, name AS username, email, password FROM members
           WHERE (lower(name) = $1 OR lower(email) = $2 OR lower(name) = replace($1, 'ó', 'Ó')) AND NOT gone",
    get: "SELECT number AS id, name AS username, email, password FROM members WHERE number = $1 AND NOT gone",
    set_password: "UPDATE members SET password = $2 WHERE number = $1",
    end_sessions: "DELETE FROM logins WHERE member = $1",
};

async fn found(table: &UsersTable, typed: &str) -> Vec<Account> {
    table.find_by_identifier(&Identifier::parse(typed)).await.unwrap()
}

async fn logins(pool: &SqlitePool) -> Vec<i64> {
    sqlx::query_scalar("SELECT member FROM logins").fetch_all(pool).await.unwrap()
}

fn change(account: &Account) -> PasswordChange {
    let (flow, account, expected) = (FlowId::from_bytes([1; 16]), account.id.clone(), account.epoch());
    PasswordChange { flow, account, expected, hash: super::hash("new password", 9) }
}

#[tokio::test]
async fn a_member_is_found_as_typed_and_gets_a_new_password() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder, MEMBERS).await;
    let table = UsersTable::open(pool.clone(), MEMBER).await.unwrap();
    for typed in ["rosa", " ROSA", "rosa@example.org", "ROSA@EXAMPLE.ORG"] {
        let found = found(&table, typed).await;
        assert_eq!(found.len(), 1, "{typed:?}");
        assert_eq!((found[0].id.as_str(), found[0].username.as_str()), ("7", "Rosa"));
        assert_eq!(found[0].addresses[0].as_str(), "Rosa@Example.org", "mail goes to what is on file");
    }
    for typed in ["gone", "gone@example.org", "no address", "", "7"] {
        assert!(found(&table, typed).await.is_empty(), "{typed:?}");
    }
    let rosa = found(&table, "rosa").await.remove(0);
    let change = change(&rosa);
    assert_eq!(table.set_password(&change).await.unwrap(), Applied::Done);
    assert_eq!(table.set_password(&change).await.unwrap(), Applied::Before);
    assert_eq!(logins(&pool).await, [8], "Rosa's sessions have ended, Tom's goes on");
    let now = table.get(&rosa.id).await.unwrap().unwrap();
    assert!(now.password == Some(change.hash) && now.revision.is_empty());
}

/// RC-7: a password that the host itself changes kills the links that are out, whatever made its hash.
#[tokio::test]
async fn a_hash_of_another_kind_is_part_of_the_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder, MEMBERS).await;
    let table = UsersTable::open(pool.clone(), MEMBER).await.unwrap();
    let change = change(&found(&table, "rosa").await[0]);
    sqlx::query("UPDATE members SET password = '$2b$12$changed.by.the.host' WHERE number = 7")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(table.set_password(&change).await.unwrap(), Applied::Conflict);
    assert_eq!(logins(&pool).await, [7, 7, 8]);
}

/// CVE-2019-19844
#[tokio::test]
async fn whom_a_statement_finds_by_mistake_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let everybody = UserStatements {
        find: "SELECT number AS id, name AS username, email, password FROM members WHERE $1 = $1 OR $2 = $2",
        ..MEMBER
    };
    let table = UsersTable::open(pool(&folder, MEMBERS).await, everybody).await.unwrap();
    let names =
        async |typed| found(&table, typed).await.into_iter().map(|found| found.username).collect::<Vec<_>>();
    assert_eq!(names("tom").await, ["tom"]);
    assert_eq!(names("ro\u{17f}a").await, [""; 0]);
    assert_eq!(names("r\u{f3}sa").await, ["R\u{d3}sa"]);
    assert_eq!(names("rosa@example.org").await, ["Rosa"]);
    let by_number = regain::ids::AccountId::new("07").unwrap();
    assert!(table.get(&by_number).await.unwrap().is_none(), "7 is written in one way");
}

#[tokio::test]
async fn a_statement_that_sets_everybodys_password_sets_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder, MEMBERS).await;
    let hashes = async || {
        let sql = "SELECT coalesce(password, '') FROM members ORDER BY number";
        sqlx::query_scalar::<_, String>(sql).fetch_all(&pool).await.unwrap()
    };
    let before = hashes().await;
    for set_password in [
        "UPDATE members SET password = $2 WHERE $1 = $1",
        "UPDATE members SET password = $1 WHERE number = $2",
    ] {
        let table = UsersTable::open(pool.clone(), UserStatements { set_password, ..MEMBER }).await.unwrap();
        let change = change(&found(&table, "rosa").await[0]);
        assert!(table.set_password(&change).await.is_err(), "{set_password}");
        assert_eq!(hashes().await, before, "{set_password}");
        assert_eq!(logins(&pool).await, [7, 7, 8], "{set_password}");
    }
}

#[tokio::test]
async fn a_wrong_statement_is_named_when_the_table_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder, MEMBERS).await;
    for (statements, named) in [
        (
            UserStatements { find: "SELECT number AS id, email, password FROM members", ..MEMBER },
            "no column username",
        ),
        (UserStatements { get: "SELECT id FROM members WHERE id = $1", ..MEMBER }, "no such column: id"),
        (
            UserStatements { set_password: "UPDATE member SET password = $2", ..MEMBER },
            "no such table: member",
        ),
        (UserStatements { end_sessions: "DELETE logins", ..MEMBER }, "syntax error"),
    ] {
        let error = UsersTable::open(pool.clone(), statements).await.err().expect(named);
        let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(why.contains(named), "{why}");
    }
}
