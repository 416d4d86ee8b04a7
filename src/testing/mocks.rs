//! Doubles of every port, by `mockall`: say what is expected, and what is answered.
//!
//! ```
//! use regain::mail::{Delivery, Mailer};
//! use regain::testing::mocks::MockMailer;
//!
//! let mut mailer = MockMailer::new();
//! mailer.expect_send().returning(|_| Delivery::RetryLater("the mail system is down".into()));
//! let port: std::sync::Arc<dyn Mailer> = std::sync::Arc::new(mailer);
//! # drop(port);
//! ```

use crate::account::{self, Account, AddressChange, Applied, HashUpgrade, PasswordChange};
use crate::audit::{AuditRecord, Checkpoint};
use crate::clock::Timestamp;
use crate::entropy::EntropyError;
use crate::events::RecoveryEvent;
use crate::flow::FlowRecord;
use crate::identity::{Identifier, IdentityKey};
use crate::ids::{AccountId, DocumentId, FlowId, MailId, Realm};
use crate::keys::KeyId;
use crate::mail::{Delivery, Message};
use crate::password::{BoxError, HashError, PasswordHash, PreparedPassword, Verification};
use crate::store::Sweep;
use crate::store::{
    Claim, Commit, Committed, DeadLetter, Depth, Document, DocumentKind, DutyClaim, OutboxMail, SealedIn,
    StoreError,
};
use crate::{clock, entropy, events, mail, password, store};
use async_trait::async_trait;
use mockall::mock;
use time::OffsetDateTime;

mock! {
    /// Double of [`account::AccountStore`].
    pub AccountStore {}

    #[async_trait]
    impl account::AccountStore for AccountStore {
        async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError>;
        async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError>;
        async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError>;
        async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError>;
        async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Result<(), StoreError>;
        fn takes_addresses(&self) -> bool;
        async fn set_address(&self, change: &AddressChange) -> Result<Applied, StoreError>;
    }
}

mock! {
    /// Double of [`store::FlowStore`].
    pub FlowStore {}

    #[async_trait]
    impl store::FlowStore for FlowStore {
        async fn load(&self, realm: &Realm, id: FlowId) -> Result<Option<FlowRecord>, StoreError>;
        async fn live_links(&self, realm: &Realm, account: &AccountId) -> Result<Vec<FlowRecord>, StoreError>;
        async fn document(
            &self,
            realm: &Realm,
            kind: DocumentKind,
            id: DocumentId,
        ) -> Result<Option<Document>, StoreError>;
        async fn documents_of(
            &self,
            realm: &Realm,
            kind: DocumentKind,
            account: &AccountId,
            limit: u32,
        ) -> Result<Vec<Document>, StoreError>;
        async fn open_documents(
            &self,
            realm: &Realm,
            kind: DocumentKind,
            after: Option<(Timestamp, DocumentId)>,
            limit: u32,
        ) -> Result<Vec<Document>, StoreError>;
        async fn claim_documents(&self, claim: &Claim) -> Result<Vec<Document>, StoreError>;
        async fn commit(&self, commit: Commit) -> Result<Committed, StoreError>;
        async fn claim_flows(&self, claim: &Claim) -> Result<Vec<FlowRecord>, StoreError>;
        async fn claim_mails(&self, claim: &Claim) -> Result<Vec<OutboxMail>, StoreError>;
        async fn sweep(&self, realm: &Realm, sweep: &Sweep) -> Result<u64, StoreError>;
        async fn audit_after(
            &self,
            realm: &Realm,
            after: u64,
            limit: u32,
        ) -> Result<Vec<(u64, AuditRecord)>, StoreError>;
        async fn claim_duty(&self, claim: &DutyClaim) -> Result<bool, StoreError>;
        async fn checkpoints(
            &self,
            realm: &Realm,
            after: u64,
            limit: u32,
        ) -> Result<Vec<Checkpoint>, StoreError>;
        async fn last_checkpoint(&self, realm: &Realm) -> Result<Option<Checkpoint>, StoreError>;
        async fn sealed_under(
            &self,
            realm: &Realm,
            key: KeyId,
            limit: u32,
        ) -> Result<Vec<(SealedIn, Vec<u8>)>, StoreError>;
        async fn dead_letter(&self, realm: &Realm, id: MailId) -> Result<Option<DeadLetter>, StoreError>;
        async fn dead_letters(&self, realm: &Realm, limit: u32) -> Result<Vec<DeadLetter>, StoreError>;
        async fn depth(&self, realm: &Realm) -> Result<Depth, StoreError>;
    }
}

mock! {
    /// Double of [`mail::Mailer`].
    pub Mailer {}

    #[async_trait]
    impl mail::Mailer for Mailer {
        async fn send(&self, message: &Message) -> Delivery;
    }
}

mock! {
    /// Double of [`clock::Clock`].
    pub Clock {}

    impl clock::Clock for Clock {
        fn now(&self) -> OffsetDateTime;
    }
}

mock! {
    /// Double of [`entropy::Entropy`].
    pub Entropy {}

    impl entropy::Entropy for Entropy {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
    }
}

mock! {
    /// Double of [`events::EventSink`].
    pub EventSink {}

    impl events::EventSink for EventSink {
        fn event(&self, event: &RecoveryEvent);
    }
}

mock! {
    /// Double of [`password::BreachedPasswords`].
    pub BreachedPasswords {}

    #[async_trait]
    impl password::BreachedPasswords for BreachedPasswords {
        async fn is_breached(&self, password: &PreparedPassword) -> Result<bool, BoxError>;
    }
}

mock! {
    /// Double of [`password::PasswordHasher`].
    pub PasswordHasher {}

    impl password::PasswordHasher for PasswordHasher {
        fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError>;
        fn verify(
            &self,
            password: &PreparedPassword,
            stored: &PasswordHash,
        ) -> Result<Verification, HashError>;
        fn dummy(&self) -> PasswordHash;
    }
}
