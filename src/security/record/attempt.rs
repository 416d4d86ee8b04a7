//! Tries at a factor: counted, stored, and only then compared (RL-1, RL-7).

use super::{Bound, Record, Secret};
use crate::clock::Timestamp;
use crate::factor::{FactorKind, FactorProof, FactorState};
use crate::ids::{AccountId, FactorId};
use crate::planted::{Bug, planted};
use time::Duration;

/// Tries in a row that do not succeed, after which a factor is disabled. NIST SP 800-63B-4 3.2.2 allows up to 100.
pub(crate) const CAP: u32 = 10;

/// How long a try that was counted may take to be settled.
const SETTLED_WITHIN: Duration = Duration::MINUTE;

/// What a try may be compared with: store the record first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted(Vec<FactorId>);

impl Counted {
    /// A try that may be compared with nothing.
    pub(crate) fn nothing() -> Self {
        Self(Vec::new())
    }

    /// No active factor is of that kind: there is nothing to compare with, and the record is as it was.
    pub(crate) fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    fn has(&self, bound: &Bound) -> bool {
        self.0.contains(&bound.id)
    }
}

impl Bound {
    fn takes(&self, proof: &FactorProof) -> bool {
        let fits = match (proof, &self.secret) {
            (FactorProof::Totp(_), Secret::Totp { .. })
            | (FactorProof::RecoveryCode(_), Secret::Codes(_)) => true,
            (FactorProof::Host { factor, .. }, Secret::Host(name)) => factor == name,
            _ => false,
        };
        fits && self.is_active()
    }

    /// What is left of the secret once the proof was used up; `None` if it does not prove it.
    fn compare(&self, proof: &FactorProof, account: &AccountId, now: Timestamp) -> Option<Secret> {
        match (proof, &self.secret) {
            (FactorProof::Totp(code), Secret::Totp { secret, used }) => {
                let step = secret.matched_step(code, now, *used)?;
                Some(Secret::Totp { secret: secret.clone(), used: Some(step) })
            }
            (FactorProof::RecoveryCode(code), Secret::Codes(set)) => {
                set.without(code, account, self.id).map(Secret::Codes)
            }
            _ => None,
        }
    }
}

impl Record {
    /// Counts one try against every factor that the proof will be compared with. `host` are the names of the host's own
    /// factors of this account: one of another name is none.
    pub(crate) fn count(
        &mut self,
        proof: &FactorProof,
        host: &[String],
        fresh: FactorId,
        now: Timestamp,
    ) -> Counted {
        if let FactorProof::Host { factor, .. } = proof {
            if !host.contains(factor) {
                return Counted::nothing();
            }
            self.know(factor, fresh, now);
        }
        let mut counted = Counted::nothing();
        for bound in self.factors.iter_mut().filter(|bound| bound.takes(proof) && bound.failures < CAP) {
            bound.failures += 1;
            bound.tried_at = Some(now);
            counted.0.push(bound.id);
        }
        counted
    }

    /// The host's own factor gets a counter at its first try.
    fn know(&mut self, name: &str, fresh: FactorId, now: Timestamp) {
        let is_it = |bound: &Bound| matches!(&bound.secret, Secret::Host(known) if known == name);
        if self.factors.iter().any(is_it) {
            return;
        }
        self.factors.push(Bound {
            id: fresh,
            label: String::new(),
            state: FactorState::Active,
            added_at: now,
            last_used_at: None,
            failures: 0,
            tried_at: None,
            secret: Secret::Host(name.to_owned()),
            enrolment: None,
        });
    }

    /// Compares a proof with what it was counted for, and uses it up. Every such factor is compared. The one that matched counts
    /// from nothing again, and the others lose the try that was not meant for them (RL-3).
    pub(crate) fn prove(
        &mut self,
        proof: &FactorProof,
        counted: &Counted,
        account: &AccountId,
        now: Timestamp,
    ) -> Option<FactorKind> {
        let mut proven = None;
        for (at, bound) in self.factors.iter().enumerate() {
            if !counted.has(bound) || !bound.takes(proof) {
                continue;
            }
            let left = bound.compare(proof, account, now);
            proven = proven.or(left.map(|left| (at, left)));
        }
        let (at, left) = proven?;
        if !planted(Bug::CodeNotUsedUp) {
            self.factors.get_mut(at)?.secret = left;
        }
        self.succeed(at, counted, now)
    }

    /// The host says that a proof of its own factor is right.
    pub(crate) fn prove_host(
        &mut self,
        proof: &FactorProof,
        counted: &Counted,
        now: Timestamp,
    ) -> Option<FactorKind> {
        let is_it =
            |bound: &Bound| counted.has(bound) && bound.takes(proof) && bound.kind() == FactorKind::Host;
        let at = self.factors.iter().position(is_it)?;
        self.succeed(at, counted, now)
    }

    fn succeed(&mut self, at: usize, counted: &Counted, now: Timestamp) -> Option<FactorKind> {
        for bound in self.factors.iter_mut().filter(|bound| counted.has(bound)) {
            bound.failures = bound.failures.saturating_sub(1);
        }
        let bound = self.factors.get_mut(at)?;
        bound.failures = 0;
        bound.last_used_at = Some(now);
        Some(bound.kind())
    }

    /// A proof was wrong: what it was counted for and has reached its cap is disabled; and so is what reached it a while ago
    /// in a process that died before it could say so. Gives the kinds of those, for the notice.
    ///
    /// A try that was counted a moment ago by somebody else may be right still, so it is let settle.
    pub(crate) fn fail(&mut self, counted: &Counted, now: Timestamp) -> Vec<FactorKind> {
        let unsettled =
            |bound: &Bound| bound.tried_at.is_some_and(|tried_at| now < tried_at.plus(SETTLED_WITHIN));
        let is_worn = |bound: &Bound| {
            bound.is_active() && bound.failures >= CAP && (counted.has(bound) || !unsettled(bound))
        };
        let worn = self.factors.iter_mut().filter(|bound| is_worn(bound));
        worn.map(|bound| {
            bound.state = FactorState::Disabled;
            bound.kind()
        })
        .collect()
    }
}
