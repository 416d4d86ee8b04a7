//! The support desk: people help whom mails and links do not reach, as a part of the machine and not as a side door.
//!
//! A [`Case`](case::Case) is opened by a person, by staff, by an ask that only people can decide, or by "this wasn't me". Two
//! people agree on it, then it waits, and every address on file is told; whoever has one of these mails ends it with one
//! button. Only then one thing happens, once: a link or a code goes out. **Nothing that staff do yields a credential:** no
//! call of the desk takes or gives a password, a link or a code, and no staff person types the address while deciding.
//!
//! | rule | where |
//! |---|---|
//! | rests on a risk analysis that the host names (NIST SP 800-63B-4 4.2.1) | [`RiskAnalysis`], without which no desk is built |
//! | two people, neither of them the owner | [`Case::apply`](case::Case::apply) |
//! | evidence of the level at which the account was enrolled | the same; [`Ial`] |
//! | nobody acts on an account above their own | [`StaffRole`], an order |
//! | a waiting time, 24 hours by default, with notices | `DeskBuilder::waiting_time` |
//! | "this wasn't me" ends every case of the account; so does a sign-in while one waits | always, with or without the feature `desk` |
//!
//! The feature `desk` adds the service that staff and persons call. Without it, a node of the same service still stops and
//! carries out the cases that others opened.

pub mod case;
mod release;
mod rules;
#[cfg(feature = "desk")]
mod service;
mod staff;
mod steps;
pub(crate) mod stops;
mod text;
mod waiver;

pub(crate) use rules::DeskRules;
pub use rules::{DeskLimits, RiskAnalysis, ServiceLevels};
#[cfg(feature = "desk")]
pub use service::{
    AddressHint, CaseSummary, CaseView, Decision, Desk, DeskBuilder, DeskError, DeskHost, Overdue, Page,
    PleaReceipt, QueuePlace, Seen,
};
pub use staff::{Ial, Staff, StaffId, StaffRole, Subject};
pub use text::{CaseText, LONGEST_REACH, LONGEST_TEXT, Plea};
