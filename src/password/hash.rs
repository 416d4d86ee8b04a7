//! Stored hashes, and the port to what makes and checks them.

use std::fmt;

use argon2::PasswordHash as Phc;
use zeroize::ZeroizeOnDrop;

use super::{BoxError, PreparedPassword};

/// A stored password hash: a PHC string that names algorithm, version, cost and salt.
///
/// Equal strings are equal hashes; two hashes of one password differ by their salt.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Reads a PHC string of any algorithm. The [`PasswordHasher`] decides later what it can check.
    ///
    /// # Errors
    ///
    /// [`HashError::Malformed`] if it is no PHC string with a salt and an output.
    pub fn parse(phc: &str) -> Result<Self, HashError> {
        let parsed = Phc::new(phc).map_err(|_| HashError::Malformed)?;
        if parsed.salt.is_none() || parsed.hash.is_none() {
            return Err(HashError::Malformed);
        }
        Ok(Self(phc.to_owned()))
    }

    /// A string that was just put together from its parts.
    pub(super) fn trusted(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, to be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Outcome of comparing a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verification {
    /// Another password.
    Wrong,
    /// The password, hashed as hashes are made now.
    Right,
    /// The password, hashed at another cost or under a former pepper: store a new hash of it now.
    RightButOutdated,
}

impl Verification {
    /// Whether it was the password, however it is hashed.
    pub fn is_right(self) -> bool {
        self != Self::Wrong
    }
}

/// Makes and checks password hashes. Both take tens of milliseconds on purpose: run them in a
/// [`HashPool`](super::HashPool).
///
/// ```
/// # use regain::password::{Argon2Hasher, HashError, PasswordHash, PasswordHasher};
/// # use regain::password::{PreparedPassword, Verification};
/// /// Changes nothing: where a host would measure.
/// struct Measured(Argon2Hasher);
///
/// impl PasswordHasher for Measured {
///     fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError> {
///         self.0.hash(password, salt)
///     }
///     fn verify(
///         &self,
///         password: &PreparedPassword,
///         stored: &PasswordHash,
///     ) -> Result<Verification, HashError> {
///         self.0.verify(password, stored)
///     }
///     fn dummy(&self) -> PasswordHash {
///         self.0.dummy()
///     }
/// }
/// ```
pub trait PasswordHasher: Send + Sync {
    /// Hashes all of the password under a fresh random salt.
    ///
    /// # Errors
    ///
    /// [`HashError`] when the memory cannot be had.
    fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError>;

    /// Compares in constant time, once the hash has been computed at the cost that `stored` names.
    ///
    /// # Errors
    ///
    /// [`HashError`] when `stored` cannot be checked; that is never an answer about the password.
    fn verify(&self, password: &PreparedPassword, stored: &PasswordHash) -> Result<Verification, HashError>;

    /// A hash at the present cost that no password matches. Verify against it where there is no account, so
    /// that the answer takes as long as for a real one. (Accounts whose hash has another cost than the present
    /// one still take another time, until their next sign-in replaces it.)
    fn dummy(&self) -> PasswordHash;
}

/// Why a hash could not be made or checked: for operators, not for the person.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Not a PHC string with salt and output.
    #[error("the stored hash is no PHC string with salt and output; restore it or have the password reset")]
    Malformed,
    /// Another algorithm or version than Argon2id 19.
    #[error(
        "the stored hash is not `argon2id`, version 19, with 16 to 64 bytes of output; have the password reset"
    )]
    Unsupported,
    /// The stored hash names a cost above the ceilings.
    #[error(
        "the stored hash asks for {memory_kib} KiB, {iterations} passes and {lanes} lanes, above the ceilings; \
         raise them in `Argon2HasherBuilder::ceilings` if it is yours"
    )]
    TooCostly {
        /// Memory it names, in KiB.
        memory_kib: u32,
        /// Passes it names.
        iterations: u32,
        /// Lanes it names.
        lanes: u32,
    },
    /// The stored hash was made under a pepper that is not in the ring.
    #[error("the stored hash names a pepper that is not configured; add the former key to the `PepperRing`")]
    UnknownPepper,
    /// Argon2 itself failed, such as for want of memory.
    #[error("argon2 failed; is there memory for one hash in each thread of the pool?")]
    Argon2(#[source] BoxError),
}

impl HashError {
    /// Whether the stored hash is at fault, and not the machine: no try will ever go better.
    pub(crate) fn is_of_the_stored_hash(&self) -> bool {
        !matches!(self, Self::Argon2(_))
    }
}
