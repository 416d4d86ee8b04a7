//! Housekeeping, which one node at a time does for all: deleting what has had its time, closing the audit record, sealing
//! anew under the newest key.
//!
//! A duty is taken for as long as it is to be left alone afterwards. Done twice it does no harm.

use crate::clock::Timestamp;
use crate::error::Fault;
use crate::events::RecoveryEvent;
use crate::flow::StateKind;
use crate::keys::{KeyError, KeyId};
use crate::mail;
use crate::recovery::{Inner, seal_column};
use crate::store::{Commit, Duty, DutyClaim, Reseal, SealedIn, Sweep};
use crate::worker::{Progress, Worker};
use std::sync::Mutex;
use std::sync::PoisonError;
use time::Duration;

/// Rows deleted of each table in one sweep.
const SWEEP_ROWS: u32 = 500;
/// Values sealed anew in one commit.
const RESEAL_ROWS: u32 = 100;

/// How this worker stands to each duty.
#[derive(Default)]
pub(super) struct Upkeep(Mutex<[Standing; Duty::ALL.len()]>);

#[derive(Clone, Copy, Default)]
enum Standing {
    #[default]
    New,
    /// Given to this worker, and not done yet.
    Mine,
    /// Done by somebody, as far as this worker knows, at that time.
    Done(Timestamp),
}

impl Upkeep {
    fn get(&self, duty: Duty) -> Standing {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[duty as usize]
    }

    fn set(&self, duty: Duty, standing: Standing) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[duty as usize] = standing;
    }
}

/// Whether there may be more to do at once.
#[derive(PartialEq, Eq)]
enum Rest {
    More,
    Nothing,
}

impl Worker {
    /// A duty that fails is reported, and left until it is due again.
    pub(super) async fn keep_up(&self, progress: &mut Progress) {
        for duty in Duty::ALL {
            let now = self.recovery.0.clock.read().now;
            let standing = match self.attend_duty(*duty, now, progress).await {
                Ok(standing) => standing,
                Err(fault) => {
                    self.recovery.0.report(duty.code(), &fault);
                    Standing::Done(now)
                }
            };
            self.upkeep.set(*duty, standing);
        }
    }

    async fn attend_duty(
        &self,
        duty: Duty,
        now: Timestamp,
        progress: &mut Progress,
    ) -> Result<Standing, Fault> {
        let inner = &*self.recovery.0;
        let standing = self.upkeep.get(duty);
        if let Standing::Done(at) = standing {
            // Either way: after a leap that was put right, `at` lies ahead.
            if u128::from(now.millis().abs_diff(at.millis()))
                < every(duty).whole_milliseconds().unsigned_abs()
            {
                return Ok(standing);
            }
        }
        if !matches!(standing, Standing::Mine) {
            let claim = DutyClaim { realm: inner.realm.clone(), duty, now, until: now.plus(every(duty)) };
            if !inner.flows.claim_duty(&claim).await? {
                return Ok(Standing::Done(now));
            }
        }
        let rest = match duty {
            Duty::Sweep => inner.sweep(now, progress).await?,
            Duty::CloseAudit => inner.close_audit(now).await?,
            Duty::Reseal => inner.reseal().await?,
        };
        Ok(if rest == Rest::More { Standing::Mine } else { Standing::Done(now) })
    }

    /// The old keys of the ring under which something is still sealed that the worker will seal anew. Once there is none,
    /// and links and blind indexes made under an old key are over or renewed, that key can leave the ring
    /// ([`KeyRing`](crate::keys::KeyRing) has the steps).
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    pub async fn old_keys_in_use(&self) -> Result<Vec<KeyId>, Fault> {
        let inner = &*self.recovery.0;
        let mut used = Vec::new();
        for key in inner.sealer.older_keys() {
            if !inner.flows.sealed_under(&inner.realm, key, 1).await?.is_empty() {
                used.push(key);
            }
        }
        Ok(used)
    }
}

fn every(duty: Duty) -> Duration {
    match duty {
        Duty::Sweep => Duration::minutes(5),
        Duty::CloseAudit => Duration::minutes(1),
        Duty::Reseal => Duration::minutes(10),
    }
}

impl Inner {
    async fn sweep(&self, now: Timestamp, progress: &mut Progress) -> Result<Rest, Fault> {
        let sweep = Sweep {
            ended_before: now.plus(-self.retention.ended_flows),
            budgets_full_at: now,
            dead_before: now.plus(-self.retention.dead_letters),
            kept_until: now,
            audit_closed_before: now.plus(-self.retention.audit),
            limit: SWEEP_ROWS,
        };
        let swept = self.flows.sweep(&self.realm, &sweep).await?;
        progress.swept += swept;
        // A full batch means that there may be more.
        Ok(if swept < u64::from(SWEEP_ROWS) { Rest::Nothing } else { Rest::More })
    }

    async fn close_audit(&self, now: Timestamp) -> Result<Rest, Fault> {
        let Some(checkpoint) = self.trail.close(now).await? else { return Ok(Rest::Nothing) };
        self.emit(RecoveryEvent::AuditClosed { anchor: checkpoint.anchor() });
        Ok(Rest::More)
    }

    async fn reseal(&self) -> Result<Rest, Fault> {
        for key in self.sealer.older_keys() {
            let mut commit = Commit::new(self.realm.clone());
            for (place, from) in self.flows.sealed_under(&self.realm, key, RESEAL_ROWS).await? {
                match self.sealed_anew(&place, &from) {
                    Ok(to) => commit.reseals.push(Reseal { place, from, to }),
                    Err(error) => tracing::error!(?place, %error, "a sealed value cannot be sealed anew"),
                }
            }
            if !commit.reseals.is_empty() {
                self.flows.commit(commit).await?;
                return Ok(Rest::More);
            }
        }
        Ok(Rest::Nothing)
    }

    fn sealed_anew(&self, place: &SealedIn, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        match place {
            SealedIn::Flow(id, state) => {
                let column = StateKind::from_code(state).and_then(seal_column).ok_or(KeyError::Altered)?;
                self.sealer.reseal(&*self.entropy, self.flow_place(id, column), sealed)
            }
            SealedIn::Mail(id) | SealedIn::DeadLetter(id) => {
                self.sealer.reseal(&*self.entropy, mail::place(&self.realm, id), sealed)
            }
        }
    }
}
