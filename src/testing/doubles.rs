//! Small stand-ins for ports: randomness that fails, a hasher that counts, events that are kept.

use crate::entropy::{Entropy, EntropyError, SystemEntropy};
use crate::events::{EventSink, RecoveryEvent};
use crate::flow::StateKind;
use crate::password::{HashError, PasswordHash, PasswordHasher, PreparedPassword, Verification};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Randomness that fails after so many draws.
#[derive(Debug)]
pub struct FailingEntropy(Mutex<usize>);

impl FailingEntropy {
    /// Gives randomness so many times, and then never again.
    #[must_use]
    pub fn after(draws: usize) -> Self {
        Self(Mutex::new(draws))
    }

    /// From now on it gives randomness so many times.
    pub fn allow(&self, draws: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = draws;
    }
}

impl Entropy for FailingEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.checked_sub(1).ok_or_else(|| EntropyError("no randomness in this test".into()))?;
        SystemEntropy.fill(bytes)
    }
}

/// A hasher that counts what it is asked.
pub struct CountingHasher {
    inner: Arc<dyn PasswordHasher>,
    hashes: AtomicUsize,
    verifications: AtomicUsize,
}

impl CountingHasher {
    /// Counts the calls to `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn PasswordHasher>) -> Self {
        Self { inner, hashes: AtomicUsize::new(0), verifications: AtomicUsize::new(0) }
    }

    /// How many hashes were made since the last call.
    pub fn take_hashes(&self) -> usize {
        self.hashes.swap(0, Ordering::SeqCst)
    }

    /// How many passwords were verified since the last call.
    pub fn take_verifications(&self) -> usize {
        self.verifications.swap(0, Ordering::SeqCst)
    }
}

impl PasswordHasher for CountingHasher {
    fn hash(&self, password: &PreparedPassword, salt: [u8; 16]) -> Result<PasswordHash, HashError> {
        self.hashes.fetch_add(1, Ordering::SeqCst);
        self.inner.hash(password, salt)
    }

    fn verify(&self, password: &PreparedPassword, stored: &PasswordHash) -> Result<Verification, HashError> {
        self.verifications.fetch_add(1, Ordering::SeqCst);
        self.inner.verify(password, stored)
    }

    fn dummy(&self) -> PasswordHash {
        self.inner.dummy()
    }
}

/// Keeps every event.
#[derive(Debug, Default)]
pub struct CollectedEvents(Mutex<Vec<RecoveryEvent>>);

impl CollectedEvents {
    /// No event yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All events since the last call, the oldest first.
    pub fn take(&self) -> Vec<RecoveryEvent> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The states that flows moved to since the last call, the oldest first. Takes all events.
    pub fn take_states(&self) -> Vec<StateKind> {
        let moved = |event| match event {
            RecoveryEvent::Moved { state, .. } => Some(state),
            _ => None,
        };
        self.take().into_iter().filter_map(moved).collect()
    }
}

impl EventSink for CollectedEvents {
    fn event(&self, event: &RecoveryEvent) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }
}
