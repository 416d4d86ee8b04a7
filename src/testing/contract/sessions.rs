//! The contract of a host's sessions, as far as recovery has to do with them.

use super::accounts::{hash, index};
use crate::account::{Account, AccountEpoch, Applied, PasswordChange};
use crate::ids::{AccountId, FlowId};
use crate::testing::SeedAccounts;

/// A new name or address ends nobody's session; a new password ends all of one's own, and nobody else's (RC-18).
/// `store` is empty.
///
/// # Panics
/// With the promise that is broken.
pub async fn session_contract(store: &dyn SeedAccounts) {
    let [mut ana, bo] =
        ["ana", "bo"].map(|name| Account::new(AccountId::new(name).expect("a legal id"), name));
    ana.password = Some(hash("present password"));
    for account in [&ana, &bo] {
        store.put(account.clone(), &index()).await;
        store.begin_session(&account.id).await;
    }
    store.begin_session(&ana.id).await;

    ana.username = "anabel".to_owned();
    store.put(ana.clone(), &index()).await;
    assert_eq!(store.sessions(&ana.id).await, 2, "whoever is replaced stays signed in");

    let stale = change(&ana, bo.epoch(), "stale");
    assert_eq!(store.set_password(&stale).await.expect("answers"), Applied::Conflict);
    assert_eq!(store.sessions(&ana.id).await, 2, "a change that is not made ends nothing");

    let present = store.get(&ana.id).await.expect("answers").expect("ana is there").epoch();
    let fresh = change(&ana, present, "new password");
    assert_eq!(store.set_password(&fresh).await.expect("answers"), Applied::Done);
    assert_eq!(store.sessions(&ana.id).await, 0, "a new password ends every session of its account");
    assert_eq!(store.sessions(&bo.id).await, 1, "a new password ends nobody else's session");

    store.begin_session(&ana.id).await;
    assert_eq!(store.set_password(&fresh).await.expect("answers"), Applied::Before);
    assert_eq!(store.sessions(&ana.id).await, 1, "a change that was made before ends nothing anew");
}

/// A password that was set by recovery stays known as set, also when the host changed the account since: else the flow
/// would end as if nothing had been set, and its notice would go to nobody (NO-1). For hosts that can keep the flow of the
/// last change. `store` is empty.
///
/// # Panics
/// With the promise that is broken.
pub async fn last_change_contract(store: &dyn SeedAccounts) {
    let mut ana = Account::new(AccountId::new("ana").expect("a legal id"), "ana");
    ana.password = Some(hash("present password"));
    store.put(ana.clone(), &index()).await;
    let present = store.get(&ana.id).await.expect("answers").expect("ana is there").epoch();
    let recovered = change(&ana, present, "recovered password");
    assert_eq!(store.set_password(&recovered).await.expect("answers"), Applied::Done);
    ana.password = Some(hash("changed elsewhere"));
    store.put(ana.clone(), &index()).await;
    let again = store.set_password(&recovered).await.expect("answers");
    assert_eq!(again, Applied::Before, "a change that was made stays known, also after a change elsewhere");
    let stored = store.get(&ana.id).await.expect("answers").expect("ana is there").password;
    assert_eq!(stored, ana.password, "and does not come back");
    let other = PasswordChange { flow: FlowId::from_bytes([2; 16]), ..recovered };
    let answer = store.set_password(&other).await.expect("answers");
    assert_eq!(answer, Applied::Conflict, "another recovery's change is another matter");
}

fn change(whose: &Account, expected: AccountEpoch, password: &str) -> PasswordChange {
    let (flow, account) = (FlowId::from_bytes([1; 16]), whose.id.clone());
    PasswordChange { flow, account, expected, hash: hash(password) }
}
