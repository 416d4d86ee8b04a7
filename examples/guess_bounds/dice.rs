//! Chance from a seed, for the attacker and for the service alike: no secret here is worth anything.

use regain::entropy::{Entropy, EntropyError};
use std::sync::{Mutex, PoisonError};

/// SplitMix64.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// So many different numbers below `end`, in no order.
    pub fn some_of(&mut self, count: usize, end: u16) -> Vec<u16> {
        let mut all: Vec<u16> = (0..end).collect();
        for place in 0..count.min(all.len()) {
            let left = (all.len() - place) as u64;
            let other = place + usize::try_from(self.draw() % left).unwrap_or_default();
            all.swap(place, other);
        }
        all.truncate(count);
        all
    }
}

/// The service's randomness.
pub struct Seeded(Mutex<Dice>);

impl Seeded {
    pub fn new(dice: &mut Dice) -> Self {
        Self(Mutex::new(Dice::new(dice.draw())))
    }
}

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let mut dice = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            *byte = dice.draw().to_le_bytes()[7];
        }
        Ok(())
    }
}
