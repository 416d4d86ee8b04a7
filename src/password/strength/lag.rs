//! What repeats, counts up or turns round: each character follows from one before it.

use super::cut::Cut;
use super::text::Text;
use super::walk::{Key, LAYOUTS, key};

/// Bits to say that something before is taken again, beside how far back.
const AGAIN: f32 = 3.0;
/// Bits for a step from one repetition to the next: `1qaz` to `2wsx`.
const STEP: f32 = 2.0;
/// Shortest copy that is worth its saying.
const SHORTEST: usize = 3;
const LONGEST_LAG: usize = 64;

#[expect(clippy::cast_precision_loss, reason = "at most 128")]
fn log2(count: usize) -> f32 {
    (count.max(1) as f32).log2()
}

/// Characters that are counted through: letters of one alphabet, digits.
fn distance(before: char, now: char) -> Option<i32> {
    let counted = |c: char| {
        let script = match c {
            '0'..='9' => 1,
            'a'..='z' => 2,
            '\u{3b1}'..='\u{3c9}' => 3,
            '\u{430}'..='\u{44f}' => 4,
            '\u{5d0}'..='\u{5ea}' => 5,
            c if c.is_alphabetic() && !c.is_ascii() => 16 + (u32::from(c) >> 7),
            _ => 0,
        };
        (script, u32::from(c))
    };
    let ((a, from), (b, to)) = (counted(before), counted(now));
    let far = i64::from(to) - i64::from(from);
    if before == now {
        return Some(0);
    }
    let round = match a {
        1 => 10,
        2 => 26,
        _ => 0,
    };
    let wrapped = match far {
        far if round > 0 && 2 * far > round => far - round,
        far if round > 0 && 2 * far <= -round => far + round,
        far => far,
    };
    (a == b && a != 0 && wrapped.abs() <= 13).then_some(i32::try_from(wrapped).unwrap_or(0))
}

pub(super) fn voice(cut: &mut Cut, text: &Text) {
    let plain = &text.plain;
    let boards =
        LAYOUTS.map(|(layout, extra)| (plain.iter().map(|&c| key(layout, c)).collect::<Vec<_>>(), extra));
    for lag in 1..=LONGEST_LAG.min(plain.len().saturating_sub(1)) {
        let steps: Vec<Option<i32>> = (0..plain.len())
            .map(|at| at.checked_sub(lag).and_then(|before| distance(plain[before], plain[at])))
            .collect();
        copies(cut, text, lag, &steps);
        counted(cut, text, lag, &steps);
        each_its_own(cut, text, lag, &steps);
        if lag >= 2 {
            for (keys, extra) in &boards {
                along_the_keys(cut, text, lag, keys, *extra);
            }
        }
    }
    turned_round(cut, text);
}

/// Ends of the run from `from` on in which `holds`.
fn run(from: usize, all: usize, holds: impl Fn(usize) -> bool) -> usize {
    (from..all).find(|&at| !holds(at)).unwrap_or(all)
}

fn offer_all(cut: &mut Cut, text: &Text, from: usize, end: usize, shortest: usize, bits: f32) {
    for to in from + shortest..=end {
        cut.offer(from, to, bits + text.dress(from, to).min(2.0));
    }
}

/// The same as `lag` before: one character again, a word again.
fn copies(cut: &mut Cut, text: &Text, lag: usize, steps: &[Option<i32>]) {
    for from in lag..steps.len() {
        let end = run(from, steps.len(), |at| steps[at] == Some(0));
        let shortest = if lag == 1 { 2 } else { SHORTEST };
        let bits = if lag == 1 { 2.0 } else { AGAIN + log2(lag) };
        offer_all(cut, text, from, end, shortest, bits);
    }
}

/// One step for all: `abcdef`, `2468`, `a1b2c3`.
fn counted(cut: &mut Cut, text: &Text, lag: usize, steps: &[Option<i32>]) {
    for from in lag..steps.len() {
        let Some(step) = steps[from].filter(|step| *step != 0) else { continue };
        let end = run(from, steps.len(), |at| steps[at] == Some(step));
        let far = log2(usize::try_from(step.unsigned_abs()).unwrap_or(1));
        offer_all(cut, text, from, end, SHORTEST, STEP + 1.0 + far + 1.5 * log2(lag));
    }
}

/// For each place in the repetition a step of its own: `a1c2e3`, `Test11Test12`.
fn each_its_own(cut: &mut Cut, text: &Text, lag: usize, steps: &[Option<i32>]) {
    if lag < 2 {
        return;
    }
    for from in lag..steps.len() {
        let first: Vec<Option<i32>> = steps.iter().skip(from).take(lag).copied().collect();
        if first.len() < lag || first.iter().any(Option::is_none) {
            continue;
        }
        let end = run(from, steps.len(), |at| steps[at].is_some() && steps[at] == first[(at - from) % lag]);
        let moved = first.iter().filter(|step| **step != Some(0)).count();
        if moved == 0 {
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 64")]
        let bits = AGAIN + log2(lag) + moved as f32 * (STEP + log2(lag).min(3.0));
        offer_all(cut, text, from, end, lag.max(SHORTEST), bits);
    }
}

/// One step over the keyboard for all: `1qaz2wsx`.
fn along_the_keys(cut: &mut Cut, text: &Text, lag: usize, keys: &[Option<Key>], extra: f32) {
    let step = |at: usize| {
        let (before, now) = (keys[at.checked_sub(lag)?]?, keys[at]?);
        Some((now.row - before.row, now.column - before.column))
    };
    for from in lag..keys.len() {
        let Some(first) = step(from).filter(|(row, column)| (row.abs() + column.abs()) <= 3) else {
            continue;
        };
        let end = run(from, keys.len(), |at| step(at) == Some(first));
        offer_all(cut, text, from, end, lag.max(SHORTEST), AGAIN + STEP + extra + log2(lag));
    }
}

/// What stood before, backwards: `abcba`, `abccba`.
fn turned_round(cut: &mut Cut, text: &Text) {
    let plain = &text.plain;
    for from in SHORTEST..plain.len() {
        for middle in 1..=2 {
            let mirrored = |at: usize| {
                (from + from).checked_sub(at + middle).is_some_and(|before| plain[before] == plain[at])
            };
            let end = run(from, plain.len(), mirrored);
            offer_all(cut, text, from, end, SHORTEST, AGAIN + 1.0);
        }
    }
}
