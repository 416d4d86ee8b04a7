//! What a host says about the session that a person acts in.

use crate::clock::Timestamp;
use crate::factor::AuthLevel;
use crate::ids::AccountId;
use std::fmt;

/// A signed-in person, as the host's own session says. regain keeps no sessions: the host builds this from its row for each
/// call, never from what a browser sent.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthSession {
    /// Whose.
    pub account: AccountId,
    /// How strongly the person has signed in.
    pub level: AuthLevel,
    /// When.
    pub authenticated_at: Timestamp,
    /// 32 bytes that only this session has, such as a digest of its cookie: what is begun in one session cannot be
    /// finished in another.
    pub binding: [u8; 32],
}

impl fmt::Debug for AuthSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthSession").field("level", &self.level).finish_non_exhaustive()
    }
}
