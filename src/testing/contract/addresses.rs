//! The contract of a host that takes addresses.

use super::accounts::{found, hash, index, person, read};
use super::at_once::at_once;
use crate::account::{Account, AccountStore, AddressChange, AddressOnFile, Applied, PasswordChange};
use crate::identity::{BlindIndex, EmailAddress};
use crate::ids::{AccountId, FlowId};
use std::sync::Arc;

/// Other addresses go on file once, only for the epoch, byte for byte and in their order, and nothing else of the account
/// changes. `fresh` gives a store with exactly these accounts in it; none has more than two addresses, all by e-mail.
///
/// ```
/// use regain::memory::MemoryAccounts;
/// use regain::testing::contract::address_contract;
/// use std::sync::Arc;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// address_contract(async |accounts, index| {
///     let store = MemoryAccounts::new();
///     accounts.into_iter().for_each(|account| store.put(account, &index));
///     Arc::new(store)
/// })
/// .await;
/// # });
/// ```
///
/// # Panics
/// With the promise that is broken.
pub async fn address_contract<S: AccountStore + 'static>(
    fresh: impl AsyncFn(Vec<Account>, BlindIndex) -> Arc<S>,
) {
    let make = async || {
        let store: Arc<dyn AccountStore> = fresh(vec![ana(), bo()], index()).await;
        store
    };
    addresses_are_set_once_and_only_for_the_epoch(&*make().await).await;
    addresses_are_kept_as_they_are_and_found(&*make().await).await;
    nothing_else_changes(&*make().await).await;
    nobody_gets_no_address(&*make().await).await;
    a_password_of_before_is_a_conflict(&*make().await).await;
    of_many_changes_for_one_epoch_one_is_done(&make().await).await;
}

fn ana() -> Account {
    person("ana", "ana@example.org")
}

fn bo() -> Account {
    person("bo", "bo@example.org")
}

fn email(address: &str) -> AddressOnFile {
    AddressOnFile::Email(EmailAddress::parse(address).expect("an address"))
}

fn to(account: &Account, number: u8, addresses: &[&str]) -> AddressChange {
    AddressChange {
        change: FlowId::from_bytes([number; 16]),
        account: account.id.clone(),
        expected: account.epoch(),
        addresses: addresses.iter().map(|address| email(address)).collect(),
    }
}

async fn set(store: &dyn AccountStore, change: &AddressChange) -> Applied {
    store.set_address(change).await.expect("the store answers")
}

async fn addresses_are_set_once_and_only_for_the_epoch(store: &dyn AccountStore) {
    assert!(store.takes_addresses(), "a host that takes addresses says so");
    let (present, bystander) = (read(store, &ana().id).await, read(store, &bo().id).await);
    let wrong = AddressChange { expected: bystander.epoch(), ..to(&present, 1, &["eve@example.org"]) };
    assert_eq!(set(store, &wrong).await, Applied::Conflict, "another epoch is a conflict");
    assert!(read(store, &ana().id).await.epoch() == present.epoch(), "a conflict stores nothing");
    let change = to(&present, 2, &["ana@new.example"]);
    assert_eq!(set(store, &change).await, Applied::Done, "a change for the present epoch is done");
    let now = read(store, &ana().id).await;
    assert_eq!(now.addresses, change.addresses, "the addresses are stored");
    assert!(now.epoch() != present.epoch(), "other addresses are a new epoch");
    assert_eq!(set(store, &change).await, Applied::Before, "a repeated change is known");
    let late = AddressChange { expected: present.epoch(), ..to(&now, 3, &["late@example.org"]) };
    assert_eq!(set(store, &late).await, Applied::Conflict, "a change for the epoch before is a conflict");
    assert_eq!(read(store, &ana().id).await.addresses, change.addresses, "a late change stores nothing");
    let back = to(&now, 4, &["ana@example.org"]);
    assert_eq!(set(store, &back).await, Applied::Done, "what was on file before can be set back");
    let whole = read(store, &ana().id).await.epoch() == present.epoch();
    assert!(whole, "an account whose addresses are set back is all that it was");
}

async fn addresses_are_kept_as_they_are_and_found(store: &dyn AccountStore) {
    let present = read(store, &ana().id).await;
    let change = to(&present, 1, &["Second.Ana@Example.org", "ana@xn--bcher-kva.example"]);
    assert_eq!(set(store, &change).await, Applied::Done);
    let now = read(store, &ana().id).await;
    assert_eq!(now.addresses, change.addresses, "addresses are kept byte for byte, in their order");
    for typed in ["second.ana@example.org", "ana@b\u{fc}cher.example"] {
        assert_eq!(found(store, typed).await, ["ana"], "an account is found by its new addresses");
    }
    assert_eq!(found(store, "ana@example.org").await, [""; 0], "an account is not found by its old address");
    let one = to(&now, 2, &["ana@xn--bcher-kva.example"]);
    assert_eq!(set(store, &one).await, Applied::Done);
    assert_eq!(found(store, "second.ana@example.org").await, [""; 0], "an address that is taken off is gone");
    assert_eq!(read(store, &ana().id).await.addresses, one.addresses, "an address that is taken off is gone");
    let none = to(&read(store, &ana().id).await, 3, &[]);
    assert_eq!(set(store, &none).await, Applied::Done);
    assert!(read(store, &ana().id).await.addresses.is_empty(), "an account may be left without an address");
}

async fn nothing_else_changes(store: &dyn AccountStore) {
    let (present, bystander) = (read(store, &ana().id).await, read(store, &bo().id).await);
    // Two people may share an address: the other one keeps it.
    assert_eq!(set(store, &to(&present, 1, &["bo@example.org"])).await, Applied::Done);
    let mut now = read(store, &ana().id).await;
    assert_eq!(found(store, "bo@example.org").await, ["ana", "bo"], "several people may share an address");
    now.addresses.clone_from(&present.addresses);
    assert!(now.epoch() == present.epoch(), "nothing but the addresses changes");
    assert!(read(store, &bo().id).await.epoch() == bystander.epoch(), "nobody else's account changes");
}

async fn nobody_gets_no_address(store: &dyn AccountStore) {
    let nobody = AccountId::new("nobody").expect("a legal id");
    let lost = AddressChange { account: nobody.clone(), ..to(&ana(), 1, &["lost@example.org"]) };
    assert_eq!(set(store, &lost).await, Applied::Conflict, "nobody gets no address");
    assert!(store.get(&nobody).await.expect("answers").is_none(), "nor does a change make an account");
    assert_eq!(found(store, "lost@example.org").await, [""; 0], "nor is anybody found by it");
}

/// Whoever has set a new password meanwhile does not get an address that was confirmed before.
async fn a_password_of_before_is_a_conflict(store: &dyn AccountStore) {
    let present = read(store, &ana().id).await;
    let (flow, account) = (FlowId::from_bytes([9; 16]), present.id.clone());
    let password = PasswordChange { flow, account, expected: present.epoch(), hash: hash("new password") };
    assert_eq!(store.set_password(&password).await.expect("answers"), Applied::Done);
    let late = to(&present, 1, &["late@example.org"]);
    assert_eq!(
        set(store, &late).await,
        Applied::Conflict,
        "a change from before a new password is a conflict"
    );
}

async fn of_many_changes_for_one_epoch_one_is_done(store: &Arc<dyn AccountStore>) {
    let present = read(&**store, &ana().id).await;
    let change = |n: u8| to(&present, n + 1, &[&format!("ana{n}@example.org")]);
    let changes: Arc<Vec<AddressChange>> = Arc::new((0..32).map(change).collect());
    let (racing, racers) = (store.clone(), changes.clone());
    let answers = at_once(32, move |n| {
        let (store, changes) = (racing.clone(), racers.clone());
        async move { store.set_address(&changes[n]).await.ok() }
    })
    .await;
    let done: Vec<usize> = (0..32).filter(|n| answers[*n] == Some(Applied::Done)).collect();
    assert_eq!(done.len(), 1, "of many changes for one epoch one is done");
    let now = read(&**store, &ana().id).await;
    assert_eq!(now.addresses, changes[done[0]].addresses, "and that one is stored");
}
