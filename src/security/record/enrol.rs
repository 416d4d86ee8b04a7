//! Binding and unbinding factors. A new one is confirmed by a first right code, in the session that began it
//! (CVE-2022-42731).

use super::{Bound, Enrolment, Record, Secret};
use crate::clock::{Moment, Timestamp};
use crate::factor::{
    CODES, FactorKind, FactorState, FactorView, RecoveryCode, RecoveryCodeSet, TotpCode, TotpSecret,
};
use crate::flow::Window;
use crate::ids::{AccountId, FactorId};
use time::Duration;

/// Most factors of one account, recovery codes aside.
pub(crate) const MAX_FACTORS: usize = 5;
/// Most that are begun and not confirmed; a further one takes the place of the oldest.
const MAX_PENDING: usize = 3;
/// Wrong first codes, after which one has to begin anew.
const TRIES: u32 = 5;
/// How long a secret that was shown can be confirmed.
const ENROLMENT_LIFE: Duration = Duration::minutes(15);

/// Why a factor is not bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EnrolRefusal {
    /// The account has as many as it may have.
    TooMany,
    /// There is nothing to confirm under that name, in that session, at that time.
    NotBegun,
    /// Not the code that the new app shows now.
    WrongCode,
}

/// A factor that was begun.
pub(crate) struct Pending<'a> {
    pub(crate) id: FactorId,
    pub(crate) label: &'a str,
    pub(crate) secret: TotpSecret,
    pub(crate) session: [u8; 32],
}

/// What a confirmation brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmed {
    /// The account's first factor: it gets recovery codes with it.
    First,
    /// One more.
    Further,
}

impl Record {
    /// Begins to bind an app. It is worth nothing until it is confirmed; what the same session began before is dropped.
    pub(crate) fn begin(&mut self, pending: Pending<'_>, at: Moment) -> Result<(), EnrolRefusal> {
        if self.factors.iter().filter(|bound| bound.protects()).count() >= MAX_FACTORS {
            return Err(EnrolRefusal::TooMany);
        }
        self.drop_pending(|begun| begun.session == pending.session || begun.window.is_over(at));
        while self.factors.iter().filter(|bound| !bound.is_bound()).count() >= MAX_PENDING {
            let Some(oldest) = self.factors.iter().position(|bound| !bound.is_bound()) else { break };
            self.factors.remove(oldest);
        }
        self.factors.push(Bound {
            id: pending.id,
            label: pending.label.to_owned(),
            state: FactorState::Pending,
            added_at: at.now,
            last_used_at: None,
            failures: 0,
            tried_at: None,
            secret: Secret::Totp { secret: pending.secret, used: None },
            enrolment: Some(Enrolment { session: pending.session, window: Window::open(at, ENROLMENT_LIFE) }),
        });
        Ok(())
    }

    fn drop_pending(&mut self, goes: impl Fn(&Enrolment) -> bool) {
        self.factors.retain(|bound| !bound.enrolment.as_ref().is_some_and(&goes));
    }

    /// Drops whatever is begun and not confirmed.
    pub(super) fn drop_begun(&mut self) {
        self.drop_pending(|_| true);
    }

    /// Drops what cannot be confirmed any more; whether there was anything.
    pub(super) fn drop_late(&mut self, at: Moment) -> bool {
        let before = self.factors.len();
        self.drop_pending(|begun| begun.window.is_over(at));
        self.factors.len() < before
    }

    /// The secret that is being enrolled in this session, to be shown again, and until when it can be confirmed.
    pub(crate) fn pending(
        &self,
        id: FactorId,
        session: &[u8; 32],
        at: Moment,
    ) -> Option<(&TotpSecret, Timestamp)> {
        let bound = self.factors.get(self.place_of_pending(id, session, at).ok()?)?;
        let until = bound.enrolment.as_ref()?.window.expires_at;
        match &bound.secret {
            Secret::Totp { secret, .. } => Some((secret, until)),
            Secret::Codes(_) | Secret::Host(_) => None,
        }
    }

    fn place_of_pending(&self, id: FactorId, session: &[u8; 32], at: Moment) -> Result<usize, EnrolRefusal> {
        let begun = |enrolment: &Enrolment| {
            let window = enrolment.window;
            enrolment.session == *session && !window.is_over(at) && !window.is_ahead_of(at)
        };
        let is_it = |bound: &Bound| bound.id == id && bound.enrolment.as_ref().is_some_and(begun);
        self.factors.iter().position(is_it).ok_or(EnrolRefusal::NotBegun)
    }

    /// Counts a try at confirming; to be stored before it is compared. After too many one has to begin anew.
    pub(crate) fn count_confirmation(
        &mut self,
        id: FactorId,
        session: &[u8; 32],
        at: Moment,
    ) -> Result<(), EnrolRefusal> {
        let place = self.place_of_pending(id, session, at)?;
        let bound = self.factors.get_mut(place).filter(|bound| bound.failures < TRIES);
        bound.ok_or(EnrolRefusal::NotBegun)?.failures += 1;
        Ok(())
    }

    /// Confirms a factor by the first code that its app shows. The code is used up with it (MF-3).
    pub(crate) fn confirm(
        &mut self,
        id: FactorId,
        session: &[u8; 32],
        code: &TotpCode,
        at: Moment,
    ) -> Result<Confirmed, EnrolRefusal> {
        let place = self.place_of_pending(id, session, at)?;
        let protects = self.factors.iter().filter(|bound| bound.protects()).count();
        if protects >= MAX_FACTORS {
            return Err(EnrolRefusal::TooMany);
        }
        let Some(bound) = self.factors.get_mut(place) else { return Err(EnrolRefusal::NotBegun) };
        let Secret::Totp { secret, used } = &mut bound.secret else { return Err(EnrolRefusal::NotBegun) };
        let step = secret.matched_step(code, at.now, *used).ok_or(EnrolRefusal::WrongCode)?;
        *used = Some(step);
        bound.state = FactorState::Active;
        bound.enrolment = None;
        bound.failures = 0;
        bound.added_at = at.now;
        bound.last_used_at = Some(at.now);
        self.changed(at.now);
        Ok(if protects == 0 { Confirmed::First } else { Confirmed::Further })
    }

    /// Whether there are recovery codes, spent or not.
    pub(crate) fn has_codes(&self) -> bool {
        self.factors.iter().any(|bound| bound.kind() == FactorKind::RecoveryCodes)
    }

    /// Puts new recovery codes in the place of the old ones.
    pub(crate) fn set_codes(
        &mut self,
        codes: &[RecoveryCode; CODES],
        account: &AccountId,
        id: FactorId,
        now: Timestamp,
    ) {
        self.factors.retain(|bound| bound.kind() != FactorKind::RecoveryCodes);
        self.factors.push(Bound {
            id,
            label: String::new(),
            state: FactorState::Active,
            added_at: now,
            last_used_at: None,
            failures: 0,
            tried_at: None,
            secret: Secret::Codes(RecoveryCodeSet::of(codes, account, id)),
            enrolment: None,
        });
        self.changed(now);
    }

    /// Unbinds one factor; `None` if there is none of that name. With the last one the recovery codes go.
    /// `host` are the factors that the host keeps itself.
    pub(crate) fn remove(&mut self, id: FactorId, host: &[String], now: Timestamp) -> Option<FactorView> {
        let is_it = |bound: &Bound| bound.id == id && bound.kind() != FactorKind::Host && bound.is_bound();
        let place = self.factors.iter().position(is_it)?;
        let removed = self.factors.remove(place).view();
        if !self.is_protected(host) {
            self.factors.retain(|bound| bound.kind() != FactorKind::RecoveryCodes);
        }
        self.changed(now);
        Some(removed)
    }

    /// Switches one factor off: bound still, and taken no more. `None` if there is none of that name that is in use.
    pub(crate) fn disable(&mut self, id: FactorId, now: Timestamp) -> Option<FactorView> {
        let is_it =
            |bound: &&mut Bound| bound.id == id && bound.kind() != FactorKind::Host && bound.is_active();
        let bound = self.factors.iter_mut().find(is_it)?;
        bound.state = FactorState::Disabled;
        let view = bound.view();
        self.changed(now);
        Some(view)
    }

    /// Unbinds all that the account has, and takes its questions away: the support desk approved it because they are lost (MF-2). Gives the kinds of what
    /// went, for the notice.
    pub(crate) fn lose_factors(&mut self, now: Timestamp) -> Vec<FactorKind> {
        let lost: Vec<_> = self.factors.iter().filter(|bound| bound.is_bound()).map(Bound::kind).collect();
        if !self.factors.is_empty() || self.questions.is_some() {
            self.factors.clear();
            self.questions = None;
            self.changed(now);
        }
        lost
    }
}
