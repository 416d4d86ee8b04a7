//! Scripts that leave vowels out, or inside their consonants. Marks of short vowels are gone already.

use super::lay::{self, Table};

/// A short vowel, where none is written.
const SHORT: [&str; 6] = ["a", "e", "i", "o", "u", "ou"];

#[rustfmt::skip]
const ARABIC: &Table = &[
    ("ب", &["b"]), ("ت", &["t"]), ("ث", &["th", "s", "t"]), ("ج", &["j", "g", "dj", "dsch"]), ("ح", &["h"]),
    ("خ", &["kh", "ch", "x"]), ("د", &["d"]), ("ذ", &["dh", "z", "th", "d"]), ("ر", &["r"]), ("ز", &["z"]),
    ("س", &["s"]), ("ش", &["sh", "ch", "sch"]), ("ص", &["s"]), ("ض", &["d", "dh", "z"]), ("ط", &["t"]),
    ("ظ", &["z", "dh", "th", "d"]), ("ع", &["", "a", "e", "i", "o", "u", "aa"]), ("غ", &["gh", "g"]), ("ف", &["f", "ph"]),
    ("ق", &["q", "k", "g", "gh", "c"]), ("ك", &["k", "c", "q", "ck"]), ("ل", &["l"]), ("م", &["m"]), ("ن", &["n"]),
    ("ه", &["h"]), ("و", &["w", "v", "u", "o", "ou", "oo", "aw", "au", "ow"]),
    ("ي", &["y", "i", "ee", "ie", "ei", "ai", "ay", "ey", "e", "ii", "j"]), ("يي", &["yy", "i", "y", "aye"]),
    ("ا", &["a", "e", "aa"]), ("ء", &["", "a", "e"]), ("ة", &["a", "ah", "e", "eh", "at", "et"]),
    ("پ", &["p"]), ("چ", &["ch", "tch"]), ("ژ", &["zh", "j"]), ("گ", &["g"]), ("ڤ", &["v"]),
    // Before a long vowel an alif only carries it; in the article it is any vowel, and its `l` may become the next letter.
    ("اي", &["i", "ee", "ai", "ay", "e", "ei"]), ("او", &["o", "ou", "u", "aw", "au", "ow"]), ("ال", &["ul", "el", "il", "ol"]),
    ("الر", &["ur", "ar", "er", "urr", "arr", "err"]), ("الس", &["us", "as", "es", "uss", "ass", "ess"]),
    ("الش", &["ush", "ash", "esh", "ushsh"]), ("الن", &["un", "an", "en", "unn", "ann", "enn"]),
    ("الد", &["ud", "ad", "ed", "udd", "add", "edd"]), ("الز", &["uz", "az", "ez", "uzz", "azz", "ezz"]),
    ("الص", &["us", "as", "es", "uss", "ass"]), ("الت", &["ut", "at", "et", "utt", "att"]), ("الله", &["ullah", "allah", "ulla", "alla", "ollah", "llah"]),
];

/// At the end of a word, or at its beginning, some letters are read in other ways too.
const ARABIC_ENDS: [(&str, &[&str]); 3] =
    [("ي", &["a", "ah"]), ("ه", &["a", "ah", "eh", "e"]), ("ا", &["ah"])];
const ARABIC_STARTS: [(&str, &[&str]); 1] = [("ا", &["i", "o", "u"])];
const ARTICLES: [&str; 11] = ["al", "el", "ar", "as", "ash", "an", "ad", "az", "at", "ul", "l"];

pub(super) fn is_arabic(word: &str, latin: &str) -> bool {
    let bare = word.strip_prefix("ال").filter(|bare| bare.chars().count() >= 3);
    let latins = ARTICLES.iter().filter_map(|article| latin.strip_prefix(article));
    is_read(word, latin, ARABIC, &ARABIC_STARTS, &ARABIC_ENDS)
        || bare.is_some_and(|bare| {
            latins.chain([latin]).any(|latin| is_read(bare, latin, ARABIC, &ARABIC_STARTS, &ARABIC_ENDS))
        })
}

#[rustfmt::skip]
const HEBREW: &Table = &[
    ("א", &["", "a", "e", "i", "o", "u"]), ("ב", &["b", "v"]), ("ג", &["g", "j"]), ("ד", &["d"]), ("ה", &["h"]),
    ("ו", &["v", "w", "o", "u", "oo"]), ("ז", &["z"]), ("ח", &["ch", "h", "kh"]), ("ט", &["t"]),
    ("י", &["y", "i", "e", "ee", "j", "ey", "ei", "ai"]), ("יי", &["y", "i", "ai", "ay", "yi", "ei"]),
    ("כ", &["k", "ch", "c", "kh"]), ("ך", &["k", "ch", "kh"]), ("ל", &["l"]), ("מ", &["m"]), ("ם", &["m"]), ("נ", &["n"]),
    ("ן", &["n"]), ("ס", &["s"]), ("ע", &["", "a", "e", "i", "o", "u"]), ("פ", &["p", "f", "ph"]), ("ף", &["f", "ph", "p"]),
    ("צ", &["tz", "ts", "z", "c"]), ("ץ", &["tz", "ts", "z", "c"]), ("ק", &["k", "c", "q", "ck"]), ("ר", &["r"]),
    ("ש", &["sh", "s", "sch"]), ("ת", &["t", "th"]), ("ח", &["h"]),
];
const HEBREW_ENDS: [(&str, &[&str]); 1] = [("ה", &["a", "ah", "e", "eh", "o", ""])];

pub(super) fn is_hebrew(word: &str, latin: &str) -> bool {
    is_read(word, latin, HEBREW, &[], &HEBREW_ENDS)
}

fn is_read(
    word: &str,
    latin: &str,
    table: &Table,
    starts: &[(&str, &[&str])],
    ends: &[(&str, &[&str])],
) -> bool {
    lay::fits_by(word, latin, &SHORT, |rest, becomes| {
        let at_start = rest.len() == word.len();
        let special = starts.iter().filter(|_| at_start && rest.len() > 2);
        let special = special.chain(ends.iter().filter(|(letters, _)| rest == *letters));
        for (letters, readings) in table
            .iter()
            .map(|(letters, readings)| (letters, readings))
            .chain(special.map(|(letters, readings)| (letters, readings)))
        {
            // `جمال` ends with an `al` that is no article.
            let is_end = letters.starts_with("ال") && rest.len() < letters.len() + 4;
            if rest.starts_with(letters) && !is_end {
                readings.iter().for_each(|reading| becomes(letters.len(), reading));
            }
        }
    })
}

/// Each consonant has an `a` with it, which may be silent.
#[rustfmt::skip]
pub(super) const DEVANAGARI: &Table = &[
    ("क", &["k", "c", "q"]), ("ख", &["kh"]), ("ग", &["g"]), ("घ", &["gh"]), ("ङ", &["n", "ng"]), ("च", &["ch", "c"]),
    ("छ", &["chh", "ch"]), ("ज", &["j", "z"]), ("झ", &["jh"]), ("ञ", &["n", "y"]), ("ट", &["t"]), ("ठ", &["th", "t"]),
    ("ड", &["d", "r"]), ("ढ", &["dh"]), ("ण", &["n"]), ("त", &["t", "th"]), ("थ", &["th"]), ("द", &["d", "dh"]), ("ध", &["dh"]),
    ("न", &["n"]), ("प", &["p"]), ("फ", &["ph", "f"]), ("ब", &["b"]), ("भ", &["bh"]), ("म", &["m"]), ("य", &["y"]),
    ("र", &["r"]), ("ल", &["l"]), ("ळ", &["l"]), ("व", &["v", "w"]), ("श", &["sh", "s"]), ("ष", &["sh", "s"]), ("स", &["s"]),
    ("ह", &["h"]), ("ं", &["n", "m", "ng"]), ("ँ", &["n", ""]), ("ः", &["h", ""]), ("्", &[""]), ("़", &[""]),
    ("ा", &["a", "aa"]), ("ि", &["i", "e"]), ("ी", &["i", "ee", "y", "ii"]), ("ु", &["u", "oo"]), ("ू", &["u", "oo"]),
    ("ृ", &["ri", "ru", "r"]), ("े", &["e", "ay"]), ("ै", &["ai", "ei", "ay"]), ("ो", &["o"]), ("ौ", &["au", "ou", "ow"]),
    ("अ", &["a", "u"]), ("आ", &["a", "aa"]), ("इ", &["i", "e"]), ("ई", &["i", "ee"]), ("उ", &["u"]), ("ऊ", &["u", "oo"]),
    ("ऋ", &["ri", "ru"]), ("ए", &["e"]), ("ऐ", &["ai", "e"]), ("ओ", &["o"]), ("औ", &["au"]), ("ज्ञ", &["gy", "jn", "dny"]),
    ("क्ष", &["ksh", "x", "kh"]),
];
