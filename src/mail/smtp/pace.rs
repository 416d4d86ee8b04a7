//! Time limits: one for each step, and one for all of them.
//!
//! A server that answers nothing is given up soon; one that answers each step just in time is given up before another
//! worker may try the same mail.

use super::SmtpConfigError;
use super::failure::{Failure, Step};
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The worker's lease on a mail is 60 s: a try has to be over before another worker may begin one.
const MAX_WHOLE: Duration = Duration::from_secs(50);

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    step: Duration,
    whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { step: Duration::from_secs(15), whole: Duration::from_secs(45) }
    }
}

impl Limits {
    pub(super) fn with_whole(self, whole: Duration) -> Result<Self, SmtpConfigError> {
        Ok(Self { whole: legal(whole)?, ..self })
    }

    pub(super) fn with_step(self, step: Duration) -> Result<Self, SmtpConfigError> {
        Ok(Self { step: legal(step)?, ..self })
    }

    pub(super) fn begin(self) -> Pace {
        Pace { step: self.step, until: Instant::now() + self.whole }
    }
}

fn legal(limit: Duration) -> Result<Duration, SmtpConfigError> {
    if limit.is_zero() || limit > MAX_WHOLE { Err(SmtpConfigError::TimeLimit) } else { Ok(limit) }
}

/// The limits of one try, which has begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    step: Duration,
    until: Instant,
}

impl Pace {
    /// One step.
    pub(super) async fn step<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let until = self.until.min(Instant::now() + self.step);
        timeout_at(until, work).await.unwrap_or(Err(Failure::TimedOut(step)))
    }

    /// The last step, which has all the time that is left. RFC 5321, 4.5.3.2.6: a server may think long about a text,
    /// and giving up then makes two mails of one.
    pub(super) async fn last<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        timeout_at(self.until, work).await.unwrap_or(Err(Failure::TimedOut(step)))
    }
}
