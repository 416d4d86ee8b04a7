//! A clock that only a test moves.

use crate::clock::{Clock, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// Where a [`TestClock`] begins: a Monday morning in 2026.
pub const START: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);

/// Stands still until it is moved, forward or back, by whole milliseconds.
///
/// ```
/// use regain::clock::Clock;
/// use regain::testing::{START, TestClock};
/// use time::Duration;
///
/// let clock = TestClock::default();
/// clock.advance(Duration::minutes(30));
/// clock.advance(-Duration::milliseconds(1));
/// assert_eq!(clock.now() - START, Duration::milliseconds(30 * 60_000 - 1));
/// ```
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn at(now: OffsetDateTime) -> Self {
        Self(AtomicI64::new(Timestamp::from(now).millis()))
    }

    /// Shows this time from now on.
    pub fn set(&self, now: OffsetDateTime) {
        self.0.store(Timestamp::from(now).millis(), Ordering::SeqCst);
    }

    /// Moves by so much; a negative span steps back.
    pub fn advance(&self, span: Duration) {
        let millis = i64::try_from(span.whole_milliseconds()).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// What it shows, as regain counts.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::at(START)
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        self.timestamp().to_datetime()
    }
}
