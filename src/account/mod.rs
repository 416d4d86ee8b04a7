//! The host's side: accounts, and the few things regain asks of whoever keeps them.
//!
//! regain owns no users. A host implements [`AccountStore`] over its own table, or over LDAP, and keeps
//! every rule of its own; regain reads, and writes a new password hash, guarded by the epoch. Where the host says so, it
//! writes addresses on file too, guarded in the same way.

mod change;

pub use change::{AddressChange, Applied, HashUpgrade, PasswordChange};

use crate::flow::coded;
use crate::identity::{
    AddressError, EmailAddress, Identifier, IdentityKey, Person, PhoneNumber, PostalAddress, username_key,
};
use crate::ids::AccountId;
use crate::language::LanguageTag;
use crate::password::PasswordHash;
use crate::store::StoreError;
use crate::wire::frame;
use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Where a person can be reached, as the host has it on file. Never built from what somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressOnFile {
    /// An e-mail address that was confirmed. Mail goes to exactly these bytes.
    Email(EmailAddress),
    /// A telephone number that takes text messages and was confirmed. Codes go there only where the host allows it: see
    /// [`Means`](crate::recovery::Means).
    Phone(PhoneNumber),
    /// A postal address. Letters go there when a mailer prints them.
    Post(PostalAddress),
}

coded! {
    /// The kinds of [`AddressOnFile`]: what a mailer says it carries.
    AddressKind {
        /// E-mail.
        Email = "email",
        /// A telephone number, for text messages.
        Phone = "phone",
        /// A postal address.
        Post = "post",
    }
}

impl AddressOnFile {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> AddressKind {
        match self {
            Self::Email(_) => AddressKind::Email,
            Self::Phone(_) => AddressKind::Phone,
            Self::Post(_) => AddressKind::Post,
        }
    }

    /// Its text: a personal datum.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(address) => address.as_str(),
            Self::Phone(number) => number.as_str(),
            Self::Post(address) => address.as_str(),
        }
    }

    /// The e-mail address, if it is one.
    #[must_use]
    pub fn email(&self) -> Option<&EmailAddress> {
        if let Self::Email(address) = self { Some(address) } else { None }
    }

    /// Reads back what [`AddressOnFile::as_str`] gives, for a host that stores the two in columns.
    ///
    /// # Errors
    /// [`AddressError`] when the text is no such address.
    pub fn parse(kind: AddressKind, text: &str) -> Result<Self, AddressError> {
        Ok(match kind {
            AddressKind::Email => Self::Email(EmailAddress::parse(text)?),
            AddressKind::Phone => Self::Phone(PhoneNumber::parse(text)?),
            AddressKind::Post => Self::Post(PostalAddress::parse(text)?),
        })
    }
}

/// Whether the account may be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AccountStatus {
    /// In use.
    #[default]
    Active,
    /// Disabled or closed: no recovery and no sign-in.
    Disabled,
}

coded! {
    /// Whether the host lets an account be recovered by its owner alone. Whoever asks is told nothing of it: inside, the
    /// ask goes to the support desk, or the addresses on file learn that recovery is not possible this way
    /// ([`AskedNotice`](crate::recovery::AskedNotice)). Until the host says `Possible` again, no link sets a password, not even
    /// one that the desk has sent. It says nothing about signing in: for that there is [`Account::status`].
    #[derive(Default)]
    Recoverability {
        /// A link or a username may go to the address on file.
        #[default]
        Possible = "possible",
        /// The person has died: whoever asks is somebody else. The desk decides; nothing is mailed.
        Deceased = "deceased",
        /// The host keeps it shut for a while, such as after fraud. The desk decides.
        LockedByHost = "locked_by_host",
        /// Nothing about it may change until a court has decided. The desk decides.
        LegalHold = "legal_hold",
        /// A child, or somebody in the care of others: whoever asks may be a carer, and the desk decides who may. A carer
        /// whom the host trusts already has an account of their own (ID-7), or their address stands on file and the
        /// account is `Possible`.
        Minor = "minor",
        /// Its password is kept in another place, such as an employer's directory. The username may still be mailed.
        ManagedElsewhere = "managed_elsewhere",
    }
}

/// An account as the host has it on file.
#[derive(Clone)]
#[non_exhaustive]
pub struct Account {
    /// The host's name for it.
    pub id: AccountId,
    /// What the person signs in with.
    pub username: String,
    /// The stored hash; `None` when there is no password, or the host cannot read it (see `revision`).
    pub password: Option<PasswordHash>,
    /// Confirmed addresses, the preferred first: links and codes go to the first that a mailer carries, notices to all
    /// but the postal ones (NO-2; [`Account::notice_addresses`]).
    pub addresses: Vec<AddressOnFile>,
    /// Whether it may be used.
    pub status: AccountStatus,
    /// Whether the person may change the password; `false` for one that is managed elsewhere.
    pub may_change_password: bool,
    /// Whether the host lets it be recovered; whoever asks is not told.
    pub recoverability: Recoverability,
    /// The person must choose a new password before anything else (PW-6).
    pub must_change_password: bool,
    /// Ids of the second factors that are bound to it.
    pub factors: Vec<String>,
    /// The person, as far as the host keeps plain attributes: for the agreement step and for password rules.
    pub person: Option<Person>,
    /// For a host that cannot read its hashes: bytes that change with the password, such as the time of the
    /// last change. Empty otherwise.
    pub revision: Vec<u8>,
    /// The language that the person reads, where the host knows it: mails are written in it, or in the service's first
    /// language. No part of the epoch.
    pub language: Option<LanguageTag>,
}

impl Account {
    /// An active account without password, address, factor or person.
    #[must_use]
    pub fn new(id: AccountId, username: impl Into<String>) -> Self {
        Self {
            id,
            username: username.into(),
            password: None,
            addresses: Vec::new(),
            status: AccountStatus::Active,
            may_change_password: true,
            recoverability: Recoverability::Possible,
            must_change_password: false,
            factors: Vec::new(),
            person: None,
            revision: Vec::new(),
            language: None,
        }
    }

    /// The same account with what the host's password column holds. A hash that is no PHC string, such as one of bcrypt, cannot be
    /// checked here, but goes into the epoch as [`Account::revision`]; a new password replaces it by one of Argon2id.
    #[must_use]
    pub fn with_stored_password(mut self, stored: &str) -> Self {
        self.password = PasswordHash::parse(stored).ok();
        if self.password.is_none() {
            self.revision = stored.as_bytes().to_vec();
        }
        self
    }

    /// The same account, of a person who reads this language.
    #[must_use]
    pub fn in_language(self, language: LanguageTag) -> Self {
        Self { language: Some(language), ..self }
    }

    /// Whether this is its username or one of its e-mail addresses, compared by canonical key and byte for byte.
    #[must_use]
    pub fn is_named_by(&self, identifier: &Identifier) -> bool {
        let by_username =
            identifier.username_key().is_some_and(|key| username_key(&self.username).as_deref() == Some(key));
        by_username || identifier.email_key().is_some_and(|key| self.has_address(key))
    }

    /// Whether this is the key of one of its e-mail addresses.
    pub(crate) fn has_address(&self, key: &str) -> bool {
        self.addresses.iter().filter_map(AddressOnFile::email).any(|address| address.key().as_str() == key)
    }

    /// The state of everything a recovery rests on. Any change to it kills every outstanding link (RC-7).
    #[must_use]
    pub fn epoch(&self) -> AccountEpoch {
        let mut fields: Vec<&[u8]> =
            vec![b"regain/epoch/v1", self.id.as_str().as_bytes(), self.username.as_bytes()];
        fields.push(self.password.as_ref().map_or(b"", |hash| hash.as_str().as_bytes()));
        fields.push(&self.revision);
        fields.push(match self.status {
            AccountStatus::Active => b"active",
            AccountStatus::Disabled => b"disabled",
        });
        fields.push(if self.may_change_password { b"may" } else { b"may not" });
        // Where nothing is out of the ordinary, the digest is what it was before there was such a field.
        if self.recoverability != Recoverability::Possible {
            fields.extend([&b"recoverability"[..], self.recoverability.code().as_bytes()]);
        }
        for address in &self.addresses {
            fields.extend([address.kind().code().as_bytes(), address.as_str().as_bytes()]);
        }
        for factor in &self.factors {
            fields.extend([&b"factor"[..], factor.as_bytes()]);
        }
        AccountEpoch(Sha256::digest(&*frame(&fields)).into())
    }

    /// Whether a recovery may give it a new password.
    #[must_use]
    pub fn takes_a_new_password(&self) -> bool {
        let recoverable = self.recoverability == Recoverability::Possible;
        self.status == AccountStatus::Active && self.may_change_password && recoverable
    }

    /// Where notices go: to every address but the postal ones, and to those as well where there is at most one other, which
    /// is then the one that the link or code went to (NIST SP 800-63B-4, 4.6; NO-2).
    #[must_use]
    pub fn notice_addresses(&self) -> Vec<AddressOnFile> {
        let is_postal = |address: &&AddressOnFile| address.kind() == AddressKind::Post;
        let others = self.addresses.iter().filter(|address| !is_postal(address)).count();
        self.addresses.iter().filter(|address| others <= 1 || !is_postal(address)).cloned().collect()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A digest over password hash, addresses on file, status and factors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccountEpoch([u8; 32]);

impl AccountEpoch {
    /// An epoch read back from a store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for AccountEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountEpoch(..)")
    }
}

/// The host's accounts.
///
/// Look-ups by identifier go by canonical keys ([`Identifier::username_key`], [`Identifier::email_key`]), compared
/// byte for byte: never by a collation that folds case or accents (CVE-2019-19844, CVE-2024-27295). A username that is
/// stored as it was typed, "Ana", is found by its key, "ana", only where the host keeps the key too
/// ([`username_key`], [`EmailAddress::key`]).
///
/// For a table in SQLite, `sqlite::UsersTable` is one that needs four statements of SQL and no more. Whoever signs people in
/// without regain finds in [`Recovery::signed_in`](crate::Recovery::signed_in) what is left to do.
///
/// ```
/// use async_trait::async_trait;
/// use regain::account::{Account, AccountStore, Applied, PasswordChange};
/// use regain::identity::Identifier;
/// use regain::ids::AccountId;
/// use regain::store::StoreError;
///
/// /// A host with nobody in it.
/// struct Nobody;
///
/// #[async_trait]
/// impl AccountStore for Nobody {
///     async fn find_by_identifier(&self, _: &Identifier) -> Result<Vec<Account>, StoreError> { Ok(vec![]) }
///     async fn get(&self, _: &AccountId) -> Result<Option<Account>, StoreError> { Ok(None) }
///     async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
///         Ok(change.against(None))
///     }
/// }
/// ```
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// The accounts that this username or e-mail names. Several people may share an e-mail.
    ///
    /// A sign-in waits for this: make as many statements where nobody is found as where somebody is.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError>;

    /// The accounts that have one of these blind-index values; two are enough, more need not be read. A host that knows no
    /// birth dates and no record numbers keeps the default, which finds nobody.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        let _ = key;
        Ok(Vec::new())
    }

    /// One account, read fresh: a recovery that rests on it checks its epoch.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError>;

    /// Stores a new password and ends all sessions, in one transaction, as [`PasswordChange::against`] says.
    /// Is called again after a crash, and must then answer [`Applied::Before`].
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer; regain tries again.
    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError>;

    /// Stores the same password under a newer cost, if `from` is still stored. A host that does not want this
    /// keeps the default, which does nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer; the sign-in goes on all the same.
    async fn upgrade_hash(&self, upgrade: &HashUpgrade) -> Result<(), StoreError> {
        let _ = upgrade;
        Ok(())
    }

    /// Whether addresses on file can be changed through regain. Where they cannot, as by default, the host changes them in a
    /// way of its own.
    fn takes_addresses(&self) -> bool {
        false
    }

    /// Stores other addresses on file, in one transaction, as [`AddressChange::against`] says. Is called again after a crash,
    /// and must then answer [`Applied::Before`]. Only a host that [takes addresses](AccountStore::takes_addresses) is asked.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer; regain tries again.
    async fn set_address(&self, change: &AddressChange) -> Result<Applied, StoreError> {
        let _ = change;
        Ok(Applied::Conflict)
    }

    /// Ends all sessions of an account: somebody said that a change of the password a short time ago was not theirs.
    /// It is called again until it succeeds. A host without sessions keeps the default, which does nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer; regain tries again.
    async fn end_sessions(&self, id: &AccountId) -> Result<(), StoreError> {
        let _ = id;
        Ok(())
    }
}
