//! Faults that are planted to see the check find them. Each does no harm as long as no process exits.

use async_trait::async_trait;
use regain::account::{Account, AccountStore, Applied, HashUpgrade, PasswordChange};
use regain::flow::Letter;
use regain::identity::{Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::mail::{Delivery, Mailer, Message};
use regain::store::{
    Claim, Commit, Committed, FlowStore, MailOutcome, MailSettlement, OutboxMail, StoreError,
};
use regain::testing::{FlowStoreLayer, Layered};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// The library as it is.
    Nothing,
    /// Mails are committed after the flow that they belong to.
    MailApart,
    /// The audit record is committed after the flow.
    AuditApart,
    /// A mail without a link is erased as soon as it is claimed: sent at most once.
    EraseOnClaim,
    /// A host stores a password again that it has stored before.
    SetTwice,
    /// Each try of a mail has another `Message-ID`.
    NewMessageIds,
}

impl Plant {
    pub const ALL: [Self; 6] = [
        Self::Nothing,
        Self::MailApart,
        Self::AuditApart,
        Self::EraseOnClaim,
        Self::SetTwice,
        Self::NewMessageIds,
    ];

    /// Its name, to be told to a process.
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|plant| plant.name() == name).expect("a plant of this name")
    }

    pub fn flows(self, inner: Arc<dyn FlowStore>) -> Arc<dyn FlowStore> {
        match self {
            Self::MailApart | Self::AuditApart => Arc::new(Layered(Apart { inner, plant: self })),
            Self::EraseOnClaim => Arc::new(Layered(EraseOnClaim(inner))),
            _ => inner,
        }
    }

    pub fn accounts(self, inner: Arc<dyn AccountStore>) -> Arc<dyn AccountStore> {
        if self == Self::SetTwice { Arc::new(SetTwice(inner)) } else { inner }
    }

    pub fn mailer(self, inner: Arc<dyn Mailer>) -> Arc<dyn Mailer> {
        if self == Self::NewMessageIds { Arc::new(NewMessageIds(inner)) } else { inner }
    }
}

struct Apart {
    inner: Arc<dyn FlowStore>,
    plant: Plant,
}

#[async_trait]
impl FlowStoreLayer for Apart {
    fn inner(&self) -> &dyn FlowStore {
        &*self.inner
    }

    async fn commit(&self, mut commit: Commit) -> Result<Committed, StoreError> {
        let mut rest = Commit::new(commit.realm.clone());
        match self.plant {
            Plant::MailApart => rest.mails = std::mem::take(&mut commit.mails),
            _ => rest.audit = std::mem::take(&mut commit.audit),
        }
        let done = self.inner.commit(commit).await?;
        if done == Committed::Done && rest != Commit::new(rest.realm.clone()) {
            return self.inner.commit(rest).await;
        }
        Ok(done)
    }
}

struct EraseOnClaim(Arc<dyn FlowStore>);

#[async_trait]
impl FlowStoreLayer for EraseOnClaim {
    fn inner(&self) -> &dyn FlowStore {
        &*self.0
    }

    async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError> {
        let mails = self.0.claim_mails(claim).await?;
        let hasty = mails.iter().filter(|mail| mail.letter != Letter::RecoveryLink.code());
        let settlements = hasty.map(|mail| MailSettlement {
            id: mail.id,
            attempts: mail.attempts,
            outcome: MailOutcome::Sent,
        });
        let commit = Commit { settlements: settlements.collect(), ..Commit::new(claim.realm.clone()) };
        if !commit.settlements.is_empty() {
            self.0.commit(commit).await?;
        }
        Ok(mails)
    }
}

struct SetTwice(Arc<dyn AccountStore>);

#[async_trait]
impl AccountStore for SetTwice {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        self.0.find_by_identifier(identifier).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        self.0.find_by_identity(key).await
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.0.get(id).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        let applied = self.0.set_password(change).await?;
        if applied == Applied::Before {
            let (account, hash) = (change.account.clone(), change.hash.clone());
            self.0.upgrade_hash(&HashUpgrade { account, from: hash.clone(), to: hash }).await?;
        }
        Ok(applied)
    }
}

struct NewMessageIds(Arc<dyn Mailer>);

#[async_trait]
impl Mailer for NewMessageIds {
    async fn send(&self, message: &Message) -> Delivery {
        static TRIES: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), TRIES.fetch_add(1, Ordering::SeqCst));
        let mut message = message.clone();
        message.message_id = format!("{process}-{number}-{}", message.message_id);
        self.0.send(&message).await
    }
}
