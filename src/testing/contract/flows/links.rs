//! An account has one live link for a purpose, and all its live links are found.

use super::records::*;
use crate::flow::FlowRecord;
use crate::store::{Committed, FlowStore};

pub(super) async fn an_account_has_one_live_link_for_a_purpose(store: &dyn FlowStore) {
    done(store, flows([insert(linked(1, 1, "ana")), insert(requested(2))])).await;
    let second = update(linked(2, 2, "ana"));
    let promise = "an account has one live link for a purpose";
    for rival in [second.clone(), insert(linked(3, 1, "ana"))] {
        assert_eq!(commit_of(store, flows([rival])).await, Committed::Conflict, "{promise}");
    }
    let twins = flows([insert(linked(4, 1, "bo")), insert(linked(5, 1, "bo"))]);
    assert_eq!(commit_of(store, twins).await, Committed::Conflict, "{promise}, in one commit too");
    let other_purpose = FlowRecord { purpose: "username".into(), ..linked(3, 1, "ana") };
    let others = flows([insert(other_purpose.clone()), insert(linked(4, 1, "bo"))]);
    assert_eq!(commit_of(store, others).await, Committed::Done, "another purpose or account is no rival");
    let again = flows([update(linked(1, 2, "ana"))]);
    assert_eq!(commit_of(store, again).await, Committed::Done, "a link is no rival of itself");
    let swap = flows([update(ended(1, 3)), second]);
    assert_eq!(
        commit_of(store, swap).await,
        Committed::Done,
        "a new link takes the old one's place in one commit"
    );
    let found = links(store, "ana").await;
    assert_eq!(
        found,
        [linked(2, 2, "ana"), other_purpose],
        "all live links of an account are found, and no others"
    );
}

pub(super) async fn an_ended_flow_is_no_link(store: &dyn FlowStore) {
    let owned = |record: FlowRecord| FlowRecord { account: Some(account("ana")), ..record };
    done(
        store,
        flows([insert(owned(requested(1))), insert(owned(ended(2, 1))), insert(linked(3, 1, "ana"))]),
    )
    .await;
    done(store, flows([update(owned(ended(3, 2)))])).await;
    assert_eq!(links(store, "ana").await, [], "what has no live link is not among the live links");
}
