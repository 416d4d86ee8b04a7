//! A store that is away says so. An empty answer would be read as "no such account", "nothing to do", "no link to end".

use super::accounts::{index, name_claims};
use crate::account::{AccountStore, AddressChange, PasswordChange};
use crate::clock::Timestamp;
use crate::identity::Identifier;
use crate::ids::{AccountId, DocumentId, FlowId, MailId, Realm};
use crate::password::PasswordHash;
use crate::store::{Claim, Commit, DocumentKind, Duty, DutyClaim, FlowStore, Sweep};

/// Every call to a store whose database is away is an error. `store` is one that has been cut off.
///
/// # Panics
/// With the call that answered all the same.
pub async fn flow_store_outage_contract(store: &dyn FlowStore) {
    let realm = Realm::new("contract").expect("a legal realm");
    let account = AccountId::new("ana").expect("a legal account id");
    let far = Timestamp::from_millis(i64::MAX);
    let claim = Claim { realm: realm.clone(), due_by: far, lease_until: far, limit: 1 };
    let sweep = Sweep {
        ended_before: far,
        budgets_full_at: far,
        dead_before: far,
        kept_until: far,
        documents_kept_until: far,
        audit_closed_before: far,
        limit: 1,
    };
    let duty = DutyClaim { realm: realm.clone(), duty: Duty::Sweep, now: far, until: far };
    let answers = [
        ("load", store.load(&realm, FlowId::from_bytes([1; 16])).await.is_ok()),
        ("live_links", store.live_links(&realm, &account).await.is_ok()),
        ("commit", store.commit(Commit::new(realm.clone())).await.is_ok()),
        ("claim_flows", store.claim_flows(&claim).await.is_ok()),
        ("claim_mails", store.claim_mails(&claim).await.is_ok()),
        (
            "document",
            store.document(&realm, DocumentKind::Security, DocumentId::from_bytes([1; 16])).await.is_ok(),
        ),
        ("documents_of", store.documents_of(&realm, DocumentKind::Case, &account, 1).await.is_ok()),
        ("open_documents", store.open_documents(&realm, DocumentKind::Case, None, 1).await.is_ok()),
        ("claim_documents", store.claim_documents(&claim).await.is_ok()),
        ("sweep", store.sweep(&realm, &sweep).await.is_ok()),
        ("audit_after", store.audit_after(&realm, 0, 1).await.is_ok()),
        ("claim_duty", store.claim_duty(&duty).await.is_ok()),
        ("checkpoints", store.checkpoints(&realm, 0, 1).await.is_ok()),
        ("last_checkpoint", store.last_checkpoint(&realm).await.is_ok()),
        ("sealed_under", store.sealed_under(&realm, 1, 1).await.is_ok()),
        ("dead_letter", store.dead_letter(&realm, MailId::from_bytes([1; 16])).await.is_ok()),
        ("dead_letters", store.dead_letters(&realm, 1).await.is_ok()),
        ("depth", store.depth(&realm).await.is_ok()),
    ];
    none_answered(&answers);
}

/// Every call to a store whose database is away is an error. `store` is one that has been cut off.
///
/// # Panics
/// With the call that answered all the same.
pub async fn account_store_outage_contract(store: &dyn AccountStore) {
    let account = AccountId::new("ana").expect("a legal account id");
    let phc = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let change = PasswordChange {
        flow: FlowId::from_bytes([1; 16]),
        account: account.clone(),
        expected: crate::account::AccountEpoch::from_bytes([1; 32]),
        hash: PasswordHash::parse(phc).expect("a hash"),
    };
    let key = index().probe(&name_claims("1"));
    let address = AddressChange {
        change: change.flow,
        account: account.clone(),
        expected: change.expected,
        addresses: vec![],
    };
    let answers = [
        ("find_by_identifier", store.find_by_identifier(&Identifier::parse("ana")).await.is_ok()),
        ("find_by_identity", store.find_by_identity(&key).await.is_ok()),
        ("get", store.get(&account).await.is_ok()),
        ("set_password", store.set_password(&change).await.is_ok()),
        ("set_address", store.takes_addresses() && store.set_address(&address).await.is_ok()),
    ];
    none_answered(&answers);
}

fn none_answered(answers: &[(&str, bool)]) {
    for (call, answered) in answers {
        assert!(!answered, "{call}: a store that is away answers with an error, never with nothing");
    }
}
