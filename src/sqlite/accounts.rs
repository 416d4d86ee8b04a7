//! An example [`AccountStore`] on SQLite, with sessions, for hosts that have no users' table yet.
//!
//! The table is the host's, not regain's: it may stand in the same file or in another one.

use crate::account::{
    Account, AccountStatus, AccountStore, AddressChange, AddressKind, AddressOnFile, Applied, HashUpgrade,
    PasswordChange, Recoverability,
};
use crate::clock::Timestamp;
use crate::identity::{BlindIndex, EmailAddress, EmailKey, Identifier, IdentityKey, Person, username_key};
use crate::ids::{AccountId, FlowId};
use crate::language::LanguageTag;
use crate::password::PasswordHash;
use crate::sql::damaged;
use crate::sqlite::rows::get;
use crate::sqlite::schema::{Pools, Schema};
use crate::sqlite::writer::in_transaction;
use crate::store::StoreError;
use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::path::Path;
use time::Date;
use time::macros::format_description;

const SCHEMA: Schema = Schema {
    name: "accounts",
    migrations: &[
        include_str!("accounts.sql"),
        "ALTER TABLE regain_account ADD COLUMN recovered_by BLOB",
        "ALTER TABLE regain_account ADD COLUMN recoverability TEXT NOT NULL DEFAULT 'possible'",
        "ALTER TABLE regain_account ADD COLUMN addressed_by BLOB",
        "ALTER TABLE regain_account ADD COLUMN language TEXT",
    ],
};

type Result<T> = std::result::Result<T, StoreError>;

/// Accounts and sessions in a SQLite file.
pub struct SqliteAccounts {
    pools: Pools,
}

impl SqliteAccounts {
    /// Opens the file, makes it if need be, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened or written.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self { pools: Pools::open(path.as_ref(), &SCHEMA).await? })
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pools.close().await;
    }

    /// How many accounts there are.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn count(&self) -> Result<u64> {
        let query = sqlx::query("SELECT count(*) FROM regain_account");
        let row = query.fetch_one(&self.pools.readers).await?;
        row.try_get::<i64, _>(0).map(|count| count.unsigned_abs()).map_err(StoreError::from)
    }

    /// Adds accounts, or replaces them, with their blind-index values: all in one transaction. Sessions go on, but for those
    /// of an account that is disabled: they are ended, and do not come back with it (SE-2).
    ///
    /// # Errors
    /// [`StoreError`] when a username cannot be one, belongs to another account, or the database does not answer.
    pub async fn put(&self, accounts: &[Account], index: &BlindIndex) -> Result<()> {
        in_transaction(&self.pools.writer, async |connection| {
            for account in accounts {
                let Some(key) = username_key(&account.username) else {
                    return Err(StoreError::plain("a username holds characters that usernames cannot have"));
                };
                insert(account, &key, index, connection).await?;
            }
            Ok(())
        })
        .await
    }

    /// Deletes an account, its index values and its sessions.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn remove(&self, id: &AccountId) -> Result<()> {
        let query = sqlx::query("DELETE FROM regain_account WHERE id = ?").bind(id.as_str());
        query.execute(&self.pools.writer).await.map(drop).map_err(StoreError::from)
    }

    /// How many sessions an account has.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn sessions(&self, id: &AccountId) -> Result<u32> {
        let query = sqlx::query("SELECT count(*) FROM regain_session WHERE account = ?").bind(id.as_str());
        query.fetch_one(&self.pools.readers).await.and_then(|row| row.try_get(0)).map_err(StoreError::from)
    }

    /// Begins a session. Of the session's secret only a digest is given, and kept.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn begin_session(
        &self,
        digest: &[u8; 32],
        account: &AccountId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        in_transaction(&self.pools.writer, async |connection| {
            // What has expired goes when somebody signs in again.
            sqlx::query("DELETE FROM regain_session WHERE account = ? AND expires_at <= ?")
                .bind(account.as_str())
                .bind(now.millis())
                .execute(&mut *connection)
                .await?;
            sqlx::query("INSERT INTO regain_session (digest, account, expires_at) VALUES (?, ?, ?)")
                .bind(&digest[..])
                .bind(account.as_str())
                .bind(expires_at.millis())
                .execute(connection)
                .await?;
            Ok(())
        })
        .await
    }

    /// Whose session this is, if it is one that goes on.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn session(&self, digest: &[u8; 32], now: Timestamp) -> Result<Option<AccountId>> {
        let row = sqlx::query(
            "SELECT account FROM regain_session JOIN regain_account ON id = account
             WHERE digest = ? AND expires_at > ? AND NOT disabled",
        )
        .bind(&digest[..])
        .bind(now.millis())
        .fetch_optional(&self.pools.readers)
        .await?;
        row.as_ref()
            .map(|row| AccountId::new(get(row, "account")?).map_err(|_| damaged("account")))
            .transpose()
    }

    /// Ends one session.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn end_session(&self, digest: &[u8; 32]) -> Result<()> {
        let query = sqlx::query("DELETE FROM regain_session WHERE digest = ?").bind(&digest[..]);
        query.execute(&self.pools.writer).await.map(drop).map_err(StoreError::from)
    }

    /// All accounts of a query that gives `regain_account` rows.
    async fn all(
        &self,
        query: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<Vec<Account>> {
        let mut connection = self.pools.readers.acquire().await?;
        let rows = query.fetch_all(&mut *connection).await?;
        let mut accounts = Vec::with_capacity(rows.len());
        for row in &rows {
            accounts.push(account(row, &mut connection).await?);
        }
        if accounts.is_empty() {
            // As many statements for nobody: the time of a sign-in must not tell (EN-2).
            addresses("", &mut connection).await?;
        }
        Ok(accounts)
    }
}

async fn insert(
    account: &Account,
    key: &str,
    index: &BlindIndex,
    connection: &mut SqliteConnection,
) -> std::result::Result<(), sqlx::Error> {
    let person = account.person.as_ref();
    // Not deleted and inserted again: that would take the sessions along.
    sqlx::query(
        "INSERT INTO regain_account (id, username, username_key, password, disabled, may_change_password,
           must_change_password, factors, given_name, family_name, birth_date, record_number, recoverability,
           language)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET username = excluded.username, username_key = excluded.username_key,
           password = excluded.password, disabled = excluded.disabled,
           may_change_password = excluded.may_change_password, must_change_password = excluded.must_change_password,
           factors = excluded.factors, given_name = excluded.given_name, family_name = excluded.family_name,
           birth_date = excluded.birth_date, record_number = excluded.record_number,
           recoverability = excluded.recoverability, language = excluded.language",
    )
        .bind(account.id.as_str())
        .bind(&account.username)
        .bind(key)
        .bind(account.password.as_ref().map(PasswordHash::as_str))
        .bind(account.status != AccountStatus::Active)
        .bind(account.may_change_password)
        .bind(account.must_change_password)
        .bind(account.factors.join("\n"))
        .bind(person.map(|person| person.given_name.as_str()))
        .bind(person.map(|person| person.family_name.as_str()))
        .bind(person.and_then(|person| person.birth_date).map(|date| date.to_string()))
        .bind(person.and_then(|person| person.record_number.as_deref()))
        .bind(account.recoverability.code())
        .bind(account.language.as_ref().map(LanguageTag::as_str))
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM regain_account_index WHERE account = ?")
        .bind(account.id.as_str())
        .execute(&mut *connection)
        .await?;
    if account.status != AccountStatus::Active {
        sqlx::query("DELETE FROM regain_session WHERE account = ?")
            .bind(account.id.as_str())
            .execute(&mut *connection)
            .await?;
    }
    store_addresses(&account.id, &account.addresses, connection).await?;
    for entry in person.iter().flat_map(|person| index.entries_for(person)) {
        sqlx::query("INSERT OR IGNORE INTO regain_account_index VALUES (?, ?)")
            .bind(&entry.value[..])
            .bind(account.id.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn store_addresses(
    id: &AccountId,
    addresses: &[AddressOnFile],
    connection: &mut SqliteConnection,
) -> std::result::Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM regain_account_address WHERE account = ?")
        .bind(id.as_str())
        .execute(&mut *connection)
        .await?;
    for (position, address) in (0_i64..).zip(addresses) {
        // The key of an e-mail address has an @; of the other kinds, which nobody is found by, the kind stands there.
        let key = address.email().map(EmailAddress::key);
        sqlx::query("INSERT INTO regain_account_address VALUES (?, ?, ?, ?)")
            .bind(id.as_str())
            .bind(position)
            .bind(address.as_str())
            .bind(key.as_ref().map_or(address.kind().code(), EmailKey::as_str))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn store_password(change: &PasswordChange, connection: &mut SqliteConnection) -> Result<()> {
    sqlx::query(
        "UPDATE regain_account SET password = ?, must_change_password = 0, recovered_by = ? WHERE id = ?",
    )
    .bind(change.hash.as_str())
    .bind(&change.flow.as_bytes()[..])
    .bind(change.account.as_str())
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM regain_session WHERE account = ?")
        .bind(change.account.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// The flow whose password was set last.
const RECOVERED_BY: &str = "SELECT recovered_by FROM regain_account WHERE id = ?";
/// The change of the addresses that was applied last.
const ADDRESSED_BY: &str = "SELECT addressed_by FROM regain_account WHERE id = ?";

async fn last_applied(
    column: &'static str,
    id: &AccountId,
    connection: &mut SqliteConnection,
) -> Result<Option<FlowId>> {
    let query = sqlx::query_scalar(column).bind(id.as_str());
    let stored: Option<Option<Vec<u8>>> = query.fetch_optional(connection).await?;
    Ok(stored.flatten().and_then(|bytes| bytes.try_into().ok()).map(FlowId::from_bytes))
}

async fn by_id(id: &AccountId, connection: &mut SqliteConnection) -> Result<Option<Account>> {
    let query = sqlx::query("SELECT * FROM regain_account WHERE id = ?").bind(id.as_str());
    match query.fetch_optional(&mut *connection).await? {
        Some(row) => account(&row, connection).await.map(Some),
        None => Ok(None),
    }
}

async fn account(row: &SqliteRow, connection: &mut SqliteConnection) -> Result<Account> {
    let id: &str = get(row, "id")?;
    let mut account =
        Account::new(AccountId::new(id).map_err(|_| damaged("id"))?, get::<String>(row, "username")?);
    let password: Option<&str> = get(row, "password")?;
    account.password = password.map(PasswordHash::parse).transpose().map_err(|_| damaged("password"))?;
    account.status = if get(row, "disabled")? { AccountStatus::Disabled } else { AccountStatus::Active };
    account.may_change_password = get(row, "may_change_password")?;
    account.recoverability =
        Recoverability::from_code(get(row, "recoverability")?).ok_or_else(|| damaged("recoverability"))?;
    account.must_change_password = get(row, "must_change_password")?;
    account.factors = get::<&str>(row, "factors")?.lines().map(str::to_owned).collect();
    account.person = person(row)?;
    let language: Option<&str> = get(row, "language")?;
    account.language = language.map(LanguageTag::parse).transpose().map_err(|_| damaged("language"))?;
    account.addresses = addresses(id, connection).await?;
    Ok(account)
}

async fn addresses(id: &str, connection: &mut SqliteConnection) -> Result<Vec<AddressOnFile>> {
    let query = "SELECT email, email_key FROM regain_account_address WHERE account = ? ORDER BY position";
    let rows = sqlx::query(query).bind(id).fetch_all(connection).await?;
    let address = |row| {
        let kind = AddressKind::from_code(get(row, "email_key")?).unwrap_or(AddressKind::Email);
        AddressOnFile::parse(kind, get(row, "email")?).map_err(|_| damaged("email"))
    };
    rows.iter().map(address).collect()
}

fn person(row: &SqliteRow) -> Result<Option<Person>> {
    let names: (Option<String>, Option<String>) = (get(row, "given_name")?, get(row, "family_name")?);
    let (Some(given), Some(family)) = names else { return Ok(None) };
    let mut person = Person::new(given, family);
    if let Some(date) = get::<Option<&str>>(row, "birth_date")? {
        let format = format_description!("[year]-[month]-[day]");
        person = person.with_birth_date(Date::parse(date, format).map_err(|_| damaged("birth_date"))?);
    }
    if let Some(number) = get::<Option<&str>>(row, "record_number")? {
        person = person.with_record_number(number);
    }
    Ok(Some(person))
}

#[async_trait]
impl AccountStore for SqliteAccounts {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>> {
        // Keys are compared byte for byte: SQLite's default collation folds nothing.
        let query = sqlx::query(
            "SELECT * FROM regain_account WHERE id IN
               (SELECT id FROM regain_account WHERE username_key = ?1
                UNION SELECT account FROM regain_account_address WHERE email_key = ?2) LIMIT 50",
        );
        self.all(query.bind(identifier.username_key()).bind(identifier.email_key())).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>> {
        let mut found: Vec<Account> = Vec::new();
        for value in key.values() {
            let query = sqlx::query(
                "SELECT regain_account.* FROM regain_account_index JOIN regain_account ON id = account
                 WHERE value = ? LIMIT 2",
            );
            for account in self.all(query.bind(&value[..])).await? {
                if found.iter().all(|known| known.id != account.id) {
                    found.push(account);
                }
            }
        }
        Ok(found)
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>> {
        let mut connection = self.pools.readers.acquire().await?;
        by_id(id, &mut connection).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied> {
        in_transaction(&self.pools.writer, async |connection| {
            let present = by_id(&change.account, connection).await?;
            let applied = change.against_last(
                last_applied(RECOVERED_BY, &change.account, connection).await?,
                present.as_ref(),
            );
            if applied == Applied::Done {
                store_password(change, connection).await?;
            }
            Ok(applied)
        })
        .await
    }

    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Result<()> {
        sqlx::query("UPDATE regain_account SET password = ? WHERE id = ? AND password = ?")
            .bind(upgrade.to.as_str())
            .bind(upgrade.account.as_str())
            .bind(upgrade.from.as_str())
            .execute(&self.pools.writer)
            .await?;
        Ok(())
    }

    fn takes_addresses(&self) -> bool {
        true
    }

    async fn set_address(&self, change: &AddressChange) -> Result<Applied> {
        in_transaction(&self.pools.writer, async |connection| {
            let present = by_id(&change.account, connection).await?;
            let last = last_applied(ADDRESSED_BY, &change.account, connection).await?;
            let applied = change.against_last(last, present.as_ref());
            if applied == Applied::Done {
                store_addresses(&change.account, &change.addresses, connection).await?;
                sqlx::query("UPDATE regain_account SET addressed_by = ? WHERE id = ?")
                    .bind(&change.change.as_bytes()[..])
                    .bind(change.account.as_str())
                    .execute(connection)
                    .await?;
            }
            Ok(applied)
        })
        .await
    }

    async fn end_sessions(&self, id: &AccountId) -> Result<()> {
        let query = sqlx::query("DELETE FROM regain_session WHERE account = ?").bind(id.as_str());
        query.execute(&self.pools.writer).await?;
        Ok(())
    }
}
