//! How rough a seed is, and what is out of order at the moment.

use crate::dice::Dice;
use crate::stage::{HOUR, MINUTE, SECOND};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// How the nodes' clocks behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clocks {
    /// A second apart at most, and never jumping.
    Steady,
    /// A minute apart at most, and never jumping.
    Skewed,
    /// Jumping ahead and back, up to two hours.
    Jumping,
}

/// What may go wrong in one seed. Chances are so many in a thousand calls.
#[derive(Debug, Clone)]
pub struct Profile {
    pub calm: bool,
    pub nodes: usize,
    pub workers: usize,
    pub clocks: Clocks,
    pub store_fails_before: u64,
    pub store_loses_reply: u64,
    pub slow: u64,
    pub longer_than_a_lease: u64,
    pub freezes: bool,
    pub crashes: bool,
    pub outages: bool,
    pub disk_fills: bool,
    pub mail_fails: u64,
    pub mail_reply_lost: u64,
    pub mail_doubled: u64,
    pub mail_refused: u64,
    pub mail_outages: bool,
    pub scanner: bool,
    pub hostile: bool,
    pub meddling: bool,
    /// Whether there is a support desk.
    pub desk: bool,
    /// Whether the host has security questions.
    pub questions: bool,
    pub horizon: i64,
}

impl Profile {
    pub fn draw(seed: u64, dice: &mut Dice) -> Self {
        let calm = dice.permille(120);
        let mut some = |most: u64| if calm || dice.permille(450) { 0 } else { 1 + dice.below(most) };
        let [store_fails_before, store_loses_reply, longer_than_a_lease] = [some(60), some(60), some(12)];
        let [mail_fails, mail_reply_lost, mail_doubled, mail_refused] =
            [some(200), some(250), some(250), some(60)];
        let mut or = |chance: u64| !calm && dice.permille(chance);
        let [freezes, crashes, outages, disk_fills, mail_outages] =
            [or(500), or(500), or(350), or(250), or(350)];
        let clocks = match dice.below(10) {
            _ if calm => Clocks::Steady,
            0..4 => Clocks::Steady,
            4..6 => Clocks::Skewed,
            _ => Clocks::Jumping,
        };
        Self {
            calm,
            nodes: 1 + dice.index(3),
            workers: 1 + dice.index(2),
            clocks,
            store_fails_before,
            store_loses_reply,
            slow: dice.below(120),
            longer_than_a_lease,
            freezes,
            crashes,
            outages,
            disk_fills,
            mail_fails,
            mail_reply_lost,
            mail_doubled,
            mail_refused,
            mail_outages,
            scanner: dice.permille(500),
            hostile: dice.permille(650),
            meddling: dice.permille(600),
            // By dice of its own: without a desk a seed is what it is without this question.
            desk: Dice::new(!seed).permille(350),
            questions: Dice::new(seed.rotate_left(32)).permille(300),
            horizon: dice.between(HOUR, 4 * HOUR),
        }
    }

    /// By how much a clock may stand wrong from the beginning.
    pub fn skew(&self, dice: &mut Dice) -> i64 {
        match self.clocks {
            Clocks::Steady => dice.between(-500, 501),
            Clocks::Skewed | Clocks::Jumping => dice.between(-MINUTE, MINUTE + 1),
        }
    }
}

/// What is out of order at the moment.
pub struct Weather {
    pub profile: Profile,
    pub on: AtomicBool,
    pub flows_away_until: AtomicI64,
    pub accounts_away_until: AtomicI64,
    pub disk_full_until: AtomicI64,
    pub mail_away_until: AtomicI64,
}

/// Which port a call goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    Flows,
    FlowsWriting,
    Accounts,
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Good,
    FailsBefore(&'static str),
    ReplyLost,
}

impl Weather {
    pub fn new(profile: Profile) -> Self {
        let never = || AtomicI64::new(i64::MIN);
        let [flows_away_until, accounts_away_until] = [never(), never()];
        let [disk_full_until, mail_away_until] = [never(), never()];
        let on = AtomicBool::new(true);
        Self { profile, on, flows_away_until, accounts_away_until, disk_full_until, mail_away_until }
    }

    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// From now on nothing goes wrong any more.
    pub fn clear_up(&self) {
        self.on.store(false, Ordering::Relaxed);
    }

    pub fn lasts(&self, until: &AtomicI64, now: i64) -> bool {
        self.is_on() && now < until.load(Ordering::Relaxed)
    }

    pub fn fate(&self, dice: &mut Dice, port: Port, now: i64) -> Fate {
        if !self.is_on() {
            return Fate::Good;
        }
        let away = if port == Port::Accounts { &self.accounts_away_until } else { &self.flows_away_until };
        if self.lasts(away, now) {
            return Fate::FailsBefore("away");
        }
        if port == Port::FlowsWriting && self.lasts(&self.disk_full_until, now) {
            return Fate::FailsBefore("disk full");
        }
        if dice.permille(self.profile.store_fails_before) {
            return Fate::FailsBefore("lost on the way there");
        }
        if dice.permille(self.profile.store_loses_reply) {
            return Fate::ReplyLost;
        }
        Fate::Good
    }

    /// How long a message is on its way. Mostly not long enough to let anybody in between; now and then longer than
    /// a lease.
    pub fn delay(&self, dice: &mut Dice) -> Option<i64> {
        let roll = dice.below(1_000);
        if !self.is_on() {
            return (roll < 300).then(|| dice.between(0, 20));
        }
        let (lease, slow) = (self.profile.longer_than_a_lease, self.profile.slow);
        match roll {
            _ if roll < lease => Some(dice.between(55 * SECOND, 4 * MINUTE)),
            _ if roll < lease + slow => Some(dice.between(20, 3 * SECOND)),
            0..600 => Some(dice.between(0, 20)),
            _ => None,
        }
    }
}
