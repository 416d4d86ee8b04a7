//! Undoing what makes a weak password look strong: other spellings of one letter, invisible characters,
//! repetition. What comes out is for judging only; it is never hashed.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use crate::characters::is_ignorable;

/// Characters that are judged. Strength that does not show in these is not looked for.
pub(super) const JUDGED: usize = 256;

/// A compatibility mapping that yields more than this is not undone: U+FDFA would count for 18 characters.
const LONGEST_MAPPING: usize = 4;

/// Marks that are kept on a letter of a script that needs them, such as Devanagari or Thai.
const MARKS_KEPT: usize = 2;

/// Shortest copy of what came before that counts as a repetition.
const SHORTEST_COPY: usize = 4;

/// The lower-case text behind full-width forms, look-alike letters, invisible characters and stacked marks.
pub(super) fn undisguise(text: &str) -> Vec<char> {
    let mut plain = String::with_capacity(text.len());
    let mut marks_left = 0;
    for c in text.chars().filter(|&c| !is_ignorable(c)).take(JUDGED).flat_map(plain_forms) {
        if !is_combining_mark(c) {
            marks_left = if needs_no_marks(c) { 0 } else { MARKS_KEPT };
            plain.push(c);
        } else if marks_left > 0 {
            marks_left -= 1;
            plain.push(c);
        }
    }
    plain.nfc().take(JUDGED).collect()
}

/// Takes out a separator that was put after every letter or two: `p.a.s.s.w.o.r.d`.
pub(super) fn without_separator(plain: &[char]) -> Option<Vec<char>> {
    let separator = *plain.iter().find(|c| !c.is_alphanumeric())?;
    let spelled_out =
        plain.split(|&c| c == separator).all(|run| run.len() <= 2 && run.iter().all(|c| c.is_alphanumeric()));
    spelled_out.then(|| plain.iter().copied().filter(|&c| c != separator).collect())
}

/// What the same keys give on a US keyboard: `пароль` is `gfhjkm` there, which is a common password.
pub(super) fn on_latin_keys(text: &str) -> Option<Vec<char>> {
    const KEYS: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
    const RUSSIAN: &str = "йцукенгшщзхъфывапролджэячсмитьбюё";
    let latin =
        |typed: char| RUSSIAN.chars().zip(KEYS.chars()).find(|&(c, _)| c == typed).map(|(_, key)| key);
    let visible = || text.chars().filter(|&c| !is_ignorable(c)).take(JUDGED);
    let lower = || visible().flat_map(char::to_lowercase);
    lower().any(|c| latin(c).is_some()).then(|| lower().map(|c| latin(c).unwrap_or(c)).collect())
}

/// The shortest text of which `text` is a whole number of copies.
pub(super) fn period(text: &[char]) -> &[char] {
    let length = (1..=text.len() / 2)
        .filter(|length| text.len().is_multiple_of(*length))
        .find(|&length| text[length..] == text[..text.len() - length]);
    &text[..length.unwrap_or(text.len())]
}

/// Leaves out copies of what came before, as a compressor does, and stops after `limit` characters.
pub(super) fn without_copies(text: &[char], limit: usize) -> String {
    let mut fresh = String::new();
    let mut at = 0;
    for _ in 0..limit {
        let Some(&c) = text.get(at) else { break };
        fresh.push(c);
        at += 1;
        while let Some(length) = copy_at(text, at) {
            at += length;
        }
    }
    fresh
}

/// Length of the longest copy, long enough to count, that starts at `at`.
fn copy_at(text: &[char], at: usize) -> Option<usize> {
    (0..at)
        .map(|earlier| text[earlier..].iter().zip(&text[at..]).take_while(|(a, b)| a == b).count())
        .max()
        .filter(|&length| length >= SHORTEST_COPY)
}

fn plain_forms(c: char) -> Vec<char> {
    let mut parts = Vec::new();
    decompose_compatible(c, |part| parts.push(part));
    if parts.len() > LONGEST_MAPPING {
        parts = vec![c];
    }
    let mut plain = Vec::with_capacity(parts.len());
    for lower in parts.into_iter().flat_map(char::to_lowercase) {
        push_plain(&mut plain, lower);
    }
    plain
}

/// Latin, Greek and Cyrillic: read without their marks.
pub(super) fn needs_no_marks(c: char) -> bool {
    matches!(c, '\0'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
}

/// The ASCII letter that a character can be taken for; the commonest of Unicode's confusables (UTS #39).
fn push_plain(plain: &mut Vec<char>, c: char) {
    let ascii = match c {
        'а' | 'α' | 'ɑ' | 'ᴀ' => "a",
        'в' | 'ь' | 'β' | 'ʙ' => "b",
        'с' | 'ϲ' | 'ᴄ' => "c",
        'ԁ' | 'đ' | 'ð' | 'ᴅ' => "d",
        'е' | 'ε' | 'є' | 'ᴇ' => "e",
        'ƒ' | 'ꜰ' => "f",
        'ɡ' | 'ɢ' => "g",
        'һ' | 'н' | 'ħ' | 'ʜ' => "h",
        'і' | 'ι' | 'ı' | 'ɪ' | 'ɩ' => "i",
        'ј' | 'ᴊ' => "j",
        'к' | 'κ' | 'ᴋ' => "k",
        'ł' | 'ʟ' | 'ӏ' => "l",
        'м' | 'ᴍ' => "m",
        'η' | 'п' | 'ɴ' => "n",
        'о' | 'ο' | 'ø' | 'օ' | 'σ' | 'ς' | 'ᴏ' => "o",
        'р' | 'ρ' | 'þ' | 'ᴘ' => "p",
        'ԛ' => "q",
        'г' | 'ʀ' => "r",
        'ѕ' | 'ꜱ' => "s",
        'т' | 'τ' | 'ŧ' | 'ᴛ' => "t",
        'υ' | 'ս' | 'ᴜ' => "u",
        'ν' | 'ѵ' | 'ᴠ' => "v",
        'ω' | 'ԝ' | 'ᴡ' => "w",
        'х' | 'χ' => "x",
        'у' | 'γ' | 'ʏ' => "y",
        'ᴢ' => "z",
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => "'",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        _ => return plain.push(other_form(c).unwrap_or(c)),
    };
    plain.extend(ascii.chars());
}

/// White letters on black, the letters that flags are made of, and the digits of Arabic, Persian and Hindi.
fn other_form(c: char) -> Option<char> {
    let (first, plain) = match c {
        '\u{1f150}'..='\u{1f169}' => ('\u{1f150}', 'a'),
        '\u{1f170}'..='\u{1f189}' => ('\u{1f170}', 'a'),
        '\u{1f1e6}'..='\u{1f1ff}' => ('\u{1f1e6}', 'a'),
        '\u{660}'..='\u{669}' => ('\u{660}', '0'),
        '\u{6f0}'..='\u{6f9}' => ('\u{6f0}', '0'),
        '\u{966}'..='\u{96f}' => ('\u{966}', '0'),
        _ => return None,
    };
    char::from_u32(u32::from(c) - u32::from(first) + u32::from(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_in_a_row_leave_nothing_behind() {
        for (text, fresh) in [("abcdefgh efghabcd", "abcdefgh "), ("aaaaaaaa", "a"), ("abcabc", "abcabc")] {
            let text: Vec<char> = text.chars().collect();
            assert_eq!(without_copies(&text, 100), fresh);
        }
    }

    #[test]
    fn the_shortest_period_is_a_whole_number_of_copies() {
        for (text, once) in [("ababab", "ab"), ("aaaa", "a"), ("ababa", "ababa"), ("a", "a"), ("", "")] {
            let text: Vec<char> = text.chars().collect();
            assert_eq!(String::from_iter(period(&text)), once);
        }
    }
}
