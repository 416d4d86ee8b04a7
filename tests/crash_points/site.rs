//! What a process of a trial works with: real stores behind numbered calls, a mail folder, and the weather.

use crate::folder::Folder;
use crate::people::{DEE, desk, email, service};
use crate::plants::Plant;
use crate::points::{Counter, NumberedAccounts, NumberedFlows, NumberedMailer};
use async_trait::async_trait;
use regain::account::{Account, AccountStore, AddressOnFile, Applied, PasswordChange};
use regain::desk::Desk;
use regain::identity::{Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::mail::{Delivery, EmlMailer, Mailer, Message};
use regain::sqlite::SqliteAccounts;
use regain::store::{FlowStore, StoreError};
use regain::testing::{Layered, TestClock};
use regain::{Recovery, Worker};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The rows of regain's tables that no [`FlowStore`] lists.
pub struct Rows {
    pub flows: Vec<Vec<u8>>,
    /// The flows of the mails that wait.
    pub waiting: Vec<Vec<u8>>,
}

/// Where regain's tables of a trial are.
#[async_trait]
pub trait Ground: Send + Sync {
    fn name(&self) -> &'static str;

    /// Puts files into a folder that every trial gets a copy of.
    async fn prepare(&self, seed: &Path);

    /// What was played in the seed is what every trial begins with.
    async fn keep(&self, seed: &Path);

    /// Gives a trial tables with nothing in them, if its copied files do not have them.
    async fn lend(&self, folder: &Path);

    async fn open(&self, folder: &Path) -> Arc<dyn FlowStore>;

    async fn rows(&self, folder: &Path) -> Rows;

    /// The trial is over.
    async fn take_back(&self, folder: &Path);

    /// All trials are over: deletes what was made outside of folders.
    async fn clear(&self);
}

/// What does not work just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Fair,
    MailAway,
    AccountsAway,
}

/// Shared by those who suffer it.
#[derive(Clone)]
pub struct Sky(Arc<Mutex<Weather>>);

impl Sky {
    pub fn set(&self, weather: Weather) {
        *self.0.lock().unwrap() = weather;
    }

    fn is(&self, weather: Weather) -> bool {
        *self.0.lock().unwrap() == weather
    }
}

pub struct Site {
    pub recovery: Recovery,
    pub desk: Desk,
    pub worker: Worker,
    pub clock: Arc<TestClock>,
    pub weather: Sky,
}

/// A plant stands before the numbered calls, so that a process can exit between two calls that it makes of one.
pub async fn open(ground: &dyn Ground, folder: &Folder, counter: &Arc<Counter>, plant: Plant) -> Site {
    let weather = Sky(Arc::new(Mutex::new(Weather::Fair)));
    let flows = NumberedFlows { inner: ground.open(&folder.0).await, counter: counter.clone() };
    let accounts = Arc::new(SqliteAccounts::open(folder.path("accounts.db")).await.unwrap());
    let accounts = Arc::new(HostAccounts { inner: accounts, weather: weather.clone() });
    let accounts = NumberedAccounts { inner: accounts, counter: counter.clone() };
    let inner = EmlMailer::new(folder.mail()).unwrap();
    let mailer = Arc::new(MailSystem { inner, folder: folder.clone(), weather: weather.clone() });
    let mailer = NumberedMailer { inner: mailer, counter: counter.clone() };
    let clock = Arc::new(TestClock::default());
    let builder = service(plant.flows(Arc::new(Layered(flows))), plant.accounts(Arc::new(accounts)));
    let recovery = builder.clock(clock.clone()).build().unwrap();
    let desk = desk(recovery.clone());
    let worker = Worker::new(recovery.clone(), plant.mailer(Arc::new(mailer)));
    Site { recovery, desk, worker, clock, weather }
}

/// Accounts that are away now and then.
struct HostAccounts {
    inner: Arc<SqliteAccounts>,
    weather: Sky,
}

#[async_trait]
impl AccountStore for HostAccounts {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        self.inner.find_by_identifier(identifier).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        self.inner.find_by_identity(key).await
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.inner.get(id).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        if self.weather.is(Weather::AccountsAway) {
            return Err(StoreError::plain("the accounts are away"));
        }
        self.inner.set_password(change).await
    }

    async fn upgrade_hash(&self, upgrade: &regain::account::HashUpgrade) -> Result<(), StoreError> {
        self.inner.upgrade_hash(upgrade).await
    }
}

/// A mail folder behind a mail system that is away now and then, and knows no Dee.
struct MailSystem {
    inner: EmlMailer,
    folder: Folder,
    weather: Sky,
}

#[async_trait]
impl Mailer for MailSystem {
    async fn send(&self, message: &Message) -> Delivery {
        let AddressOnFile::Email(to) = &message.to else { unreachable!("everybody has e-mail") };
        if to.as_str() == email(DEE) {
            return Delivery::Refused("no such mailbox".into());
        }
        if self.weather.is(Weather::MailAway) {
            return Delivery::RetryLater("the mail system is away".into());
        }
        let delivery = self.inner.send(message).await;
        if let Delivery::Sent = delivery {
            self.folder.deliver(&message.message_id);
        }
        delivery
    }
}
