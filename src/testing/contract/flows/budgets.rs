//! A budget gives out exactly its count, whoever asks and however many at once.

use super::records::*;
use crate::budget::BudgetKey;
use crate::store::{Commit, Committed, FlowStore};

pub(super) async fn a_budget_allows_exactly_its_count(store: &dyn FlowStore) {
    let one = |n, when| spends([spend(n, 3, when)]);
    for _ in 0..3 {
        assert_eq!(commit_of(store, one(1, 0)).await, Committed::Done, "the count is allowed at once");
    }
    let refused = Committed::OverBudget { retry_at: at(HOUR) };
    for when in [0, 1, HOUR - 1, -HOUR + 1] {
        assert_eq!(commit_of(store, one(1, when)).await, refused, "one more than the count is refused");
    }
    assert_eq!(commit_of(store, one(2, 0)).await, Committed::Done, "another key has a budget of its own");
    for place in [0, 15, 31] {
        let mut near = [1; 32];
        near[place] = 2;
        let near = crate::budget::Spend { key: BudgetKey::from_bytes(near), ..spend(1, 3, 0) };
        assert_eq!(
            commit_of(store, spends([near])).await,
            Committed::Done,
            "keys are told apart by each of their bytes"
        );
    }
    assert_eq!(commit_of(store, one(1, HOUR)).await, Committed::Done, "a budget refills with time");
}

/// What is stored of a busy budget is some hundred bytes.
pub(super) async fn a_budget_remembers_all_that_was_spent(store: &dyn FlowStore) {
    for when in 0..60 {
        done(store, spends([spend(1, 60, when * 1_000)])).await;
    }
    let answer = commit_of(store, spends([spend(1, 60, 60_000)])).await;
    assert_eq!(answer, Committed::OverBudget { retry_at: at(HOUR) }, "a budget remembers all that was spent");
}

pub(super) async fn a_cleared_budget_is_full(store: &dyn FlowStore) {
    let clear = |n| Commit { clears: vec![spend(n, 3, 0).key], ..Commit::new(realm()) };
    done(store, clear(9)).await;
    for _ in 0..2 {
        done(store, spends([spend(2, 3, 0); 3])).await;
        done(store, spends([spend(3, 3, 0); 1])).await;
        let answer = commit_of(store, spends([spend(2, 3, 0)])).await;
        assert_eq!(answer, Committed::OverBudget { retry_at: at(HOUR) }, "what was cleared is used up again");
        done(store, clear(2)).await;
        let answer = commit_of(store, spends([spend(2, 3, 0)])).await;
        assert_eq!(answer, Committed::Done, "a budget is full once it is cleared");
        done(store, clear(2)).await;
    }
    done(store, spends([spend(3, 3, 0)])).await;
    let other = commit_of(store, spends([spend(3, 3, 0)])).await;
    assert_eq!(other, Committed::OverBudget { retry_at: at(HOUR) }, "another budget is not cleared along");
}

pub(super) async fn spends_are_judged_in_their_order(store: &dyn FlowStore) {
    done(store, spends([spend(1, 1, 500)])).await;
    done(store, spends([spend(2, 1, 900)])).await;
    for (first, second, retry_at) in [(1, 2, 500 + HOUR), (2, 1, 900 + HOUR)] {
        let answer =
            commit_of(store, spends([spend(3, 1, 900), spend(first, 1, 900), spend(second, 1, 900)])).await;
        let expected = Committed::OverBudget { retry_at: at(retry_at) };
        assert_eq!(answer, expected, "the first budget that refuses says when to come again");
    }
}
