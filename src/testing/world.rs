//! A service with people in it, for stories.

use crate::account::{Account, AccountStatus, AccountStore, AddressOnFile, Recoverability};
use crate::audit::AuditRecord;
use crate::client::Client;
use crate::identity::{EmailAddress, Person, TypedClaims};
use crate::ids::{AccountId, Realm};
use crate::keys::KeyRing;
use crate::mail::{Mailer, Sender, Service};
use crate::memory::{Mailbox, MemoryAccounts, MemoryFlows};
use crate::origin::{Links, TrustedOrigin};
use crate::password::{Argon2Hasher, HashPool, PasswordHash, PasswordHasher as _};
use crate::recovery::{Recovery, RecoveryBuilder, Setup};
use crate::store::FlowStore;
use crate::testing::{CollectedEvents, CountingHasher, SeedAccounts, Someone, TestClock, Trace};
use crate::token::RecoveryToken;
use crate::worker::{Progress, Worker};
use std::fmt::Debug;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use time::macros::date;

/// A service on stores of your choice, with a clock that only the test moves and a mailbox that can be read.
///
/// Whatever goes wrong in setting a scene panics: this is for tests.
///
/// ```
/// use regain::client::Client;
/// use regain::testing::World;
///
/// # futures_util::future::FutureExt::now_or_never(async {
/// let world = World::new();
/// let ana = world.person("Ana").await;
/// world.recovery.ask_password(&ana.identifier(), &Client::unknown()).await?;
/// world.work().await;
/// world.recovery.look(&world.link_of(&ana)).await?;
/// # Ok::<(), regain::RecoveryError>(()) }).unwrap().unwrap();
/// ```
pub struct World {
    /// The service.
    pub recovery: Recovery,
    /// Its worker; it runs only when [`World::work`] is called.
    pub worker: Worker,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// The accounts, for setting the scene.
    pub accounts: Arc<dyn SeedAccounts>,
    /// The service's tables.
    pub flows: Arc<dyn FlowStore>,
    /// Where its mails arrive, unless the world was built with another mailer.
    pub mailbox: Arc<Mailbox>,
    /// What it told.
    pub events: Arc<CollectedEvents>,
    /// Its hasher.
    pub hasher: Arc<CountingHasher>,
    realm: Realm,
    count: AtomicU64,
}

impl World {
    /// A world in memory.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A world on these stores.
    #[must_use]
    pub fn with(flows: Arc<dyn FlowStore>, accounts: Arc<dyn SeedAccounts>) -> Self {
        Self::builder().flows(flows).accounts(accounts).build()
    }

    /// A world in memory, and the list of the calls to its stores, any of which can be cut off.
    #[must_use]
    pub fn traced() -> (Self, Trace) {
        let (trace, accounts) = (Trace::new(), Arc::new(MemoryAccounts::new()));
        let flows = trace.flows(Arc::new(MemoryFlows::new()));
        let world = Self::builder().flows(flows).accounts(accounts.clone());
        (world.served_accounts(trace.accounts(accounts)).build(), trace)
    }

    /// A world of which more is to be said.
    #[must_use]
    pub fn builder() -> WorldBuilder {
        WorldBuilder::new()
    }

    /// A client that is never the same: no budget of a client's network is in a story's way.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::at(Ipv6Addr::from_bits(u128::from(self.next()) << 64).into())
    }

    /// Somebody with a username, a password, an address on file, a birth date and a record number.
    pub async fn person(&self, name: &str) -> Someone {
        self.person_with(name, |_| ()).await
    }

    /// Somebody whose account is a little different.
    pub async fn person_with(&self, name: &str, change: impl FnOnce(&mut Account) + Send) -> Someone {
        let someone = someone(name, self.next());
        let mut account = Account::new(someone.id.clone(), &someone.username);
        account.password = Some(self.hash(&someone.password));
        account.addresses = vec![address(&someone.email)];
        account.person = Some(
            Person::new(name, &someone.claims.family_name)
                .with_birth_date(date!(1961 - 04 - 02))
                .with_record_number(&someone.claims.record_number),
        );
        change(&mut account);
        self.put(account).await;
        someone
    }

    /// Somebody who has never had a password.
    pub async fn person_without_password(&self, name: &str) -> Someone {
        self.person_with(name, |account| account.password = None).await
    }

    /// Somebody whose account is disabled.
    pub async fn disabled(&self, name: &str) -> Someone {
        self.person_with(name, |account| account.status = AccountStatus::Disabled).await
    }

    /// Somebody without an address on file.
    pub async fn no_address(&self, name: &str) -> Someone {
        self.person_with(name, |account| account.addresses.clear()).await
    }

    /// Somebody whose password is managed elsewhere.
    pub async fn may_not_change(&self, name: &str) -> Someone {
        self.person_with(name, |account| account.may_change_password = false).await
    }

    /// Somebody whose account the host does not let be recovered, for this reason.
    pub async fn not_recoverable(&self, name: &str, why: Recoverability) -> Someone {
        self.person_with(name, |account| account.recoverability = why).await
    }

    /// Somebody with a second factor that the host keeps: see [`World::enrol_totp`] for one of regain's.
    pub async fn with_factor(&self, name: &str) -> Someone {
        self.person_with(name, |account| account.factors = vec!["key-1".to_owned()]).await
    }

    /// Two people who share an e-mail address; that of both is the first one's.
    pub async fn sharing_an_email(&self, name: &str, other: &str) -> (Someone, Someone) {
        let first = self.person(name).await;
        let shared = address(&first.email);
        let mut second = self.person_with(other, |account| account.addresses = vec![shared]).await;
        second.email.clone_from(&first.email);
        (first, second)
    }

    /// Changes an account, as a host would.
    pub async fn change(&self, who: &Someone, change: impl FnOnce(&mut Account) + Send) {
        let mut account = self.account(who).await.expect("the account to change is there");
        change(&mut account);
        self.put(account).await;
    }

    /// An account as it is stored now.
    pub async fn account(&self, who: &Someone) -> Option<Account> {
        told(self.accounts.get(&who.id).await)
    }

    /// Adds an account, or replaces it.
    pub async fn put(&self, account: Account) {
        self.accounts.put(account, self.recovery.blind_index()).await;
    }

    /// A hash of a password under this world's hasher; it is not counted.
    #[must_use]
    pub fn hash(&self, password: &str) -> PasswordHash {
        let prepared = told(crate::password::Password::new(password).prepare());
        told(Argon2Hasher::danger_for_tests().hash(&prepared, u128::from(self.next()).to_be_bytes()))
    }

    /// Lets the worker do all that is due.
    pub async fn work(&self) -> Progress {
        told(self.worker.drain().await)
    }

    /// Asks for a link, lets the worker send it, and opens the mail.
    pub async fn fresh_link(&self, who: &Someone) -> RecoveryToken {
        told(self.recovery.ask_password(&who.identifier(), &self.client()).await);
        self.work().await;
        self.link_of(who)
    }

    /// The token out of the latest mail with a link to somebody.
    #[must_use]
    pub fn link_of(&self, who: &Someone) -> RecoveryToken {
        let mails = self.mailbox.to(&who.email);
        let token = mails.iter().rev().find_map(|mail| token_in(&mail.text));
        token.unwrap_or_else(|| panic!("no mail to {} has a link", who.username))
    }

    /// The subjects of all mails to somebody, the oldest first.
    #[must_use]
    pub fn subjects_to(&self, who: &Someone) -> Vec<String> {
        self.mailbox.to(&who.email).into_iter().map(|mail| mail.subject).collect()
    }

    /// The whole audit record.
    pub async fn audit(&self) -> Vec<AuditRecord> {
        let lines = told(self.flows.audit_after(&self.realm, 0, u32::MAX).await);
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// The tenant.
    #[must_use]
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    pub(super) fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::SeqCst)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// Builds a [`World`].
pub struct WorldBuilder {
    realm: Realm,
    keys: KeyRing,
    clock: Arc<TestClock>,
    flows: Arc<dyn FlowStore>,
    accounts: Arc<dyn SeedAccounts>,
    served: Option<Arc<dyn AccountStore>>,
    mailer: Option<Arc<dyn Mailer>>,
    configure: Configure,
}

type Configure = Box<dyn FnOnce(RecoveryBuilder) -> RecoveryBuilder>;

impl WorldBuilder {
    fn new() -> Self {
        Self {
            realm: told(Realm::new("clinic")),
            keys: KeyRing::new(1, [7; 32]),
            clock: Arc::default(),
            flows: Arc::new(MemoryFlows::new()),
            accounts: Arc::new(MemoryAccounts::new()),
            served: None,
            mailer: None,
            configure: Box::new(|builder| builder),
        }
    }

    /// The tenant; `clinic` by default.
    #[must_use]
    pub fn realm(mut self, name: &str) -> Self {
        self.realm = told(Realm::new(name));
        self
    }

    /// The key ring; one key by default.
    #[must_use]
    pub fn keys(mut self, keys: KeyRing) -> Self {
        self.keys = keys;
        self
    }

    /// The service's clock, to share one between worlds.
    #[must_use]
    pub fn clock(mut self, clock: Arc<TestClock>) -> Self {
        self.clock = clock;
        self
    }

    /// The service's tables.
    #[must_use]
    pub fn flows(mut self, flows: Arc<dyn FlowStore>) -> Self {
        self.flows = flows;
        self
    }

    /// The accounts.
    #[must_use]
    pub fn accounts(mut self, accounts: Arc<dyn SeedAccounts>) -> Self {
        self.accounts = accounts;
        self
    }

    /// What the service sees of the accounts, such as a double that fails. The scene is still set on
    /// [`WorldBuilder::accounts`].
    #[must_use]
    pub fn served_accounts(mut self, accounts: Arc<dyn AccountStore>) -> Self {
        self.served = Some(accounts);
        self
    }

    /// The mailer; the world's mailbox by default.
    #[must_use]
    pub fn mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.mailer = Some(mailer);
        self
    }

    /// Whatever else is to be configured. It comes last, so it may replace clock, hasher and event sink too.
    #[must_use]
    pub fn configure(mut self, configure: impl FnOnce(RecoveryBuilder) -> RecoveryBuilder + 'static) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// The parts that every world has in common, for a test of what does not build.
    #[must_use]
    pub fn setup(&self) -> Setup {
        let accounts: Arc<dyn AccountStore> = match &self.served {
            Some(served) => served.clone(),
            None => self.accounts.clone(),
        };
        Setup {
            realm: self.realm.clone(),
            keys: self.keys.clone(),
            links: told(Links::new(told(TrustedOrigin::parse(ORIGIN)), "/recovery", "/sign-in")),
            service: told(Service::new("Mercy Clinic", "call +1 555 0100, day and night")),
            sender: Sender::new(told(EmailAddress::parse("portal@mercy.example"))),
            accounts,
            flows: self.flows.clone(),
        }
    }

    /// Builds it.
    ///
    /// # Panics
    /// When the configuration does not build.
    #[must_use]
    pub fn build(self) -> World {
        let hasher = Arc::new(CountingHasher::new(Arc::new(Argon2Hasher::danger_for_tests())));
        let (events, mailbox) = (Arc::new(CollectedEvents::new()), Arc::new(Mailbox::new()));
        let builder = Recovery::builder(self.setup())
            .clock(self.clock.clone())
            .hasher(hasher.clone())
            .hash_pool(told(HashPool::new(2, 1_024)))
            .events(events.clone());
        let recovery = told((self.configure)(builder).build());
        let mailer = self.mailer.unwrap_or_else(|| mailbox.clone());
        World {
            worker: Worker::new(recovery.clone(), mailer),
            recovery,
            clock: self.clock,
            accounts: self.accounts,
            flows: self.flows,
            mailbox,
            events,
            hasher,
            realm: self.realm,
            count: AtomicU64::new(1),
        }
    }
}

const ORIGIN: &str = "https://portal.mercy.example";

fn someone(name: &str, number: u64) -> Someone {
    let username = name.to_ascii_lowercase();
    let claims = TypedClaims {
        given_name: name.to_owned(),
        family_name: "Lindqvist".to_owned(),
        birth_date: "1961-04-02".to_owned(),
        record_number: format!("MRN-{number:05}"),
        ..TypedClaims::default()
    };
    Someone {
        id: told(AccountId::new(&format!("account-{number}"))),
        email: format!("{username}@home.example"),
        password: format!("seven quiet harbours, number {number}"),
        username,
        claims,
    }
}

fn address(email: &str) -> AddressOnFile {
    AddressOnFile::Email(told(EmailAddress::parse(email)))
}

/// The token in a mail's text, if there is one.
fn token_in(text: &str) -> Option<RecoveryToken> {
    let (_, rest) = text.split_once("?token=")?;
    RecoveryToken::parse(rest.split(|c: char| c == '&' || c.is_whitespace()).next()?).ok()
}

#[track_caller]
fn told<T, E: Debug>(result: Result<T, E>) -> T {
    result.expect("a test's scene can be set")
}
