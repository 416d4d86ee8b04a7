//! A circuit that stops hammering a dead mail system.
//!
//! While a mail system is not reached, every waiting mail would run into the same wall, each with its own connection and
//! its own time limit. After three such failures in a row nothing is tried for a while, then one mail alone: when that
//! fails too, the while is doubled.

use crate::account::AddressKind;
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::mail::{Delivery, Mailer, Message};
use async_trait::async_trait;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::{Duration, OffsetDateTime};

/// Failures in a row after which the circuit opens.
const FAILURES: u32 = 3;
/// How long it stays open first: 10 s.
const FIRST_PAUSE: Duration = Duration::seconds(10);
/// How long it stays open at most: 2 min, so that a link, which works for 30 min, still arrives in time.
const LONGEST_PAUSE: Duration = Duration::minutes(2);

/// Spares a mail system that is not reached: a [`Mailer`] in front of another one.
///
/// It opens after three tries in a row that ended with [`Delivery::Unreachable`]; what becomes of single mails, such as a
/// refused recipient, it does not count. While it is open, `send` answers [`Delivery::RetryLater`] at once: mails wait
/// as they always do, and none is given up for it, since that goes by age alone. After 10 s one mail is tried alone; then
/// either all go again, or all wait twice as long, at most 2 min. Each node has its own.
///
/// `SmtpMailer` has one built in.
///
/// ```
/// use regain::mail::{Circuit, CircuitState};
/// use regain::memory::Mailbox;
///
/// let mailer = Circuit::new(Mailbox::new()); // your mailer
/// assert_eq!(mailer.state(), CircuitState::Closed);
/// ```
pub struct Circuit<M> {
    mailer: M,
    clock: Arc<dyn Clock>,
    phase: Mutex<Phase>,
}

/// Whether mails go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CircuitState {
    /// Mails go out.
    Closed,
    /// The mail system is not reached; nothing is tried until then.
    Open {
        /// When one mail is tried again.
        until: OffsetDateTime,
    },
    /// One mail is being tried; the others wait for what becomes of it.
    Probing,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Closed { failures: u32 },
    Open { since: Timestamp, pause: Duration },
    Probing,
}

impl<M: fmt::Debug> fmt::Debug for Circuit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Circuit({:?}, {:?})", self.mailer, self.state())
    }
}

impl<M> Circuit<M> {
    /// A closed circuit in front of this mailer.
    #[must_use]
    pub fn new(mailer: M) -> Self {
        Self { mailer, clock: Arc::new(SystemClock), phase: Mutex::new(Phase::Closed { failures: 0 }) }
    }

    /// Goes by this clock; by the machine's if nothing is said.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Whether mails go out just now.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        match *self.phase() {
            Phase::Closed { .. } => CircuitState::Closed,
            Phase::Open { since, pause } => CircuitState::Open { until: since.plus(pause).to_datetime() },
            Phase::Probing => CircuitState::Probing,
        }
    }

    /// The mailer behind.
    #[cfg_attr(not(feature = "smtp"), expect(dead_code, reason = "only shown"))]
    pub(super) fn mailer(&self) -> &M {
        &self.mailer
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from(self.clock.now())
    }

    fn admit(&self) -> Result<Pass<'_, M>, Waits> {
        let now = self.now();
        let mut phase = self.phase();
        match *phase {
            Phase::Closed { .. } => Ok(Pass::Usual(self)),
            // A clock that stepped back to before it opened would keep it open for as long as it stepped.
            Phase::Open { since, pause } if since <= now && now < since.plus(pause) => Err(Waits),
            Phase::Open { pause, .. } => {
                *phase = Phase::Probing;
                Ok(Pass::Probe(Probe { circuit: self, pause, ended: false }))
            }
            Phase::Probing => Err(Waits),
        }
    }

    fn opened(&self, pause: Duration) -> Phase {
        tracing::warn!(seconds = pause.whole_seconds(), "the mail system is not reached; mails wait");
        Phase::Open { since: self.now(), pause }
    }

    /// What a usual try tells. One that began before the circuit opened tells nothing new.
    fn count(&self, reached: bool) {
        let mut phase = self.phase();
        let Phase::Closed { failures } = *phase else { return };
        *phase = match failures + 1 {
            _ if reached => Phase::Closed { failures: 0 },
            FAILURES.. => self.opened(FIRST_PAUSE),
            failures => Phase::Closed { failures },
        };
    }
}

/// Leave to try.
enum Pass<'a, M> {
    Usual(&'a Circuit<M>),
    Probe(Probe<'a, M>),
}

impl<M> Pass<'_, M> {
    fn end(self, reached: bool) {
        match self {
            Self::Usual(circuit) => circuit.count(reached),
            Self::Probe(probe) => probe.end(reached),
        }
    }
}

/// The one mail that is tried.
struct Probe<'a, M> {
    circuit: &'a Circuit<M>,
    pause: Duration,
    ended: bool,
}

impl<M> Probe<'_, M> {
    fn end(mut self, reached: bool) {
        self.ended = true;
        *self.circuit.phase() = if reached {
            tracing::info!("the mail system is reached again");
            Phase::Closed { failures: 0 }
        } else {
            self.circuit.opened(LONGEST_PAUSE.min(self.pause * 2_i32))
        };
    }
}

impl<M> Drop for Probe<'_, M> {
    /// Its caller went away, or it panicked: nobody knows more than before, and the next mail is tried.
    fn drop(&mut self) {
        if !self.ended {
            let since = self.circuit.now().plus(-self.pause);
            *self.circuit.phase() = Phase::Open { since, pause: self.pause };
        }
    }
}

/// The circuit is open.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the mail system was not reached; nothing is tried for a while")]
struct Waits;

#[async_trait]
impl<M: Mailer> Mailer for Circuit<M> {
    async fn send(&self, message: &Message) -> Delivery {
        let pass = match self.admit() {
            Ok(pass) => pass,
            Err(waits) => return Delivery::RetryLater(waits.into()),
        };
        let delivery = self.mailer.send(message).await;
        pass.end(!matches!(delivery, Delivery::Unreachable(_)));
        delivery
    }

    fn carries(&self, kind: AddressKind) -> bool {
        self.mailer.carries(kind)
    }
}
