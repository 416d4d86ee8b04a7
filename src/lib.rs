//! regain gives people back a forgotten username or password, and tells nobody who has an account.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod identity;
pub mod password;
