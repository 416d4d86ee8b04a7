//! The contract of [`AccountStore`].

use crate::account::{
    Account, AccountStatus, AccountStore, AddressOnFile, Applied, HashUpgrade, PasswordChange,
};
use crate::entropy::{SystemEntropy, random};
use crate::identity::{
    BlindIndex, EmailAddress, Identifier, IdentityClaims, IdentityRules, Person, TypedClaims,
};
use crate::ids::{AccountId, FlowId};
use crate::password::{Argon2Hasher, Password, PasswordHash, PasswordHasher as _};
use futures_util::future::join_all;
use std::sync::Arc;
use time::macros::date;

/// Runs the whole contract. `fresh` gives a store with exactly these accounts in it, each under the blind-index
/// values of the index that comes along.
///
/// # Panics
/// With the name of the broken promise.
pub async fn account_store_contract<S: AccountStore + 'static>(
    fresh: impl AsyncFn(Vec<Account>, BlindIndex) -> Arc<S>,
) {
    let make = async |accounts: &[Account]| fresh(accounts.to_vec(), index()).await;
    let ana = person("ana", "ana@example.org");
    identifiers_find_by_canonical_key(&*make(std::slice::from_ref(&ana)).await).await;
    look_alikes_are_not_found(&*make(&look_alikes()).await).await;
    a_shared_address_finds_everybody(&*make(&[ana.clone(), person("bo", "ana@example.org")]).await).await;
    an_account_is_read_as_it_is(&*make(&[ana.clone(), odd_one()]).await).await;
    an_identity_finds_its_account(&*make(&[ana.clone(), person("bo", "bo@example.org")]).await).await;
    a_password_is_set_once_and_only_for_the_epoch(&*make(std::slice::from_ref(&ana)).await).await;
    of_many_changes_for_one_epoch_one_is_done(&make(std::slice::from_ref(&ana)).await).await;
    a_disabled_account_gets_no_password(&*make(&[disabled()]).await).await;
    a_hash_is_upgraded_only_in_place(&*make(&[ana]).await).await;
}

fn index() -> BlindIndex {
    BlindIndex::new(IdentityRules::default(), "contract", vec![(1, [7; 32])]).expect("legal rules")
}

fn hash(password: &str) -> PasswordHash {
    let prepared = Password::new(password).prepare().expect("a password");
    let salt = random(&SystemEntropy).expect("randomness");
    Argon2Hasher::danger_for_tests().hash(&prepared, salt).expect("a hash")
}

fn person(name: &str, email: &str) -> Account {
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

fn look_alikes() -> Vec<Account> {
    [("mike", "mike@example.org"), ("strasse", "strasse@example.org"), ("uber", "uber@example.org")]
        .map(|(name, email)| person(name, email))
        .to_vec()
}

async fn found(store: &dyn AccountStore, typed: &str) -> Vec<String> {
    let accounts = store.find_by_identifier(&Identifier::parse(typed)).await.expect("the store answers");
    let mut names: Vec<String> = accounts.into_iter().map(|account| account.username).collect();
    names.sort();
    names
}

async fn identifiers_find_by_canonical_key(store: &dyn AccountStore) {
    for typed in ["ana", " ANA ", "\u{ff21}na", "ana@example.org", "Ana@EXAMPLE.org "] {
        assert_eq!(found(store, typed).await, ["ana"], "{typed:?} is a way to write ana's identifier");
    }
    for typed in ["", "an", "anaa", "a%", "_na", "ana@example.or", "%@example.org", "' OR '1'='1", "id-ana"] {
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

async fn an_account_is_read_as_it_is(store: &dyn AccountStore) {
    {
        let account = odd_one();
        let read = store.get(&account.id).await.expect("answers").expect("the account is there");
        assert_eq!(read.username, account.username, "the username as it was written");
        assert_eq!(read.addresses, account.addresses, "addresses byte for byte, in their order");
        assert_eq!(read.factors, account.factors, "factors in their order");
        assert_eq!(read.may_change_password, account.may_change_password, "whether the password may change");
        assert_eq!(read.must_change_password, account.must_change_password, "whether it must");
        assert!(read.epoch() == account.epoch(), "the same account has the same epoch");
    }
    let nobody = AccountId::new("ODD \u{e9} ID").expect("a legal id");
    assert!(store.get(&nobody).await.expect("answers").is_none(), "ids are compared byte for byte");
}

async fn an_identity_finds_its_account(store: &dyn AccountStore) {
    let claims = |number: &str| {
        IdentityClaims::new(TypedClaims {
            given_name: "ana".into(),
            family_name: "Silva".into(),
            birth_date: "1980-02-29".into(),
            record_number: number.into(),
            ..TypedClaims::default()
        })
    };
    let names = async |number: &str| -> Vec<String> {
        let accounts = store.find_by_identity(&index().probe(&claims(number))).await.expect("answers");
        accounts.into_iter().map(|account| account.username).collect()
    };
    assert_eq!(names("00-ANA-1").await, ["ana"], "a record number finds its account");
    assert_eq!(names("0ana1").await, [""; 0], "leading zeros are part of a record number");
    assert_eq!(names("").await, [""; 0], "no attribute finds nobody");
}

async fn a_password_is_set_once_and_only_for_the_epoch(store: &dyn AccountStore) {
    let ana = AccountId::new("id-ana").expect("a legal id");
    let present = store.get(&ana).await.expect("answers").expect("ana is there");
    let change = PasswordChange {
        flow: FlowId::from_bytes([1; 16]),
        account: ana.clone(),
        expected: present.epoch(),
        hash: hash("new password"),
    };
    assert_eq!(store.set_password(&change).await.expect("answers"), Applied::Done);
    let now = store.get(&ana).await.expect("answers").expect("ana is there");
    assert_eq!(now.password.as_ref(), Some(&change.hash), "the new hash is stored");
    assert!(now.epoch() != present.epoch(), "a new password is a new epoch");
    assert_eq!(
        store.set_password(&change).await.expect("answers"),
        Applied::Before,
        "a repeated change is known"
    );
    let late = PasswordChange { hash: hash("too late"), ..change.clone() };
    assert_eq!(
        store.set_password(&late).await.expect("answers"),
        Applied::Conflict,
        "another epoch is a conflict"
    );
    let now = store.get(&ana).await.expect("answers").expect("ana is there");
    assert_eq!(now.password.as_ref(), Some(&change.hash), "a conflict stores nothing");
    let nobody = PasswordChange {
        flow: FlowId::from_bytes([1; 16]),
        account: AccountId::new("nobody").expect("a legal id"),
        ..change
    };
    assert_eq!(
        store.set_password(&nobody).await.expect("answers"),
        Applied::Conflict,
        "nobody gets no password"
    );
}

async fn of_many_changes_for_one_epoch_one_is_done<S: AccountStore>(store: &Arc<S>) {
    let ana = AccountId::new("id-ana").expect("a legal id");
    let expected = store.get(&ana).await.expect("answers").expect("ana is there").epoch();
    let changes: Vec<PasswordChange> = (0..16)
        .map(|n| PasswordChange {
            flow: FlowId::from_bytes([1; 16]),
            account: ana.clone(),
            expected,
            hash: hash(&format!("password {n}")),
        })
        .collect();
    let answers = join_all(changes.iter().map(|change| store.set_password(change))).await;
    let done: Vec<usize> = (0..16).filter(|n| matches!(answers[*n], Ok(Applied::Done))).collect();
    assert_eq!(done.len(), 1, "of many changes for one epoch one is done");
    let now = store.get(&ana).await.expect("answers").expect("ana is there");
    assert_eq!(now.password.as_ref(), Some(&changes[done[0]].hash), "and that one is stored");
}

async fn a_disabled_account_gets_no_password(store: &dyn AccountStore) {
    let dora = disabled();
    let present = store.get(&dora.id).await.expect("answers").expect("dora is there");
    let change = PasswordChange {
        flow: FlowId::from_bytes([1; 16]),
        account: dora.id,
        expected: present.epoch(),
        hash: hash("new password"),
    };
    assert_eq!(store.set_password(&change).await.expect("answers"), Applied::Conflict);
}

async fn a_hash_is_upgraded_only_in_place(store: &dyn AccountStore) {
    let ana = AccountId::new("id-ana").expect("a legal id");
    let present = store.get(&ana).await.expect("answers").and_then(|ana| ana.password).expect("a password");
    let wrong = HashUpgrade { account: ana.clone(), from: hash("another"), to: hash("another") };
    store.upgrade_hash(&wrong).await.expect("answers");
    let now = store.get(&ana).await.expect("answers").and_then(|ana| ana.password);
    assert_eq!(now.as_ref(), Some(&present), "only the hash that was verified is upgraded");
}
