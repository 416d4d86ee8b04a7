//! Which form of a word goes with a number: the cardinal rules of the Unicode CLDR (release 46), for whole numbers.
//!
//! `other` stands for every form that a language does not tell apart, and is what a language without a rule here has beside
//! `one`. Rules for fractions and for millions are left out: no text counts such things.

/// The forms that whole numbers take in a language, `other` last.
pub(super) fn forms(language: &str) -> &'static [&'static str] {
    match language {
        "id" | "ja" | "ko" | "lo" | "ms" | "my" | "th" | "vi" | "yue" | "zh" => &["other"],
        "be" | "ru" | "uk" | "pl" => &["one", "few", "many", "other"],
        "bs" | "hr" | "sr" | "cs" | "sk" | "ro" | "lt" => &["one", "few", "other"],
        "lv" => &["zero", "one", "other"],
        "sl" => &["one", "two", "few", "other"],
        "he" => &["one", "two", "other"],
        "ga" => &["one", "two", "few", "many", "other"],
        "ar" | "cy" => &["zero", "one", "two", "few", "many", "other"],
        _ => &["one", "other"],
    }
}

/// The form for this number.
pub(super) fn form(language: &str, number: u64) -> &'static str {
    let (tens, hundreds) = (number % 10, number % 100);
    let teens = (11..=19).contains(&hundreds);
    let few_of_ten = (2..=4).contains(&tens) && !(12..=14).contains(&hundreds);
    match (language, number) {
        ("id" | "ja" | "ko" | "lo" | "ms" | "my" | "th" | "vi" | "yue" | "zh", _) => "other",
        ("am" | "bn" | "fa" | "fr" | "gu" | "hi" | "hy" | "kn" | "pt" | "zu", 0 | 1) => "one",
        ("be" | "ru" | "uk" | "bs" | "hr" | "sr", _) if tens == 1 && hundreds != 11 => "one",
        ("be" | "ru" | "uk" | "bs" | "hr" | "sr", _) if few_of_ten => "few",
        ("be" | "ru" | "uk", _) => "many",
        ("bs" | "hr" | "sr", _) => "other",
        ("pl", 1) => "one",
        ("pl", _) if few_of_ten => "few",
        ("pl", _) => "many",
        ("cs" | "sk", 2..=4) => "few",
        ("ro", 0) => "few",
        ("ro", 2..) if (1..=19).contains(&hundreds) => "few",
        ("lt", _) if tens == 1 && !teens => "one",
        ("lt", _) if tens >= 2 && !teens => "few",
        ("lt", _) => "other",
        ("lv", _) if tens == 0 || teens => "zero",
        ("lv", _) if tens == 1 => "one",
        ("lv", _) => "other",
        ("sl", _) => match hundreds {
            1 => "one",
            2 => "two",
            3 | 4 => "few",
            _ => "other",
        },
        ("ar" | "cy", 0) => "zero",
        ("ar" | "cy" | "he" | "ga", 2) => "two",
        ("ar", _) if (3..=10).contains(&hundreds) => "few",
        ("ar", _) if hundreds >= 11 => "many",
        ("cy", 3) | ("ga", 3..=6) => "few",
        ("cy", 6) | ("ga", 7..=10) => "many",
        (_, 1) => "one",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of the CLDR's own charts.
    #[test]
    fn numbers_take_the_forms_of_their_language() {
        for (language, form_of) in [
            ("en", &[(0, "other"), (1, "one"), (2, "other"), (21, "other"), (101, "other")][..]),
            ("es", &[(0, "other"), (1, "one"), (30, "other")]),
            ("fr", &[(0, "one"), (1, "one"), (2, "other")]),
            ("ja", &[(1, "other"), (2, "other")]),
            (
                "ru",
                &[(1, "one"), (21, "one"), (11, "many"), (3, "few"), (12, "many"), (24, "few"), (5, "many")],
            ),
            ("pl", &[(1, "one"), (21, "many"), (22, "few"), (12, "many"), (0, "many")]),
            ("cs", &[(1, "one"), (4, "few"), (5, "other"), (22, "other")]),
            ("ro", &[(0, "few"), (1, "one"), (19, "few"), (20, "other"), (101, "few")]),
            ("lt", &[(1, "one"), (11, "other"), (21, "one"), (5, "few"), (10, "other")]),
            ("lv", &[(0, "zero"), (11, "zero"), (21, "one"), (2, "other")]),
            ("sl", &[(101, "one"), (2, "two"), (4, "few"), (5, "other")]),
            ("ar", &[(0, "zero"), (1, "one"), (2, "two"), (110, "few"), (11, "many"), (100, "other")]),
            ("he", &[(1, "one"), (2, "two"), (20, "other")]),
        ] {
            for (number, expected) in form_of {
                assert_eq!(form(language, *number), *expected, "{language} {number}");
            }
        }
    }

    #[test]
    fn no_number_takes_a_form_that_a_file_need_not_have() {
        for language in
            "am ar be bs cs cy de en es fr ga he hi hr ja lt lv pl pt ro ru sk sl sr uk zh".split(' ')
        {
            for number in 0..400 {
                assert!(forms(language).contains(&form(language, number)), "{language} {number}");
            }
        }
    }
}
