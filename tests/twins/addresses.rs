//! Hosts that put addresses on file that they should not, or lose what they are told.

use crate::failure;
use async_trait::async_trait;
use regain::account::{Account, AccountStore, AddressChange, AddressOnFile, Applied, PasswordChange};
use regain::identity::{EmailAddress, Identifier, IdentityKey};
use regain::ids::AccountId;
use regain::memory::MemoryAccounts;
use regain::store::StoreError;
use regain::testing::contract::address_contract;
use std::sync::Arc;

type Result<T> = std::result::Result<T, StoreError>;

/// What it makes of a change.
type Set = fn(&MemoryAccounts, &AddressChange) -> Applied;

struct Host {
    accounts: MemoryAccounts,
    set: Set,
    takes: bool,
    /// Reads, lets others go first, and writes.
    late: bool,
}

fn now<T>(answer: impl Future<Output = Result<T>>) -> T {
    crate::twin::now(answer)
}

fn properly(accounts: &MemoryAccounts, change: &AddressChange) -> Applied {
    now(accounts.set_address(change))
}

fn write(accounts: &MemoryAccounts, id: &AccountId, addresses: &[AddressOnFile]) {
    accounts.change(id, |account| account.addresses = addresses.to_vec());
}

/// Decides properly, and then writes in a way of its own, before anybody else decides.
fn deciding(accounts: &MemoryAccounts, change: &AddressChange, write: impl FnOnce(&mut Account)) -> Applied {
    let mut applied = Applied::Conflict;
    accounts.change(&change.account, |account| {
        applied = change.against(Some(account));
        if applied == Applied::Done {
            write(account);
        }
    });
    applied
}

#[async_trait]
impl AccountStore for Host {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>> {
        self.accounts.find_by_identifier(identifier).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>> {
        self.accounts.find_by_identity(key).await
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>> {
        self.accounts.get(id).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied> {
        self.accounts.set_password(change).await
    }

    fn takes_addresses(&self) -> bool {
        self.takes
    }

    async fn set_address(&self, change: &AddressChange) -> Result<Applied> {
        if self.late {
            let applied = change.against(self.accounts.get(&change.account).await?.as_ref());
            tokio::task::yield_now().await;
            if applied == Applied::Done {
                write(&self.accounts, &change.account, &change.addresses);
            }
            return Ok(applied);
        }
        Ok((self.set)(&self.accounts, change))
    }
}

async fn breaks(promise: &str, set: Set) {
    breaks_as(promise, set, true, false).await;
}

async fn breaks_as(promise: &str, set: Set, takes: bool, late: bool) {
    let suite = address_contract(async |everyone, index| {
        let accounts = MemoryAccounts::new();
        everyone.into_iter().for_each(|account| accounts.put(account, &index));
        Arc::new(Host { accounts, set, takes, late })
    });
    assert_eq!(failure(suite).await, promise);
}

#[tokio::test]
async fn a_host_that_does_it_properly_breaks_nothing() {
    breaks("no promise is broken", properly).await;
}

/// It keeps no name of the last change: what is on file tells it all the same.
#[tokio::test]
async fn a_host_without_the_last_change_breaks_nothing() {
    breaks("no promise is broken", |accounts, change| {
        deciding(accounts, change, |account| account.addresses.clone_from(&change.addresses))
    })
    .await;
}

#[tokio::test]
async fn it_does_not_say_that_it_takes_addresses() {
    breaks_as("a host that takes addresses says so", properly, false, false).await;
}

#[tokio::test]
async fn the_epoch_is_not_compared() {
    breaks("another epoch is a conflict", |accounts, change| match now(accounts.get(&change.account)) {
        Some(account) if account.addresses == change.addresses => Applied::Before,
        Some(_) => {
            write(accounts, &change.account, &change.addresses);
            Applied::Done
        }
        None => Applied::Conflict,
    })
    .await;
}

#[tokio::test]
async fn a_repeated_change_is_new_to_it() {
    breaks("a repeated change is known", |accounts, change| match now(accounts.get(&change.account)) {
        Some(account) if account.epoch() == change.expected => {
            write(accounts, &change.account, &change.addresses);
            Applied::Done
        }
        _ => Applied::Conflict,
    })
    .await;
}

#[tokio::test]
async fn it_says_done_and_forgets() {
    breaks("the addresses are stored", |accounts, change| deciding(accounts, change, |_| ())).await;
}

#[tokio::test]
async fn the_old_address_stays() {
    breaks("the addresses are stored", |accounts, change| {
        deciding(accounts, change, |account| {
            let old = std::mem::replace(&mut account.addresses, change.addresses.clone());
            account.addresses.extend(old);
        })
    })
    .await;
}

#[tokio::test]
async fn addresses_are_put_into_lower_case() {
    breaks("addresses are kept byte for byte, in their order", |accounts, change| {
        deciding(accounts, change, |account| {
            let lower = |address: &AddressOnFile| {
                let text: String = address.as_str().chars().flat_map(char::to_lowercase).collect();
                AddressOnFile::Email(EmailAddress::parse(&text).unwrap())
            };
            account.addresses = change.addresses.iter().map(lower).collect();
        })
    })
    .await;
}

#[tokio::test]
async fn there_is_room_for_one_address() {
    breaks("addresses are kept byte for byte, in their order", |accounts, change| {
        deciding(accounts, change, |account| {
            account.addresses = change.addresses.iter().take(1).cloned().collect();
        })
    })
    .await;
}

#[tokio::test]
async fn the_last_address_stays() {
    breaks("an account may be left without an address", |accounts, change| {
        deciding(accounts, change, |account| {
            if !change.addresses.is_empty() {
                account.addresses.clone_from(&change.addresses);
            }
        })
    })
    .await;
}

#[tokio::test]
async fn the_password_goes_with_the_address() {
    breaks("an account whose addresses are set back is all that it was", |accounts, change| {
        deciding(accounts, change, |account| {
            account.addresses.clone_from(&change.addresses);
            account.password = None;
        })
    })
    .await;
}

/// It takes an address for one person's.
#[tokio::test]
async fn an_address_is_taken_from_whoever_had_it() {
    breaks("several people may share an address", |accounts, change| {
        let other =
            AccountId::new(if change.account.as_str() == "id-ana" { "id-bo" } else { "id-ana" }).unwrap();
        let applied = properly(accounts, change);
        if applied == Applied::Done {
            accounts.change(&other, |account| {
                account.addresses.retain(|address| !change.addresses.contains(address));
            });
        }
        applied
    })
    .await;
}

/// It knows what the account was like at first, and takes that for what it is.
#[tokio::test]
async fn only_the_addresses_are_compared() {
    let promise = "a change from before a new password is a conflict";
    let suite = address_contract(async |everyone, index| {
        let accounts = MemoryAccounts::new();
        everyone.iter().for_each(|account| accounts.put(account.clone(), &index));
        Arc::new(Remembering(Host { accounts, set: properly, takes: true, late: false }, everyone))
    });
    assert_eq!(failure(suite).await, promise);
}

struct Remembering(Host, Vec<Account>);

#[async_trait]
impl AccountStore for Remembering {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>> {
        self.0.find_by_identifier(identifier).await
    }

    async fn find_by_identity(&self, key: &IdentityKey) -> Result<Vec<Account>> {
        self.0.find_by_identity(key).await
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>> {
        self.0.get(id).await
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied> {
        self.0.set_password(change).await
    }

    fn takes_addresses(&self) -> bool {
        true
    }

    async fn set_address(&self, change: &AddressChange) -> Result<Applied> {
        let present = self.get(&change.account).await?;
        let first = self.1.iter().find(|account| {
            let same = |now: &Account| now.id == account.id && now.addresses == account.addresses;
            account.epoch() == change.expected && present.as_ref().is_some_and(same)
        });
        match (first, present) {
            (Some(_), Some(now)) => {
                self.0.set_address(&AddressChange { expected: now.epoch(), ..change.clone() }).await
            }
            _ => self.0.set_address(change).await,
        }
    }
}

#[tokio::test]
async fn two_changes_at_once_are_both_done() {
    breaks_as("of many changes for one epoch one is done", properly, true, true).await;
}
