//! The club's members, as they were before regain: numbers for ids, a password column, sessions in a table beside.

use argon2::password_hash::PasswordVerifier as _;
use argon2::{Argon2, PasswordHash};
use regain::password::Password;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::error::Error;
use std::path::Path;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Rosa's password was "beans and peas", Tom's is "leek leek leek".
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS members
      (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, email TEXT, password TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS logins (session TEXT PRIMARY KEY, member INTEGER NOT NULL REFERENCES members);
    INSERT OR IGNORE INTO members (name, email, password) VALUES
      ('Rosa', 'Rosa@example.org', '$argon2id$v=19$m=19456,t=2,p=1$7/9wGiH1nU+/1H9F9gBFRw$ZoHUDazkT3zmyj9VN4O7mG0ojpiwa1aQRDBLlXYDOm0'),
      ('tom', 'tom@example.org', '$argon2id$v=19$m=19456,t=2,p=1$vHWDlMuyOCO940aclQJ8yA$9jDOj5PVjUNHMkZSKfh/UtjoOZ6QFyc+abH6yxTVN8c');
";

pub struct Members(SqlitePool);

impl Members {
    pub async fn open(file: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await?;
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        Ok(Self(pool))
    }

    pub fn pool(&self) -> &SqlitePool {
        &self.0
    }

    /// The club's own sign-in, which goes on as it was. That it takes a password as regain does, with its spaces and accents
    /// in one form, is new: `prepare`.
    pub async fn log_in(&self, name: &str, password: &str) -> Result<Option<String>> {
        let found = sqlx::query_as(
            "SELECT number, password FROM members WHERE lower(name) = lower($1) OR email = $1",
        );
        let found: Option<(i64, String)> = found.bind(name).fetch_optional(&self.0).await?;
        let (Some((number, hash)), Ok(typed)) = (found, Password::new(password).prepare()) else {
            return Ok(None);
        };
        let hash = PasswordHash::new(&hash).map_err(|error| error.to_string())?;
        if Argon2::default().verify_password(typed.as_bytes(), &hash).is_err() {
            return Ok(None);
        }
        let begin = "INSERT INTO logins VALUES (hex(randomblob(32)), $1) RETURNING session";
        Ok(Some(sqlx::query_scalar(begin).bind(number).fetch_one(&self.0).await?))
    }

    /// Whose session it is.
    pub async fn who(&self, session: &str) -> Result<Option<String>> {
        let sql = "SELECT name FROM members JOIN logins ON member = number WHERE session = $1";
        Ok(sqlx::query_scalar(sql).bind(session).fetch_optional(&self.0).await?)
    }
}
