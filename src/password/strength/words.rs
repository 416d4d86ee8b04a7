//! Words, names and common passwords; own data; what looks like a word; and what zxcvbn knows besides.

use super::cut::Cut;
use super::part::PartKind;
use super::tables::{Hash, after, word};
use super::text::Text;
use crate::password::blocklist;
use crate::password::leet::{letters_meant, with_few_readings};
use crate::password::own_data::beginning;
use zxcvbn::matching::patterns::MatchPattern;

const LONGEST: usize = 24;
/// Fewest letters that are taken for something word-like.
const WORD_LIKE: usize = 4;
/// Bits to say that letters follow each other as in words, and where that ends.
const WORD_LIKE_BITS: f32 = 2.0;
/// Bits for each letter that another character stands for, beside those to say that some do.
const SWAPPED: f32 = 0.6;
/// Bits to read backwards.
const BACKWARDS: f32 = 1.0;
/// Bits of one's own data: which, and in what form.
const OWN: f32 = 3.0;
/// Bits of a value on the blocklist, how short the list's are, and how many characters may stand around it.
const COMMON: f32 = 14.0;
const SHORTEST_COMMON: usize = 8;
const AROUND: usize = 7;
/// Characters that zxcvbn gets to see; it takes long for more.
const SHOWN_TO_ZXCVBN: usize = 24;

pub(super) fn plain(cut: &mut Cut, text: &Text) {
    listed(cut, text, &text.plain, |from, to| (from, to), 0.0);
    word_like(cut, text, &text.plain);
}

/// Backwards, and with letters for the characters that stand for them.
pub(super) fn meant(cut: &mut Cut, text: &Text) {
    let backwards: Vec<char> = text.plain.iter().rev().copied().collect();
    let all = text.len();
    listed(cut, text, &backwards, |from, to| (all - to, all - from), BACKWARDS);
    for meant in letters_meant(&text.plain).iter().filter(|meant| **meant != text.plain) {
        listed(cut, text, meant, |from, to| (from, to), 0.0);
        word_like(cut, text, meant);
    }
}

/// What characters that stand for others cost; `None` where nearly all do: then it is a number.
fn swapped(text: &Text, read: &[char], from: usize, to: usize, of: usize) -> Option<f32> {
    if read.len() != text.len() || std::ptr::eq(read, text.plain.as_slice()) {
        return Some(0.0);
    }
    let changed = (from..to).filter(|&at| read[at] != text.plain[at]).count();
    #[expect(clippy::cast_precision_loss, reason = "at most 128")]
    let bits = changed as f32 * SWAPPED + 0.5;
    (of * changed <= to - from).then_some(if changed == 0 { 0.0 } else { bits })
}

fn listed(
    cut: &mut Cut,
    text: &Text,
    read: &[char],
    place: impl Fn(usize, usize) -> (usize, usize),
    extra: f32,
) {
    let backwards = extra > 0.0;
    for from in 0..read.len() {
        let mut hash = Hash::new();
        for to in from + 1..=read.len().min(from + LONGEST) {
            hash = hash.then(read[to - 1]);
            if backwards && to - from < 4 {
                continue;
            }
            let Some(bits) = word(hash) else { continue };
            let short = short(read, from, to);
            let (from, to) = place(from, to);
            let swapped = if backwards { Some(0.0) } else { swapped(text, read, from, to, 2) };
            if let Some(swapped) = swapped {
                cut.offer(PartKind::Word, from, to, bits + extra + short + swapped + text.dress(from, to));
            }
        }
    }
}

/// Two or three letters are a word by chance, unless they stand by themselves.
fn short(read: &[char], from: usize, to: usize) -> f32 {
    let is_letter = |at: Option<usize>| at.and_then(|at| read.get(at)).is_some_and(|c| c.is_alphanumeric());
    if !is_letter(from.checked_sub(1)) && !is_letter(Some(to)) {
        return 0.0;
    }
    match to - from {
        1 => f32::MAX,
        2 => 2.0,
        3 => 1.0,
        _ => 0.0,
    }
}

fn word_like(cut: &mut Cut, text: &Text, read: &[char]) {
    for from in 0..read.len() {
        let (mut before, mut bits) = ([None; 3], WORD_LIKE_BITS);
        for to in from + 1..=read.len() {
            let letter = read[to - 1];
            if !letter.is_ascii_lowercase() {
                break;
            }
            bits += after(before, letter);
            before = [before[1], before[2], Some(letter)];
            if to - from < WORD_LIKE {
                continue;
            }
            if let Some(swapped) = swapped(text, read, from, to, 3) {
                cut.offer(PartKind::WordLike, from, to, bits + swapped + text.dress(from, to));
            }
        }
    }
}

pub(super) fn own(cut: &mut Cut, text: &Text, own: &[Vec<char>]) {
    // With what joins its parts, and without.
    let all: Vec<usize> = (0..text.len()).collect();
    let letters: Vec<usize> = all.iter().copied().filter(|&at| text.plain[at].is_alphanumeric()).collect();
    for places in [&all, &letters] {
        let read: Vec<char> = places.iter().map(|&at| text.plain[at]).collect();
        for from in 0..read.len() {
            for word in beginning(&read[from..], own) {
                let (first, last) = (places[from], places[from + word.len() - 1] + 1);
                cut.offer(PartKind::OwnData, first, last, OWN + text.dress(first, last));
            }
        }
    }
}

/// Common passwords as a whole, with a few characters before and behind.
pub(super) fn common(cut: &mut Cut, text: &Text) {
    let backwards: Vec<char> = text.plain.iter().rev().copied().collect();
    let all = text.len();
    let mut read = vec![(text.plain.clone(), false), (backwards, true)];
    read.extend(
        letters_meant(&text.plain)
            .into_iter()
            .filter(|meant| *meant != text.plain)
            .map(|meant| (meant, false)),
    );
    for (read, is_backwards) in read {
        for from in 0..=all.min(AROUND) {
            for to in (all.saturating_sub(AROUND).max(from + SHORTEST_COMMON)..=all).rev() {
                let value: String = read[from..to].iter().collect();
                if !blocklist::contains(&value) {
                    continue;
                }
                let (from, to) = if is_backwards { (all - to, all - from) } else { (from, to) };
                let swapped = if read[..] == text.plain[..] || is_backwards { 1.0 } else { 3.0 };
                cut.offer(PartKind::Common, from, to, COMMON + swapped + text.dress(from, to));
            }
        }
    }
}

/// Its dictionaries; where it knows nothing it says nothing.
pub(super) fn shown_to_zxcvbn(cut: &mut Cut, text: &Text) {
    let shown: String = text.plain.iter().take(SHOWN_TO_ZXCVBN).collect();
    for part in zxcvbn::zxcvbn(&with_few_readings(&shown), &[]).sequence() {
        let (from, to) = (part.i, (part.j + 1).min(text.len()));
        let is_known = matches!(part.pattern, MatchPattern::Dictionary(_)) && to > from + 3;
        if let Some(guesses) = part.guesses.filter(|_| is_known) {
            #[expect(clippy::cast_precision_loss, reason = "a logarithm")]
            let bits = (guesses.max(1) as f32).log2();
            cut.offer(PartKind::Word, from, to, bits + text.dress(from, to));
        }
    }
}
