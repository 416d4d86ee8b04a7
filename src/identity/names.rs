//! Names in normal form: a list of tokens in which only letters and digits are left.
//!
//! Accents are dropped and the letters that NFKD leaves alone are spelled out (`ß æ œ ø ł đ ð þ ı`), so that
//! a name typed on a foreign keyboard is still the same name. Nothing is romanised: `王小明` is not
//! `Wang Xiao Ming`. Rule: what is one name in two spellings meets here; what merely sounds alike does not.

use unicode_normalization::UnicodeNormalization;

use super::text;

/// More tokens than anyone's name has; the rest of a longer one is left out.
const MAX_TOKENS: usize = 24;

const PARTICLES: [&str; 48] = [
    "af", "al", "am", "av", "bin", "bint", "binti", "da", "dal", "das", "de", "degli", "dei", "del", "della",
    "den", "der", "des", "di", "do", "dos", "du", "e", "el", "i", "ibn", "la", "las", "le", "les", "lo",
    "los", "of", "op", "ould", "t", "te", "ten", "ter", "the", "und", "van", "vom", "von", "y", "zu", "zum",
    "zur",
];

const SUFFIXES: [&str; 12] =
    ["jr", "sr", "junior", "senior", "ii", "iii", "iv", "filho", "neto", "2nd", "3rd", "4th"];

/// Which of several people of one name a suffix says it is: the first is `Sr`. `Jr` is `II`.
pub(super) fn suffix_rank(token: &Token) -> Option<u8> {
    Some(match token.plain.as_str() {
        "sr" | "senior" => 1,
        "jr" | "junior" | "filho" | "ii" | "2nd" => 2,
        "iii" | "neto" | "3rd" => 3,
        "iv" | "4th" => 4,
        _ => return None,
    })
}

/// One word of a name, in each form in which it may be spelled.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Accents dropped: `Müller` is `muller`.
    pub(super) plain: String,
    /// Umlauts written out: `Müller` is `mueller`.
    pub(super) written_out: String,
}

impl Token {
    pub(super) fn forms(&self) -> [&str; 2] {
        [&self.plain, &self.written_out]
    }

    /// Several tokens as one word: `Anna-Maria` as `annamaria`.
    pub(super) fn joined<'a>(tokens: impl IntoIterator<Item = &'a Self> + Clone) -> Self {
        Self {
            plain: tokens.clone().into_iter().map(|token| token.plain.as_str()).collect(),
            written_out: tokens.into_iter().map(|token| token.written_out.as_str()).collect(),
        }
    }

    fn is_one_of(&self, words: &[&str]) -> bool {
        words.contains(&self.plain.as_str())
    }
}

/// The tokens of one field, in the order in which they stand.
pub(super) fn tokens(name: &str) -> Vec<Token> {
    let spell = |umlauts| folded(name, umlauts);
    let (plain, written_out) = (spell(Umlauts::Dropped), spell(Umlauts::WrittenOut));
    // Both spellings have the same separators, hence the same number of words.
    plain
        .split_whitespace()
        .zip(written_out.split_whitespace())
        .map(|(plain, written_out)| Token { plain: plain.to_owned(), written_out: written_out.to_owned() })
        .take(MAX_TOKENS)
        .collect()
}

/// Which field a name stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Given names. `Do` in `Do-yun` is half of the name, no particle: without it, it would fit `Ji-yun`.
    Given,
    /// Family names.
    Family,
}

/// The tokens that carry the name: without suffixes (`Jr`, `III`) and, in a family name, without particles
/// (`van`, `de`, `al`); all of them if nothing else is left.
pub(super) fn core(tokens: &[Token], kind: Kind) -> Vec<Token> {
    let without = |words: &[&str], tokens: &[Token]| {
        let left: Vec<Token> = tokens.iter().filter(|token| !token.is_one_of(words)).cloned().collect();
        if left.is_empty() { tokens.to_vec() } else { left }
    };
    let plain = without(&SUFFIXES, tokens);
    match kind {
        Kind::Given => plain,
        Kind::Family => without(&PARTICLES, &plain),
    }
}

/// The forms in which a name stands in an index value: its core as one word. At most two, none if it is empty.
pub(super) fn index_forms(name: &str, kind: Kind) -> Vec<String> {
    let word = Token::joined(&core(&tokens(name), kind));
    let mut forms: Vec<String> = word.forms().iter().map(|form| (*form).to_owned()).collect();
    forms.dedup();
    forms.retain(|form| !form.is_empty());
    forms
}

/// One form for every spelling of a name that the index forgives; for budgets, never for look-up.
pub(super) fn budget_form(name: &str, kind: Kind) -> String {
    let word = Token::joined(&core(&tokens(name), kind));
    // `Müller`, `Mueller` and `Muller` spend one budget.
    ["ae", "oe", "ue", "aa"].iter().fold(word.written_out, |form, pair| form.replace(pair, &pair[..1]))
}

#[derive(Clone, Copy)]
enum Umlauts {
    Dropped,
    WrittenOut,
}

/// Lower case without accents; words separated by one or more spaces.
fn folded(name: &str, umlauts: Umlauts) -> String {
    let lower = text::lowered(name.nfc()).nfc();
    let visible = lower.filter(|c| !text::is_ignorable(*c) && !is_apostrophe(*c));
    let mut spelled = String::with_capacity(name.len());
    for c in visible {
        match (umlauts, written_out(c)) {
            (Umlauts::WrittenOut, Some(letters)) => spelled.push_str(letters),
            _ => spelled.push(c),
        }
    }
    let bare =
        text::lowered(spelled.nfkd()).nfkd().filter(|c| !text::is_optional_mark(*c) && !is_apostrophe(*c));
    let mut words = String::with_capacity(spelled.len());
    for c in bare {
        match spelled_out(c) {
            Some(letters) => words.push_str(letters),
            None if is_part_of_word(c) => words.push(text::ascii_digit(c)),
            None => words.push(' '),
        }
    }
    words.nfc().collect()
}

fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

/// Signs that stand inside a word: `O'Brien`, `Oʻzbek`, `N’Diaye`. They are left out, never a separator.
/// The Arabic stretch (U+0640) goes with them.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '\u{B4}' | '\u{2B9}'..='\u{2BF}' | '\u{2C8}' | '\u{2CA}' | '\u{2CB}' | '\u{5F3}' | '\u{5F4}'
        | '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2035}' | '\u{A78B}' | '\u{A78C}' | '\u{FF07}' | '\u{1FBD}'
        | '\u{1FBF}' | '\u{640}')
}

/// Umlauts as their languages write them out.
fn written_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' => "ae",
        'ö' | 'ø' => "oe",
        'ü' => "ue",
        'å' => "aa",
        _ => return None,
    })
}

/// Letters that decompose into nothing, and Arabic letters that keyboards interchange.
fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "ng",
        'ə' => "e",
        'ς' => "σ",
        '\u{649}' | '\u{6CC}' => "\u{64A}",
        '\u{6A9}' => "\u{643}",
        _ => return None,
    })
}
