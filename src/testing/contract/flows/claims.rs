//! A flow that is due goes to one worker, and comes again when the lease has ended.

use super::records::*;
use crate::flow::FlowRecord;
use crate::ids::FlowId;
use crate::store::FlowStore;
use std::collections::HashSet;

fn due(n: u8, millis: Option<i64>) -> FlowRecord {
    FlowRecord { due_at: millis.map(at), ..requested(n) }
}

pub(super) async fn flows_are_claimed_when_due_and_in_order(store: &dyn FlowStore) {
    for (n, millis) in [(1, Some(30)), (2, Some(10)), (3, Some(20)), (4, Some(41)), (5, None)] {
        done(store, flows([insert(due(n, millis))])).await;
    }
    assert_eq!(taken_flows(store, claim(40, 100, 0)).await, [0_u8; 0], "a limit of 0 claims nothing");
    assert_eq!(taken_flows(store, claim(9, 100, 9)).await, [0_u8; 0], "what is not due yet is not claimed");
    assert_eq!(
        taken_flows(store, claim(40, 100, 2)).await,
        [2, 3],
        "the longest due are claimed first, up to the limit"
    );
    assert_eq!(taken_flows(store, claim(40, 100, 9)).await, [1], "what is under a lease is not claimed");
    assert_eq!(taken_flows(store, claim(41, 100, 9)).await, [4], "what is due to the millisecond is claimed");
    assert_eq!(
        taken_flows(store, claim(i64::MAX, i64::MAX, 9)).await,
        [1, 2, 3, 4],
        "what has ended is never due"
    );
}

pub(super) async fn a_lease_holds_until_it_ends(store: &dyn FlowStore) {
    done(store, flows([insert(due(1, Some(0))), insert(due(2, Some(0)))])).await;
    assert_eq!(taken_flows(store, claim(0, 100, 9)).await, [1, 2], "what is due is claimed");
    assert_eq!(taken_flows(store, claim(99, 200, 9)).await, [0_u8; 0], "nobody gets what is under a lease");
    assert_eq!(
        taken_flows(store, claim(100, 200, 1)).await.len(),
        1,
        "what was claimed comes again when its lease ends"
    );
    assert_eq!(taken_flows(store, claim(100, 200, 9)).await.len(), 1, "each flow for itself");
    done(store, flows([update(FlowRecord { version: 2, ..due(1, Some(150)) })])).await;
    assert_eq!(taken_flows(store, claim(150, 300, 9)).await, [1], "an update says anew when a flow is due");
    done(store, flows([update(ended(2, 2))])).await;
    assert_eq!(
        taken_flows(store, claim(900, 999, 9)).await,
        [1],
        "what ends under a lease does not come again"
    );
}

pub(super) async fn a_claim_changes_nothing_but_when_a_flow_is_due(store: &dyn FlowStore) {
    let full = FlowRecord { sealed: Some((0..=255).collect()), epoch: Some([3; 32]), ..linked(1, 1, "ana") };
    done(store, flows([insert(full.clone())])).await;
    let leased = FlowRecord { due_at: Some(at(77_000)), ..full };
    let claimed = take_flows(store, &claim(9_000, 77_000, 9)).await;
    let promise = "a claim changes nothing but when a flow is due";
    assert_eq!(load(store, 1).await.as_ref(), Some(&leased), "{promise}");
    assert_eq!(claimed, [leased], "{promise}");
    assert_eq!(links(store, "ana").await.len(), 1, "{promise}");
    done(store, flows([update(ended(1, 2))])).await;
}

pub(super) async fn a_thousand_due_flows_are_claimed_in_batches(store: &dyn FlowStore) {
    for hundred in 0..10 {
        let record =
            |n| FlowRecord { id: FlowId::from_bytes(wide_id(n)), due_at: Some(at(n as i64)), ..requested(1) };
        done(store, flows((hundred * 100..(hundred + 1) * 100).map(|n| insert(record(n))))).await;
    }
    let mut seen = HashSet::new();
    loop {
        let batch = take_flows(store, &claim(5_000, 90_000, 64)).await;
        assert!(batch.len() <= 64, "a claim gives no more than its limit");
        if batch.is_empty() {
            break;
        }
        let before = seen.len();
        seen.extend(batch.iter().map(|row| row.id));
        assert_eq!(seen.len(), before + batch.len(), "no flow is claimed twice under one lease");
    }
    assert_eq!(seen.len(), 1_000, "each of a thousand due flows is claimed");
}
