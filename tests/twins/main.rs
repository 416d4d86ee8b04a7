//! Stores that are broken in one way each. The contract fails on every one of them, with the words of the promise that
//! it breaks; a suite that fails otherwise, or not at all, has not noticed.

mod accounts;
mod addresses;
mod document_writes;
mod documents;
mod flows_commits;
mod flows_housekeeping;
mod flows_races;
mod flows_rows;
mod flows_upkeep;
mod flows_work;
mod outage;
mod sessions;
mod twin;

use futures_util::FutureExt as _;
use regain::store::FlowStore;
use regain::testing::contract::flow_store_contract;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// The first line of what a suite fails with.
async fn failure(suite: impl Future<Output = ()>) -> String {
    let Err(panic) = AssertUnwindSafe(suite).catch_unwind().await else {
        return "no promise is broken".into();
    };
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    let first = text.and_then(|text| text.lines().next()).unwrap_or("no words");
    first.trim_start_matches("assertion `left == right` failed: ").to_owned()
}

/// The contract fails on these stores, with this promise.
async fn breaks<S: FlowStore + 'static>(promise: &str, make: impl Fn() -> S) {
    let suite = flow_store_contract(async || Arc::new(make()));
    assert_eq!(failure(suite).await, promise);
}

/// One test for each twin: what it is, the promise that it breaks, and how it is made.
macro_rules! twins {
    ($($(#[$doc:meta])* $name:ident breaks $promise:literal: $make:expr;)+) => {
        $(
            $(#[$doc])*
            #[tokio::test]
            async fn $name() {
                crate::breaks($promise, || $make).await;
            }
        )+
    };
}
use twins;

/// Without it, the twins would show that the suite fails, not that it tells.
#[tokio::test]
async fn the_store_behind_the_twins_keeps_every_promise() {
    let suite = flow_store_contract(async || Arc::new(twin::twin()));
    assert_eq!(failure(suite).await, "no promise is broken");
}
