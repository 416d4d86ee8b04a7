//! For tests of regain, of hosts, and of stores that others write.
//!
//! Stories are told with a [`World`]: a service on stores of your choice, people in it, a clock that only a test
//! moves, and a mailbox that can be read. Nothing here sleeps, and nothing here is fit for production.
//!
//! | for | use |
//! |---|---|
//! | a whole story | [`World`] |
//! | time that stands still, leaps or steps back | [`TestClock`] |
//! | a port that fails in a certain way | [`mocks`] |
//! | a store that does but one thing otherwise | [`FlowStoreLayer`] |
//! | no randomness to be had | [`FailingEntropy`] |
//! | how many hashes an answer costs | [`CountingHasher`] |
//! | which ports are called, in which order; a call that breaks off | [`Trace`] |
//! | what a host is told | [`CollectedEvents`] |

mod clock;
mod doubles;
mod factors;
mod layer;
pub mod mocks;
mod people;
mod trace;
mod world;

pub use clock::{START, TestClock};
pub use doubles::{CollectedEvents, CountingHasher, FailingEntropy};
pub use factors::signed_in;
pub use layer::{FlowStoreLayer, Layered};
pub use people::{SeedAccounts, Someone};
pub use trace::{Cut, Trace, TracedAccounts, TracedEntropy, TracedFlows, TracedHasher, TracedMailer};
pub use world::{World, WorldBuilder};

pub mod contract;
