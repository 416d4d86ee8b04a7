//! A users' table of the host's own, on SQLite or PostgreSQL, and what regain has to know of it.
//!
//! regain owns none of it: ids are numbers, passwords stand in a column, sessions in a table beside. For regain the host
//! added two things: canonical keys of username and addresses, kept as bytes, since a collation must have no say in who
//! somebody is; and a table of blind-index values. Everything else is [`AccountStore`], below.

use async_trait::async_trait;
use regain::account::{
    Account, AccountStatus, AccountStore, AddressChange, AddressOnFile, Applied, HashUpgrade, PasswordChange,
    Recoverability,
};
use regain::identity::{BlindIndex, EmailAddress, Identifier, IdentityKey, Person, username_key};
use regain::ids::{AccountId, FlowId};
use regain::language::LanguageTag;
use regain::password::PasswordHash;
use regain::store::StoreError;
use sqlx::any::{AnyArguments, AnyConnectOptions, AnyPoolOptions, AnyRow, install_default_drivers};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions as _, Row as _};
use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;
use time::Date;
use time::macros::format_description;

type Result<T> = std::result::Result<T, StoreError>;

/// Connections of one node.
const CONNECTIONS: u32 = 8;
/// How long anybody waits for one.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the two databases differ. Both take `$1` for a parameter, and all statements but these.
struct Dialect {
    /// For each connection.
    settings: &'static str,
    schema: &'static str,
    /// Begins what reads first and writes then.
    begin: &'static str,
    /// Begins what adds many: a node that starts waits for one that started just before.
    begin_many: &'static str,
    /// Reads a user and keeps everybody else from changing it until the transaction ends.
    lock_user: &'static str,
}

const SQLITE: Dialect = Dialect {
    settings: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON",
    schema: include_str!("sqlite.sql"),
    // A deferred one fails with SQLITE_BUSY when it turns from reading to writing.
    begin: "BEGIN IMMEDIATE",
    begin_many: "BEGIN IMMEDIATE",
    lock_user: "SELECT * FROM users WHERE id = $1",
};

const POSTGRES: Dialect = Dialect {
    // A node that is paused inside a transaction keeps its locks for no longer than this.
    settings: "SET lock_timeout = '5s'; SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s'",
    schema: include_str!("postgres.sql"),
    // Under a stricter level, a change that waited for another one would fail, not see it.
    begin: "BEGIN ISOLATION LEVEL READ COMMITTED",
    begin_many: "BEGIN ISOLATION LEVEL READ COMMITTED;
        SET LOCAL lock_timeout = '5min'; SET LOCAL statement_timeout = '5min'",
    lock_user: "SELECT * FROM users WHERE id = $1 FOR UPDATE",
};

/// The host's users.
pub struct Users {
    pool: AnyPool,
    dialect: &'static Dialect,
}

impl Users {
    /// The table in a SQLite file.
    pub async fn open(file: &Path) -> Result<Self> {
        Self::connect_to(&format!("sqlite:{}?mode=rwc", percent_encoded(file)), &SQLITE).await
    }

    /// The table in a PostgreSQL database.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::connect_to(url, &POSTGRES).await
    }

    async fn connect_to(url: &str, dialect: &'static Dialect) -> Result<Self> {
        install_default_drivers();
        let pool = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE_TIMEOUT);
        let pool = pool.after_connect(|connection, _| {
            Box::pin(async { sqlx::raw_sql(dialect.settings).execute(connection).await.map(drop) })
        });
        let context = "connect to the users' database";
        let options = AnyConnectOptions::from_str(url).map_err(failed(context))?.disable_statement_logging();
        let pool = pool.connect_with(options).await.map_err(failed(context))?;
        let context = "make the users' table";
        let mut transaction = pool.begin_with(dialect.begin_many).await.map_err(failed(context))?;
        sqlx::raw_sql(dialect.schema).execute(&mut *transaction).await.map_err(failed(context))?;
        transaction.commit().await.map_err(failed(context))?;
        Ok(Self { pool, dialect })
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// How many users there are.
    pub async fn count(&self) -> Result<u64> {
        let row = sqlx::query("SELECT count(*) FROM users").fetch_one(&self.pool).await;
        let count = row.and_then(|row| row.try_get::<i64, _>(0)).map_err(failed("count users"))?;
        Ok(count.unsigned_abs())
    }

    /// Registers users, all of them in one transaction, and passes over those whose username is taken. Of several nodes
    /// that add the same users at once, one does. The ids in `accounts` do not count: the table gives its own.
    pub async fn add(&self, accounts: &[Account], index: &BlindIndex) -> Result<()> {
        let context = "add users";
        let mut transaction = self.pool.begin_with(self.dialect.begin_many).await.map_err(failed(context))?;
        for account in accounts {
            let key = username_key(&account.username)
                .ok_or(StoreError::plain("a username holds characters that usernames cannot have"))?;
            let added =
                insert(account, &key).fetch_optional(&mut *transaction).await.map_err(failed(context))?;
            let Some(added) = added else { continue };
            let id: i64 = get(&added, "id")?;
            for entry in account.person.iter().flat_map(|person| index.entries_for(person)) {
                sqlx::query("INSERT INTO user_index VALUES ($1, $2) ON CONFLICT DO NOTHING")
                    .bind(entry.value.to_vec())
                    .bind(id)
                    .execute(&mut *transaction)
                    .await
                    .map_err(failed(context))?;
            }
        }
        transaction.commit().await.map_err(failed(context))
    }
}

type Statement<'q> = Query<'q, Any, AnyArguments>;

fn insert<'q>(account: &Account, key: &str) -> Statement<'q> {
    let person = account.person.as_ref();
    let emails: Vec<_> = account.addresses.iter().filter_map(email).collect();
    let [(email, email_key), (second_email, second_email_key)] = columns(&emails);
    sqlx::query(
        "INSERT INTO users (login, login_key, password, status, managed, must_change, factors, email, email_key,
           second_email, second_email_key, given_name, family_name, birth_date, record_number, recoverability,
           language)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT (login_key) DO NOTHING RETURNING id",
    )
    .bind(account.username.clone())
    .bind(key.as_bytes().to_vec())
    .bind(account.password.as_ref().map(|hash| hash.as_str().to_owned()))
    .bind(if account.status == AccountStatus::Active { "active" } else { "locked" })
    .bind(i64::from(!account.may_change_password))
    .bind(i64::from(account.must_change_password))
    .bind(account.factors.join("\n"))
    .bind(email)
    .bind(email_key)
    .bind(second_email)
    .bind(second_email_key)
    .bind(person.map(|person| person.given_name.clone()))
    .bind(person.map(|person| person.family_name.clone()))
    .bind(person.and_then(|person| person.birth_date).map(|date| date.to_string()))
    .bind(person.and_then(|person| person.record_number.clone()))
    .bind(account.recoverability.code())
    .bind(account.language.as_ref().map(|language| language.as_str().to_owned()))
}

/// The table has room for nothing else.
fn email(address: &AddressOnFile) -> Option<&EmailAddress> {
    match address {
        AddressOnFile::Email(address) => Some(address),
        _ => None,
    }
}

/// A row as regain sees it. The epoch is a digest over these fields ([`Account::epoch`]): a column that a recovery rests
/// on has to be among them, so that a change to it kills the links that are out.
fn account(row: &AnyRow) -> Result<Account> {
    let mut account = Account::new(account_id(get(row, "id")?)?, get::<String>(row, "login")?);
    let password: Option<String> = get(row, "password")?;
    account.password =
        password.as_deref().map(PasswordHash::parse).transpose().map_err(failed("read a password hash"))?;
    account.status = match get::<String>(row, "status")?.as_str() {
        "active" => AccountStatus::Active,
        _ => AccountStatus::Disabled,
    };
    account.may_change_password = get::<i64>(row, "managed")? == 0;
    account.recoverability = Recoverability::from_code(&get::<String>(row, "recoverability")?)
        .ok_or(StoreError::plain("a user's recoverability is none that is known"))?;
    account.must_change_password = get::<i64>(row, "must_change")? != 0;
    account.factors = get::<String>(row, "factors")?.lines().map(str::to_owned).collect();
    for column in ["email", "second_email"] {
        if let Some(text) = get::<Option<String>>(row, column)? {
            let address = EmailAddress::parse(&text).map_err(failed("read an address"))?;
            account.addresses.push(AddressOnFile::Email(address));
        }
    }
    account.person = person(row)?;
    // What is no language is none: the mail is in the service's own.
    account.language = get::<Option<String>>(row, "language")?.and_then(|tag| LanguageTag::parse(&tag).ok());
    Ok(account)
}

fn person(row: &AnyRow) -> Result<Option<Person>> {
    let names: (Option<String>, Option<String>) = (get(row, "given_name")?, get(row, "family_name")?);
    let (Some(given), Some(family)) = names else { return Ok(None) };
    let mut person = Person::new(given, family);
    if let Some(date) = get::<Option<String>>(row, "birth_date")? {
        let format = format_description!("[year]-[month]-[day]");
        person = person.with_birth_date(Date::parse(&date, format).map_err(failed("read a birth date"))?);
    }
    if let Some(number) = get::<Option<String>>(row, "record_number")? {
        person = person.with_record_number(number);
    }
    Ok(Some(person))
}

pub fn account_id(id: i64) -> Result<AccountId> {
    AccountId::new(&id.to_string()).map_err(failed("read an id"))
}

/// The number in an id of ours. "7" is one, "07" and "+7" are nobody's.
pub fn user_id(id: &AccountId) -> Option<i64> {
    id.as_str().parse().ok().filter(|number: &i64| number.to_string() == id.as_str())
}

pub fn get<'r, T>(row: &'r AnyRow, column: &'static str) -> Result<T>
where
    T: sqlx::Decode<'r, Any> + sqlx::Type<Any>,
{
    row.try_get(column).map_err(failed("read a row"))
}

pub fn failed<E>(context: &'static str) -> impl Fn(E) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |error| StoreError::new(context, error)
}

/// A path as it stands in a URL.
fn percent_encoded(file: &Path) -> String {
    file.to_string_lossy().bytes().fold(String::new(), |mut url, byte| {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => url.push(byte.into()),
            _ => write!(url, "%{byte:02X}").unwrap_or_default(),
        }
        url
    })
}

#[async_trait]
impl AccountStore for Users {
    /// By the keys, byte for byte: `login` and `email` would find "mike" for "míke" in a database that thinks them equal.
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>> {
        let bytes = |key: Option<&str>| key.map(|key| key.as_bytes().to_vec());
        let rows = sqlx::query(
            "SELECT * FROM users WHERE login_key = $1 OR email_key = $2 OR second_email_key = $2 LIMIT 50",
        )
        .bind(bytes(identifier.username_key()))
        .bind(bytes(identifier.email_key()))
        .fetch_all(&self.pool)
        .await;
        rows.map_err(failed("find users"))?.iter().map(account).collect()
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>> {
        let mut found: Vec<Account> = Vec::new();
        for value in key.values() {
            let sql = "SELECT users.* FROM user_index JOIN users ON id = user_id WHERE value = $1 LIMIT 2";
            let rows = sqlx::query(sql).bind(value.to_vec()).fetch_all(&self.pool).await;
            for row in rows.map_err(failed("find users"))? {
                let account = account(&row)?;
                if found.iter().all(|known| known.id != account.id) {
                    found.push(account);
                }
            }
        }
        Ok(found)
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>> {
        let Some(id) = user_id(id) else { return Ok(None) };
        let row = sqlx::query("SELECT * FROM users WHERE id = $1").bind(id).fetch_optional(&self.pool).await;
        row.map_err(failed("read a user"))?.as_ref().map(account).transpose()
    }

    /// One transaction: the row is locked, then judged, then written, and the sessions end with it. Called again for the
    /// same change, it finds the new hash, and says so.
    async fn set_password(&self, change: &PasswordChange) -> Result<Applied> {
        let context = "set a password";
        let Some(id) = user_id(&change.account) else { return Ok(Applied::Conflict) };
        let mut transaction = self.pool.begin_with(self.dialect.begin).await.map_err(failed(context))?;
        let present = locked(self.dialect, id, &mut transaction).await?;
        let applied = change.against_last(last_recovery(id, &mut transaction).await?, present.as_ref());
        if applied == Applied::Done {
            sqlx::query("UPDATE users SET password = $1, must_change = 0, recovered_by = $2 WHERE id = $3")
                .bind(change.hash.as_str())
                .bind(change.flow.as_bytes().to_vec())
                .bind(id)
                .execute(&mut *transaction)
                .await
                .map_err(failed(context))?;
            let end = sqlx::query("DELETE FROM user_sessions WHERE user_id = $1").bind(id);
            end.execute(&mut *transaction).await.map_err(failed(context))?;
        }
        transaction.commit().await.map_err(failed(context))?;
        Ok(applied)
    }

    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Result<()> {
        let Some(id) = user_id(&upgrade.account) else { return Ok(()) };
        let update = sqlx::query("UPDATE users SET password = $1 WHERE id = $2 AND password = $3")
            .bind(upgrade.to.as_str())
            .bind(id)
            .bind(upgrade.from.as_str());
        update.execute(&self.pool).await.map(drop).map_err(failed("upgrade a hash"))
    }

    fn takes_addresses(&self) -> bool {
        true
    }

    /// One transaction, as for a password; sessions go on.
    async fn set_address(&self, change: &AddressChange) -> Result<Applied> {
        let context = "set addresses";
        let Some(id) = user_id(&change.account) else { return Ok(Applied::Conflict) };
        // For more than two addresses, and for others than e-mail, the table has no room.
        let emails: Option<Vec<_>> = change.addresses.iter().map(email).collect();
        let Some(emails) = emails.filter(|emails| emails.len() <= 2) else { return Ok(Applied::Conflict) };
        let mut transaction = self.pool.begin_with(self.dialect.begin).await.map_err(failed(context))?;
        let present = locked(self.dialect, id, &mut transaction).await?;
        let applied = change.against_last(last_addressing(id, &mut transaction).await?, present.as_ref());
        if applied == Applied::Done {
            let [(first, first_key), (second, second_key)] = columns(&emails);
            let update = sqlx::query(
                "UPDATE users SET email = $1, email_key = $2, second_email = $3, second_email_key = $4 WHERE id = $5",
            );
            let update = update.bind(first).bind(first_key).bind(second).bind(second_key).bind(id);
            update.execute(&mut *transaction).await.map_err(failed(context))?;
            let note = sqlx::query(
                "INSERT INTO user_addressed_by VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET change = excluded.change",
            );
            let note = note.bind(id).bind(change.change.as_bytes().to_vec());
            note.execute(&mut *transaction).await.map_err(failed(context))?;
        }
        transaction.commit().await.map_err(failed(context))?;
        Ok(applied)
    }

    async fn end_sessions(&self, id: &AccountId) -> Result<()> {
        let Some(id) = user_id(id) else { return Ok(()) };
        let end = sqlx::query("DELETE FROM user_sessions WHERE user_id = $1").bind(id);
        end.execute(&self.pool).await.map(drop).map_err(failed("end sessions"))
    }
}

/// An address and its key.
type Column = (Option<String>, Option<Vec<u8>>);

/// What stands in the table for the first two.
fn columns(emails: &[&EmailAddress]) -> [Column; 2] {
    let text = |at: usize| emails.get(at).map(|address| address.as_str().to_owned());
    let key = |at: usize| emails.get(at).map(|address| address.key().as_str().as_bytes().to_vec());
    [0, 1].map(|at| (text(at), key(at)))
}

async fn last_addressing(id: i64, connection: &mut AnyConnection) -> Result<Option<FlowId>> {
    let query = sqlx::query_scalar("SELECT change FROM user_addressed_by WHERE user_id = $1").bind(id);
    let stored: Option<Vec<u8>> = query.fetch_optional(connection).await.map_err(failed("read a user"))?;
    Ok(stored.and_then(|bytes| bytes.try_into().ok()).map(FlowId::from_bytes))
}

/// The flow whose password was set last: with it, a password that was set stays known as set, also when the user was
/// changed elsewhere since.
async fn last_recovery(id: i64, connection: &mut AnyConnection) -> Result<Option<FlowId>> {
    let query = sqlx::query_scalar("SELECT recovered_by FROM users WHERE id = $1").bind(id);
    let stored: Option<Option<Vec<u8>>> =
        query.fetch_optional(connection).await.map_err(failed("read a user"))?;
    Ok(stored.flatten().and_then(|bytes| bytes.try_into().ok()).map(FlowId::from_bytes))
}

async fn locked(dialect: &Dialect, id: i64, connection: &mut AnyConnection) -> Result<Option<Account>> {
    let row = sqlx::query(dialect.lock_user).bind(id).fetch_optional(connection).await;
    row.map_err(failed("read a user"))?.as_ref().map(account).transpose()
}
