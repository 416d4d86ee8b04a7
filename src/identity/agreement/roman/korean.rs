//! Hangul: a syllable is a consonant, a vowel, and often a consonant at its end.

use super::lay::{self, Table};
use unicode_normalization::UnicodeNormalization;

/// Reads a word of Hangul syllables, letter by letter.
pub(super) fn is_read(word: &str, latin: &str) -> bool {
    let letters: String = word.nfd().collect();
    lay::fits(&letters, latin, LETTERS, &[])
}

/// Whether both are spellings of one Korean given name, syllable by syllable: `Joonho` and `Junho`.
pub(super) fn are_one(one: &str, other: &str) -> bool {
    let usual = |syllable: &str| {
        SYLLABLES.iter().find(|spellings| spellings.contains(&syllable)).map(|spellings| spellings[0])
    };
    let readings = |word: &str| -> Vec<[Option<&str>; 2]> {
        let parts = (1..=word.len()).filter_map(|at| word.split_at_checked(at));
        parts
            .map(|(first, second)| [usual(first), if second.is_empty() { Some("") } else { usual(second) }])
            .filter(|syllables| syllables.iter().all(Option::is_some))
            .collect()
    };
    let is_short = one.len().max(other.len()) <= 14;
    is_short && readings(one).iter().any(|reading| readings(other).contains(reading))
}

/// Syllables of given names, the Revised spelling first. Those that have one spelling only stand here for the other half.
#[rustfmt::skip]
const SYLLABLES: &[&[&str]] = &[
    &["a", "ah"], &["beom", "bum"], &["bin", "been"], &["bo"], &["byeong", "byung"], &["chan"], &["cheol", "chul", "chol"],
    &["dae"], &["deok", "duk", "deuk"], &["do", "doh"], &["dong"], &["eun", "un"], &["geun", "keun", "gun"], &["gi", "ki", "kee"],
    &["gwang", "kwang"], &["gyeong", "kyung", "kyoung"], &["gyu", "kyu"], &["ha", "hah"], &["hae"], &["han"], &["hui", "hee", "hi"],
    &["ho"], &["hong"], &["hun", "hoon"], &["hwa"], &["hwan"], &["hye"], &["hyeok", "hyuk", "hyeog"], &["hyeon", "hyun", "hyoun"],
    &["hyo"], &["in"], &["jae", "jai"], &["jeong", "jung", "chung", "joung"], &["ji", "jee"], &["jin", "jeen"], &["jong"],
    &["ju", "joo"], &["jun", "joon"], &["min"], &["mi", "mee"], &["mun", "moon"], &["myeong", "myung", "myoung"], &["na"], &["nam"],
    &["ok"], &["ra", "rah"], &["rin"], &["sang"], &["seo", "suh"], &["seok", "suk", "sok"], &["seon", "sun"], &["seong", "sung"],
    &["seung"], &["si", "shi"], &["sik", "shik"], &["sol"], &["song"], &["su", "soo"], &["suk", "sook"], &["sun", "soon"], &["tae"],
    &["u", "woo", "wu"], &["uk", "wook"], &["un", "woon"], &["won"], &["ye"], &["yeon", "youn"], &["yeong", "young", "yung"],
    &["yong"], &["yu", "yoo", "you"], &["yun", "yoon"],
];

#[rustfmt::skip]
const LETTERS: &Table = &[
    // At the beginning
    ("\u{1100}", &["g", "k"]), ("\u{1101}", &["kk", "gg", "k"]), ("\u{1102}", &["n"]), ("\u{1103}", &["d", "t"]),
    ("\u{1104}", &["tt", "dd", "t"]), ("\u{1105}", &["r", "l", "n"]), ("\u{1106}", &["m"]), ("\u{1107}", &["b", "p"]),
    ("\u{1108}", &["pp", "bb", "p"]), ("\u{1109}", &["s", "sh"]), ("\u{110a}", &["ss", "s"]), ("\u{110b}", &[""]),
    ("\u{110c}", &["j", "ch", "z"]), ("\u{110d}", &["jj", "tch", "j"]), ("\u{110e}", &["ch"]), ("\u{110f}", &["k"]),
    ("\u{1110}", &["t"]), ("\u{1111}", &["p"]), ("\u{1112}", &["h"]),
    // Vowels
    ("\u{1161}", &["a", "ah"]), ("\u{1162}", &["ae", "e", "ai", "ay"]), ("\u{1163}", &["ya"]), ("\u{1164}", &["yae"]),
    ("\u{1165}", &["eo", "u", "o", "uh"]), ("\u{1166}", &["e", "eh"]), ("\u{1167}", &["yeo", "yu", "you", "yo"]),
    ("\u{1168}", &["ye", "yea", "ie"]), ("\u{1169}", &["o", "oh"]), ("\u{116a}", &["wa"]), ("\u{116b}", &["wae"]),
    ("\u{116c}", &["oe", "oi", "we"]), ("\u{116d}", &["yo", "yoh"]), ("\u{116e}", &["u", "oo", "woo", "ou"]),
    ("\u{116f}", &["wo", "weo", "won", "wuh"]), ("\u{1170}", &["we"]), ("\u{1171}", &["wi", "wee"]), ("\u{1172}", &["yu", "yoo", "you"]),
    ("\u{1173}", &["eu", "u", "oo"]), ("\u{1174}", &["ui", "ee", "i", "ie"]), ("\u{1175}", &["i", "ee", "y", "ie"]),
    // At the end
    ("\u{11a8}", &["k", "g", "ck"]), ("\u{11ab}", &["n"]), ("\u{11ae}", &["t", "d"]), ("\u{11af}", &["l"]), ("\u{11b7}", &["m"]),
    ("\u{11b8}", &["p", "b"]), ("\u{11ba}", &["t", "s"]), ("\u{11bc}", &["ng"]), ("\u{11bd}", &["t", "j"]), ("\u{11be}", &["t"]),
    ("\u{11bf}", &["k"]), ("\u{11c0}", &["t"]), ("\u{11c1}", &["p"]), ("\u{11c2}", &["t", "h", ""]),
];
