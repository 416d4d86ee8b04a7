//! Nothing of one realm is seen, taken, changed or deleted from another one.

use super::records::*;
use crate::flow::FlowRecord;
use crate::store::{Claim, Commit, Committed, Depth, FlowStore, MailOutcome};

pub(super) async fn what_is_in_one_realm_is_not_in_another(store: &dyn FlowStore) {
    let other = named_realm("other");
    let everything = Commit {
        mails: vec![mail(1, 0)],
        audit: vec![line(1, "x")],
        ..flows([insert(requested(1)), insert(linked(2, 1, "ana"))])
    };
    done(store, everything).await;
    done(store, mails([mail(9, 0)])).await;
    done(store, settle(9, 0, dead(5))).await;
    assert_eq!(load(store, 99).await, None, "an unknown flow is not there");
    assert_eq!(store.load(&other, id(1)).await.expect("answers"), None, "a flow is in its own realm only");
    let links = store.live_links(&other, &account("ana")).await.expect("answers");
    assert_eq!(links, [], "a link is in its own realm only");
    let foreign = Claim { realm: other.clone(), ..claim(i64::MAX, i64::MAX, 10) };
    let flows = store.claim_flows(&foreign).await.expect("answers");
    assert_eq!(flows, [], "flows are claimed in their own realm only");
    let mails = store.claim_mails(&foreign).await.expect("answers");
    assert_eq!(mails, [], "mails are claimed in their own realm only");
    let audit = store.audit_after(&other, 0, 9).await.expect("answers");
    assert_eq!(audit, [], "an audit record is in its own realm only");
    let letters = store.dead_letters(&other, 9).await.expect("answers");
    assert_eq!(letters, [], "a dead letter is in its own realm only");
    let depth = store.depth(&other).await.expect("answers");
    assert_eq!(depth, Depth::default(), "each realm is counted for itself");
}

pub(super) async fn the_same_ids_may_be_used_in_two_realms(store: &dyn FlowStore) {
    let other = named_realm("other");
    let both = Commit { mails: vec![mail(1, 0)], ..flows([insert(linked(1, 1, "ana"))]) };
    done(store, both.clone()).await;
    let answer = commit_of(store, of(&other, both)).await;
    assert_eq!(answer, Committed::Done, "ids and live links are unique within a realm only");
    done(store, of(&other, flows([update(ended(1, 2))]))).await;
    assert_eq!(load(store, 1).await, Some(linked(1, 1, "ana")), "an update is for its own realm only");
    let namesake = FlowRecord { realm: other.clone(), ..ended(1, 2) };
    assert_eq!(store.load(&other, id(1)).await.expect("answers"), Some(namesake), "and is done there");
    done(store, of(&other, settle(1, 0, MailOutcome::Sent))).await;
    assert_eq!(take_mails(store, &claim(8, 9, 9)).await.len(), 1, "a settlement is for its own realm only");
}

pub(super) async fn budgets_belong_to_a_realm(store: &dyn FlowStore) {
    let other = named_realm("other");
    let one = spends([spend(1, 1, 0)]);
    done(store, one.clone()).await;
    let answer = commit_of(store, of(&other, one.clone())).await;
    assert_eq!(answer, Committed::Done, "a realm has budgets of its own");
    done(store, Commit { clears: vec![spend(1, 1, 0).key], ..Commit::new(other) }).await;
    let answer = commit_of(store, one).await;
    assert_eq!(answer, Committed::OverBudget { retry_at: at(HOUR) }, "a realm clears its own budgets only");
}

pub(super) async fn realms_are_compared_byte_for_byte(store: &dyn FlowStore) {
    let (long, longer) = ("r".repeat(63), "r".repeat(64));
    let names = ["ab", "a-b", "a_b", "axb", "a.b", "-ab", "ab-", "1", "01", &long, &longer];
    let many =
        names.iter().map(|name| named_realm(name)).chain((0..100).map(|n| named_realm(&format!("many-{n}"))));
    let promise = "realms are compared byte for byte";
    let realms: Vec<_> = (0_u32..).zip(many).collect();
    let flow = |n: u32| FlowRecord { attempts: n, ..linked(1, 1, "ana") };
    for (n, realm) in &realms {
        let commit = of(realm, flows([insert(flow(*n))]));
        assert_eq!(commit_of(store, commit).await, Committed::Done, "{promise}");
    }
    for (n, realm) in &realms {
        let own = FlowRecord { realm: realm.clone(), ..flow(*n) };
        let back = store.load(realm, id(1)).await.expect("the store answers");
        assert_eq!(back.as_ref(), Some(&own), "{promise}");
        let links = store.live_links(realm, &account("ana")).await.expect("the store answers");
        assert_eq!(links, [own], "{promise}");
    }
}
