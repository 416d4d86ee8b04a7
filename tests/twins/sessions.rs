//! Hosts whose sessions outlive a password, or end without reason.

use crate::failure;
use async_trait::async_trait;
use regain::account::{Account, AccountStore, Applied, PasswordChange};
use regain::identity::{BlindIndex, Identifier, IdentityKey};
use regain::ids::{AccountId, FlowId};
use regain::memory::MemoryAccounts;
use regain::store::StoreError;
use regain::testing::SeedAccounts;
use regain::testing::contract::{last_change_contract, session_contract};
use std::collections::BTreeMap;
use std::sync::Mutex;

type Result<T> = std::result::Result<T, StoreError>;
type Open = BTreeMap<AccountId, u32>;

/// Sessions beside the accounts, ended as the host sees fit.
struct Host {
    accounts: MemoryAccounts,
    open: Mutex<Open>,
    after: fn(Applied, &AccountId, &mut Open),
    replaced: fn(&AccountId, &mut Open),
    /// Which flow it takes a change to be of.
    flow: fn(FlowId, &Mutex<Open>) -> FlowId,
}

fn host(after: fn(Applied, &AccountId, &mut Open)) -> Host {
    Host {
        accounts: MemoryAccounts::new(),
        open: Mutex::default(),
        after,
        replaced: |_, _| {},
        flow: |flow, _| flow,
    }
}

fn properly(applied: Applied, account: &AccountId, open: &mut Open) {
    if applied == Applied::Done {
        open.remove(account);
    }
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
        let flow = (self.flow)(change.flow, &self.open);
        let applied = self.accounts.set_password(&PasswordChange { flow, ..change.clone() }).await?;
        (self.after)(applied, &change.account, &mut self.open.lock().unwrap());
        Ok(applied)
    }
}

#[async_trait]
impl SeedAccounts for Host {
    async fn put(&self, account: Account, index: &BlindIndex) {
        (self.replaced)(&account.id, &mut self.open.lock().unwrap());
        self.accounts.put(account, index);
    }

    async fn remove(&self, id: &AccountId) {
        self.accounts.remove(id);
    }

    async fn begin_session(&self, id: &AccountId) {
        *self.open.lock().unwrap().entry(id.clone()).or_default() += 1;
    }

    async fn sessions(&self, id: &AccountId) -> u32 {
        self.open.lock().unwrap().get(id).copied().unwrap_or(0)
    }
}

async fn breaks(promise: &str, host: Host) {
    assert_eq!(failure(session_contract(&host)).await, promise);
}

#[tokio::test]
async fn sessions_that_end_properly_break_nothing() {
    breaks("no promise is broken", host(properly)).await;
}

#[tokio::test]
async fn sessions_outlive_the_password() {
    breaks("a new password ends every session of its account", host(|_, _, _| {})).await;
}

#[tokio::test]
async fn one_session_ends_with_the_password() {
    let one = |applied, account: &AccountId, open: &mut Open| {
        if applied == Applied::Done
            && let Some(count) = open.get_mut(account)
        {
            *count -= 1;
        }
    };
    breaks("a new password ends every session of its account", host(one)).await;
}

#[tokio::test]
async fn everybodys_sessions_end() {
    let all = |applied, _: &AccountId, open: &mut Open| {
        if applied == Applied::Done {
            open.clear()
        }
    };
    breaks("a new password ends nobody else's session", host(all)).await;
}

#[tokio::test]
async fn a_refused_change_ends_sessions() {
    let always = |_, account: &AccountId, open: &mut Open| {
        open.remove(account);
    };
    breaks("a change that is not made ends nothing", host(always)).await;
}

#[tokio::test]
async fn a_repeated_change_ends_sessions_anew() {
    let again = |applied, account: &AccountId, open: &mut Open| {
        if applied != Applied::Conflict {
            open.remove(account);
        }
    };
    breaks("a change that was made before ends nothing anew", host(again)).await;
}

#[tokio::test]
async fn whoever_is_replaced_is_signed_out() {
    let replaced = |account: &AccountId, open: &mut Open| {
        open.remove(account);
    };
    breaks("whoever is replaced stays signed in", Host { replaced, ..host(properly) }).await;
}

#[tokio::test]
async fn a_host_that_keeps_the_flow_breaks_nothing() {
    assert_eq!(failure(last_change_contract(&host(properly))).await, "no promise is broken");
}

/// It sees a new flow in every call.
#[tokio::test]
async fn the_flow_of_the_last_change_is_forgotten() {
    let flow = |_, calls: &Mutex<Open>| {
        let mut calls = calls.lock().unwrap();
        let count = calls.entry(AccountId::new("calls").unwrap()).or_default();
        *count += 1;
        FlowId::from_bytes(u128::from(*count).to_be_bytes())
    };
    let forgetful = Host { flow, ..host(properly) };
    let promise = "a change that was made stays known, also after a change elsewhere";
    assert_eq!(failure(last_change_contract(&forgetful)).await, promise);
}

/// It takes every change for the last one.
#[tokio::test]
async fn all_flows_are_one() {
    let one = Host { flow: |_, _| FlowId::from_bytes([9; 16]), ..host(properly) };
    assert_eq!(failure(last_change_contract(&one)).await, "another recovery's change is another matter");
}
