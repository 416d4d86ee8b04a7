//! Randomness comes in here, and nowhere else.
//!
//! There is no fallback: when the operating system gives no randomness, the operation fails (RC-1).

use rand::TryRng;
use rand::rngs::SysRng;

/// Where regain takes its random bytes from.
///
/// Implementations must be cryptographically strong. An error makes the operation fail closed.
///
/// ```
/// use regain::entropy::{Entropy, EntropyError};
/// use std::{fs::File, io::Read as _};
///
/// struct Device;
///
/// impl Entropy for Device {
///     fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
///         let read = File::open("/dev/urandom").and_then(|mut device| device.read_exact(bytes));
///         read.map_err(|error| EntropyError(Box::new(error)))
///     }
/// }
/// ```
pub trait Entropy: Send + Sync {
    /// Fills `bytes` completely.
    ///
    /// # Errors
    /// [`EntropyError`] when no randomness can be had; `bytes` is then not used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// No randomness to be had.
#[derive(Debug, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct EntropyError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        SysRng.try_fill_bytes(bytes).map_err(|error| EntropyError(Box::new(error)))
    }
}

/// `N` random bytes.
pub(crate) fn random<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}
