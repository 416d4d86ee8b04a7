//! The host's sessions, in the users' database. A new password ends them in its own transaction (`users.rs`).

use crate::users::{Users, account_id, failed, get, user_id};
use regain::clock::Timestamp;
use regain::ids::AccountId;
use regain::store::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

impl Users {
    /// Begins a session. Of its secret only a digest is given, and kept.
    pub async fn begin_session(
        &self,
        digest: &[u8; 32],
        account: &AccountId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        let Some(id) = user_id(account) else { return Err(StoreError::plain("nobody has that id")) };
        // What has expired goes when somebody signs in again.
        let sweep = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND expires_at <= $2");
        let sweep = sweep.bind(id).bind(now.millis()).execute(self.pool()).await;
        sweep.map_err(failed("begin a session"))?;
        let begin = sqlx::query("INSERT INTO sessions (digest, user_id, expires_at) VALUES ($1, $2, $3)");
        let begin = begin.bind(digest.to_vec()).bind(id).bind(expires_at.millis());
        begin.execute(self.pool()).await.map(drop).map_err(failed("begin a session"))
    }

    /// Whose session this is, if it is one that goes on.
    pub async fn session(&self, digest: &[u8; 32], now: Timestamp) -> Result<Option<AccountId>> {
        let row = sqlx::query(
            "SELECT user_id FROM sessions JOIN users ON id = user_id
             WHERE digest = $1 AND expires_at > $2 AND status = 'active'",
        )
        .bind(digest.to_vec())
        .bind(now.millis())
        .fetch_optional(self.pool())
        .await;
        let row = row.map_err(failed("read a session"))?;
        row.as_ref().map(|row| account_id(get(row, "user_id")?)).transpose()
    }

    /// Ends one session.
    pub async fn end_session(&self, digest: &[u8; 32]) -> Result<()> {
        let end = sqlx::query("DELETE FROM sessions WHERE digest = $1").bind(digest.to_vec());
        end.execute(self.pool()).await.map(drop).map_err(failed("end a session"))
    }
}
