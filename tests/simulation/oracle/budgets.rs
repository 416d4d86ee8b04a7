//! Budgets: never more than the quota in any period, and nobody is refused who has something left.

use super::{Book, Oracle};
use crate::profile::Clocks;
use crate::stage::{HOUR, MINUTE, SECOND};
use regain::budget::{Quota, Spend};
use regain::store::{Commit, Committed};

/// A budget keeps so many times apart; of larger ones it refuses a little early.
const KEPT_APART: u32 = 64;
/// By how much a sweep may forget too early where two clocks stand two minutes apart.
const APART: i64 = 2 * MINUTE + 10 * SECOND;

fn period(quota: Quota) -> i64 {
    i64::try_from(quota.period().whole_milliseconds()).unwrap_or(i64::MAX / 4)
}

/// What counts for a spend: not what is a period old, nor what a clock wrote that has been corrected since.
fn remembered(log: &[i64], spend: &Spend) -> Vec<i64> {
    let (now, period) = (spend.at.millis(), period(spend.quota));
    log.iter().copied().filter(|at| at + period > now && *at <= now + period).collect()
}

impl Oracle {
    pub(super) fn budgets_decided(&self, book: &mut Book, commit: &Commit, outcome: &Committed) {
        match outcome {
            Committed::Done => self.spent(book, commit),
            Committed::OverBudget { .. } => {
                self.stage.tally("budgets that refused");
                let used_up = commit.spends.iter().any(|spend| {
                    let log = book.budgets.get(&spend.key).map(|(_, log)| remembered(log, spend));
                    let count = spend.quota.count();
                    count > KEPT_APART || log.unwrap_or_default().len() >= count as usize
                });
                self.hold("nobody is refused who has something left", used_up, || "a budget refused".into());
            }
            Committed::Conflict => {}
        }
    }

    fn spent(&self, book: &mut Book, commit: &Commit) {
        for spend in &commit.spends {
            let (_, log) = book.budgets.entry(spend.key).or_insert_with(|| (spend.quota, Vec::new()));
            *log = remembered(log, spend);
            self.hold("a budget is never exceeded", log.len() < spend.quota.count() as usize, || {
                format!("{} within {:?}", log.len() + 1, spend.quota.period())
            });
            log.push(spend.at.millis());
        }
        for key in &commit.clears {
            book.budgets.remove(key);
        }
    }

    /// End to end, and without knowing any budget: where no clock jumps, no account gets more mails, and nothing that is
    /// typed is asked for more often, than the defaults say.
    pub(super) fn rates_held(&self, book: &Book) {
        if self.clocks == Clocks::Jumping {
            return;
        }
        for (id, account) in &book.accounts {
            for (count, period) in [(3, HOUR), (10, 24 * HOUR)] {
                let most = most_within(&account.paid_mails, period - APART);
                self.hold("an account gets no more mails than its budget", most <= count, || {
                    format!("{} got {most} within {} h", id.as_str(), period / HOUR)
                });
            }
        }
        for (typed, asks) in book.asks.iter().filter(|(typed, _)| !typed.starts_with("claims")) {
            let most = most_within(asks, HOUR - APART);
            self.hold("an identifier is asked for no more often than its budget", most <= 5, || {
                format!("{typed}: {most} within an hour")
            });
        }
    }
}

fn most_within(times: &[i64], period: i64) -> usize {
    let mut times = times.to_vec();
    times.sort_unstable();
    let from = |first: usize| times[first..].iter().take_while(|at| **at < times[first] + period).count();
    (0..times.len()).map(from).max().unwrap_or(0)
}
