//! A users' table of the host's own, by four statements of SQL.
//!
//! How its users are kept, a host says in SQL. What regain relies on is done here, the same for every table: a new password
//! is judged and written in one transaction, and the sessions end with it.
//!
//! One rule: a statement proposes, and is looked at. Whoever it finds is compared once more, byte for byte, so that neither
//! `lower(…)` nor a collation decides who somebody is (CVE-2019-19844); and a new password that changes more rows than one,
//! or none, is taken back.

use crate::account::{Account, AccountStore, AddressOnFile, Applied, PasswordChange};
use crate::identity::{EmailAddress, Identifier, IdentityKey};
use crate::ids::AccountId;
use crate::sql::damaged;
use crate::sqlite::rows::get;
use crate::sqlite::trouble::failed;
use crate::store::StoreError;
use async_trait::async_trait;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Column as _, Executor as _, Row as _, SqlSafeStr as _, SqliteConnection, Statement as _};

type Result<T> = std::result::Result<T, StoreError>;

/// How a host's table is read and written. Every parameter is text, an id too where the table has numbers.
///
/// `find` and `get` give the columns `id` (text or integer), `username`, `email` and `password`; the last two may be NULL. Whom
/// the host has shut out, both leave out: `… AND NOT locked`.
#[derive(Debug, Clone, Copy)]
pub struct UserStatements {
    /// Everybody with the username `$1` or the e-mail address `$2`, either of which may be NULL. These are canonical keys,
    /// small letters mostly: compare them with a key that is stored, or with `lower(…)`, which is enough for ASCII.
    pub find: &'static str,
    /// The user with the id `$1`.
    pub get: &'static str,
    /// Stores the hash `$2` for the user with the id `$1`, in one row.
    pub set_password: &'static str,
    /// Ends all sessions of the user with the id `$1`.
    pub end_sessions: &'static str,
}

/// A host's own users' table, in a pool of its own. One transaction has to reach the table and the sessions, so both are in
/// one file; on disk is what that file's `synchronous` says (FULL, where nobody has set it).
///
/// ```
/// # use regain::store::StoreError;
/// use regain::sqlite::{UserStatements, UsersTable};
///
/// # async fn open(pool: sqlx::SqlitePool) -> Result<UsersTable, StoreError> {
/// UsersTable::open(pool, UserStatements {
///     find: "SELECT number AS id, name AS username, email, password FROM members
///            WHERE lower(name) = $1 OR lower(email) = $2",
///     get: "SELECT number AS id, name AS username, email, password FROM members WHERE number = $1",
///     set_password: "UPDATE members SET password = $2 WHERE number = $1",
///     end_sessions: "DELETE FROM logins WHERE member = $1",
/// }).await
/// # }
/// ```
///
/// What is stored is an Argon2id hash as PHC string, whatever stood there before ([`Account::with_stored_password`]).
pub struct UsersTable {
    pool: SqlitePool,
    statements: UserStatements,
    by_identity: Option<&'static str>,
    read: ReadMore,
}

/// What a row says beyond the four columns, such as the language of its person.
pub type ReadMore = fn(&SqliteRow, Account) -> Result<Account>;

const COLUMNS: [&str; 4] = ["id", "username", "email", "password"];

impl UsersTable {
    /// Has the database look at every statement, so that a wrong one is found here and not when somebody waits for a mail.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not take a statement, or `find` or `get` lacks a column.
    pub async fn open(pool: SqlitePool, statements: UserStatements) -> Result<Self> {
        let mut connection = pool.acquire().await.map_err(failed("connect to the users' table"))?;
        for sql in [statements.find, statements.get] {
            prepare(sql, &COLUMNS, &mut connection).await?;
        }
        for sql in [statements.set_password, statements.end_sessions] {
            prepare(sql, &[], &mut connection).await?;
        }
        drop(connection);
        Ok(Self { pool, statements, by_identity: None, read: |_, account| Ok(account) })
    }

    /// Takes more from each row: a person, other addresses, factors of the host's, a language. What a recovery rests on has
    /// to be among it, so that a change kills the links that are out ([`Account::epoch`]).
    #[must_use]
    pub fn reading(self, more: ReadMore) -> Self {
        Self { read: more, ..self }
    }

    /// Finds people for "forgot username": `sql` gives at most two users, in the same columns, who have the blind-index value
    /// `$1` (a BLOB; [`BlindIndex::entries_for`](crate::identity::BlindIndex::entries_for)). Without it nobody is found by who
    /// they are.
    #[must_use]
    pub fn by_identity(self, sql: &'static str) -> Self {
        Self { by_identity: Some(sql), ..self }
    }

    fn account(&self, row: &SqliteRow) -> Result<Account> {
        let mut account = Account::new(id(row)?, get::<String>(row, "username")?);
        // What is no address gets no mail.
        let email = get::<Option<&str>>(row, "email")?.and_then(|text| EmailAddress::parse(text).ok());
        account.addresses = email.map(AddressOnFile::Email).into_iter().collect();
        let account =
            get::<Option<&str>>(row, "password")?.into_iter().fold(account, Account::with_stored_password);
        (self.read)(row, account)
    }

    async fn by_id(&self, id: &AccountId, connection: &mut SqliteConnection) -> Result<Option<Account>> {
        let row = sqlx::query(self.statements.get).bind(id.as_str()).fetch_optional(connection).await;
        let row = row.map_err(failed("read a user"))?;
        let account = row.map(|row| self.account(&row)).transpose()?;
        // Where ids are numbers, "07" equals 7.
        Ok(account.filter(|account| account.id == *id))
    }
}

async fn prepare(sql: &'static str, columns: &[&str], connection: &mut SqliteConnection) -> Result<()> {
    let wrong = |why: String| StoreError::new("a statement for the users' table is not right", why);
    let prepared =
        connection.prepare(sql.into_sql_str()).await.map_err(|error| wrong(format!("{sql}: {error}")))?;
    let gives = |wanted: &str| prepared.columns().iter().any(|column| column.name() == wanted);
    match columns.iter().find(|wanted| !gives(wanted)) {
        Some(missing) => Err(wrong(format!("{sql}: it gives no column {missing}"))),
        None => Ok(()),
    }
}

fn id(row: &SqliteRow) -> Result<AccountId> {
    let number = row.try_get("id").map(|number: i64| number.to_string());
    let text = number.or_else(|_| get::<String>(row, "id"))?;
    AccountId::new(&text).map_err(|_| damaged("id"))
}

#[async_trait]
impl AccountStore for UsersTable {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>> {
        let query =
            sqlx::query(self.statements.find).bind(identifier.username_key()).bind(identifier.email_key());
        let rows = query.fetch_all(&self.pool).await.map_err(failed("find users"))?;
        let found: Vec<Account> = rows.iter().map(|row| self.account(row)).collect::<Result<_>>()?;
        Ok(found.into_iter().filter(|account| account.is_named_by(identifier)).collect())
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>> {
        let mut found: Vec<Account> = Vec::new();
        let Some(sql) = self.by_identity else { return Ok(found) };
        for value in key.values() {
            let rows = sqlx::query(sql).bind(&value[..]).fetch_all(&self.pool).await;
            for row in &rows.map_err(failed("find users"))? {
                let account = self.account(row)?;
                if found.iter().all(|known| known.id != account.id) {
                    found.push(account);
                }
            }
        }
        Ok(found)
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>> {
        let mut connection = self.pool.acquire().await.map_err(failed("read a user"))?;
        self.by_id(id, &mut connection).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied> {
        let failed = failed("set a password");
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let present = self.by_id(&change.account, &mut transaction).await?;
        let applied = change.against(present.as_ref());
        if applied == Applied::Done {
            let set = sqlx::query(self.statements.set_password)
                .bind(change.account.as_str())
                .bind(change.hash.as_str());
            let rows = set.execute(&mut *transaction).await.map_err(failed)?.rows_affected();
            if rows != 1 {
                let why = format!("the host's statement changed {rows} rows instead of one");
                return Err(StoreError::new("set a password", why));
            }
            let end = sqlx::query(self.statements.end_sessions).bind(change.account.as_str());
            end.execute(&mut *transaction).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(applied)
    }

    async fn end_sessions(&self, id: &AccountId) -> Result<()> {
        let end = sqlx::query(self.statements.end_sessions).bind(id.as_str());
        end.execute(&self.pool).await.map(drop).map_err(failed("end sessions"))
    }
}
