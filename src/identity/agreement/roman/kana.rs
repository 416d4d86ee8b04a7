//! Kana: Hepburn and Kunrei-shiki, and long vowels as macron, `h`, `ou`, `oo` or not at all.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::lay::{self, Table};

/// Reads a word of Hiragana or Katakana.
pub(super) fn is_read(word: &str, latin: &str) -> bool {
    let hiragana: String = word.chars().map(hiragana).collect();
    lay::fits(&hiragana, latin, KANA, &[])
}

/// Katakana stand 0x60 above Hiragana.
fn hiragana(c: char) -> char {
    match c {
        '\u{30a1}'..='\u{30f6}' => char::from_u32(c as u32 - 0x60).unwrap_or(c),
        _ => c,
    }
}

/// Whether both are romanisations of one Japanese name: `Shouta` and `Syota`.
pub(super) fn are_one(one: &str, other: &str) -> bool {
    one.starts_with(|first| other.starts_with(first) || "sctzjhf".contains(first))
        && hepburn(one).is_some_and(|one| hepburn(other) == Some(one))
}

/// Kunrei-shiki, as Hepburn has it.
const KUNREI: [(&str, &str); 14] = [
    ("sya", "sha"),
    ("syu", "shu"),
    ("syo", "sho"),
    ("tya", "cha"),
    ("tyu", "chu"),
    ("tyo", "cho"),
    ("zya", "ja"),
    ("zyu", "ju"),
    ("zyo", "jo"),
    ("si", "shi"),
    ("ti", "chi"),
    ("tu", "tsu"),
    ("hu", "fu"),
    ("zi", "ji"),
];

/// A word that is romanised Japanese, in Hepburn without long vowels.
fn hepburn(word: &str) -> Option<String> {
    // `tsu` and `shu` hold `tu` and `hu` for nobody: they are set aside first.
    let aside = [
        ("shi", "1"),
        ("shu", "2"),
        ("chi", "3"),
        ("chu", "4"),
        ("tsu", "5"),
        ("sho", "6"),
        ("sha", "7"),
        ("cho", "8"),
        ("cha", "9"),
    ];
    let kept = aside.iter().fold(word.to_owned(), |word, (from, to)| word.replace(from, to));
    let mapped = KUNREI.iter().fold(kept, |word, (from, to)| word.replace(from, to));
    let back = aside.iter().fold(mapped, |word, (from, to)| word.replace(to, from));
    let long = [("ou", "o"), ("oo", "o"), ("uu", "u"), ("mb", "nb"), ("mp", "np")];
    let short = long.iter().fold(back, |word, (from, to)| word.replace(from, to));
    let is_japanese = (short.len() >= 3).then(|| is_made_of_morae(&short))?;
    is_japanese.then_some(short)
}

fn is_made_of_morae(word: &str) -> bool {
    let mut rest = word;
    while !rest.is_empty() {
        let mora = |length: usize| rest.get(..length).is_some_and(is_mora);
        match [4, 3, 2, 1].into_iter().find(|length| mora(*length)) {
            Some(length) => rest = &rest[length..],
            None => return false,
        }
    }
    true
}

fn is_mora(text: &str) -> bool {
    static MORAE: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let short = KANA.iter().filter(|(kana, _)| kana.chars().count() <= 2);
        short.filter_map(|(_, readings)| readings.first().copied()).chain(["n"]).collect()
    });
    MORAE.contains(text)
}

#[rustfmt::skip]
const KANA: &Table = &[
    ("あ", &["a"]), ("い", &["i"]), ("う", &["u"]), ("え", &["e"]), ("お", &["o"]), ("か", &["ka"]), ("き", &["ki"]),
    ("く", &["ku"]), ("くう", &["ku", "kuh"]), ("け", &["ke"]), ("こ", &["ko"]), ("こう", &["ko", "koh", "koo"]),
    ("こお", &["ko", "koh"]), ("さ", &["sa"]), ("し", &["shi", "si"]), ("す", &["su"]), ("すう", &["su", "suh"]),
    ("せ", &["se"]), ("そ", &["so"]), ("そう", &["so", "soh", "soo"]), ("そお", &["so", "soh"]), ("た", &["ta"]),
    ("ち", &["chi", "ti"]), ("つ", &["tsu", "tu"]), ("つう", &["tsu", "tu", "tsuh", "tuh"]), ("て", &["te"]),
    ("と", &["to"]), ("とう", &["to", "toh", "too"]), ("とお", &["to", "toh"]), ("な", &["na"]), ("に", &["ni"]),
    ("ぬ", &["nu"]), ("ぬう", &["nu", "nuh"]), ("ね", &["ne"]), ("の", &["no"]), ("のう", &["no", "noh", "noo"]),
    ("のお", &["no", "noh"]), ("は", &["ha"]), ("ひ", &["hi"]), ("ふ", &["fu", "hu"]),
    ("ふう", &["fu", "hu", "fuh", "huh"]), ("へ", &["he"]), ("ほ", &["ho"]), ("ほう", &["ho", "hoh", "hoo"]),
    ("ほお", &["ho", "hoh"]), ("ま", &["ma"]), ("み", &["mi"]), ("む", &["mu"]), ("むう", &["mu", "muh"]), ("め", &["me"]),
    ("も", &["mo"]), ("もう", &["mo", "moh", "moo"]), ("もお", &["mo", "moh"]), ("ら", &["ra"]), ("り", &["ri"]),
    ("る", &["ru"]), ("るう", &["ru", "ruh"]), ("れ", &["re"]), ("ろ", &["ro"]), ("ろう", &["ro", "roh", "roo"]),
    ("ろお", &["ro", "roh"]), ("が", &["ga"]), ("ぎ", &["gi"]), ("ぐ", &["gu"]), ("ぐう", &["gu", "guh"]), ("げ", &["ge"]),
    ("ご", &["go"]), ("ごう", &["go", "goh", "goo"]), ("ごお", &["go", "goh"]), ("ざ", &["za"]), ("じ", &["ji", "zi"]),
    ("ず", &["zu"]), ("ずう", &["zu", "zuh"]), ("ぜ", &["ze"]), ("ぞ", &["zo"]), ("ぞう", &["zo", "zoh", "zoo"]),
    ("ぞお", &["zo", "zoh"]), ("だ", &["da"]), ("ぢ", &["ji", "di", "zi"]), ("づ", &["zu", "du", "dzu"]),
    ("づう", &["zu", "du", "dzu", "zuh", "duh", "dzuh"]), ("で", &["de"]), ("ど", &["do"]),
    ("どう", &["do", "doh", "doo"]), ("どお", &["do", "doh"]), ("ば", &["ba"]), ("び", &["bi"]), ("ぶ", &["bu"]),
    ("ぶう", &["bu", "buh"]), ("べ", &["be"]), ("ぼ", &["bo"]), ("ぼう", &["bo", "boh", "boo"]), ("ぼお", &["bo", "boh"]),
    ("ぱ", &["pa"]), ("ぴ", &["pi"]), ("ぷ", &["pu"]), ("ぷう", &["pu", "puh"]), ("ぺ", &["pe"]), ("ぽ", &["po"]),
    ("ぽう", &["po", "poh", "poo"]), ("ぽお", &["po", "poh"]), ("や", &["ya"]), ("ゆ", &["yu"]), ("よ", &["yo"]),
    ("わ", &["wa"]), ("ゆう", &["yu", "yuh"]), ("よう", &["yo", "yoh"]), ("よう", &["yoo"]), ("きゃ", &["kya"]),
    ("きゅ", &["kyu"]), ("きゅう", &["kyu", "kyuh"]), ("きょ", &["kyo"]), ("きょう", &["kyo", "kyoh", "kyoo"]),
    ("しゃ", &["sha", "sya"]), ("しゅ", &["shu", "syu"]), ("しゅう", &["shu", "syu", "shuh", "syuh"]),
    ("しょ", &["sho", "syo"]), ("しょう", &["sho", "syo", "shoh", "syoh", "shoo", "syoo"]), ("ちゃ", &["cha", "tya"]),
    ("ちゅ", &["chu", "tyu"]), ("ちゅう", &["chu", "tyu", "chuh", "tyuh"]), ("ちょ", &["cho", "tyo"]),
    ("ちょう", &["cho", "tyo", "choh", "tyoh", "choo", "tyoo"]), ("にゃ", &["nya"]), ("にゅ", &["nyu"]),
    ("にゅう", &["nyu", "nyuh"]), ("にょ", &["nyo"]), ("にょう", &["nyo", "nyoh", "nyoo"]), ("ひゃ", &["hya"]),
    ("ひゅ", &["hyu"]), ("ひゅう", &["hyu", "hyuh"]), ("ひょ", &["hyo"]), ("ひょう", &["hyo", "hyoh", "hyoo"]),
    ("みゃ", &["mya"]), ("みゅ", &["myu"]), ("みゅう", &["myu", "myuh"]), ("みょ", &["myo"]),
    ("みょう", &["myo", "myoh", "myoo"]), ("りゃ", &["rya"]), ("りゅ", &["ryu"]), ("りゅう", &["ryu", "ryuh"]),
    ("りょ", &["ryo"]), ("りょう", &["ryo", "ryoh", "ryoo"]), ("ぎゃ", &["gya"]), ("ぎゅ", &["gyu"]),
    ("ぎゅう", &["gyu", "gyuh"]), ("ぎょ", &["gyo"]), ("ぎょう", &["gyo", "gyoh", "gyoo"]), ("じゃ", &["ja", "zya", "jya"]),
    ("じゅ", &["ju", "zyu", "jyu"]), ("じゅう", &["ju", "zyu", "jyu", "juh", "zyuh", "jyuh"]),
    ("じょ", &["jo", "zyo", "jyo"]), ("じょう", &["jo", "zyo", "jyo", "joh", "zyoh", "jyoh", "joo", "zyoo", "jyoo"]),
    ("びゃ", &["bya"]), ("びゅ", &["byu"]), ("びゅう", &["byu", "byuh"]), ("びょ", &["byo"]),
    ("びょう", &["byo", "byoh", "byoo"]), ("ぴゃ", &["pya"]), ("ぴゅ", &["pyu"]), ("ぴゅう", &["pyu", "pyuh"]),
    ("ぴょ", &["pyo"]), ("ぴょう", &["pyo", "pyoh", "pyoo"]), ("ゔ", &["v", "vu"]), ("を", &["o", "wo"]),
    ("ん", &["n", "m", "nn"]), ("おお", &["o", "oh"]), ("おう", &["o", "oh", "oo"]), ("うう", &["u"]),
    ("っ", &["k", "s", "t", "p", "c", ""]), ("ー", &["", "h", "o", "u", "a", "i", "e"]),
];
