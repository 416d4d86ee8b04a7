//! What two lists of times say about each other. No arithmetic on times but ranks: one slow answer weighs as much as a very
//! slow one.

use std::time::Duration;

/// How often a time of the second list is the longer one, of all pairs (Mann and Whitney; the area under the ROC curve):
/// 0.5 where nothing can be told, 1 or 0 where all can.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auc {
    pub value: f64,
    /// Of 95 %, by the standard error of Hanley and McNeil (1982).
    pub interval: (f64, f64),
}

impl Auc {
    pub fn of(first: &[Duration], second: &[Duration]) -> Self {
        let (m, n) = (first.len() as f64, second.len() as f64);
        let ranks: f64 = rank_sum(first, second);
        let value = (ranks - n * (n + 1.0) / 2.0) / (m * n);
        let error = 1.96 * standard_error(value, m, n);
        Self { value, interval: (value - error, value + error) }
    }

    /// Whether it is certainly further than this from one half.
    pub fn is_beyond(&self, distance: f64) -> bool {
        self.interval.0 > 0.5 + distance || self.interval.1 < 0.5 - distance
    }
}

/// Of an area over so many pairs (Hanley and McNeil 1982, equation 1).
fn standard_error(area: f64, m: f64, n: f64) -> f64 {
    let (one, two) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
    let square = area * area;
    let spread = area * (1.0 - area) + (n - 1.0) * (one - square) + (m - 1.0) * (two - square);
    (spread.max(0.0) / (m * n)).sqrt()
}

/// The sum of the ranks that the second list has in both; equal times share theirs.
fn rank_sum(first: &[Duration], second: &[Duration]) -> f64 {
    let of_second = second.iter().map(|time| (*time, true));
    let mut all: Vec<_> = first.iter().map(|time| (*time, false)).chain(of_second).collect();
    all.sort_unstable();
    let mut before = 0;
    let mut sum = 0.0;
    for equal in all.chunk_by(|one, other| one.0 == other.0) {
        let shared = before as f64 + (equal.len() as f64 + 1.0) / 2.0;
        sum += shared * equal.iter().filter(|(_, is_second)| *is_second).count() as f64;
        before += equal.len();
    }
    sum
}

pub fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(millis: &[u64]) -> Vec<Duration> {
        millis.iter().copied().map(Duration::from_millis).collect()
    }

    #[test]
    fn it_counts_pairs() {
        let auc = |first: &[u64], second: &[u64]| Auc::of(&times(first), &times(second)).value;
        assert_eq!(auc(&[1, 2, 3], &[4, 5]), 1.0);
        assert_eq!(auc(&[4, 5], &[1, 2, 3]), 0.0);
        assert_eq!(auc(&[1, 2, 3], &[1, 2, 3]), 0.5);
        assert_eq!(auc(&[7, 7], &[7, 7, 7]), 0.5);
        // Longer in 3 of 4 pairs.
        assert_eq!(auc(&[1, 3], &[2, 4]), 0.75);
        // One pair is equal, and counts by half.
        assert_eq!(auc(&[1, 3], &[3, 4]), 0.875);
    }

    /// Hanley and McNeil's own example: 51 images with and 58 without the disease, an area of 0.893, error 0.032.
    #[test]
    fn its_interval_is_that_of_the_paper() {
        let error = standard_error(0.893, 58.0, 51.0);
        assert!((error - 0.032).abs() < 0.001, "{error}");
    }

    #[test]
    fn only_what_is_certain_is_beyond() {
        let auc = |value, low, high| Auc { value, interval: (low, high) };
        assert!(auc(0.7, 0.61, 0.8).is_beyond(0.1) && auc(0.3, 0.2, 0.39).is_beyond(0.1));
        assert!(!auc(0.7, 0.59, 0.8).is_beyond(0.1) && !auc(0.5, 0.48, 0.52).is_beyond(0.1));
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&times(&[9, 1, 5])), Duration::from_millis(5));
    }
}
