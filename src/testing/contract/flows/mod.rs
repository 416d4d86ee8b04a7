//! The contract of [`FlowStore`].
//!
//! Each promise is a function whose assertions say in words what was promised; a store that breaks one fails with
//! those words. That the suite notices is shown by broken stores, one for each promise (`tests/twins`).

mod budgets;
mod claims;
mod commits;
mod document_writes;
mod documents;
mod housekeeping;
mod links;
mod mails;
mod races;
mod realms;
mod records;
mod rows;
mod upkeep;

use crate::store::FlowStore;
use std::sync::Arc;

/// Runs the whole contract; `fresh` gives an empty store each time.
///
/// ```
/// use regain::sqlite::SqliteFlows;
/// use regain::testing::contract::flow_store_contract;
/// use std::sync::{Arc, atomic::{AtomicU32, Ordering}};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (folder, next) = (tempfile::tempdir().unwrap(), AtomicU32::new(0));
/// let file = || folder.path().join(format!("{}.db", next.fetch_add(1, Ordering::Relaxed)));
/// flow_store_contract(async || Arc::new(SqliteFlows::open(file()).await.unwrap())).await;
/// # });
/// ```
///
/// # Panics
/// With the promise that is broken.
pub async fn flow_store_contract<S: FlowStore + 'static>(fresh: impl AsyncFn() -> Arc<S>) {
    let fresh = async || {
        let store: Arc<dyn FlowStore> = fresh().await;
        store
    };
    rows(&fresh).await;
    budgets(&fresh).await;
    realms(&fresh).await;
    commits(&fresh).await;
    work(&fresh).await;
    many_at_once(&fresh).await;
    housekeeping(&fresh).await;
    upkeep(&fresh).await;
    documents(&fresh).await;
}

async fn rows(fresh: &impl AsyncFn() -> Arc<dyn FlowStore>) {
    rows::nothing_has_to_belong_to_a_flow(&*fresh().await).await;
    rows::what_is_committed_is_read_at_once(&*fresh().await).await;
    rows::every_field_comes_back(&*fresh().await).await;
    rows::times_come_back(&*fresh().await).await;
    rows::bytes_come_back_whole(&*fresh().await).await;
    rows::account_ids_are_compared_byte_for_byte(&*fresh().await).await;
}

async fn budgets(fresh: &impl AsyncFn() -> Arc<dyn FlowStore>) {
    budgets::a_budget_allows_exactly_its_count(&*fresh().await).await;
    budgets::a_budget_remembers_all_that_was_spent(&*fresh().await).await;
    budgets::a_cleared_budget_is_full(&*fresh().await).await;
    budgets::spends_are_judged_in_their_order(&*fresh().await).await;
}

async fn realms(fresh: &impl AsyncFn() -> Arc<dyn FlowStore>) {
    realms::what_is_in_one_realm_is_not_in_another(&*fresh().await).await;
    realms::the_same_ids_may_be_used_in_two_realms(&*fresh().await).await;
    realms::budgets_belong_to_a_realm(&*fresh().await).await;
    realms::realms_are_compared_byte_for_byte(&*fresh().await).await;
}

async fn commits(fresh: &impl AsyncFn() -> Arc<dyn FlowStore>) {
    commits::an_id_is_used_once(&*fresh().await).await;
    commits::only_the_next_version_is_accepted(&*fresh().await).await;
    commits::a_conflict_writes_nothing(&*fresh().await).await;
    commits::whoever_is_over_budget_writes_nothing(&*fresh().await).await;
    commits::a_commit_is_done_in_its_order(&*fresh().await).await;
    commits::a_commit_of_many_rows_is_one(&*fresh().await).await;
    commits::a_call_that_breaks_off_does_all_or_nothing(&fresh().await).await;
    links::an_account_has_one_live_link_for_a_purpose(&*fresh().await).await;
    links::an_ended_flow_is_no_link(&*fresh().await).await;
}

async fn work(fresh: &impl AsyncFn() -> Arc<dyn FlowStore>) {
    claims::flows_are_claimed_when_due_and_in_order(&*fresh().await).await;
    claims::a_claim_changes_nothing_but_when_a_flow_is_due(&*fresh().await).await;
    claims::a_lease_holds_until_it_ends(&*fresh().await).await;
    claims::a_thousand_due_flows_are_claimed_in_batches(&*fresh().await).await;
    mails::mails_are_claimed_when_due_and_in_order(&*fresh().await).await;
    mails::a_mail_is_settled(&*fresh().await).await;
    mails::what_was_given_up_is_shown(&*fresh().await).await;
    mails::a_late_settlement_changes_nothing(&*fresh().await).await;
}

async fn many_at_once(fresh: &impl AsyncFn() -> Arc<dyn FlowStore>) {
    races::of_many_updates_of_one_version_one_is_done(&fresh().await).await;
    races::of_many_inserts_of_one_id_one_is_done(&fresh().await).await;
    races::of_many_links_at_once_one_is_taken(&fresh().await).await;
    races::commits_in_opposite_orders_are_all_answered(&fresh().await).await;
    races::a_budget_holds_against_many_at_once(&fresh().await).await;
    races::a_flow_goes_to_one_worker(&fresh().await).await;
    races::a_mail_goes_to_one_worker(&fresh().await).await;
}

async fn housekeeping(fresh: &impl AsyncFn() -> Arc<dyn FlowStore>) {
    housekeeping::a_sweep_leaves_what_lives(&*fresh().await).await;
    housekeeping::a_sweep_is_of_one_realm(&*fresh().await).await;
    housekeeping::a_sweep_is_limited(&*fresh().await).await;
    housekeeping::the_audit_record_keeps_its_order(&*fresh().await).await;
    races::a_reader_of_the_audit_record_misses_nothing(&fresh().await).await;
    housekeeping::depth_counts_what_waits(&*fresh().await).await;
    commits::a_mail_that_is_refused_takes_all_along(&*fresh().await).await;
}

async fn upkeep(fresh: &impl AsyncFn() -> Arc<dyn FlowStore>) {
    upkeep::what_is_sealed_in_a_dead_letter_is_kept_for_its_time(&*fresh().await).await;
    upkeep::a_dead_letter_is_queued_again_once(&*fresh().await).await;
    upkeep::values_under_a_key_are_found_wherever_they_are(&*fresh().await).await;
    upkeep::a_value_is_sealed_anew_only_if_it_is_the_one_that_was_read(&*fresh().await).await;
    upkeep::checkpoints_come_back_in_order_and_none_twice(&*fresh().await).await;
    upkeep::old_records_go_with_the_marks_of_their_checkpoint(&*fresh().await).await;
    upkeep::a_duty_goes_to_one(&fresh().await).await;
}

async fn documents(fresh: &impl AsyncFn() -> Arc<dyn FlowStore>) {
    documents::every_field_of_a_document_comes_back(&*fresh().await).await;
    documents::a_document_is_named_by_realm_kind_and_id(&*fresh().await).await;
    documents::an_account_has_its_documents(&*fresh().await).await;
    documents::open_documents_stand_in_a_queue(&*fresh().await).await;
    documents::documents_are_claimed_when_due(&*fresh().await).await;
    document_writes::a_document_is_written_on_the_version_it_was_made_for(&*fresh().await).await;
    document_writes::a_document_and_the_rest_of_its_commit_are_one(&*fresh().await).await;
    document_writes::of_many_versions_of_one_document_one_is_done(&fresh().await).await;
    document_writes::of_many_first_versions_of_one_document_one_is_done(&fresh().await).await;
    document_writes::documents_in_opposite_orders_are_all_answered(&fresh().await).await;
    document_writes::a_document_goes_to_one_worker(&fresh().await).await;
    document_writes::documents_are_kept_for_their_time(&*fresh().await).await;
    document_writes::documents_are_sealed_anew(&*fresh().await).await;
}
