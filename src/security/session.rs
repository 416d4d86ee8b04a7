//! The session of a signed-in owner, as the host vouches for it, and how fresh it has to be for a change.

use crate::clock::{Moment, Timestamp};
use crate::factor::AuthLevel;
use crate::flow::CLOCK_TOLERANCE;
use crate::ids::AccountId;
use crate::recovery::ConfigError;
use std::fmt;
use time::Duration;

/// What a host vouches for when somebody who is signed in opens their security information. `Debug` shows the level only.
///
/// ```
/// use regain::clock::Timestamp;
/// use regain::factor::AuthLevel;
/// use regain::ids::AccountId;
/// use regain::security::AuthSession;
///
/// let session = AuthSession {
///     account: AccountId::new("1042").unwrap(),
///     level: AuthLevel::SecondFactor,
///     authenticated_at: Timestamp::from_millis(1_800_000_000_000),
///     binding: [7; 32],
/// };
/// assert_eq!(format!("{session:?}"), "AuthSession(SecondFactor, ..)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AuthSession {
    /// Whose session it is. From the host's session row, never from the request.
    pub account: AccountId,
    /// How strongly this session was authenticated.
    pub level: AuthLevel,
    /// When it was authenticated last, at that level: at the sign-in, or at a step-up since.
    pub authenticated_at: Timestamp,
    /// A digest of the session's secret, such as its SHA-256. What is begun in one session cannot be confirmed in another
    /// (CVE-2022-42731). A session that gets a new secret at a step-up has to begin anew.
    pub binding: [u8; 32],
}

impl AuthSession {
    /// Whether it was authenticated at this level or a higher one.
    pub(crate) fn reaches(&self, level: AuthLevel) -> bool {
        self.level >= level
    }

    /// Whether it was authenticated within `age`. A clock that stepped back a little makes nothing fresh again; after a leap
    /// that was put right, sessions are fresh for a little less.
    pub(crate) fn is_fresh(&self, age: Duration, at: Moment) -> bool {
        let ahead = at.now.plus(CLOCK_TOLERANCE) < self.authenticated_at;
        let now = at.high.min(at.now.plus(CLOCK_TOLERANCE));
        !ahead && now < self.authenticated_at.plus(age)
    }
}

impl fmt::Debug for AuthSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthSession({:?}, ..)", self.level)
    }
}

/// What a change of the security information asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecurityRules {
    /// How long ago the session may have been authenticated: 15 minutes by default, 1 minute to 1 hour (MF-8). After that
    /// long without activity NIST SP 800-63B-4 asks for a new authentication: an hour at AAL2 (2.2.3), 15 minutes at AAL3
    /// (2.3.3).
    pub step_up_within: Duration,
    /// Most addresses that a change may leave on file: 4 by default, 1 to 16. NIST SP 800-63B-4 4.2.1.2 asks for two at
    /// least.
    pub most_addresses: usize,
}

impl Default for SecurityRules {
    fn default() -> Self {
        Self { step_up_within: Duration::minutes(15), most_addresses: 4 }
    }
}

impl SecurityRules {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.step_up_within > Duration::HOUR {
            return Err(ConfigError::Weaker {
                what: "security.step_up_within",
                floor: "at most 1 hour (NIST SP 800-63B-4 2.2.3)",
            });
        }
        if self.step_up_within < Duration::MINUTE {
            return Err(ConfigError::Invalid { what: "security.step_up_within", rule: "at least a minute" });
        }
        if !(1..=16).contains(&self.most_addresses) {
            return Err(ConfigError::Invalid { what: "security.most_addresses", rule: "1 to 16" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARTER: Duration = Duration::minutes(15);

    fn session() -> AuthSession {
        AuthSession {
            account: AccountId::new("ana").unwrap(),
            level: AuthLevel::SecondFactor,
            authenticated_at: Timestamp::from_millis(10_000_000),
            binding: [1; 32],
        }
    }

    #[test]
    fn a_session_is_fresh_for_a_quarter_of_an_hour_to_the_millisecond() {
        let at = |millis| Moment::at(Timestamp::from_millis(millis));
        assert!(session().is_fresh(QUARTER, at(10_899_999)));
        assert!(!session().is_fresh(QUARTER, at(10_900_000)));
    }

    #[test]
    fn a_clock_that_steps_back_makes_no_session_fresh() {
        let stepped =
            |now, high| Moment { now: Timestamp::from_millis(now), high: Timestamp::from_millis(high) };
        assert!(!session().is_fresh(QUARTER, stepped(10_600_000, 10_900_000)));
        assert!(!session().is_fresh(QUARTER, Moment::at(Timestamp::from_millis(0))));
        let a_leap_of_a_year_that_was_put_right = stepped(10_100_000, 31_546_000_000);
        assert!(session().is_fresh(QUARTER, a_leap_of_a_year_that_was_put_right));
    }

    #[test]
    fn levels_reach_downwards() {
        assert!(session().reaches(AuthLevel::Password) && session().reaches(AuthLevel::SecondFactor));
        assert!(!session().reaches(AuthLevel::PhishingResistant));
    }
}
