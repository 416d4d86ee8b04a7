//! Argon2id, at a cost that cannot be set too low by mistake.

use argon2::{Algorithm, Argon2, Params, PasswordHash as Phc, Version};
use base64ct::{Base64Unpadded, Encoding};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::pepper::{Pepper, PepperRing};
use super::{BoxError, HashError, PasswordHash, PasswordHasher, PreparedPassword, Verification};

/// Bytes of salt, RFC 9106 section 4.
const SALT_BYTES: usize = 16;
/// Bytes of output, RFC 9106 section 4.
const TAG_BYTES: usize = 32;
/// Tags that are still checked: under 16 bytes a collision can be had.
const STORED_TAG_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// Memory in KiB and passes that OWASP's Password Storage Cheat Sheet holds to be of equal strength.
const OWASP_FLOORS: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// Memory in KiB, passes and lanes of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    memory_kib: u32,
    iterations: u32,
    lanes: u32,
}

impl Cost {
    /// OWASP's first choice for memory below 46 MiB: 30 ms on a present-day processor.
    const DEFAULT: Self = Self { memory_kib: 19_456, iterations: 2, lanes: 1 };
    /// What a stored hash may name: 256 MiB take about a second.
    const CEILING: Self = Self { memory_kib: 256 * 1024, iterations: 16, lanes: 16 };

    fn of(params: &Params) -> Self {
        Self { memory_kib: params.m_cost(), iterations: params.t_cost(), lanes: params.p_cost() }
    }

    fn reaches_floor(self) -> bool {
        OWASP_FLOORS.iter().any(|&(memory, passes)| self.memory_kib >= memory && self.iterations >= passes)
    }

    fn fits(self, ceiling: Self) -> bool {
        self.memory_kib <= ceiling.memory_kib
            && self.iterations <= ceiling.iterations
            && self.lanes <= ceiling.lanes
    }
}

/// Hashes with Argon2id, version 19, under a 16-byte salt into a 32-byte tag.
///
/// The default cost is 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet); RFC 9106's second
/// choice is `builder().memory_kib(65_536).iterations(3).lanes(4)`.
///
/// ```
/// use regain::password::{Argon2Hasher, Password, PasswordHasher, Verification};
///
/// let hasher = Argon2Hasher::default();
/// let typed = Password::new("nine green lamps at noon").prepare()?;
/// let salt = [7; 16]; // from the service's entropy
/// let stored = hasher.hash(&typed, salt)?;
/// assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
/// assert_eq!(hasher.verify(&typed, &stored)?, Verification::Right);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Argon2Hasher {
    cost: Cost,
    ceiling: Cost,
    peppers: Option<PepperRing>,
}

impl Default for Argon2Hasher {
    fn default() -> Self {
        Self { cost: Cost::DEFAULT, ceiling: Cost::CEILING, peppers: None }
    }
}

impl Argon2Hasher {
    /// Begins with the default cost and no pepper.
    pub fn builder() -> Argon2HasherBuilder {
        Argon2HasherBuilder(Self::default())
    }

    /// The least cost that Argon2 allows: for tests that make many hashes, never for people's passwords.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn danger_for_tests() -> Self {
        Self { cost: Cost { memory_kib: 8, iterations: 1, lanes: 1 }, ..Self::default() }
    }

    fn current_pepper(&self) -> Option<&Pepper> {
        self.peppers.as_ref().map(PepperRing::current)
    }

    fn current_key_id(&self) -> &[u8] {
        self.current_pepper().map_or(&[], Pepper::id)
    }

    /// The pepper that a stored hash was made under: none, or exactly the one that it names.
    fn pepper_of(&self, key_id: &[u8]) -> Result<Option<&Pepper>, HashError> {
        if key_id.is_empty() {
            return Ok(None);
        }
        let known = self.peppers.as_ref().and_then(|ring| ring.find(key_id));
        known.map(Some).ok_or(HashError::UnknownPepper)
    }

    fn phc(&self, salt: &[u8], tag: &[u8]) -> PasswordHash {
        let Cost { memory_kib, iterations, lanes } = self.cost;
        let key_id = match self.current_key_id() {
            [] => String::new(),
            id => format!(",keyid={}", Base64Unpadded::encode_string(id)),
        };
        let salt = Base64Unpadded::encode_string(salt);
        let tag = Base64Unpadded::encode_string(tag);
        PasswordHash::trusted(format!(
            "$argon2id$v=19$m={memory_kib},t={iterations},p={lanes}{key_id}${salt}${tag}"
        ))
    }
}

impl PasswordHasher for Argon2Hasher {
    fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError> {
        let mut tag = Zeroizing::new([0; TAG_BYTES]);
        fill(password, &salt, self.cost, self.current_pepper(), &mut tag[..])?;
        Ok(self.phc(&salt, &tag[..]))
    }

    fn verify(&self, password: &PreparedPassword, stored: &PasswordHash) -> Result<Verification, HashError> {
        let stored = Stored::read(stored, self.ceiling)?;
        let pepper = self.pepper_of(&stored.key_id)?;
        let mut tag = Zeroizing::new(vec![0; stored.tag.len()]);
        fill(password, &stored.salt, stored.cost, pepper, &mut tag)?;
        if !bool::from(tag.ct_eq(&stored.tag)) {
            return Ok(Verification::Wrong);
        }
        let up_to_date = stored.cost == self.cost
            && stored.key_id == self.current_key_id()
            && stored.salt.len() == SALT_BYTES
            && stored.tag.len() == TAG_BYTES;
        Ok(if up_to_date { Verification::Right } else { Verification::RightButOutdated })
    }

    /// The tag is a digest of a label: a password that leads to it would be a preimage of Argon2id.
    fn dummy(&self) -> PasswordHash {
        let salt = Sha256::digest("regain: salt of the hash that nothing matches");
        let tag = Sha256::digest("regain: tag of the hash that nothing matches");
        self.phc(&salt[..SALT_BYTES], &tag)
    }
}

/// A stored hash whose cost has been found affordable.
struct Stored {
    cost: Cost,
    key_id: Vec<u8>,
    salt: Vec<u8>,
    tag: Zeroizing<Vec<u8>>,
}

impl Stored {
    fn read(hash: &PasswordHash, ceiling: Cost) -> Result<Self, HashError> {
        let phc = Phc::new(hash.as_str()).map_err(|_| HashError::Malformed)?;
        let (Some(salt), Some(tag)) = (&phc.salt, &phc.hash) else {
            return Err(HashError::Malformed);
        };
        let ours = phc.algorithm == Algorithm::Argon2id.ident() && phc.version == Some(Version::V0x13.into());
        if !ours || !STORED_TAG_BYTES.contains(&tag.as_bytes().len()) {
            return Err(HashError::Unsupported);
        }
        let params = Params::try_from(&phc).map_err(|_| HashError::Malformed)?;
        if !params.data().is_empty() {
            return Err(HashError::Unsupported);
        }
        let cost = Cost::of(&params);
        if !cost.fits(ceiling) {
            let Cost { memory_kib, iterations, lanes } = cost;
            return Err(HashError::TooCostly { memory_kib, iterations, lanes });
        }
        Ok(Self {
            cost,
            key_id: params.keyid().to_vec(),
            salt: salt.to_vec(),
            tag: Zeroizing::new(tag.as_bytes().to_vec()),
        })
    }
}

fn fill(
    password: &PreparedPassword,
    salt: &[u8],
    cost: Cost,
    pepper: Option<&Pepper>,
    tag: &mut [u8],
) -> Result<(), HashError> {
    let mut run = || {
        let params = Params::new(cost.memory_kib, cost.iterations, cost.lanes, Some(tag.len()))?;
        let argon2 = match pepper {
            None => Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            Some(pepper) => {
                Argon2::new_with_secret(pepper.key(), Algorithm::Argon2id, Version::V0x13, params)?
            }
        };
        argon2.hash_password_into(password.as_bytes(), salt, tag)
    };
    run().map_err(|error| HashError::Argon2(error.into()))
}

/// Sets the cost of an [`Argon2Hasher`], within bounds.
#[derive(Clone, Debug)]
pub struct Argon2HasherBuilder(Argon2Hasher);

impl Argon2HasherBuilder {
    /// Memory for one hash, in KiB; 19,456 by default.
    #[must_use]
    pub fn memory_kib(mut self, kib: u32) -> Self {
        self.0.cost.memory_kib = kib;
        self
    }

    /// Passes over the memory; 2 by default.
    #[must_use]
    pub fn iterations(mut self, passes: u32) -> Self {
        self.0.cost.iterations = passes;
        self
    }

    /// Lanes; 1 by default. They are worked one after another here: more of them make no hash faster.
    #[must_use]
    pub fn lanes(mut self, lanes: u32) -> Self {
        self.0.cost.lanes = lanes;
        self
    }

    /// Keys kept apart from the hashes.
    #[must_use]
    pub fn peppers(mut self, ring: PepperRing) -> Self {
        self.0.peppers = Some(ring);
        self
    }

    /// The most that a stored hash may ask for: 256 MiB, 16 passes and 16 lanes by default.
    ///
    /// Whoever can write a hash into the store could otherwise have terabytes allocated by signing in.
    #[must_use]
    pub fn ceilings(mut self, memory_kib: u32, iterations: u32, lanes: u32) -> Self {
        self.0.ceiling = Cost { memory_kib, iterations, lanes };
        self
    }

    /// # Errors
    ///
    /// [`CostError`] for a cost that is weaker than OWASP's table, above the ceilings, or impossible.
    pub fn build(self) -> Result<Argon2Hasher, CostError> {
        let Argon2Hasher { cost, ceiling, .. } = self.0;
        let Cost { memory_kib, iterations, lanes } = cost;
        if !cost.reaches_floor() {
            return Err(CostError::BelowFloor { memory_kib, iterations });
        }
        if !cost.fits(ceiling) {
            return Err(CostError::AboveCeiling);
        }
        Params::new(memory_kib, iterations, lanes, Some(TAG_BYTES))
            .map_err(|error| CostError::Impossible(error.into()))?;
        Ok(self.0)
    }
}

/// Why a cost does not build.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum CostError {
    /// Weaker than OWASP's table.
    #[error(
        "{memory_kib} KiB and {iterations} passes are weaker than every floor of the OWASP Password Storage \
         Cheat Sheet: 47104 KiB and 1 pass, 19456 and 2, 12288 and 3, 9216 and 4, 7168 and 5"
    )]
    BelowFloor {
        /// Memory asked for, in KiB.
        memory_kib: u32,
        /// Passes asked for.
        iterations: u32,
    },
    /// New hashes could not be verified.
    #[error("the cost is above the ceilings for stored hashes; raise them with `ceilings`")]
    AboveCeiling,
    /// Argon2 does not allow it.
    #[error("argon2 does not allow this cost")]
    Impossible(#[source] BoxError),
}
