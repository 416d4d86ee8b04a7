//! Codes of a whole text, and what they stand for.

use super::super::disguise::{JUDGED, needs_no_marks, on_latin_keys, without_separator};
use super::tables::after;
use super::walk::{US, key};
use crate::characters::is_ignorable;
use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// What a text may stand for.
pub(super) struct Reading {
    pub(super) text: Vec<char>,
    /// How many bits it costs to try that.
    pub(super) bits: f32,
    /// Only spelled in another way, so that its parts are still to be seen in it.
    pub(super) is_spelling: bool,
}

pub(super) fn readings(typed: &str, plain: &[char]) -> Vec<Reading> {
    let text: String = plain.iter().collect();
    // In capitals as typed, which some codes need, but for what cannot be seen and for full-width forms.
    let seen: String = typed.nfkc().filter(|c| !is_ignorable(*c)).take(JUDGED).collect();
    let digits = |base: u32, width: usize| numbers(&text, base, width);
    let mut all: Vec<Reading> = Vec::new();
    let mut add = |is_spelling: bool, text: Option<Vec<char>>, bits: f32| {
        all.extend(text.filter(|text| text.len() >= 3).map(|text| Reading { text, bits, is_spelling }));
    };
    add(true, without_separator(plain), 3.0);
    add(true, doubled(plain), 3.0);
    add(true, on_latin_keys(typed), 2.0);
    add(true, as_typed(typed), 0.5);
    add(true, romanised(typed), 2.0);
    add(true, upside_down(&seen), 3.0);
    if let Some((once, bits)) = once_each(plain) {
        add(true, Some(once), bits);
    }
    let mut add = |text: Option<Vec<char>>, bits: f32| add(false, text, bits);
    add(base64(&seen), 3.0);
    add(base32(&text), 3.0);
    add(digits(16, 2), 3.0);
    add(digits(2, 8), 3.0);
    add(digits(8, 3), 4.0);
    add(decimal(&text), 3.0);
    add(percents(&seen), 2.0);
    add(morse(&text), 3.0);
    add(places_in_the_alphabet(&text), 4.0);
    add(spelled(&text), 4.0);
    add(moved(plain), 5.0);
    for (to_row, to_column) in [(0, -1), (0, 1), (1, 0), (-1, 0), (1, -1), (-1, 1)] {
        add(beside(plain, to_row, to_column), 5.0);
    }
    all
}

fn printable(bytes: &[u8]) -> Option<Vec<char>> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.chars().all(|c| !c.is_control()).then(|| text.chars().flat_map(char::to_lowercase).collect())
}

fn base64(seen: &str) -> Option<Vec<char>> {
    let seen = seen.trim();
    let decoders = [
        Base64::decode_vec,
        Base64Unpadded::decode_vec,
        Base64Url::decode_vec,
        Base64UrlUnpadded::decode_vec,
    ];
    decoders.iter().filter_map(|decode| decode(seen).ok()).find_map(|bytes| printable(&bytes))
}

fn base32(text: &str) -> Option<Vec<char>> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for c in text.trim_end_matches('=').chars() {
        let value = match c {
            'a'..='z' => u32::from(c) - u32::from('a'),
            '2'..='7' => u32::from(c) - u32::from('2') + 26,
            _ => return None,
        };
        (bits, count) = (bits << 5 | value, count + 5);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    printable(&bytes)
}

/// Bytes in hexadecimal, binary or octal, with or without something between.
fn numbers(text: &str, base: u32, width: usize) -> Option<Vec<char>> {
    let text =
        ["0x", "\\x", "\\u00", "&#x", ";"].iter().fold(text.to_owned(), |text, sign| text.replace(sign, " "));
    let (digits, signs): (String, String) = text.chars().partition(char::is_ascii_alphanumeric);
    if signs.contains(char::is_alphanumeric) || signs.chars().count() > 3 * digits.len() / width {
        return None;
    }
    if !digits.len().is_multiple_of(width) || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + width)?, base).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(width).map(byte).collect();
    printable(&bytes?)
}

/// Bytes in decimal, with something between.
fn decimal(text: &str) -> Option<Vec<char>> {
    let text = text.replace("&#", " ");
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let signs = text.chars().filter(|c| !c.is_ascii_digit()).count();
    if text.chars().any(|c| c.is_alphanumeric() && !c.is_ascii_digit()) {
        return None;
    }
    let bytes: Option<Vec<u8>> = parts.iter().map(|part| part.parse().ok()).collect();
    printable(&bytes?).filter(|_| parts.len() >= 4 && signs <= 3 * parts.len())
}

fn percents(seen: &str) -> Option<Vec<char>> {
    let mut bytes = Vec::new();
    let mut rest = seen.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, next) = match (first, after) {
            (b'%', [high, low, next @ ..]) => {
                let digits = [*high, *low];
                (u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?, next)
            }
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = next;
    }
    printable(&bytes).filter(|_| seen.contains('%'))
}

const MORSE: [&str; 36] = [
    ".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--", "-.", "---",
    ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--..", "-----", ".----",
    "..---", "...--", "....-", ".....", "-....", "--...", "---..", "----.",
];

fn morse(text: &str) -> Option<Vec<char>> {
    let letters = text.split([' ', '/', '|', '_']).filter(|part| !part.is_empty());
    letters
        .map(|letter| {
            let letter = letter.replace(['·', '•', '*'], ".");
            let at = MORSE.iter().position(|code| *code == letter)?;
            "abcdefghijklmnopqrstuvwxyz0123456789".chars().nth(at)
        })
        .collect()
}

/// `16-1-19-19`, or two digits for each.
fn places_in_the_alphabet(text: &str) -> Option<Vec<char>> {
    let letter = |number: &str| {
        let place: u32 = number.parse().ok().filter(|place| (1..=26).contains(place))?;
        char::from_u32(u32::from('a') + place - 1)
    };
    if text.chars().all(|c| c.is_ascii_digit()) {
        let pair = |at: usize| letter(text.get(at..at + 2)?);
        return text.len().is_multiple_of(2).then(|| (0..text.len()).step_by(2).map(pair).collect())?;
    }
    let mut signs = text.chars().filter(|c| !c.is_ascii_digit());
    let sign = signs.next()?;
    signs
        .all(|other| other == sign)
        .then(|| text.split(sign).filter(|part| !part.is_empty()).map(letter).collect())?
}

const SPOKEN: [&str; 26] = [
    "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo",
    "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor",
    "whiskey", "xray", "yankee", "zulu",
];
const OTHERS: [(&str, char); 28] = [
    ("alpha", 'a'),
    ("juliet", 'j'),
    ("whisky", 'w'),
    ("ay", 'a'),
    ("bee", 'b'),
    ("cee", 'c'),
    ("see", 'c'),
    ("dee", 'd'),
    ("ee", 'e'),
    ("ef", 'f'),
    ("eff", 'f'),
    ("gee", 'g'),
    ("aitch", 'h'),
    ("eye", 'i'),
    ("jay", 'j'),
    ("kay", 'k'),
    ("el", 'l'),
    ("ell", 'l'),
    ("em", 'm'),
    ("en", 'n'),
    ("oh", 'o'),
    ("pee", 'p'),
    ("cue", 'q'),
    ("ar", 'r'),
    ("ess", 's'),
    ("tee", 't'),
    ("you", 'u'),
    ("why", 'y'),
];

/// A word by the names of its letters: as few names as give the whole text.
fn spelled(text: &str) -> Option<Vec<char>> {
    let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let names: Vec<(&str, char)> = SPOKEN.iter().copied().zip('a'..='z').chain(OTHERS).collect();
    let mut best: Vec<Option<Vec<char>>> = vec![None; letters.len() + 1];
    best[0] = Some(Vec::new());
    for at in 0..letters.len() {
        let Some(so_far) = best[at].clone() else { continue };
        let Some(rest) = letters.get(at..) else { continue };
        for (name, letter) in names.iter().filter(|(name, _)| rest.starts_with(name)) {
            let next = &mut best[at + name.len()];
            if next.as_ref().is_none_or(|next| next.len() > so_far.len() + 1) {
                *next = Some(so_far.iter().copied().chain([*letter]).collect());
            }
        }
    }
    best.pop()?
}

/// Letters of another alphabet as such, not as the Latin ones that they look like.
fn as_typed(typed: &str) -> Option<Vec<char>> {
    let is_other = |c: char| c.is_alphabetic() && !c.is_ascii();
    typed.contains(is_other).then(|| unmarked(typed))
}

/// In lower case; Latin, Greek and Russian letters without their marks.
fn unmarked(typed: &str) -> Vec<char> {
    let seen = typed.chars().filter(|c| !is_ignorable(*c)).flat_map(char::to_lowercase);
    let mut plain = Vec::new();
    for c in seen {
        if needs_no_marks(c) {
            decompose_canonical(c, |part| plain.extend(Some(part).filter(|part| !is_combining_mark(*part))));
        } else {
            plain.push(c);
        }
    }
    plain
}

/// Russian and Greek letters by their sound.
fn romanised(typed: &str) -> Option<Vec<char>> {
    const SOUNDS: [(&str, &str); 2] = [
        ("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "abvgdeejziiklmnoprstufhccssqyqeua"),
        ("αβγδεζηθικλμνξοπρστυφχψω", "abgdezitiklmnxoprstyfhpo"),
    ];
    let mut found = 0;
    let sound = |c: char| {
        let sounds =
            SOUNDS.iter().find_map(|(from, to)| to.chars().nth(from.chars().position(|other| other == c)?));
        found += usize::from(sounds.is_some());
        sounds.unwrap_or(c)
    };
    let read: Vec<char> = unmarked(typed).into_iter().map(sound).collect();
    (found >= 3).then_some(read)
}

/// Each run of one character as one, with what its lengths cost: `122333`, `aaabbbccc`.
fn once_each(plain: &[char]) -> Option<(Vec<char>, f32)> {
    let runs: Vec<&[char]> = plain.chunk_by(|a, b| a == b).collect();
    let lengths: Vec<usize> = runs.iter().map(|run| run.len()).collect();
    let is_even = lengths.windows(2).all(|pair| pair[0] == pair[1]);
    let grows = lengths.windows(2).all(|pair| pair[0] + 1 == pair[1] || pair[1] + 1 == pair[0]);
    let long = lengths.iter().filter(|length| **length > 1).count();
    #[expect(clippy::cast_precision_loss, reason = "at most 256")]
    let bits = if is_even || grows { 5.0 } else { 3.0 + 1.5 * long as f32 };
    (long >= 2 && 3 * long >= 2 * runs.len()).then(|| (runs.iter().map(|run| run[0]).collect(), bits))
}

/// Each character twice.
fn doubled(plain: &[char]) -> Option<Vec<char>> {
    let (pairs, rest) = plain.as_chunks::<2>();
    (rest.is_empty() && pairs.iter().all(|[a, b]| a == b)).then(|| pairs.iter().map(|pair| pair[0]).collect())
}

fn upside_down(seen: &str) -> Option<Vec<char>> {
    const TURNED: &str = "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz";
    let mut turned = 0;
    let letters: Vec<char> = seen
        .chars()
        .flat_map(char::to_lowercase)
        .rev()
        .map(|c| {
            let at = TURNED.chars().position(|letter| letter == c);
            turned += usize::from(at.is_some() && !c.is_ascii());
            match c {
                'ı' => 'i',
                'ʃ' => 'l',
                'ɓ' | 'ᵷ' => 'g',
                _ => at.and_then(|at| ('a'..='z').nth(at)).unwrap_or(c),
            }
        })
        .collect();
    (turned >= 2).then_some(letters)
}

/// How word-like letters are: bits for each.
#[expect(clippy::cast_precision_loss, reason = "at most 256")]
fn unlike_words(letters: &[char]) -> f32 {
    let (mut before, mut bits, mut count) = ([None; 3], 0.0, 0);
    for &letter in letters {
        if letter.is_ascii_lowercase() {
            bits += after(before, letter);
            before = [before[1], before[2], Some(letter)];
            count += 1;
        } else {
            before = [None; 3];
        }
    }
    if count < 4 { f32::MAX } else { bits / count as f32 }
}

/// Moved along the alphabet by as much as makes it most like words, or with its ends exchanged: z for a.
fn moved(plain: &[char]) -> Option<Vec<char>> {
    let by = |places: u8| -> Vec<char> {
        let turn = |c: char| match u8::try_from(c) {
            Ok(byte @ b'a'..=b'z') => char::from(b'a' + (byte - b'a' + places) % 26),
            _ => c,
        };
        plain.iter().map(|&c| turn(c)).collect()
    };
    let mirrored = || {
        let turn = |c: char| match u8::try_from(c) {
            Ok(byte @ b'a'..=b'z') => char::from(b'z' - (byte - b'a')),
            _ => c,
        };
        plain.iter().map(|&c| turn(c)).collect()
    };
    let best =
        (1..26).map(by).chain([mirrored()]).min_by(|a, b| unlike_words(a).total_cmp(&unlike_words(b)))?;
    (unlike_words(&best) < unlike_words(plain)).then_some(best)
}

/// Typed with the hands in a wrong place: the keys so far from these, where that is more like words.
fn beside(plain: &[char], to_row: i8, to_column: i8) -> Option<Vec<char>> {
    let moved = |c: char| {
        let from = key(&US, c)?;
        let line = usize::try_from(2 * (from.row + to_row)).ok()?;
        let column = usize::try_from(from.column + to_column).ok()?;
        US.get(line)?.chars().nth(column).filter(|key| *key != ' ')
    };
    let read: Option<Vec<char>> = plain.iter().map(|&c| if c == ' ' { Some(c) } else { moved(c) }).collect();
    let is_word_like =
        |read: &Vec<char>| 4 * read.iter().filter(|c| c.is_ascii_lowercase()).count() >= 3 * read.len();
    read.filter(|read| is_word_like(read) && unlike_words(read) + 0.5 < unlike_words(plain))
}
