//! The guard of an account: what "this wasn't me" has to remember.

use crate::clock::Timestamp;
use crate::flow::CLOCK_TOLERANCE;
use crate::recovery::DisownRules;
use crate::wire::{frame, unframe};
use time::Duration;
use zeroize::Zeroizing;

/// When a worker ends the sessions, should the request that disowned not have done so.
const SIGN_OUT_GRACE: Duration = Duration::seconds(10);

/// The longest that a password counts as changed a short time ago.
const CHANGE_MATTERS: Duration = Duration::days(30);

/// The longest life of a link, with what clocks may differ: a link that was issued while its account was being disowned
/// is over by then.
pub(super) const LINKS_ARE_OVER: Duration = Duration::hours(25);

/// The last "this wasn't me" that was known when something was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownHold(Option<Timestamp>);

impl KnownHold {
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        self.0.map(|at| at.millis().to_be_bytes().to_vec()).unwrap_or_default()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self(None));
        }
        bytes.try_into().ok().map(i64::from_be_bytes).map(|at| Self(Some(Timestamp::from_millis(at))))
    }
}

/// A hold, and what it has to do with a change of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Guard {
    /// When somebody said "this wasn't me" last.
    pub(crate) disowned_at: Option<Timestamp>,
    /// How long new links are on hold from then on.
    hold: Duration,
    /// When regain set the password last.
    password_changed_at: Option<Timestamp>,
    /// The sessions are to be ended; a worker does it then.
    pub(crate) sign_out_by: Option<Timestamp>,
}

impl Guard {
    /// When the hold ends, if there was one.
    pub(crate) fn hold_until(&self) -> Option<Timestamp> {
        self.disowned_at.filter(|_| self.hold > Duration::ZERO).map(|at| at.plus(self.hold))
    }

    /// When regain set the password last, while that is remembered.
    pub(crate) fn password_changed_at(&self) -> Option<Timestamp> {
        self.password_changed_at
    }

    /// Whether new links are on hold. One that begins well ahead of now was placed under a clock that was put right since,
    /// and would never end.
    pub(crate) fn is_on_hold(&self, now: Timestamp) -> bool {
        let ahead = self.disowned_at.is_some_and(|at| now.plus(CLOCK_TOLERANCE) < at);
        !ahead && self.hold_until().is_some_and(|until| now < until)
    }

    /// Whether a link that was issued at that time is void: while the hold lasts, and for good if it was being issued when
    /// somebody said "this wasn't me".
    pub(crate) fn voids_link_of(&self, issued_at: Timestamp, now: Timestamp) -> bool {
        let overtaken = |at: Timestamp| issued_at <= at && at <= now.plus(CLOCK_TOLERANCE);
        self.is_on_hold(now) || self.disowned_at.is_some_and(overtaken)
    }

    /// Whether somebody said so after that time. Another node's clock may be a little behind; but where links may be issued
    /// again soon, one that came afterwards must not be taken for one from before.
    pub(crate) fn was_disowned_since(&self, chosen_at: Timestamp) -> bool {
        let margin = self.hold.min(CLOCK_TOLERANCE);
        self.disowned_at.is_some_and(|at| at.plus(margin) >= chosen_at)
    }

    /// What is known of holds now: for a choice that is made now.
    pub(crate) fn known(&self) -> KnownHold {
        KnownHold(self.disowned_at)
    }

    /// Whether somebody said so since that was known, whatever any clock says.
    pub(crate) fn was_disowned_beyond(&self, known: &KnownHold) -> bool {
        self.disowned_at != known.0
    }

    /// "This wasn't me." A hold is never made shorter by another one.
    pub(crate) fn disown(&mut self, now: Timestamp, rules: DisownRules) {
        let left = self
            .hold_until()
            .filter(|_| self.is_on_hold(now))
            .map_or(0, |until| until.millis() - now.millis());
        self.hold = rules.hold.max(Duration::milliseconds(left));
        self.disowned_at = Some(now);
        // A change that lies ahead, by a clock that was put right, counts as one of a moment ago.
        let recent = self.password_changed_at.is_some_and(|at| now < at.plus(rules.signs_out_within));
        if recent {
            self.sign_out_by = Some(now.plus(SIGN_OUT_GRACE));
        }
    }

    /// Regain set the password. If somebody disowned it while it was being set, whoever came in by it is signed out.
    pub(crate) fn password_changed(&mut self, now: Timestamp, known: Option<&KnownHold>) {
        self.password_changed_at = Some(now);
        let disowned_meanwhile = known.is_none_or(|known| self.was_disowned_beyond(known));
        if disowned_meanwhile && self.is_on_hold(now) {
            self.sign_out_by = Some(now.plus(SIGN_OUT_GRACE));
        }
    }

    /// From when on nothing in it can matter any more.
    pub(crate) fn keep_until(&self) -> Option<Timestamp> {
        let hold = self.disowned_at.map(|at| at.plus(self.hold.max(LINKS_ARE_OVER)));
        let changed = self.password_changed_at.map(|at| at.plus(CHANGE_MATTERS));
        if self.sign_out_by.is_some() { None } else { hold.max(changed) }
    }

    pub(crate) fn to_bytes(self) -> Zeroizing<Vec<u8>> {
        let time =
            |at: Option<Timestamp>| at.map(|at| at.millis().to_be_bytes().to_vec()).unwrap_or_default();
        let hold = i64::try_from(self.hold.whole_milliseconds()).unwrap_or(i64::MAX);
        frame(&[
            b"guard/1",
            &time(self.disowned_at),
            &hold.to_be_bytes(),
            &time(self.password_changed_at),
            &time(self.sign_out_by),
        ])
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [version, disowned_at, hold, changed, sign_out] = unframe::<5>(bytes)?;
        let millis = |bytes: &[u8]| bytes.try_into().ok().map(i64::from_be_bytes);
        let time = |bytes: &[u8]| match bytes {
            [] => Some(None),
            some => millis(some).map(Timestamp::from_millis).map(Some),
        };
        (version == b"guard/1").then_some(())?;
        Some(Self {
            disowned_at: time(disowned_at)?,
            hold: Duration::milliseconds(millis(hold)?),
            password_changed_at: time(changed)?,
            sign_out_by: time(sign_out)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_millis(hours * HOUR)
    }

    fn disowned_at(hours: i64) -> Guard {
        let mut guard = Guard::default();
        guard.disown(at(hours), DisownRules::default());
        guard
    }

    #[test]
    fn a_hold_ends_to_the_millisecond() {
        let guard = disowned_at(100);
        let last = Timestamp::from_millis(124 * HOUR - 1);
        assert!(guard.is_on_hold(at(100)) && guard.is_on_hold(last));
        assert!(!guard.is_on_hold(at(124)));
    }

    #[test]
    fn a_clock_that_leapt_and_was_put_right_holds_nobody_for_years() {
        let guard = disowned_at(24 * 365);
        assert!(!guard.is_on_hold(at(0)));
        assert!(guard.is_on_hold(Timestamp::from_millis(24 * 365 * HOUR - 60_000)));
    }

    #[test]
    fn a_second_hold_never_makes_the_first_one_shorter() {
        let mut guard = Guard::default();
        guard.disown(at(0), DisownRules { hold: Duration::days(7), ..DisownRules::default() });
        guard.disown(at(1), DisownRules { hold: Duration::HOUR, ..DisownRules::default() });
        assert_eq!(guard.hold_until(), Some(at(7 * 24)));
    }

    #[test]
    fn sessions_end_only_after_a_change_of_a_short_time_ago() {
        for (changed, ends) in [(None, false), (Some(0), false), (Some(1), true), (Some(168), true)] {
            let mut guard = Guard::default();
            if let Some(hours) = changed {
                guard.password_changed(at(hours), None);
            }
            guard.disown(at(168), DisownRules::default());
            assert_eq!(guard.sign_out_by.is_some(), ends, "changed at {changed:?}");
        }
    }

    #[test]
    fn what_was_written_is_read_again_and_nothing_else() {
        let mut guard = disowned_at(3);
        guard.password_changed(at(4), None);
        for guard in [Guard::default(), disowned_at(-5), guard] {
            assert_eq!(Guard::from_bytes(&guard.to_bytes()), Some(guard));
        }
        assert_eq!(Guard::from_bytes(b""), None);
        assert_eq!(Guard::from_bytes(&guard.to_bytes()[1..]), None);
    }

    #[test]
    fn a_record_stays_while_sessions_are_to_be_ended() {
        let mut guard = disowned_at(0);
        assert_eq!(guard.keep_until(), Some(at(25)));
        guard.password_changed(at(1), None);
        assert_eq!(guard.keep_until(), None);
    }
}
