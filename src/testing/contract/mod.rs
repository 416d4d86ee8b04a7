//! What every store and every mailer has to keep to, as suites that run on any of them.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use regain::memory::MemoryFlows;
//! use std::sync::Arc;
//!
//! regain::testing::contract::flow_store_contract(async || Arc::new(MemoryFlows::new())).await;
//! # });
//! ```

mod accounts;
mod arrived;
mod flows;
mod mailer;
mod upkeep;

pub use accounts::account_store_contract;
pub use arrived::Arrived;
pub use flows::flow_store_contract;
pub use mailer::mailer_contract;
