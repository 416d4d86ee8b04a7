//! The text that is judged, as an attacker would read it, with what each character costs who knows nothing about it.

use super::super::disguise::{JUDGED, undisguise};
use super::dress::Dress;
use super::walk::{Key, LAYOUTS, keys};
use crate::characters::is_ignorable;

/// Characters that are judged. What does not show in these is not looked for.
pub(super) const SHOWN: usize = 128;

/// A character of the same kind as the one before is expected.
const SAME_KIND: f32 = 0.3;
/// A sign that stood in the text before: who joins words takes the same one.
const SIGN_AGAIN: f32 = 1.6;

/// What people put at the end to please a rule.
const USUAL_END: f32 = 3.0;

/// The text, one entry for each character that is judged.
pub(super) struct Text {
    /// In lower case and undisguised.
    pub(super) plain: Vec<char>,
    /// In capitals as typed.
    pub(super) capital: Vec<bool>,
    /// Typed as something else than it is read as.
    pub(super) disguised: Vec<bool>,
    /// Bits for the character alone.
    pub(super) alone: Vec<f32>,
    /// Where each character lies on each keyboard.
    pub(super) keys: [Vec<Option<Key>>; LAYOUTS.len()],
    dress: Dress,
}

impl Text {
    pub(super) fn read(text: &str) -> Self {
        let read = undisguise(text);
        let typed: Vec<char> = text.chars().filter(|&c| !is_ignorable(c)).take(JUDGED).collect();
        // Where a character was read as two, or as none, the typed ones do not stand beside the read ones.
        let is_even = read.len() == typed.len();
        let plain: Vec<char> = read.into_iter().take(SHOWN).collect();
        let typed = if is_even { &typed[..plain.len()] } else { &plain[..] };
        Self::of(plain.clone(), typed)
    }

    /// What was decoded: nothing is known of how it was typed.
    pub(super) fn decoded(text: &[char]) -> Self {
        let plain: Vec<char> =
            text.iter().copied().take(SHOWN).flat_map(char::to_lowercase).take(SHOWN).collect();
        let typed = plain.clone();
        Self::of(plain, &typed)
    }

    /// The same, character by character, read as other ones.
    pub(super) fn read_as(&self, plain: Vec<char>) -> Self {
        Self::dressed(plain, self.capital.clone(), self.disguised.clone(), self.alone.clone())
    }

    /// The same characters in another order.
    pub(super) fn in_order(&self, places: &[usize]) -> Self {
        Self::dressed(
            places.iter().map(|&at| self.plain[at]).collect(),
            places.iter().map(|&at| self.capital[at]).collect(),
            places.iter().map(|&at| self.disguised[at]).collect(),
            places.iter().map(|&at| self.alone[at]).collect(),
        )
    }

    fn of(plain: Vec<char>, typed: &[char]) -> Self {
        let capital: Vec<bool> = typed.iter().map(|c| c.is_uppercase()).collect();
        let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
        let disguised: Vec<bool> =
            plain.iter().zip(typed).map(|(&plain, &typed)| lower(typed) != plain).collect();
        let alone = alone(typed);
        Self::dressed(plain, capital, disguised, alone)
    }

    fn dressed(plain: Vec<char>, capital: Vec<bool>, disguised: Vec<bool>, alone: Vec<f32>) -> Self {
        let (keys, dress) = (keys(&plain), Dress::of(&plain, &capital, &disguised));
        Self { plain, capital, disguised, alone, keys, dress }
    }

    pub(super) fn len(&self) -> usize {
        self.plain.len()
    }

    /// What capitals and disguises in a part cost.
    pub(super) fn dress(&self, from: usize, to: usize) -> f32 {
        self.dress.bits(from, to)
    }
}

/// The kinds of characters that a generator draws from, and how many there are of each.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind(u8, u16);

fn kind(c: char) -> Kind {
    match c {
        'a'..='z' => Kind(0, 26),
        'A'..='Z' => Kind(1, 26),
        '0'..='9' => Kind(2, 10),
        '!'..='~' | ' ' => Kind(3, 33),
        '\u{80}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Kind(4, 64),
        '\u{370}'..='\u{3ff}' if c.is_uppercase() => Kind(5, 24),
        '\u{370}'..='\u{3ff}' => Kind(6, 24),
        '\u{400}'..='\u{52f}' if c.is_uppercase() => Kind(7, 32),
        '\u{400}'..='\u{52f}' => Kind(8, 32),
        '\u{530}'..='\u{5ff}' => Kind(9, 27),
        '\u{600}'..='\u{6ff}' => Kind(10, 28),
        '\u{900}'..='\u{109f}' => Kind(11, 44),
        '\u{3040}'..='\u{30ff}' => Kind(12, 80),
        '\u{3400}'..='\u{9fff}' => Kind(13, 3_500),
        '\u{ac00}'..='\u{d7a3}' => Kind(14, 2_350),
        '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1faff}' => Kind(15, 1_000),
        _ => Kind(16, 32),
    }
}

/// What words are joined with, and what stands behind them.
fn sign(c: char) -> f32 {
    match c {
        ' ' | '-' | '_' | '.' | ',' => 3.5,
        '!' | '?' | '@' | '#' | '*' | '/' | ':' | '+' | '&' => 5.0,
        _ => f32::MAX,
    }
}

fn alone(typed: &[char]) -> Vec<f32> {
    let letters = || typed.iter().filter(|c| c.is_ascii_alphabetic());
    let hex = letters().count() >= 2 && letters().all(char::is_ascii_hexdigit);
    let size = |c: char| if hex && c.is_ascii_alphabetic() { 6.0 } else { f32::from(kind(c).1) };
    let mut kinds: Vec<u8> = typed.iter().map(|&c| kind(c).0).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let switch = match kinds.len() {
        0 | 1 => 0.0,
        2 => 1.9,
        3 => 2.2,
        _ => 2.6,
    };
    let same = if kinds.len() > 1 { SAME_KIND } else { 0.0 };
    typed
        .iter()
        .enumerate()
        .map(|(at, &c)| {
            let is_last = at + 1 == typed.len() && at > 0;
            if is_last && matches!(c, '1' | '!' | '.' | '?') {
                return USUAL_END;
            }
            let is_sign = !c.is_alphanumeric() && c.is_ascii();
            if is_sign && typed[..at].contains(&c) {
                return SIGN_AGAIN;
            }
            let before = at.checked_sub(1).map(|before| kind(typed[before]));
            let turn = if before == Some(kind(c)) { same } else { switch };
            if is_sign { sign(c).min(size(c).log2() + turn) } else { size(c).log2() + turn }
        })
        .collect()
}
