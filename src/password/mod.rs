//! Passwords: what may be chosen, and how it is kept.
//!
//! A recovery ends with a new password, so it is only as good as that password and the hash of it. The rules
//! follow NIST SP 800-63B-4 3.1.1.2, the costs OWASP's Password Storage Cheat Sheet.
//!
//! The one rule: a [`Password`] is judged and hashed in one form only, [`PreparedPassword`], and as a whole.
//!
//! | step | type |
//! |---|---|
//! | take what was typed, bound and normalise it | [`Password`], [`PreparedPassword`] |
//! | judge it: length, blocklist, own data, strength | [`PasswordPolicy`] |
//! | ask a corpus of breaches | [`BreachedPasswords`] |
//! | hash it, check it | [`Argon2Hasher`] behind [`PasswordHasher`] |
//! | keep that off the async threads, and bounded | [`HashPool`] |

mod argon;
mod blocklist;
mod breach;
mod disguise;
mod explanation;
mod hash;
mod judge;
mod leet;
mod own_data;
mod pepper;
mod policy;
mod pool;
mod reason;
mod strength;
mod text;

pub use argon::{Argon2Hasher, Argon2HasherBuilder, CostError};
#[cfg(feature = "questions")]
pub(crate) use blocklist::is_common;
pub use breach::{BoxError, BreachedPasswords, InMemoryBreached, OnBreachFailure};
pub use explanation::Explanation;
pub use hash::{HashError, PasswordHash, PasswordHasher, Verification};
pub use pepper::{Pepper, PepperIdError, PepperRing};
pub use policy::{
    Composition, FLOOR, FLOOR_WITH_SECOND_FACTOR, PasswordPolicy, PasswordPolicyBuilder, PolicyContext,
    PolicyError,
};
pub use pool::{HashPool, PoolError};
pub use reason::{CharacterClass, Reason};
pub use strength::{Part, PartKind};
pub use text::{MAX_BYTES, Password, PreparedPassword};
