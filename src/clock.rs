//! Time comes in here, and nowhere else.
//!
//! regain counts in whole milliseconds, rounded down once, here. A [`Moment`] carries the clock's reading
//! and the highest reading seen so far, so that a clock stepping back revives nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use time::{Duration, OffsetDateTime};

/// Where regain reads the time.
///
/// ```
/// use regain::clock::Clock;
/// use time::OffsetDateTime;
///
/// struct Frozen;
/// impl Clock for Frozen {
///     fn now(&self) -> OffsetDateTime {
///         OffsetDateTime::UNIX_EPOCH
///     }
/// }
/// ```
pub trait Clock: Send + Sync {
    /// The time now, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// A point in time: milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This much later; never past what the type can hold.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let millis = i64::try_from(span.whole_milliseconds()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// Whole seconds from `earlier` to here, rounded up; zero when `earlier` is later.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> u64 {
        let millis = u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0);
        millis.div_ceil(1_000)
    }

    /// As a date and time in UTC.
    #[must_use]
    pub fn to_datetime(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(at: OffsetDateTime) -> Self {
        let millis = at.unix_timestamp_nanos().div_euclid(1_000_000);
        Self(i64::try_from(millis).unwrap_or(if millis < 0 { i64::MIN } else { i64::MAX }))
    }
}

/// What the clock says, and the highest it has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The clock's reading.
    pub now: Timestamp,
    /// The highest reading this process has seen; never below `now`.
    pub high: Timestamp,
}

impl Moment {
    /// A moment at which the clock has never stepped back.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self { now, high: now }
    }
}

/// A clock that remembers how far it has been.
#[derive(Clone)]
pub(crate) struct Watch {
    clock: Arc<dyn Clock>,
    high: Arc<AtomicI64>,
}

impl Watch {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, high: Arc::new(AtomicI64::new(i64::MIN)) }
    }

    pub(crate) fn read(&self) -> Moment {
        let now = Timestamp::from(self.clock.now());
        let before = self.high.fetch_max(now.millis(), Ordering::AcqRel);
        Moment { now, high: Timestamp(before.max(now.millis())) }
    }
}
