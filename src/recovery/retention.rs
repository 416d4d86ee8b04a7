//! How long what is over stays in the tables.

use crate::recovery::ConfigError;
use time::Duration;

/// How long rows stay that nothing waits for any more. A worker deletes them afterwards, in small batches.
///
/// What was typed, tokens, hashes and account ids are not kept at all: they leave a flow's row when it ends, and a mail's
/// row when it is sent. Budgets go when they are full again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Flows that have ended, counted from their beginning: 30 days, long enough to look into a complaint. Their rows name
    /// nobody.
    pub ended_flows: Duration,
    /// Dead letters: 30 days, counted from when they were given up. While one can be sent again, its row holds the sealed
    /// message, with the person's address.
    pub dead_letters: Duration,
    /// The audit record, counted from when it was closed: six years and a day (HIPAA, 45 CFR 164.316(b)(2)(i)). It holds
    /// pseudonyms only; where the law asks for less, set less.
    pub audit: Duration,
    /// Cases of the support desk that are over: a year, for complaints. They hold, sealed, what people wrote to the desk.
    pub cases: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            ended_flows: Duration::days(30),
            dead_letters: Duration::days(30),
            audit: Duration::days(6 * 366 + 1),
            cases: Duration::days(365),
        }
    }
}

impl Retention {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let all = [
            ("retention.ended_flows", self.ended_flows),
            ("retention.dead_letters", self.dead_letters),
            ("retention.audit", self.audit),
            ("retention.cases", self.cases),
        ];
        for (what, time) in all {
            if time < Duration::HOUR {
                return Err(ConfigError::Invalid { what, rule: "at least an hour" });
            }
        }
        Ok(())
    }
}
