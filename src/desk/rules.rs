//! What a host decides about its support desk.

use crate::budget::Quota;
use crate::recovery::ConfigError;
use time::Duration;

/// Shorter than that nobody who is told can object.
const SHORTEST_WAIT: Duration = Duration::HOUR;
/// As long as "this wasn't me" works in the mail that tells of the waiting.
const LONGEST_WAIT: Duration = crate::recovery::DISOWN_LIFE;

/// The host's document that says why people may help where mails and links do not, and what is done about the risks: its
/// name, and best its date (NIST SP 800-63B-4 4.2.1; SD-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskAnalysis(String);

impl RiskAnalysis {
    /// Names the document, in 8 to 500 characters.
    ///
    /// # Errors
    /// [`ConfigError`] for less or more, and for control characters.
    pub fn named(document: &str) -> Result<Self, ConfigError> {
        let document = document.trim();
        if !(8..=500).contains(&document.chars().count()) || document.chars().any(char::is_control) {
            return Err(ConfigError::Invalid {
                what: "the risk analysis of the support desk",
                rule: "the name of a document, 8 to 500 characters (NIST SP 800-63B-4 4.2.1)",
            });
        }
        Ok(Self(document.to_owned()))
    }

    /// The document's name.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.0
    }
}

/// How soon people are helped: what the queue calls overdue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceLevels {
    /// A case is taken by somebody within this time: 4 hours by default.
    pub answer_within: Duration,
    /// A case is decided within this time: 2 days by default.
    pub decide_within: Duration,
}

impl Default for ServiceLevels {
    fn default() -> Self {
        Self { answer_within: Duration::hours(4), decide_within: Duration::days(2) }
    }
}

impl ServiceLevels {
    /// A case is taken within the one, and decided within the other time.
    #[must_use]
    pub const fn new(answer_within: Duration, decide_within: Duration) -> Self {
        Self { answer_within, decide_within }
    }
}

/// How often people may write to the desk: the same whatever they write.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DeskLimits {
    /// From one client network: 5 an hour.
    pub pleas_per_client: Quota,
    /// From all together: 200 an hour, so that nobody with many networks buries the others.
    pub pleas_in_all: Quota,
}

impl Default for DeskLimits {
    fn default() -> Self {
        Self {
            pleas_per_client: Quota::new(5, Duration::HOUR),
            pleas_in_all: Quota::new(200, Duration::HOUR),
        }
    }
}

/// All of it. A service whose desk has none opens no case by itself.
#[derive(Debug, Clone)]
pub(crate) struct DeskRules {
    #[cfg_attr(not(feature = "desk"), expect(dead_code, reason = "the desk alone shows it"))]
    pub(crate) risk: RiskAnalysis,
    #[cfg_attr(not(feature = "desk"), expect(dead_code, reason = "the desk alone approves"))]
    pub(crate) wait: Duration,
    #[cfg_attr(not(feature = "desk"), expect(dead_code, reason = "the desk alone has a queue"))]
    pub(crate) levels: ServiceLevels,
    #[cfg_attr(not(feature = "desk"), expect(dead_code, reason = "people write to the desk alone"))]
    pub(crate) limits: DeskLimits,
}

/// A waiting time that can be objected in, and in which the objecting mail works.
#[cfg_attr(not(feature = "desk"), expect(dead_code, reason = "the desk alone is built"))]
pub(crate) fn check_wait(wait: Duration) -> Result<(), ConfigError> {
    if wait < SHORTEST_WAIT {
        return Err(ConfigError::Weaker {
            what: "the waiting time of a case",
            floor: "at least an hour, or nobody who is told can object (NIST SP 800-63B-4 4.2)",
        });
    }
    if wait > LONGEST_WAIT {
        return Err(ConfigError::Invalid {
            what: "the waiting time of a case",
            rule: "at most 7 days: so long works the button of the mail that tells of it",
        });
    }
    Ok(())
}
