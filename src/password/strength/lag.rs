//! What repeats, counts up or turns round: each character follows from one before it.

use super::cut::Cut;
use super::part::PartKind;
use super::text::Text;
use super::walk::{Key, LAYOUTS};
use std::ops::Range;

/// Bits to say that something before is taken again, beside how far back.
const AGAIN: f32 = 3.0;
/// Bits for a step from one repetition to the next: `1qaz` to `2wsx`.
const STEP: f32 = 2.0;
/// Few digits count, or lie side by side, by chance.
const BY_CHANCE: f32 = 1.5;
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
    let kinds = [PartKind::Copy, PartKind::Sequence, PartKind::Sequence, PartKind::Keyboard];
    let mut reached = kinds.map(|kind| Reach { kind, ends: vec![0; plain.len()] });
    let [copied, counted, own_steps, on_keys] = &mut reached;
    for lag in 1..=LONGEST_LAG.min(plain.len().saturating_sub(1)) {
        let before = |at: usize| at.checked_sub(lag);
        let steps: Vec<Option<i32>> = (0..plain.len())
            .map(|at| before(at).and_then(|before| distance(plain[before], plain[at])))
            .collect();
        let ends = ends(&steps);
        for from in lag..plain.len() {
            let (first, end) = (steps[from], ends[from]);
            if first == Some(0) {
                let (shortest, bits) = if lag == 1 { (2, 2.0) } else { (SHORTEST, AGAIN + log2(lag)) };
                copied.offer(cut, text, from..end, shortest, bits);
            } else if let Some(step) = first {
                let far = log2(usize::try_from(step.unsigned_abs()).unwrap_or(1));
                let chance = if plain[from].is_ascii_digit() { BY_CHANCE } else { 0.0 };
                counted.offer(cut, text, from..end, SHORTEST, STEP + 1.0 + far + 1.5 * log2(lag) + chance);
            }
        }
        if lag >= 2 {
            each_its_own(cut, text, lag, &steps, own_steps);
            for ((_, extra), keys) in LAYOUTS.iter().zip(&text.keys) {
                along_the_keys(cut, text, lag, (keys, *extra), on_keys);
            }
        }
    }
    turned_round(cut, text);
}

/// For each place, where the run of the same step ends that begins there.
fn ends<T: PartialEq>(steps: &[T]) -> Vec<usize> {
    let mut ends: Vec<usize> = (1..=steps.len()).collect();
    for at in (1..steps.len()).rev() {
        if steps[at - 1] == steps[at] {
            ends[at - 1] = ends[at];
        }
    }
    ends
}

/// How far a shorter lag has come already, from each place: a longer one says the same for more.
struct Reach {
    kind: PartKind,
    ends: Vec<usize>,
}

impl Reach {
    fn offer(&mut self, cut: &mut Cut, text: &Text, part: Range<usize>, shortest: usize, bits: f32) {
        let first = (part.start + shortest).max(self.ends[part.start] + 1);
        for to in first..=part.end {
            cut.offer(self.kind, part.start, to, bits + text.dress(part.start, to).min(2.0));
        }
        self.ends[part.start] = self.ends[part.start].max(part.end);
    }
}

/// For each place in the repetition a step of its own: `a1c2e3`, `Test11Test12`.
fn each_its_own(cut: &mut Cut, text: &Text, lag: usize, steps: &[Option<i32>], reach: &mut Reach) {
    // From each place, how long the steps are those of one repetition before.
    let same: Vec<bool> =
        (0..steps.len()).map(|at| at >= lag && steps[at].is_some() && steps[at] == steps[at - lag]).collect();
    let ends = ends(&same);
    for from in lag..steps.len().saturating_sub(lag) {
        let (next, first) = (from + lag, &steps[from..from + lag]);
        let moved = first.iter().filter(|step| **step != Some(0)).count();
        if !same[next] || moved == 0 || first.iter().any(Option::is_none) {
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 64")]
        let bits = AGAIN + log2(lag) + moved as f32 * (STEP + log2(lag).min(3.0));
        reach.offer(cut, text, from..ends[next], lag.max(SHORTEST), bits);
    }
}

/// One step over the keyboard for all: `1qaz2wsx`.
fn along_the_keys(
    cut: &mut Cut,
    text: &Text,
    lag: usize,
    (keys, extra): (&[Option<Key>], f32),
    reach: &mut Reach,
) {
    let step = |at: usize| {
        let (before, now) = (keys[at.checked_sub(lag)?]?, keys[at]?);
        Some((now.row - before.row, now.column - before.column))
    };
    let steps: Vec<Option<(i8, i8)>> = (0..keys.len()).map(step).collect();
    let ends = ends(&steps);
    for from in lag..keys.len() {
        if steps[from].is_some_and(|(row, column)| row.abs() + column.abs() <= 3) {
            let chance = if text.plain[from].is_ascii_digit() { BY_CHANCE } else { 0.0 };
            let bits = AGAIN + STEP + extra + log2(lag) + chance;
            reach.offer(cut, text, from..ends[from], lag.max(SHORTEST), bits);
        }
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
            let end = (from..plain.len()).find(|&at| !mirrored(at)).unwrap_or(plain.len());
            for to in from + SHORTEST..=end {
                cut.offer(PartKind::Copy, from, to, AGAIN + 1.0);
            }
        }
    }
}
