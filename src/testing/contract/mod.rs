//! What every store and every mailer has to keep to, as suites that run on any of them.
//!
//! | for | suite |
//! |---|---|
//! | a [`FlowStore`](crate::store::FlowStore) | [`flow_store_contract`] |
//! | one whose database is away | [`flow_store_outage_contract`] |
//! | a host's [`AccountStore`](crate::account::AccountStore) | [`account_store_contract`] |
//! | one whose database is away | [`account_store_outage_contract`] |
//! | a host that takes addresses | [`address_contract`] |
//! | a host's sessions | [`session_contract`] |
//! | a host that keeps the flow of the last change | [`last_change_contract`] |
//! | a host's [`Mailer`](crate::mail::Mailer) | [`mailer_contract`] |
//! | one for letters or text messages | [`letter_contract`] |
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use regain::memory::MemoryFlows;
//! use std::sync::Arc;
//!
//! regain::testing::contract::flow_store_contract(async || Arc::new(MemoryFlows::new())).await;
//! # });
//! ```
//!
//! A suite fails with the promise that is broken, in words. What it cannot see is durability: whether what was answered
//! survives a power cut is for the database's own settings.

mod accounts;
mod addresses;
mod arrived;
mod at_once;
mod flows;
mod letters;
mod mailer;
mod outage;
mod sessions;

pub use accounts::account_store_contract;
pub use addresses::address_contract;
pub use arrived::Arrived;
pub use flows::flow_store_contract;
pub use letters::letter_contract;
pub use mailer::mailer_contract;
pub use outage::{account_store_outage_contract, flow_store_outage_contract};
pub use sessions::{last_change_contract, session_contract};
