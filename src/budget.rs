//! Budgets: how often something may be done (GCRA, one timestamp a key).
//!
//! A clock going back does not refill a budget, and one leap forward does not lock it for years: the stored
//! timestamp is never trusted to be further ahead than a full budget is long.

use crate::clock::Timestamp;
use time::Duration;

/// So many in such a time; refilled evenly, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    burst: u32,
    period: Duration,
}

impl Quota {
    /// At most `count` within `period`. A count of 0 is taken as 1, a period under a second as a second.
    #[must_use]
    pub fn new(count: u32, period: Duration) -> Self {
        Self { burst: count.max(1), period: period.max(Duration::SECOND) }
    }

    /// How many may be done at once.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.burst
    }

    /// The time in which a spent budget is full again.
    #[must_use]
    pub const fn period(&self) -> Duration {
        self.period
    }

    fn period_ms(&self) -> i64 {
        i64::try_from(self.period.whole_milliseconds()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
    }

    fn interval_ms(&self) -> i64 {
        (self.period_ms() / i64::from(self.burst)).max(1)
    }
}

/// Which budget: a keyed digest, so that the table names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BudgetKey([u8; 32]);

impl BudgetKey {
    /// Wraps a digest.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// One unit to be taken from one budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spend {
    /// The budget.
    pub key: BudgetKey,
    /// Its size.
    pub quota: Quota,
    /// When.
    pub at: Timestamp,
}

/// The answer to a [`Spend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed; store this timestamp for the key.
    Allowed(Timestamp),
    /// Used up until then.
    Refused {
        /// When the next unit is there.
        retry_at: Timestamp,
    },
}

impl Spend {
    /// Decides, given what is stored for the key. This is the whole rule: a store reads, calls, writes.
    #[must_use]
    pub fn against(&self, stored: Option<Timestamp>) -> Verdict {
        let now = self.at.millis();
        let (period, interval) = (self.quota.period_ms(), self.quota.interval_ms());
        // A full budget's length is the furthest that honest spending can reach.
        let furthest = now.saturating_add(period);
        let full_at = stored.map_or(now, |at| at.millis().clamp(now, furthest));
        let next = full_at.saturating_add(interval);
        // The burst is `period / interval` whole intervals, so that no unit is lost to rounding.
        let allowed_until = now.saturating_add(interval.saturating_mul(i64::from(self.quota.burst)));
        if next > allowed_until {
            let wait = next - allowed_until;
            return Verdict::Refused { retry_at: Timestamp::from_millis(now.saturating_add(wait)) };
        }
        Verdict::Allowed(Timestamp::from_millis(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend(quota: Quota, at: i64) -> Spend {
        Spend { key: BudgetKey([0; 32]), quota, at: Timestamp::from_millis(at) }
    }

    fn take(quota: Quota, at: i64, stored: &mut Option<Timestamp>) -> bool {
        match spend(quota, at).against(*stored) {
            Verdict::Allowed(next) => {
                *stored = Some(next);
                true
            }
            Verdict::Refused { .. } => false,
        }
    }

    #[test]
    fn exactly_the_burst_passes_at_once_and_one_more_after_its_interval() {
        for count in [1, 3, 5, 7, 30] {
            let quota = Quota::new(count, Duration::HOUR);
            let mut stored = None;
            let passed = (0..count + 5).filter(|_| take(quota, 1_000, &mut stored)).count();
            assert_eq!(passed, count as usize, "burst of {count}");
            let Verdict::Refused { retry_at } = spend(quota, 1_000).against(stored) else {
                panic!("a used up budget must refuse")
            };
            assert!(!take(quota, retry_at.millis() - 1, &mut stored.clone()));
            assert!(take(quota, retry_at.millis(), &mut stored));
        }
    }

    #[test]
    fn a_clock_going_back_does_not_refill() {
        let quota = Quota::new(2, Duration::HOUR);
        let mut stored = None;
        assert!(take(quota, 10_000_000, &mut stored));
        assert!(take(quota, 10_000_000, &mut stored));
        assert!(!take(quota, 9_000_000, &mut stored));
    }

    #[test]
    fn one_leap_forward_locks_for_no_longer_than_the_period() {
        let quota = Quota::new(2, Duration::HOUR);
        let mut stored = None;
        assert!(take(quota, i64::MAX / 2, &mut stored));
        let Verdict::Refused { retry_at } = spend(quota, 5_000).against(stored) else { return };
        assert!(retry_at.millis() <= 5_000 + 3_600_000);
    }

    #[test]
    fn over_a_long_time_the_rate_is_kept() {
        let quota = Quota::new(5, Duration::HOUR);
        let mut stored = None;
        let passed = (0..24 * 60).filter(|minute| take(quota, minute * 60_000, &mut stored)).count();
        assert!((5 * 24..=5 * 24 + 5).contains(&passed), "{passed} passed in a day");
    }
}
