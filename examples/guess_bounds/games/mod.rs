//! The secrets, and a day of an attacker who has everything but a little of one of them.

mod case;
mod factor;
mod identity;
mod link;
mod password;
mod question;
mod typed_code;

pub use case::{CaseLink, OneOfTheStaff};
pub use factor::{LinkTotp, RecoveryCodeAtSignIn, SignInTotp, enrol};
pub use identity::IdentityMatch;
pub use link::Link;
pub use password::SignInPassword;
pub use question::LinkQuestion;
pub use typed_code::{TypedCode, code_of};

use crate::dice::{Dice, Seeded};
use futures_util::FutureExt as _;
use regain::budget::Quota;
use regain::events::RecoveryEvent;
use regain::password::HashPool;
use regain::testing::World;
use std::future::Future;
use std::sync::Arc;
use time::Duration;

/// What an attacker did on one day.
pub struct Day {
    /// Guesses that the service compared with the secret.
    pub compared: u32,
    pub hit: bool,
}

pub trait Game {
    fn name(&self) -> &'static str;
    /// How the chance comes about.
    fn formula(&self) -> String;
    /// The chance on one day, against the whole secret.
    fn chance(&self) -> f64;
    /// What the days after it bring.
    fn for_ever(&self) -> String {
        "as much each day".into()
    }
    /// The chance on one day, against the part of it that is left to guess in [`Game::days`].
    fn small_chance(&self) -> f64;
    /// What the limits allow to be compared on one day, where there is a limit.
    fn most_a_day(&self) -> Option<u32>;
    /// Of so many days one is played, where a day costs more than others do.
    fn one_day_in(&self) -> u32 {
        1
    }
    /// Plays so many days.
    fn days(&self, count: u32, dice: &mut Dice) -> Vec<Day>;
}

/// Everything is in memory, and hashed on this thread, so nothing is ever waited for.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("stores in memory answer at once")
}

pub fn world(dice: &mut Dice) -> World {
    let entropy = Arc::new(Seeded::new(dice));
    let pool = HashPool::danger_on_the_callers_thread();
    World::builder().configure(move |builder| builder.entropy(entropy).hash_pool(pool)).build()
}

/// 1 - (1 - `guesses` / `space`)^`times`: guesses of one secret do not repeat, and each time there is another secret.
fn some_time(guesses: f64, space: f64, times: f64) -> f64 {
    // Not 1 - x^n: next to 1 there is no room for chances as small as these.
    -(times * (-guesses / space).ln_1p()).exp_m1()
}

/// What a quota lets through in one day. Quotas of accounts are for a day or less.
fn a_day(quota: Quota) -> u32 {
    let periods = (Duration::DAY.whole_seconds() / quota.period().whole_seconds()).max(1);
    quota.count().saturating_mul(u32::try_from(periods).unwrap_or(u32::MAX))
}

/// How often something was told since the last time.
pub fn told(world: &World, wanted: impl Fn(&RecoveryEvent) -> bool) -> u32 {
    let count = world.events.take().iter().filter(|event| wanted(event)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
