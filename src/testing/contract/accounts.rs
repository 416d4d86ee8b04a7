//! The contract of [`AccountStore`].

use super::at_once::at_once;
use crate::account::{
    Account, AccountStatus, AccountStore, AddressOnFile, Applied, HashUpgrade, PasswordChange, Recoverability,
};
use crate::entropy::{SystemEntropy, random};
use crate::identity::{
    BlindIndex, EmailAddress, Identifier, IdentityClaims, IdentityKey, IdentityRules, Person, TypedClaims,
};
use crate::ids::{AccountId, FlowId};
use crate::password::{Argon2Hasher, Password, PasswordHash, PasswordHasher as _};
use std::sync::Arc;
use time::macros::date;

/// Runs the whole contract. `fresh` gives a store with exactly these accounts in it, each under the blind-index
/// values of the index that comes along.
///
/// ```
/// use regain::memory::MemoryAccounts;
/// use regain::testing::contract::account_store_contract;
/// use std::sync::Arc;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// account_store_contract(async |accounts, index| {
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
pub async fn account_store_contract<S: AccountStore + 'static>(
    fresh: impl AsyncFn(Vec<Account>, BlindIndex) -> Arc<S>,
) {
    let make = async |accounts: &[Account]| {
        let store: Arc<dyn AccountStore> = fresh(accounts.to_vec(), index()).await;
        store
    };
    let (ana, bo) = (person("ana", "ana@example.org"), person("bo", "bo@example.org"));
    let only_ana = std::slice::from_ref(&ana);
    let two = [ana.clone(), bo.clone()];
    identifiers_find_by_canonical_key(&*make(only_ana).await).await;
    look_alikes_are_not_found(&*make(&look_alikes()).await).await;
    a_shared_address_finds_everybody(&*make(&[ana.clone(), person("bo", "ana@example.org")]).await).await;
    a_borrowed_address_hides_nobody(&*make(&[bo.clone(), person("bo@example.org", "eve@example.org")]).await)
        .await;
    an_account_is_read_as_it_is(&*make(&[ana.clone(), odd_one(), disabled(), held()]).await).await;
    ids_are_compared_byte_for_byte(&*make(&near_ids()).await).await;
    an_identity_finds_its_account(&*make(&two).await).await;
    a_shared_identity_finds_both(&*make(&namesakes()).await).await;
    a_password_is_set_once_and_only_for_the_epoch(&*make(&two).await).await;
    whoever_may_not_gets_no_password(&*make(&[disabled(), odd_one(), held()]).await).await;
    a_hash_is_upgraded_only_in_place(&*make(&two).await).await;
    of_many_changes_for_one_epoch_one_is_done(&make(only_ana).await).await;
}

pub(super) fn index() -> BlindIndex {
    BlindIndex::new(IdentityRules::default(), "contract", vec![(1, [7; 32])]).expect("legal rules")
}

pub(super) fn hash(password: &str) -> PasswordHash {
    let prepared = Password::new(password).prepare().expect("a password");
    let salt = random(&SystemEntropy).expect("randomness");
    Argon2Hasher::danger_for_tests().hash(&prepared, salt).expect("a hash")
}

pub(super) fn person(name: &str, email: &str) -> Account {
    let mut account = Account::new(AccountId::new(&format!("id-{name}")).expect("a legal id"), name);
    account.addresses = vec![AddressOnFile::Email(EmailAddress::parse(email).expect("an address"))];
    account.password = Some(hash("present password"));
    let person = Person::new(name, "Silva").with_birth_date(date!(1980 - 02 - 29));
    account.person = Some(person.with_record_number(format!("00{name}1")));
    account
}

/// Every field that can differ does.
fn odd_one() -> Account {
    let mut account = Account::new(AccountId::new("Odd \u{e9} id").expect("a legal id"), "odd.\u{e9}");
    account.must_change_password = true;
    account.may_change_password = false;
    account.factors = vec!["totp-1".into(), "codes-1".into()];
    let addresses = ["First.Odd@Example.org", "b@xn--bcher-kva.example"].map(EmailAddress::parse);
    account.addresses = addresses.into_iter().flatten().map(AddressOnFile::Email).collect();
    account
}

fn disabled() -> Account {
    let mut account = person("dora", "dora@example.org");
    account.status = AccountStatus::Disabled;
    account
}

fn held() -> Account {
    let mut account = person("hedda", "hedda@example.org");
    account.recoverability = Recoverability::LegalHold;
    account
}

fn look_alikes() -> Vec<Account> {
    [("mike", "mike@example.org"), ("strasse", "strasse@example.org"), ("uber", "uber@example.org")]
        .map(|(name, email)| person(name, email))
        .to_vec()
}

pub(super) async fn found(store: &dyn AccountStore, typed: &str) -> Vec<String> {
    let accounts = store.find_by_identifier(&Identifier::parse(typed)).await.expect("the store answers");
    let mut names: Vec<String> = accounts.into_iter().map(|account| account.username).collect();
    names.sort();
    names
}

async fn identifiers_find_by_canonical_key(store: &dyn AccountStore) {
    for typed in ["ana", " ANA ", "\u{ff21}na", "ana@example.org", "Ana@EXAMPLE.org "] {
        assert_eq!(found(store, typed).await, ["ana"], "{typed:?} is a way to write ana's identifier");
    }
    for typed in [
        "",
        "an",
        "anaa",
        "a%",
        "_na",
        "ana@example.or",
        "%@example.org",
        "' OR '1'='1",
        "id-ana",
        "ana@other.example",
    ] {
        assert_eq!(found(store, typed).await, [""; 0], "{typed:?} is nobody's identifier");
    }
}

async fn look_alikes_are_not_found(store: &dyn AccountStore) {
    for typed in [
        "m\u{131}ke",
        "m\u{131}ke@example.org",
        "mi\u{212a}e",
        "mi\u{212a}e@example.org",
        "stra\u{df}e",
        "stra\u{df}e@example.org",
        "\u{fc}ber",
        "\u{fc}ber@example.org",
        "mike\u{200b}",
        "mike@ex\u{e4}mple.org",
        "m\u{456}ke@example.org",
        "mike\0",
        "mike@example.org\0",
    ] {
        assert_eq!(found(store, typed).await, [""; 0], "{typed:?} only looks like somebody's identifier");
    }
}

async fn a_shared_address_finds_everybody(store: &dyn AccountStore) {
    assert_eq!(found(store, "ana@example.org").await, ["ana", "bo"], "several people may share an address");
    assert_eq!(found(store, "bo").await, ["bo"], "a username is one person's");
}

/// Whoever takes another person's address for a username must not be the only one that it finds.
async fn a_borrowed_address_hides_nobody(store: &dyn AccountStore) {
    let found = found(store, "bo@example.org").await;
    assert!(found.contains(&"bo".to_owned()), "an address finds its owner, whoever has it for a username");
}

pub(super) async fn read(store: &dyn AccountStore, id: &AccountId) -> Account {
    store.get(id).await.expect("the store answers").expect("an account that is there is read")
}

async fn an_account_is_read_as_it_is(store: &dyn AccountStore) {
    for account in [odd_one(), disabled(), held()] {
        let found = store.find_by_identifier(&Identifier::parse(&account.username)).await.expect("answers");
        assert_eq!(found.len(), 1, "an account is found, whether it is in use or not");
        for read in [&read(store, &account.id).await, &found[0]] {
            assert_eq!(read.username, account.username, "the username comes back as it was written");
            assert_eq!(
                read.addresses, account.addresses,
                "addresses come back byte for byte, in their order"
            );
            assert_eq!(read.factors, account.factors, "factors come back in their order");
            let (may, must) = (account.may_change_password, account.must_change_password);
            assert_eq!(read.may_change_password, may, "whether the password may change comes back");
            let recoverability = account.recoverability;
            assert_eq!(read.recoverability, recoverability, "whether it can be recovered comes back");
            assert_eq!(read.must_change_password, must, "whether the password must change comes back");
            assert_eq!(
                read.status, account.status,
                "a disabled account is shown as disabled, one in use as in use"
            );
            let person = read.person.is_none() || read.person == account.person;
            assert!(person, "a person comes back as it was written, or not at all");
        }
        let (read, found) = (read(store, &account.id).await.epoch(), found[0].epoch());
        assert!(read == found, "an account is the same, found or read");
    }
    let ana = read(store, &AccountId::new("id-ana").expect("a legal id")).await;
    assert!(ana.password.is_some() || !ana.revision.is_empty(), "an epoch shows when the password changes");
}

fn near_ids() -> Vec<Account> {
    let ids = [
        "Odd \u{e9} id",
        "odd \u{e9} id",
        "Odd e\u{301} id",
        "Odd \u{e9} id ",
        "1",
        "01",
        "1.0",
        "stra\u{df}e",
        "strasse",
    ];
    let account = |(n, id)| Account::new(AccountId::new(id).expect("a legal id"), format!("user-{n}"));
    (0..).zip(ids).map(account).collect()
}

async fn ids_are_compared_byte_for_byte(store: &dyn AccountStore) {
    for account in near_ids() {
        let read = read(store, &account.id).await;
        assert_eq!(read.username, account.username, "account ids are compared byte for byte");
    }
    for id in ["ODD \u{e9} ID", "%", "001", "STRASSE", "user-1", "nobody"] {
        let id = AccountId::new(id).expect("a legal id");
        assert!(store.get(&id).await.expect("answers").is_none(), "nobody is read by an id that nobody has");
    }
}

pub(super) fn name_claims(number: &str) -> IdentityClaims {
    IdentityClaims::new(TypedClaims {
        given_name: "ana".into(),
        family_name: "Silva".into(),
        birth_date: "1980-02-29".into(),
        record_number: number.into(),
        ..TypedClaims::default()
    })
}

async fn identified(store: &dyn AccountStore, key: &IdentityKey) -> Vec<String> {
    let accounts = store.find_by_identity(key).await.expect("the store answers");
    let mut names: Vec<String> = accounts.into_iter().map(|account| account.username).collect();
    names.sort();
    names
}

async fn an_identity_finds_its_account(store: &dyn AccountStore) {
    let names = async |number: &str| identified(store, &index().probe(&name_claims(number))).await;
    assert_eq!(names("00-ANA-1").await, ["ana"], "a record number finds its account");
    assert_eq!(names("0ana1").await, [""; 0], "leading zeros are part of a record number");
    assert_eq!(names("").await, [""; 0], "no attribute finds nobody");
    let key = index().probe(&name_claims("00ana1"));
    for place in [0, 8, 31] {
        let near = key.altered(place);
        assert_eq!(identified(store, &near).await, [""; 0], "blind-index values are compared whole");
    }
    let found = store.find_by_identity(&key).await.expect("answers");
    let whole = read(store, &AccountId::new("id-ana").expect("a legal id")).await.epoch();
    assert!(
        found.iter().all(|ana| ana.epoch() == whole),
        "an account is the same, found by who it is or read"
    );
}

/// Whoever is not told of the second one takes the first one for the only one (ID-10).
fn namesakes() -> Vec<Account> {
    let mut both = vec![person("ana", "ana@example.org"), person("bo", "bo@example.org")];
    both[1].person = both[0].person.clone();
    both
}

async fn a_shared_identity_finds_both(store: &dyn AccountStore) {
    let key = index().probe(&name_claims("00ana1"));
    assert_eq!(
        identified(store, &key).await,
        ["ana", "bo"],
        "two accounts that share a value are both found"
    );
}

fn new_password(account: &Account, password: &str) -> PasswordChange {
    let (account, expected) = (account.id.clone(), account.epoch());
    PasswordChange { flow: FlowId::from_bytes([1; 16]), account, expected, hash: hash(password) }
}

async fn a_password_is_set_once_and_only_for_the_epoch(store: &dyn AccountStore) {
    let [ana, bo] = ["id-ana", "id-bo"].map(|id| AccountId::new(id).expect("a legal id"));
    let (present, bystander) = (read(store, &ana).await, read(store, &bo).await);
    let wrong = PasswordChange { expected: bystander.epoch(), ..new_password(&present, "wrong epoch") };
    assert_eq!(set(store, &wrong).await, Applied::Conflict, "another epoch is a conflict");
    assert!(read(store, &ana).await.epoch() == present.epoch(), "a conflict stores nothing");
    let change = new_password(&present, "new password");
    assert_eq!(set(store, &change).await, Applied::Done, "a change for the present epoch is done");
    let now = read(store, &ana).await;
    assert!(now.password.is_none() || now.password.as_ref() == Some(&change.hash), "the new hash is stored");
    assert!(now.epoch() != present.epoch(), "a new password is a new epoch");
    assert!(read(store, &bo).await.epoch() == bystander.epoch(), "nobody else's password changes");
    assert_eq!(set(store, &change).await, Applied::Before, "a repeated change is known");
    let late = PasswordChange { flow: FlowId::from_bytes([2; 16]), hash: hash("too late"), ..change.clone() };
    assert_eq!(set(store, &late).await, Applied::Conflict, "a change for the epoch before is a conflict");
    assert!(read(store, &ana).await.epoch() == now.epoch(), "a late change stores nothing");
    let nobody = AccountId::new("nobody").expect("a legal id");
    let lost = PasswordChange {
        account: nobody.clone(),
        flow: FlowId::from_bytes([3; 16]),
        hash: hash("lost"),
        ..change
    };
    assert_eq!(set(store, &lost).await, Applied::Conflict, "nobody gets no password");
    assert!(store.get(&nobody).await.expect("answers").is_none(), "nor does a change make an account");
}

async fn set(store: &dyn AccountStore, change: &PasswordChange) -> Applied {
    store.set_password(change).await.expect("the store answers")
}

async fn whoever_may_not_gets_no_password(store: &dyn AccountStore) {
    for (id, promise) in [
        (disabled().id, "a disabled account gets no password"),
        (odd_one().id, "an account that may not change its password gets none"),
        (held().id, "an account that cannot be recovered gets no password"),
    ] {
        let present = read(store, &id).await;
        assert_eq!(set(store, &new_password(&present, "new password")).await, Applied::Conflict, "{promise}");
        assert!(read(store, &id).await.epoch() == present.epoch(), "{promise}");
    }
}

async fn a_hash_is_upgraded_only_in_place(store: &dyn AccountStore) {
    let [ana, bo] = ["id-ana", "id-bo"].map(|id| AccountId::new(id).expect("a legal id"));
    // A host whose hashes cannot be read is never asked for an upgrade.
    let Some(present) = read(store, &ana).await.password else { return };
    let bystander = read(store, &bo).await.epoch();
    let wrong = HashUpgrade { account: ana.clone(), from: hash("another"), to: hash("another") };
    store.upgrade_hash(&wrong).await.expect("answers");
    let now = read(store, &ana).await.password;
    assert_eq!(now.as_ref(), Some(&present), "only the hash that was verified is upgraded");
    let right = HashUpgrade { from: present.clone(), to: hash("present password"), ..wrong };
    store.upgrade_hash(&right).await.expect("answers");
    let now = read(store, &ana).await.password;
    assert!(
        now == Some(right.to) || now == Some(present),
        "an upgrade stores the new hash, or leaves the old one"
    );
    assert!(read(store, &bo).await.epoch() == bystander, "nobody else's hash is upgraded");
}

async fn of_many_changes_for_one_epoch_one_is_done(store: &Arc<dyn AccountStore>) {
    let present = read(&**store, &AccountId::new("id-ana").expect("a legal id")).await;
    let change = move |n: usize| {
        let number = u8::try_from(n).expect("few");
        PasswordChange {
            flow: FlowId::from_bytes([number; 16]),
            ..new_password(&present, &format!("password {n}"))
        }
    };
    let changes: Arc<Vec<PasswordChange>> = Arc::new((0..32).map(change).collect());
    let (racing, racers) = (store.clone(), changes.clone());
    let answers = at_once(32, move |n| {
        let (store, changes) = (racing.clone(), racers.clone());
        async move { store.set_password(&changes[n]).await.ok() }
    })
    .await;
    let done: Vec<usize> = (0..32).filter(|n| answers[*n] == Some(Applied::Done)).collect();
    assert_eq!(done.len(), 1, "of many changes for one epoch one is done");
    let now = read(&**store, &changes[0].account).await;
    assert!(
        now.password.is_none() || now.password.as_ref() == Some(&changes[done[0]].hash),
        "and that one is stored"
    );
}
