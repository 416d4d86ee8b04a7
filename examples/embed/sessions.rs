//! The host's sessions, in the users' database. A new password ends them in its own transaction (`users.rs`).

use crate::users::{Users, account_id, failed, get, user_id};
use regain::clock::Timestamp;
use regain::factor::AuthLevel;
use regain::ids::AccountId;
use regain::store::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub account: AccountId,
    /// How strongly they have shown it, at best.
    pub level: AuthLevel,
    /// When they did so last.
    pub authenticated_at: Timestamp,
    /// Whether all they may do is to choose another password.
    pub change_required: bool,
}

impl Users {
    /// Begins a session. Of its secret only a digest is given, and kept.
    pub async fn begin_session(
        &self,
        digest: &[u8; 32],
        session: &Session,
        expires_at: Timestamp,
    ) -> Result<()> {
        let Some(id) = user_id(&session.account) else { return Err(StoreError::plain("nobody has that id")) };
        // What has expired goes when somebody signs in again.
        let sweep = sqlx::query("DELETE FROM user_sessions WHERE user_id = $1 AND expires_at <= $2");
        let sweep = sweep.bind(id).bind(session.authenticated_at.millis()).execute(self.pool()).await;
        sweep.map_err(failed("begin a session"))?;
        let begin = sqlx::query(
            "INSERT INTO user_sessions (digest, user_id, level, authenticated_at, change_required, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let begin = begin
            .bind(digest.to_vec())
            .bind(id)
            .bind(session.level.code())
            .bind(session.authenticated_at.millis())
            .bind(i64::from(session.change_required))
            .bind(expires_at.millis());
        begin.execute(self.pool()).await.map(drop).map_err(failed("begin a session"))
    }

    /// Whose session this is, if it is one that goes on.
    pub async fn session(&self, digest: &[u8; 32], now: Timestamp) -> Result<Option<Session>> {
        let row = sqlx::query(
            "SELECT user_id, level, authenticated_at, change_required FROM user_sessions JOIN users ON id = user_id
             WHERE digest = $1 AND expires_at > $2 AND status = 'active'",
        )
        .bind(digest.to_vec())
        .bind(now.millis())
        .fetch_optional(self.pool())
        .await;
        let Some(row) = row.map_err(failed("read a session"))? else { return Ok(None) };
        let level = AuthLevel::from_code(&get::<String>(&row, "level")?);
        Ok(Some(Session {
            account: account_id(get(&row, "user_id")?)?,
            level: level.ok_or(StoreError::plain("a session has a level that is not known"))?,
            authenticated_at: Timestamp::from_millis(get(&row, "authenticated_at")?),
            change_required: get::<i64>(&row, "change_required")? != 0,
        }))
    }

    /// Ends one session.
    pub async fn end_session(&self, digest: &[u8; 32]) -> Result<()> {
        let end = sqlx::query("DELETE FROM user_sessions WHERE digest = $1").bind(digest.to_vec());
        end.execute(self.pool()).await.map(drop).map_err(failed("end a session"))
    }
}
