//! Characters: what is refused, what is mapped, and what is only another way to write the same.
//!
//! Every key of this module is made here, by us, and never by a database's collation (ID-6). Lower case is
//! taken per character: `str::to_lowercase` maps a final sigma by its context.

use crate::characters;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Never part of a username or an address: controls, invisible marks, and the other forms of `@` (UN-4).
pub(super) fn is_refused(c: char) -> bool {
    c.is_control()
        || is_ignorable(c)
        || characters::is_noncharacter(c)
        || matches!(c, '\u{FF20}' | '\u{FE6B}' | '\u{FFFD}')
}

/// Drawn as nothing: what Unicode calls ignorable, and the interlinear marks.
pub(super) fn is_ignorable(c: char) -> bool {
    characters::is_ignorable(c) || matches!(c, '\u{FFF9}'..='\u{FFFB}')
}

/// The full-width and half-width forms in their usual width (RFC 8265, 3.3.1); anything else as it is.
pub(super) fn width_mapped(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF9F}' | '\u{FFE0}'..='\u{FFEE}' => sole(c.nfkc(), c),
        _ => c,
    }
}

/// PRECIS `HasCompat`: the character is another way to write others, such as the Kelvin sign or `ﬁ`.
pub(super) fn has_compatibility_form(c: char) -> bool {
    sole(c.nfkc(), '\u{FFFD}') != c
}

/// Lower case per character, then NFC. Marks that lower-casing brings (`İ`) stay.
pub(super) fn lower_nfc(text: &str) -> String {
    lowered(text.chars()).nfc().collect()
}

/// Lower case per character.
pub(super) fn lowered(text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    text.flat_map(char::to_lowercase)
}

/// Every variant that may look alike, folded into one; for budgets, never for look-up (RL-8).
pub(super) fn budget_fold(text: &str) -> String {
    let visible: String = text.nfkc().filter(|c| !c.is_control() && !is_ignorable(*c)).collect();
    lower_nfc(visible.trim())
}

/// The longest prefix of at most `limit` bytes that ends between two characters.
pub(super) fn prefix(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// A mark that may be left out without changing who is meant: accents, Hebrew points, Arabic vowel signs.
/// Marks of other scripts are vowels (Devanagari, Thai) or other sounds (kana), and stay.
pub(super) fn is_optional_mark(c: char) -> bool {
    is_combining_mark(c)
        && matches!(c,
            '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}' | '\u{591}'..='\u{5C7}' | '\u{610}'..='\u{61A}'
            | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{6D6}'..='\u{6ED}')
}

/// A decimal digit of any common script as an ASCII digit; anything else as it is.
pub(super) fn ascii_digit(c: char) -> char {
    // The zeros of the decimal digits in living use; each is followed by its one to nine.
    const ZEROS: [char; 19] = [
        '\u{660}', '\u{6F0}', '\u{7C0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{B66}', '\u{BE6}',
        '\u{C66}', '\u{CE6}', '\u{D66}', '\u{E50}', '\u{ED0}', '\u{F20}', '\u{1040}', '\u{17E0}', '\u{1810}',
        '\u{FF10}',
    ];
    ZEROS
        .iter()
        .find_map(|zero| (c as u32).checked_sub(*zero as u32).filter(|value| *value < 10))
        .and_then(|value| char::from_digit(value, 10))
        .unwrap_or(c)
}

/// The Bidi rule of RFC 5893, 2: a text with a right-to-left letter has no left-to-right one, starts with
/// such a letter, ends with a letter or digit, and does not mix European and Arabic digits.
pub(super) fn follows_bidi_rule(text: &str) -> bool {
    if !text.chars().any(is_right_to_left) {
        return true;
    }
    let letters_agree =
        !text.chars().any(|c| c.is_alphabetic() && !is_right_to_left(c) && !is_combining_mark(c));
    let starts = text.chars().next().is_some_and(is_right_to_left);
    let ends = text
        .chars()
        .rev()
        .find(|c| !is_combining_mark(*c))
        .is_some_and(|c| is_right_to_left(c) || is_european_digit(c) || is_arabic_digit(c));
    let digits_agree = !(text.chars().any(is_european_digit) && text.chars().any(is_arabic_digit));
    letters_agree && starts && ends && digits_agree
}

fn is_right_to_left(c: char) -> bool {
    c.is_alphabetic()
        && !is_combining_mark(c)
        && matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}'
            | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

fn is_european_digit(c: char) -> bool {
    matches!(c, '0'..='9' | '\u{6F0}'..='\u{6F9}')
}

fn is_arabic_digit(c: char) -> bool {
    matches!(c, '\u{660}'..='\u{669}')
}

fn sole(mut mapped: impl Iterator<Item = char>, otherwise: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => otherwise,
    }
}
