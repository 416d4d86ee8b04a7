//! The worker: resolves asks, delivers mail, resumes what a crash left, ends what has had its time.
//!
//! Any number of workers may run, in one process or in many: work is claimed under a lease, and every commit is
//! guarded by the flow's version. Doing something twice changes nothing, except that a mail may go out twice
//! with one `Message-ID`.

mod dead_letters;
mod documents;
mod upkeep;

pub use dead_letters::{OpenedLetter, SentAgain};

use crate::clock::{Moment, Timestamp};
use crate::error::Fault;
use crate::events::RecoveryEvent;
use crate::flow::{CLOCK_TOLERANCE, FlowRecord, Letter, RecoveryFlow, State};
use crate::ids::{FlowId, MailId};
use crate::mail::{self, Delivery, Mailer};
use crate::planted::{Bug, planted};
use crate::recovery::{Carried, Recovery};
use crate::store::{Claim, Commit, Depth, MailOutcome, MailSettlement, OutboxMail};
use crate::worker::upkeep::Upkeep;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use time::Duration;
use tracing::Instrument as _;

/// How long a claimed piece of work is one worker's own.
const LEASE: Duration = Duration::seconds(60);
/// Flows attended to at once.
const FLOWS: u32 = 64;
/// Mails under way at once.
const MAILS: u32 = 16;
/// A mail that could not be delivered for so long is given up.
const MAIL_LIFE: Duration = Duration::hours(24);

/// Time between looks for work when nobody wakes the worker.
const POLL: std::time::Duration = std::time::Duration::from_secs(1);

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Flows attended to.
    pub flows: usize,
    /// Documents attended to.
    pub documents: usize,
    /// Mails tried.
    pub mails: usize,
    /// Flows or mails that could not be attended to now; they come again when their lease ends.
    pub faults: usize,
    /// Rows deleted.
    pub swept: u64,
}

impl Progress {
    /// Whether there was nothing to do.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.flows == 0 && self.documents == 0 && self.mails == 0
    }

    fn and(self, other: Self) -> Self {
        Self {
            flows: self.flows + other.flows,
            documents: self.documents + other.documents,
            mails: self.mails + other.mails,
            faults: self.faults + other.faults,
            swept: self.swept + other.swept,
        }
    }
}

/// Does what is due. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    recovery: Recovery,
    mailer: Arc<dyn Mailer>,
    upkeep: Arc<Upkeep>,
    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "only `Worker::run` polls"))]
    poll: std::time::Duration,
}

impl Worker {
    /// A worker for a service, with the mailer that takes its mails out.
    #[must_use]
    pub fn new(recovery: Recovery, mailer: Arc<dyn Mailer>) -> Self {
        Self { recovery, mailer, upkeep: Arc::default(), poll: POLL }
    }

    /// How often `Worker::run` looks for work when nobody woke it: each second by default. What becomes due by time alone,
    /// such as a mail's next try, waits for this.
    #[must_use]
    pub fn with_poll(self, poll: std::time::Duration) -> Self {
        Self { poll, ..self }
    }

    /// One round: a batch of flows, a batch of mails, now and then some housekeeping.
    ///
    /// # Errors
    /// [`Fault`] when the store does not hand out work. A fault in one piece of work does not end the round.
    pub async fn step(&self) -> Result<Progress, Fault> {
        let flows = self.flow_round().await?;
        let mails = self.mail_round().await?;
        Ok(flows.and(mails))
    }

    async fn flow_round(&self) -> Result<Progress, Fault> {
        let mut progress = Progress::default();
        self.attend_flows(&mut progress).await?;
        self.attend_documents(&mut progress).await?;
        self.keep_up(&mut progress).await;
        Ok(progress)
    }

    async fn mail_round(&self) -> Result<Progress, Fault> {
        let mut progress = Progress::default();
        self.deliver_mails(&mut progress).await?;
        Ok(progress)
    }

    /// Rounds until nothing is due.
    ///
    /// # Errors
    /// As [`Worker::step`].
    pub async fn drain(&self) -> Result<Progress, Fault> {
        let mut total = Progress::default();
        loop {
            let round = self.step().await?;
            total = total.and(round);
            if round.is_idle() {
                return Ok(total);
            }
        }
    }

    /// How much waits.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    pub async fn depth(&self) -> Result<Depth, Fault> {
        let inner = &*self.recovery.0;
        Ok(inner.flows.depth(&inner.realm).await?)
    }

    fn claim(&self, at: Moment, limit: u32) -> Claim {
        let (realm, due_by) = (self.recovery.0.realm.clone(), reach(at));
        Claim { realm, due_by, lease_until: due_by.plus(LEASE), limit }
    }

    async fn attend_flows(&self, progress: &mut Progress) -> Result<(), Fault> {
        let inner = &*self.recovery.0;
        let due = inner.flows.claim_flows(&self.claim(inner.clock.read(), FLOWS)).await?;
        progress.flows = due.len();
        let mut under_way: FuturesUnordered<_> = due.into_iter().map(|record| self.attend(record)).collect();
        while let Some(result) = under_way.next().await {
            if let Err(fault) = result {
                inner.report("attend_flow", &fault);
                progress.faults += 1;
            }
        }
        Ok(())
    }

    async fn attend(&self, record: FlowRecord) -> Result<(), Fault> {
        let span = self.recovery.0.span("attend_flow", Some(record.id));
        let inner = &self.recovery.0;
        match RecoveryFlow::try_from(record.clone()) {
            Ok(flow) => inner.attend(flow, Carried::by(&*self.mailer)).instrument(span).await,
            Err(_) => inner.bury(record).instrument(span).await,
        }
    }

    async fn deliver_mails(&self, progress: &mut Progress) -> Result<(), Fault> {
        let inner = &*self.recovery.0;
        let due = inner.flows.claim_mails(&self.claim(inner.clock.read(), MAILS)).await?;
        progress.mails = due.len();
        let mut under_way: FuturesUnordered<_> =
            due.into_iter().map(|waiting| self.deliver(waiting)).collect();
        while let Some(result) = under_way.next().await {
            if let Err(fault) = result {
                inner.report("settle_mail", &fault);
                progress.faults += 1;
            }
        }
        Ok(())
    }

    async fn deliver(&self, waiting: OutboxMail) -> Result<(), Fault> {
        let inner = &*self.recovery.0;
        let span = inner.span("deliver_mail", Some(waiting.flow));
        let (outcome, told) = self.try_delivery(&waiting).instrument(span).await;
        let mut commit = Commit::new(inner.realm.clone());
        commit.settlements.push(MailSettlement { id: waiting.id, attempts: waiting.attempts, outcome });
        inner.flows.commit(commit).await?;
        inner.emit(RecoveryEvent::Mail { id: waiting.id, outcome: told, attempt: waiting.attempts });
        Ok(())
    }

    async fn try_delivery(&self, waiting: &OutboxMail) -> (MailOutcome, &'static str) {
        let inner = &*self.recovery.0;
        let link = self.link_in(&waiting.letter, waiting.flow).await;
        match link {
            LinkIn::Replaced => return (MailOutcome::Stale, "stale"),
            LinkIn::Expired => {
                let at = inner.clock.read().now;
                return (MailOutcome::Dead { at, why: "expired".into(), keep_until: None }, "expired");
            }
            LinkIn::Good(_) => {}
        }
        let date = waiting.created_at.to_datetime();
        let message =
            mail::open(&inner.sealer, &inner.realm, &waiting.id, &waiting.sealed, &inner.sender, date);
        if message.as_ref().is_ok_and(|message| !self.mailer.carries(message.to.kind())) {
            return (MailOutcome::Stale, "not_carried");
        }
        let delivery = match &message {
            Ok(message) if planted(Bug::MessageIdForEachTry) => {
                let mut message = message.clone();
                message.message_id = format!("{}-{}", waiting.attempts, message.message_id);
                self.mailer.send(&message).await
            }
            Ok(message) => self.mailer.send(message).await,
            // Perhaps a key that will be added back: it waits like a mail that cannot be delivered.
            Err(error) => Delivery::RetryLater(error.to_string().into()),
        };
        let at = inner.clock.read();
        let too_old = at.now >= waiting.created_at.plus(MAIL_LIFE);
        let (why, error) = match delivery {
            Delivery::Sent => return (MailOutcome::Sent, "sent"),
            Delivery::RetryLater(_) if planted(Bug::FailedMailCountsAsSent) => {
                return (MailOutcome::Sent, "sent");
            }
            Delivery::Refused(error) => ("refused", error),
            Delivery::RetryLater(error) | Delivery::Unreachable(error) => match too_old {
                true if message.is_ok() => ("too_old", error),
                true => ("unreadable", error),
                false => ("retry", error),
            },
        };
        tracing::warn!(mail = %waiting.id, attempt = waiting.attempts, outcome = why, %error, "mail not delivered");
        let outcome = match why {
            // As far ahead as claims go: after a step back, `now` would be due at once.
            "retry" => MailOutcome::Retry(reach(at).plus(back_off(waiting.id, waiting.attempts))),
            _ => {
                let kept = at.now.plus(inner.retention.dead_letters);
                let keep_until = Some(link.ends().map_or(kept, |end| end.min(kept)));
                MailOutcome::Dead { at: at.now, why: why.into(), keep_until }
            }
        };
        (outcome, why)
    }

    /// A link that is dead by now would only confuse. One that a newer link has overtaken is dropped; one that the mail
    /// system kept waiting for too long is given up, and shown to the host.
    async fn link_in(&self, letter: &str, flow: FlowId) -> LinkIn {
        let inner = &*self.recovery.0;
        if ![Letter::RecoveryLink.code(), Letter::SharedLinks.code()].contains(&letter) {
            return LinkIn::Good(None);
        }
        // When in doubt it is sent.
        let Ok(Some(flow)) = inner.load(flow).await else { return LinkIn::Good(None) };
        match flow.state() {
            State::LinkSent(_) => {
                let window = inner.open_window(&flow, inner.clock.read());
                window.map_or(LinkIn::Expired, |window| LinkIn::Good(Some(window.expires_at)))
            }
            // While one of its links may still open, it goes out.
            State::Shared { until } if inner.clock.read().now < *until => LinkIn::Good(Some(*until)),
            State::Shared { .. } | State::Expired => LinkIn::Expired,
            _ => LinkIn::Replaced,
        }
    }
}

/// How the link of a waiting mail stands.
#[derive(Clone, Copy)]
enum LinkIn {
    /// It opens until then, or there is none in the letter.
    Good(Option<Timestamp>),
    Replaced,
    Expired,
}

impl LinkIn {
    fn ends(self) -> Option<Timestamp> {
        if let Self::Good(end) = self { end } else { None }
    }
}

/// Until when work is due: by the highest reading, so that a clock that stepped back a little makes nothing wait;
/// but not by a leap that was put right, or what fails once would wait until the clock really gets there.
fn reach(at: Moment) -> Timestamp {
    at.high.min(at.now.plus(CLOCK_TOLERANCE))
}

/// 5 s, doubling to 15 min, and up to a quarter more, so that mails which failed together do not come back together.
/// How much more is drawn from mail and try: it needs no randomness, and is the same on every node.
fn back_off(mail: MailId, attempt: u32) -> Duration {
    let doubled = 5_i64.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    let least = Duration::seconds(doubled.min(900));
    let drawn = Sha256::new().chain_update(mail.as_bytes()).chain_update(attempt.to_be_bytes()).finalize();
    least + least * u32::from(drawn[0]) / (4 * 255)
}

#[cfg(feature = "tokio")]
mod run {
    use super::Worker;
    use std::future::Future;
    use tokio::sync::watch;
    use tokio::task::coop::consume_budget;

    #[derive(Clone, Copy)]
    enum Work {
        Flows,
        Mails,
    }

    impl Worker {
        /// Works until `stop` is ready; what has been claimed by then is finished first. Flows and mails go side by
        /// side, so that a slow mail system makes nobody wait for anything but mail. It looks for work when this process
        /// left some, when the store hears of another node's, and now and then by itself ([`Worker::with_poll`]).
        pub async fn run(self, stop: impl Future<Output = ()> + Send) {
            let (stopping, stopped) = watch::channel(false);
            let flows = self.repeat(Work::Flows, stopped.clone());
            let mails = self.repeat(Work::Mails, stopped.clone());
            let arrivals = self.pass_on_arrivals(stopped);
            let stop = async {
                stop.await;
                stopping.send_replace(true);
            };
            // Arrivals first: they are waited for before the first look.
            tokio::join!(arrivals, flows, mails, stop);
        }

        /// Turns news of other nodes' work into nudges. A nudge stays until a round begins, so nothing is missed between
        /// a look and the wait after it.
        async fn pass_on_arrivals(&self, mut stopped: watch::Receiver<bool>) {
            let pass_on = async {
                loop {
                    self.recovery.0.flows.work_arrived().await;
                    self.recovery.0.wake.nudge();
                    // A store that always has news must not keep the rest of this task from running.
                    consume_budget().await;
                }
            };
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => {}
                () = pass_on => {}
            }
        }

        async fn repeat(&self, work: Work, mut stopped: watch::Receiver<bool>) {
            let wakes = &self.recovery.0.wake;
            while !*stopped.borrow_and_update() {
                let (round, wake) = match work {
                    Work::Flows => (self.flow_round().await, &wakes.flows),
                    Work::Mails => (self.mail_round().await, &wakes.mails),
                };
                let rest = match round {
                    Ok(progress) => progress.is_idle() || progress.faults > 0,
                    Err(fault) => {
                        self.recovery.0.report("claim_work", &fault);
                        true
                    }
                };
                if rest {
                    tokio::select! {
                        biased;
                        _ = stopped.changed() => {}
                        _ = tokio::time::timeout(self.poll, wake.nudged()) => {}
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_further_and_further_apart_up_to_a_quarter_of_an_hour_and_a_quarter_more() {
        for (attempt, least) in [(1, 5), (2, 10), (3, 20), (8, 640), (9, 900), (1_000, 900)] {
            let least = Duration::seconds(least);
            let waits = (0..=255).map(|n| back_off(MailId::from_bytes([n; 16]), attempt));
            let (shortest, longest) = (waits.clone().min().unwrap(), waits.max().unwrap());
            assert!(shortest >= least && shortest < least * 1.02, "{attempt}: {shortest}");
            assert!(longest <= least * 1.25 && longest > least * 1.23, "{attempt}: {longest}");
        }
    }

    #[test]
    fn how_long_a_mail_waits_is_the_same_on_every_node_and_another_at_every_try() {
        let waits = |n| [9, 10, 11, 12].map(|attempt| back_off(MailId::from_bytes([n; 16]), attempt));
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
        let [first, rest @ ..] = waits(1);
        assert!(rest.iter().any(|wait| *wait != first));
    }
}
