//! The support desk, told on memory stores and, where a database can make a difference, on SQLite: what two people can do together, what nobody can do alone, and what stops a
//! case.

mod asking;
mod machine;
mod office;
mod on_any_store;
mod opened;
mod pages;
mod queue;
mod races;
mod roles;
mod secrets;
mod stops;
mod story;
mod waits;
mod waived;

use office::{
    Clinic, NEW, Office, RISKS, button_of, email, finding, ida, jon, links_in, press, staff, to_first,
    with_factor,
};
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::testing::World;
use std::sync::Arc;
use tempfile::TempDir;

/// An office on files, which go with the folder.
async fn on_sqlite() -> (Office, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let flows = SqliteFlows::open(folder.path().join("flows.db")).await.unwrap();
    let accounts = SqliteAccounts::open(folder.path().join("accounts.db")).await.unwrap();
    (Office::of(World::with(Arc::new(flows), Arc::new(accounts))), folder)
}

#[tokio::test]
async fn whoever_is_stuck_has_a_new_password_two_people_and_a_day_later() {
    on_any_store::whoever_is_stuck(&Office::new()).await;
    let (office, _folder) = on_sqlite().await;
    on_any_store::whoever_is_stuck(&office).await;
}

/// Of any number of people who decide at once, one does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_deciders_one_wins() {
    for _ in 0..20 {
        on_any_store::of_many_deciders(Office::new()).await;
    }
    let (office, _folder) = on_sqlite().await;
    on_any_store::of_many_deciders(office).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_case_that_is_disputed_while_it_is_carried_out_ends_one_way() {
    on_any_store::dispute_against_the_end(Office::new()).await;
    let (office, _folder) = on_sqlite().await;
    on_any_store::dispute_against_the_end(office).await;
}
