//! People for stories, and the little that a store of accounts must offer so that stories can be told on it.

use crate::account::{Account, AccountStore};
use crate::identity::{BlindIndex, Identifier, IdentityClaims, TypedClaims};
use crate::ids::AccountId;
use crate::memory::MemoryAccounts;
use crate::password::Password;
use async_trait::async_trait;

/// What a host does with its accounts beside recovery, as far as stories need it.
///
/// An error of the store may panic: this is for tests.
#[async_trait]
pub trait SeedAccounts: AccountStore {
    /// Adds an account, or replaces it, with its blind-index values. Sessions go on.
    async fn put(&self, account: Account, index: &BlindIndex);

    /// Deletes an account.
    async fn remove(&self, id: &AccountId);

    /// Begins a session.
    async fn begin_session(&self, id: &AccountId);

    /// How many sessions an account has.
    async fn sessions(&self, id: &AccountId) -> u32;
}

#[async_trait]
impl SeedAccounts for MemoryAccounts {
    async fn put(&self, account: Account, index: &BlindIndex) {
        Self::put(self, account, index);
    }

    async fn remove(&self, id: &AccountId) {
        Self::remove(self, id);
    }

    async fn begin_session(&self, id: &AccountId) {
        Self::begin_session(self, id);
    }

    async fn sessions(&self, id: &AccountId) -> u32 {
        Self::sessions(self, id)
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::{Account, AccountId, BlindIndex, SeedAccounts, async_trait};
    use crate::clock::Timestamp;
    use crate::entropy::{SystemEntropy, random};
    use crate::sqlite::SqliteAccounts;

    #[async_trait]
    impl SeedAccounts for SqliteAccounts {
        async fn put(&self, account: Account, index: &BlindIndex) {
            Self::put(self, &[account], index).await.expect("the database takes an account");
        }

        async fn remove(&self, id: &AccountId) {
            Self::remove(self, id).await.expect("the database deletes an account");
        }

        async fn begin_session(&self, id: &AccountId) {
            let digest = random(&SystemEntropy).expect("randomness");
            let (now, never) = (Timestamp::from_millis(0), Timestamp::from_millis(i64::MAX));
            Self::begin_session(self, &digest, id, now, never).await.expect("the database takes a session");
        }

        async fn sessions(&self, id: &AccountId) -> u32 {
            Self::sessions(self, id).await.expect("the database counts sessions")
        }
    }
}

/// Somebody in a [`World`](super::World), with what they know of themself.
#[derive(Debug, Clone)]
pub struct Someone {
    /// Their account.
    pub id: AccountId,
    /// Their username.
    pub username: String,
    /// Their address on file, at the time they were added.
    pub email: String,
    /// Their password, at the time they were added.
    pub password: String,
    /// What they would type about themself.
    pub claims: TypedClaims,
}

impl Someone {
    /// Their username, as they type it.
    #[must_use]
    pub fn identifier(&self) -> Identifier {
        Identifier::parse(&self.username)
    }

    /// Their password, as they type it.
    #[must_use]
    pub fn password(&self) -> Password {
        Password::new(self.password.as_str())
    }

    /// What they say of themself.
    #[must_use]
    pub fn claims(&self) -> IdentityClaims {
        IdentityClaims::new(self.claims.clone())
    }
}
