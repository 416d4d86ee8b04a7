//! Whether a password is common, or too easy to guess.

use super::disguise::{on_latin_keys, period, undisguise, without_copies, without_separator};
use super::leet::with_few_readings;
use super::own_data::OwnWords;
use super::strength::{self, Estimate};
use super::{Explanation, Reason, blocklist};
use std::cell::OnceCell;
use std::collections::HashSet;

/// Characters that zxcvbn gets to see. It would read 100, but takes half a second for 100 that may all stand
/// for letters (13 ms for 32); strength that does not show in five words is rare.
const SHOWN_TO_ZXCVBN: usize = 32;

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// zxcvbn's.
    score: u8,
    /// Of the estimate.
    bits: f32,
}

impl Wanted {
    /// zxcvbn's 4 is over 10^10 guesses. 2^44 guesses at the hash's cost are some 15,000 years of one core, and what a
    /// generator drew from 2^51 values or more is not refused for the little that looks like a pattern in it by chance.
    pub(super) const ALONE: Self = Self { score: 4, bits: 44.0 };

    /// zxcvbn's 2, over 10^6, is the most that eight random characters reach. Guesses are online, each with a second factor.
    pub(super) const WITH_SECOND_FACTOR: Self = Self { score: 2, bits: 36.0 };
}

/// A password with all that it is judged by.
pub(super) struct Judge<'t> {
    typed: &'t str,
    /// What a guesser might take it for. It is as weak as the weakest of these.
    readings: Vec<Vec<char>>,
    own: OwnWords,
    floor: usize,
    wanted: Wanted,
    estimate: OnceCell<Estimate>,
}

impl<'t> Judge<'t> {
    pub(super) fn new(typed: &'t str, own: OwnWords, floor: usize, wanted: Wanted) -> Self {
        let plain = undisguise(typed);
        let joined = without_separator(&plain);
        let readings = [Some(plain), joined, on_latin_keys(typed)].into_iter().flatten().collect();
        Self { typed, readings, own, floor, wanted, estimate: OnceCell::new() }
    }

    /// PW-9: the whole value, never a part of it.
    pub(super) fn is_common(&self, blocked: &HashSet<String>) -> bool {
        let lower: Vec<char> = self.typed.chars().flat_map(char::to_lowercase).collect();
        self.readings.iter().chain([&lower]).flat_map(|reading| [reading, period(reading)]).any(|reading| {
            let value = String::from_iter(reading);
            blocklist::contains(&value) || blocked.contains(&value)
        })
    }

    /// PW-10, by zxcvbn: strength must come from neither the person's own data nor repetition.
    pub(super) fn weakness(&self) -> Option<Reason> {
        self.readings.iter().find_map(|reading| self.weakness_of(reading))
    }

    /// By zxcvbn, and by the estimate.
    pub(super) fn weakness_by_any_measure(&self) -> Option<Reason> {
        self.weakness().or_else(|| (self.estimate().bits < self.wanted.bits).then(|| self.guessable()))
    }

    pub(super) fn explanation(self, reasons: Vec<Reason>) -> Explanation {
        let enough = self.wanted.bits;
        self.estimate();
        let estimate = self.estimate.into_inner().unwrap_or_default();
        Explanation::new(reasons, estimate, enough)
    }

    fn estimate(&self) -> &Estimate {
        self.estimate.get_or_init(|| strength::estimate(self.typed, self.own.words()))
    }

    fn guessable(&self) -> Reason {
        Reason::Guessable { mostly: self.estimate().mostly() }
    }

    fn weakness_of(&self, text: &[char]) -> Option<Reason> {
        let rest = self.own.taken_out_of(text);
        if self.is_strong(&rest) {
            let period = period(text).len();
            return (period < self.floor && period < text.len()).then(|| self.guessable());
        }
        let own = text.len() - rest.len();
        let rests_on_own_data = own > 0 && (own * 2 >= text.len() || self.is_strong(text));
        Some(if rests_on_own_data { Reason::OwnData } else { self.guessable() })
    }

    fn is_strong(&self, text: &[char]) -> bool {
        let fresh = with_few_readings(&without_copies(text, SHOWN_TO_ZXCVBN));
        u8::from(zxcvbn::zxcvbn(&fresh, &self.own.names()).score()) >= self.wanted.score
    }
}
