//! regain gives people back a forgotten username or password, and tells nobody who has an account.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod account;
pub mod audit;
pub mod budget;
pub mod client;
pub mod clock;
pub mod entropy;
pub mod error;
pub mod events;
pub mod flow;
pub mod identity;
pub mod ids;
pub mod keys;
pub mod mail;
pub mod memory;
pub mod origin;
pub mod password;
pub mod recovery;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
mod wake;
#[cfg(feature = "web")]
pub mod web;
mod wire;
pub mod worker;

pub use client::Client;
pub use error::{Fault, RecoveryError};
pub use recovery::Recovery;
pub use token::RecoveryToken;
pub use worker::Worker;
