//! Budgets: how often something may be done. Never more than `count` in any time of length `period`.
//!
//! A budget remembers when it was spent, at most 64 times; where more were spent, neighbours are counted as if both had
//! come at the later one, which only ever refuses more. A clock going back does not refill a budget, and one leap
//! forward that is corrected does not lock it.

use crate::clock::Timestamp;
use crate::planted::{Bug, planted};
use std::collections::BTreeMap;
use time::Duration;

/// Times that one budget remembers.
const MEMORY: usize = 64;
/// Bytes of one remembered time: milliseconds, and how many came then.
const ENTRY: usize = 12;

/// So many in any time of such a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    count: u32,
    period: Duration,
}

impl Quota {
    /// At most `count` within any `period`. A count of 0 is taken as 1, a period under a second as a second.
    #[must_use]
    pub fn new(count: u32, period: Duration) -> Self {
        Self { count: count.max(1), period: period.max(Duration::SECOND) }
    }

    /// How many may be done in one period, or all at once.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The time after which a spent unit is there again.
    #[must_use]
    pub const fn period(&self) -> Duration {
        self.period
    }

    fn period_ms(&self) -> i64 {
        i64::try_from(self.period.whole_milliseconds()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
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

/// What a store keeps for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// When it was spent, as bytes that only this module reads.
    pub log: Vec<u8>,
    /// From when on the budget is full, and its row can go.
    pub full_at: Timestamp,
}

/// The answer to a [`Spend`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed; store this for the key.
    Allowed(Spent),
    /// Used up until then.
    Refused {
        /// When the next unit is there.
        retry_at: Timestamp,
    },
}

/// Decides several spends one after the other; `stored` gives what is stored for a key. What is to be stored, or when the
/// first budget that refuses has something again.
///
/// # Errors
/// The time to try again at.
pub fn take_all<'a>(
    spends: &[Spend],
    stored: impl Fn(&BudgetKey) -> Option<&'a [u8]>,
) -> Result<BTreeMap<BudgetKey, Spent>, Timestamp> {
    let mut taken: BTreeMap<BudgetKey, Spent> = BTreeMap::new();
    for spend in spends {
        let log = taken.get(&spend.key).map(|spent| &spent.log[..]).or_else(|| stored(&spend.key));
        match spend.against(log) {
            Verdict::Allowed(spent) => taken.insert(spend.key, spent),
            Verdict::Refused { retry_at } => return Err(retry_at),
        };
    }
    Ok(taken)
}

/// So many came at this time.
#[derive(Clone, Copy)]
struct Entry {
    at: i64,
    count: u32,
}

impl Spend {
    /// Decides, given the log that is stored for the key. This is the whole rule: a store reads, calls, writes.
    #[must_use]
    pub fn against(&self, log: Option<&[u8]>) -> Verdict {
        let (now, period) = (self.at.millis(), self.quota.period_ms());
        let period = if planted(Bug::BudgetForgetsHalf) { period / 2 } else { period };
        let mut entries = read(log.unwrap_or_default());
        // What lies more than a period ahead was written under a clock that has been corrected since.
        entries
            .retain(|entry| entry.at.saturating_add(period) > now && entry.at <= now.saturating_add(period));
        if let Some(retry_at) = self.first_free(&entries, period) {
            return Verdict::Refused { retry_at: Timestamp::from_millis(retry_at) };
        }
        add(&mut entries, now);
        let latest = entries.last().map_or(now, |entry| entry.at);
        let full_at = Timestamp::from_millis(latest.saturating_add(period));
        Verdict::Allowed(Spent { log: write(&entries), full_at })
    }

    /// When the next unit is there; `None` if it is there now.
    fn first_free(&self, entries: &[Entry], period: i64) -> Option<i64> {
        let mut left: u64 = entries.iter().map(|entry| u64::from(entry.count)).sum();
        let mut retry_at = None;
        for entry in entries {
            if left < u64::from(self.quota.count) {
                break;
            }
            left -= u64::from(entry.count);
            retry_at = Some(entry.at.saturating_add(period));
        }
        retry_at
    }
}

fn add(entries: &mut Vec<Entry>, now: i64) {
    let place = entries.partition_point(|entry| entry.at < now);
    match entries.get_mut(place).filter(|entry| entry.at == now) {
        Some(entry) => entry.count = entry.count.saturating_add(1),
        None => entries.insert(place, Entry { at: now, count: 1 }),
    }
    if entries.len() > MEMORY {
        let gap = |pair: &[Entry]| pair[1].at.saturating_sub(pair[0].at);
        let nearest =
            entries.windows(2).enumerate().min_by_key(|(_, pair)| gap(pair)).map_or(0, |(at, _)| at);
        let earlier = entries.remove(nearest);
        entries[nearest].count = entries[nearest].count.saturating_add(earlier.count);
    }
}

/// Damaged bytes are read as far as they go: a budget errs on the side of what it can read.
fn read(log: &[u8]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = log.chunks_exact(ENTRY).take(MEMORY).filter_map(entry).collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let (at, count) = bytes.split_first_chunk::<8>()?;
    Some(Entry { at: i64::from_be_bytes(*at), count: u32::from_be_bytes(count.try_into().ok()?) })
}

fn write(entries: &[Entry]) -> Vec<u8> {
    let bytes = |entry: &Entry| [&entry.at.to_be_bytes()[..], &entry.count.to_be_bytes()].concat();
    entries.iter().flat_map(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    fn spend(quota: Quota, at: i64) -> Spend {
        Spend { key: BudgetKey([0; 32]), quota, at: Timestamp::from_millis(at) }
    }

    fn take(quota: Quota, at: i64, stored: &mut Option<Vec<u8>>) -> bool {
        match spend(quota, at).against(stored.as_deref()) {
            Verdict::Allowed(spent) => {
                *stored = Some(spent.log);
                true
            }
            Verdict::Refused { .. } => false,
        }
    }

    #[test]
    fn the_whole_count_passes_at_once_and_the_next_a_period_later() {
        for count in [1, 3, 5, 64, 65, 100, 1_000] {
            let quota = Quota::new(count, Duration::HOUR);
            let mut stored = None;
            let passed = (0..count + 5).filter(|_| take(quota, 1_000, &mut stored)).count();
            assert_eq!(passed, count as usize, "of {count}");
            let refused = Verdict::Refused { retry_at: Timestamp::from_millis(1_000 + HOUR) };
            assert_eq!(spend(quota, 1_000).against(stored.as_deref()), refused);
            assert!(!take(quota, 1_000 + HOUR - 1, &mut stored.clone()));
            assert!(take(quota, 1_000 + HOUR, &mut stored));
        }
    }

    #[test]
    fn a_clock_going_back_does_not_refill() {
        let quota = Quota::new(2, Duration::HOUR);
        let mut stored = None;
        assert!(take(quota, 10 * HOUR, &mut stored));
        assert!(take(quota, 10 * HOUR, &mut stored));
        assert!(!take(quota, 10 * HOUR - 900_000, &mut stored));
    }

    #[test]
    fn one_leap_forward_locks_for_no_longer_than_two_periods() {
        let quota = Quota::new(2, Duration::HOUR);
        for leap in [HOUR, 24 * HOUR, i64::MAX - 5_000] {
            let mut stored = None;
            assert!(take(quota, 5_000 + leap, &mut stored));
            assert!(take(quota, 5_000 + leap, &mut stored));
            assert!(take(quota, 5_000 + 2 * HOUR, &mut stored), "after a leap of {leap} ms");
        }
    }

    #[test]
    fn a_row_stays_small() {
        let quota = Quota::new(u32::MAX, Duration::DAY);
        let mut stored = None;
        for at in 0..10_000 {
            assert!(take(quota, at * 7, &mut stored));
        }
        assert_eq!(stored.map(|log| log.len()), Some(MEMORY * ENTRY));
    }

    proptest! {
        /// RL-6, ID-4: whenever one asks, no period sees more than the count.
        #[test]
        fn no_period_sees_more_than_the_count(
            count in 1_u32..90, steps in proptest::collection::vec(0_i64..400_000, 1..400),
        ) {
            let quota = Quota::new(count, Duration::HOUR);
            let (mut stored, mut now, mut passed) = (None, 0, Vec::new());
            for step in steps {
                now += step;
                if take(quota, now, &mut stored) {
                    passed.push(now);
                }
            }
            for (first, at) in passed.iter().enumerate() {
                let within = passed[first..].iter().take_while(|later| **later < at + HOUR).count();
                prop_assert!(within <= count as usize);
            }
        }

        #[test]
        fn damaged_bytes_never_panic(log in proptest::collection::vec(any::<u8>(), 0..2_000), at in any::<i64>()) {
            let _ = spend(Quota::new(3, Duration::HOUR), at).against(Some(&log));
        }
    }
}
