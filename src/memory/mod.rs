//! Everything in memory: for tests, for examples, and as the model of what a store does.
//!
//! Nothing here is durable.

mod accounts;
mod flows;
mod mailbox;

pub use accounts::MemoryAccounts;
pub use flows::MemoryFlows;
pub use mailbox::Mailbox;
