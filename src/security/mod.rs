//! Security information: what an account has besides its password, and what protects it.
//!
//! All of it is one sealed record for each account, so that two changes at a time cannot both get through, and one that
//! is half done does not exist.

mod host;
pub(crate) mod record;
mod session;

pub use host::HostFactors;
pub use session::AuthSession;
