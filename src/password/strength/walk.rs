//! Walks over the keys of a keyboard.

use super::cut::Cut;
use super::part::PartKind;
use super::text::Text;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Where a key lies. Rows are moved half a key to the right each, so that neighbours above are at 0 and 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Key {
    pub(super) row: i8,
    pub(super) column: i8,
}

/// The rows of a keyboard from above; what the keys give without and with shift.
pub(super) type Layout = [&'static str; 8];

pub(super) const US: Layout = [
    "`1234567890-=",
    "~!@#$%^&*()_+",
    " qwertyuiop[]\\",
    " QWERTYUIOP{}|",
    " asdfghjkl;'",
    " ASDFGHJKL:\"",
    " zxcvbnm,./",
    " ZXCVBNM<>?",
];
const GERMAN: Layout =
    ["^1234567890ß", "°!\"§$%&/()=?", " qwertzuiopü+", "", " asdfghjklöä#", "", " yxcvbnm,.-", "       ;:_"];
const FRENCH: Layout =
    ["²&é\"'(-è_çà)=", " 1234567890", " azertyuiop^$", "", " qsdfghjklmù*", "", " wxcvbn,;:!", "       ?./§"];
const DVORAK: Layout =
    ["`1234567890[]", "~!@#$%^&*(){}", " ',.pyfgcrl/=", " \"<>", " aoeuidhtns-", "", " ;qjkxbmwvz", " :"];
const RUSSIAN: Layout =
    ["ё1234567890-=", " !\"№;%:?*()_+", " йцукенгшщзхъ", "", " фывапролджэ", "", " ячсмитьбю.", ""];
const PAD: Layout = ["789/", "", "456*", "", "123-", "", "0.+", ""];
pub(super) const LAYOUTS: [(&Layout, f32); 6] =
    [(&US, 0.0), (&GERMAN, 1.0), (&FRENCH, 1.5), (&DVORAK, 2.0), (&RUSSIAN, 1.5), (&PAD, 1.0)];

/// Bits for the first key.
const FIRST: f32 = 5.0;
/// Bits to go on as before, and to turn.
const ON: f32 = 0.35;
const TURN: f32 = 2.4;
/// Bits to come in again on the other side of the keyboard.
const ROUND: f32 = 0.7;
/// Bits for a jump, after so many steps that went on as before, or after fewer.
const JUMP: f32 = 4.5;
const JUMP_SOON: f32 = 9.0;
const STRAIGHT: u32 = 2;
/// So much dearer than its characters alone, a walk is given up.
const HOPELESS: f32 = 12.0;
const SHORTEST: usize = 4;

pub(super) fn key(layout: &Layout, c: char) -> Option<Key> {
    layout.iter().zip(0_i8..).find_map(|(keys, line)| {
        let column = keys.chars().position(|key| key == c && key != ' ')?;
        Some(Key { row: line / 2, column: i8::try_from(column).ok()? })
    })
}

static KEYS: LazyLock<HashMap<char, [Option<Key>; LAYOUTS.len()]>> = LazyLock::new(|| {
    let all = LAYOUTS.iter().flat_map(|(layout, _)| layout.iter()).flat_map(|keys| keys.chars());
    all.map(|c| (c, LAYOUTS.map(|(layout, _)| key(layout, c)))).collect()
});

/// Where each character lies on each keyboard.
pub(super) fn keys(plain: &[char]) -> [Vec<Option<Key>>; LAYOUTS.len()] {
    let found: Vec<_> = plain.iter().map(|c| KEYS.get(c).copied().unwrap_or_default()).collect();
    std::array::from_fn(|layout| found.iter().map(|keys| keys[layout]).collect())
}

pub(super) fn voice(cut: &mut Cut, text: &Text) {
    for ((layout, extra), keys) in LAYOUTS.iter().zip(&text.keys) {
        let size = if **layout == PAD { (3, 3) } else { (4, 10) };
        for from in 0..keys.len() {
            if keys[from].is_none() {
                continue;
            }
            let (mut bits, mut last, mut straight) = (FIRST + extra, None, 0);
            for at in from + 1..keys.len() {
                let (Some(before), Some(now)) = (keys[at - 1], keys[at]) else { break };
                let step = (now.row - before.row, now.column - before.column);
                let goes_on = last.is_some_and(|last| is_round(step, last, size));
                if goes_on {
                    bits += if last == Some(step) { ON } else { ON + ROUND };
                    straight += 1;
                } else if let Some(turn) = turn(step) {
                    bits += turn;
                    (last, straight) = (Some(step), 0);
                } else {
                    // To another row or column, to go on there as before.
                    bits += if straight >= STRAIGHT { JUMP } else { JUMP_SOON };
                    straight = 0;
                }
                if bits > cut.alone(from, at + 1) + HOPELESS {
                    break;
                }
                if at + 1 - from >= SHORTEST {
                    cut.offer(PartKind::Keyboard, from, at + 1, bits + text.dress(from, at + 1).min(2.0));
                }
            }
        }
    }
}

/// Whether a step is the same as the last one, on a keyboard of this many rows and columns that is bent round.
fn is_round(step: (i8, i8), last: (i8, i8), (rows, columns): (i8, i8)) -> bool {
    (step.0 - last.0) % rows == 0 && (step.1 - last.1) % columns == 0
}

/// What a step costs that is not the one before; `None` for one that nobody walks.
fn turn((rows, columns): (i8, i8)) -> Option<f32> {
    match (rows.abs(), columns.abs()) {
        (0 | 1, 0 | 1) => Some(TURN),
        (0, 2) => Some(TURN + 1.0),
        _ => None,
    }
}
