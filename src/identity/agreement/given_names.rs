//! Which words are given names.
//!
//! `Marai` is nobody's name and `Marta` is somebody's: only the list can tell a slip from a twin. It is made by
//! `tools/given_names` out of the names of the Social Security Administration of the United States (500 births or more
//! since 1880), of the locales of the Python package Faker (MIT) and of a list of Japanese names (MIT), and of
//! `more.txt` there; NOTICE names the sources. 40,239 words, each in the form of [`names::tokens`](super::super::names), sorted by their bytes.

use super::super::names::Token;

static NAMES: &str = include_str!("given_names.txt");

/// Whether the word is a given name as far as we know. Of a name that is not on the list two halves may tell.
pub(super) fn is_known(token: &Token) -> bool {
    token.forms().iter().any(|form| is_listed(form) || is_east_asian(form))
}

/// Searches the sorted lines by halves.
fn is_listed(name: &str) -> bool {
    let lines = NAMES.as_bytes();
    let (mut from, mut to) = (0, lines.len());
    while from < to {
        let middle = from + (to - from) / 2;
        let start =
            lines[from..middle].iter().rposition(|byte| *byte == b'\n').map_or(from, |at| from + at + 1);
        let length = lines[start..].iter().position(|byte| *byte == b'\n').unwrap_or(lines.len() - start);
        match name.as_bytes().cmp(&lines[start..start + length]) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => to = start,
            std::cmp::Ordering::Greater => from = start + length + 1,
        }
    }
    false
}

/// Korean and Chinese given names are made of one or two syllables out of some hundred, so no list has them all.
fn is_east_asian(name: &str) -> bool {
    let splits = |syllables: &[&str]| {
        let is_end = |rest: &str| rest.is_empty() || syllables.contains(&rest);
        syllables.iter().any(|first| name.strip_prefix(first).is_some_and(is_end))
    };
    name.len() <= 12 && (splits(KOREAN) || splits(CHINESE))
}

/// Syllables of Korean given names, in the spellings that are in use.
#[rustfmt::skip]
const KOREAN: &[&str] = &[
    "ae", "ah", "beom", "bin", "bo", "bok", "bong", "bum", "byung", "chan", "chang", "cheol", "chul", "chun", "dae",
    "dan", "do", "dong", "duk", "eun", "geun", "gi", "gil", "gu", "gun", "gwang", "gyeong", "gyu", "ha", "hae", "han",
    "hak", "hee", "heon", "ho", "hong", "hoon", "hui", "hun", "hwa", "hwan", "hye", "hyeok", "hyeon", "hyo", "hyuk",
    "hyun", "hyung", "il", "im", "in", "jae", "jang", "jeong", "ji", "jin", "jong", "joo", "joon", "ju", "jun",
    "jung", "keun", "ki", "ku", "kwan", "kwang", "kyeong", "kyu", "kyung", "mi", "min", "mo", "moon", "mun", "myeong",
    "myung", "na", "nam", "oh", "ok", "pil", "ra", "rae", "ran", "rim", "rin", "sang", "seo", "seok", "seon",
    "seong", "seung", "shik", "shin", "si", "sik", "sin", "so", "sol", "song", "soo", "sook", "soon", "suk", "su",
    "sun", "sung", "tae", "taek", "uk", "ui", "um", "un", "wan", "won", "woo", "wook", "woon", "ya", "yang", "ye",
    "yeon", "yeong", "yong", "yoo", "yoon", "young", "yu", "yul", "yun",
];

/// Syllables of Chinese given names, in pinyin.
#[rustfmt::skip]
const CHINESE: &[&str] = &[
    "ai", "bao", "bin", "bing", "bo", "cai", "chang", "chao", "chen", "cheng", "chun", "cong", "cui", "da", "dan",
    "de", "dong", "fang", "fei", "fen", "feng", "fu", "gang", "guang", "gui", "guo", "hai", "han", "hang", "hao",
    "he", "heng", "hong", "hua", "huan", "hui", "jia", "jian", "jiang", "jie", "jin", "jing", "jian", "juan", "jun",
    "kai", "kang", "kun", "lan", "lei", "li", "lian", "liang", "lin", "ling", "long", "lu", "mei", "meng", "miao",
    "min", "ming", "na", "nan", "ning", "pei", "peng", "ping", "qi", "qian", "qiang", "qin", "qing", "qiong", "qiu",
    "quan", "rong", "rui", "shan", "sheng", "shi", "shu", "shuang", "shuo", "song", "tao", "ting", "tong", "wei",
    "wen", "wu", "xi", "xia", "xian", "xiang", "xiao", "xin", "xing", "xiong", "xiu", "xu", "xuan", "xue", "ya",
    "yan", "yang", "yao", "yi", "yin", "ying", "yong", "you", "yu", "yuan", "yue", "yun", "ze", "zhang", "zhao",
    "zhen", "zheng", "zhi", "zhong", "zhou", "zhu", "zi",
];

#[cfg(test)]
mod tests {
    use super::super::super::names;
    use super::*;

    fn knows(name: &str) -> bool {
        names::tokens(name).iter().all(is_known)
    }

    /// A hole in the order would hide names from the search, and another fold would hide them from everyone.
    #[test]
    fn the_list_is_sorted_and_each_name_is_found_under_its_own_form() {
        let listed: Vec<&str> = NAMES.lines().collect();
        assert_eq!(listed.len(), 40_239);
        assert!(listed.is_sorted_by(|a, b| a.as_bytes() < b.as_bytes()));
        let lost: Vec<_> = listed
            .iter()
            .filter(|name| {
                let tokens = names::tokens(name);
                tokens.len() != 1 || tokens[0].plain != **name || !is_listed(name)
            })
            .collect();
        assert!(lost.is_empty(), "{lost:?}");
    }

    #[test]
    fn names_are_known_and_slips_are_not() {
        for name in [
            "Maria",
            "María",
            "Marta",
            "Łukasz",
            "Hyun-min",
            "Xiaoling",
            "Hyunmin",
            "Дмитрий",
            "محمد",
            "Yūko",
        ] {
            assert!(knows(name), "{name}");
        }
        for name in ["Marai", "Jenifr", "Lukazs", "a", "zzzz", "0000", "Michaxl", "Seunghxun", "Xiaolinq"] {
            assert!(!knows(name), "{name}");
        }
        assert!(!is_listed("") && !is_listed("\n") && !is_listed("maria\nmarta") && !is_listed("\u{10ffff}"));
    }
}
