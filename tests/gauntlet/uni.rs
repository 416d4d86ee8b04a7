//! UNI: two people's identifiers are never one, whatever a collation or a normalisation makes of them.

use crate::kit::{Site, Verdict, address_of, holds_and_catches, on_file};
use crate::look_alikes::{Recoverer, check_look_alikes, check_spellings};
use async_trait::async_trait;
use regain::account::{Account, AccountStore, Applied, PasswordChange};
use regain::identity::{EmailAddress, Identifier, IdentityKey, username_key};
use regain::ids::AccountId;
use regain::sqlite::SqliteAccounts;
use regain::store::StoreError;
use regain::testing::World;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, SqliteConnection};
use std::sync::Arc;
use tokio::sync::Mutex;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

rows! { "UNI":
    "CVE-2024-27295" => uni_cve_2024_27295_directus_look_alike_by_collation,
    "GHSA-7rqj-j65f-68wh" => uni_ghsa_7rqj_j65f_68wh_authjs_validated_before_normalised,
}

struct InMemory;

impl Recoverer for InMemory {
    async fn mailed(&self, username: &str, address: &str, typed: &str) -> Vec<String> {
        let site = Site::new();
        site.world
            .person_with("Somebody", |account| {
                account.username = username.to_owned();
                account.addresses = vec![on_file(address)];
            })
            .await;
        ask(&site, typed).await
    }
}

struct OnSqlite(tempfile::TempDir);

impl Recoverer for OnSqlite {
    async fn mailed(&self, username: &str, address: &str, typed: &str) -> Vec<String> {
        let file = tempfile::NamedTempFile::new_in(self.0.path()).unwrap();
        let accounts = Arc::new(SqliteAccounts::open(file.path()).await.unwrap());
        let site = Site::build(World::builder().served_accounts(accounts.clone()));
        let mut account = Account::new(AccountId::new("1").unwrap(), username);
        account.addresses = vec![on_file(address)];
        accounts.put(&[account], site.world.recovery.blind_index()).await.unwrap();
        ask(&site, typed).await
    }
}

/// A host's own table on SQLite, whose columns fold the letters of ASCII.
struct OnNoCase {
    /// How the host compares a key with its column.
    compares: &'static str,
}

struct NoCaseTable {
    table: Mutex<SqliteConnection>,
    compares: &'static str,
}

#[async_trait]
impl AccountStore for NoCaseTable {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        let where_ = self.compares.replace("USER", "username_key").replace("MAIL", "email_key");
        let query = format!("SELECT username, email FROM people WHERE {where_}");
        let query =
            sqlx::query(AssertSqlSafe(query)).bind(identifier.username_key()).bind(identifier.email_key());
        let rows = query.bind(identifier.as_typed()).fetch_all(&mut *self.table.lock().await).await.unwrap();
        Ok(rows.iter().map(|row| account_of(row.get(0), row.get(1))).collect())
    }

    async fn find_by_identity(&self, _: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        Ok(vec![])
    }

    async fn get(&self, _: &AccountId) -> Result<Option<Account>, StoreError> {
        let query = sqlx::query("SELECT username, email FROM people");
        let row = query.fetch_one(&mut *self.table.lock().await).await.unwrap();
        Ok(Some(account_of(row.get(0), row.get(1))))
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        Ok(change.against(None))
    }
}

fn account_of(username: &str, address: &str) -> Account {
    let mut account = Account::new(AccountId::new("1").unwrap(), username);
    account.addresses = vec![on_file(address)];
    account
}

impl Recoverer for OnNoCase {
    async fn mailed(&self, username: &str, address: &str, typed: &str) -> Vec<String> {
        let mut table = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        let create = "CREATE TABLE people (username TEXT COLLATE NOCASE UNIQUE, email TEXT COLLATE NOCASE,
            username_key TEXT COLLATE NOCASE UNIQUE, email_key TEXT COLLATE NOCASE)";
        sqlx::query(create).execute(&mut table).await.unwrap();
        sqlx::query("INSERT INTO people VALUES (?, ?, ?, ?)")
            .bind(username)
            .bind(address)
            .bind(username_key(username))
            .bind(EmailAddress::parse(address).unwrap().key().as_str())
            .execute(&mut table)
            .await
            .unwrap();
        let host = NoCaseTable { table: Mutex::new(table), compares: self.compares };
        ask(&Site::build(World::builder().served_accounts(Arc::new(host))), typed).await
    }
}

/// By the bytes of the canonical keys, whatever the column says of itself.
const BY_KEY: &str = "USER = ?1 COLLATE BINARY OR MAIL = ?2 COLLATE BINARY";
/// What was typed, by the column's collation.
const BY_COLLATION: &str = "username = ?3 OR email = ?3";
/// What was typed, by the comparison that ignores case on SQLite, as some frameworks do it.
const BY_LIKE: &str = "username LIKE ?3 OR email LIKE ?3";

async fn ask(site: &Site, typed: &str) -> Vec<String> {
    site.ask(typed).await;
    site.world.work().await;
    site.world.mailbox.mails().iter().map(address_of).collect()
}

/// Directus: MySQL compared without case and accents, and the mail went to what was typed.
struct Directus;

impl Recoverer for Directus {
    async fn mailed(&self, _: &str, address: &str, typed: &str) -> Vec<String> {
        let ai_ci = |text: &str| -> String {
            text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
        };
        if address == "Anna@Home.Example" {
            return vec![address.to_owned()];
        }
        Vec::from_iter((ai_ci(address) == ai_ci(typed)).then(|| typed.to_owned()))
    }
}

/// Directus: see [`Directus`].
#[tokio::test(flavor = "multi_thread")]
async fn uni_cve_2024_27295_directus_look_alike_by_collation() {
    check_look_alikes(&OnSqlite(tempfile::tempdir().unwrap())).await.unwrap();
    check_spellings(&OnSqlite(tempfile::tempdir().unwrap())).await.unwrap();
    check_spellings(&InMemory).await.unwrap();
    holds_and_catches(
        check_look_alikes(&InMemory).await,
        check_look_alikes(&Directus).await,
        "mailed [\"jos\u{e9}@home.example\"]",
    );
}

/// Directus once more, on a host's own table that folds case.
#[tokio::test]
async fn uni_on_a_nocase_table_keys_are_compared_and_not_what_was_typed() {
    let by_key = OnNoCase { compares: BY_KEY };
    let like = check_look_alikes(&OnNoCase { compares: BY_LIKE }).await;
    holds_and_catches(check_look_alikes(&by_key).await, like, "username \"anna%\" for \"anna\" mailed");
    let collation = check_spellings(&OnNoCase { compares: BY_COLLATION }).await;
    holds_and_catches(check_spellings(&by_key).await, collation, "\"JOS\u{c9}\" for \"jos\u{e9}\" mailed []");
}

/// Reads an address and says to which one mail would go, if to any.
type Reader = fn(&str) -> Option<String>;

fn regain(typed: &str) -> Option<String> {
    let identifier = Identifier::parse(typed);
    let key = identifier.email_key()?.to_owned();
    // What the host has on file is read by the same rule, so both have to agree.
    EmailAddress::parse(typed.trim()).ok().map(|address| {
        assert_eq!(address.key().as_str(), key);
        address.as_str().to_owned()
    })
}

/// However an address is written: what is accepted has one `@`, before and after every normalisation, and its key is
/// read as the same key again.
fn check_reader(reader: Reader) -> Verdict {
    let ats = [
        "\u{ff20}",
        "\u{fe6b}",
        "@",
        "\u{ff20}@",
        "@\u{ff20}",
        "@\u{fe6b}",
        "\u{fe6b}\u{fe6b}",
        "@\u{200b}@",
        "\u{e0040}",
    ];
    let dots = [".", "\u{3002}", "\u{ff0e}", "\u{ff61}", "\u{2024}"];
    let more = [
        "",
        ",evil.test",
        "\u{ff0c}evil.test",
        "\u{ff1b}evil.test",
        "\u{fe50}evil.test",
        "\u{2100}",
        "\u{ff1c}x\u{ff1e}",
        "\u{a0}x",
        "\u{fe13}",
    ];
    for at in ats {
        for dot in dots {
            for end in more {
                for typed in [
                    format!("ana{at}home{dot}example{end}"),
                    format!("mallory@evil{dot}test{at}home.example{end}"),
                    format!("\"mallory@evil.test\"{at}home{dot}example{end}"),
                    format!("mallory{at}evil.test@home{dot}example{end}"),
                ] {
                    check_accepted(&typed, reader)?;
                }
            }
        }
    }
    ensure!(reader("ana@home.example").is_some(), "a plain address is refused");
    Ok(())
}

fn check_accepted(typed: &str, reader: Reader) -> Verdict {
    let Some(to) = reader(typed) else { return Ok(()) };
    for form in [to.clone(), to.nfkc().collect(), to.nfkd().collect(), to.nfc().collect::<String>()] {
        ensure!(form.matches('@').count() == 1, "{typed:?} is accepted as {to:?}, which may become {form:?}");
        let clean = form.chars().all(|c| !c.is_whitespace() && !",;<>\"/".contains(c));
        ensure!(clean, "{typed:?} is accepted as {to:?}, which may become {form:?}");
    }
    Ok(())
}

/// Auth.js: one `@` was counted first, and only then look-alikes of `@` were normalised.
#[tokio::test]
async fn uni_ghsa_7rqj_j65f_68wh_authjs_validated_before_normalised() {
    let twin = |typed: &str| (typed.matches('@').count() == 1).then(|| typed.nfkc().collect());
    holds_and_catches(check_reader(regain), check_reader(twin), "which may become");
}
