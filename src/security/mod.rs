//! Security information: what an account has besides its password, and what protects it.
//!
//! All of it is one sealed record for each account, so that two changes at a time cannot both get through, and one that
//! is half done does not exist. The signed-in owner reads and changes it through [`SecurityInfo`].

mod host;
mod info;
pub(crate) mod record;
mod session;

pub use host::HostFactors;
#[cfg(feature = "questions")]
pub use info::Answered;
pub use info::{
    AddressChanged, ChangeRefused, Confirmed, FactorLabel, FreshCodes, InvalidLabel, ProposalState,
    ProposalView, SecurityInfo, SecurityView, TotpEnrolment,
};
pub use session::{AuthSession, SecurityRules};
