//! Which letter a sign stands for, where people write signs for letters.

/// Sets of letters for signs that zxcvbn may try; it takes 40 ms for the thousands that a text can have.
const MOST_READINGS: usize = 8;

/// The letters that a sign is commonly written for, the commonest first; none for most.
pub(super) fn letters_for(sign: char) -> &'static [char] {
    match sign {
        '4' | '@' => &['a'],
        '8' => &['b'],
        '(' | '<' => &['c'],
        '3' | '€' => &['e'],
        '6' | '9' => &['g'],
        '#' => &['h'],
        '1' | '!' | '|' => &['i', 'l'],
        '0' => &['o'],
        '5' | '$' => &['s'],
        '7' | '+' => &['t'],
        '2' => &['z'],
        _ => &[],
    }
}

/// The text with letters for the signs that stand for them. Which letter 1 stands for, two readings try.
pub(super) fn letters_meant(plain: &[char]) -> [Vec<char>; 2] {
    let read = |which: fn(&[char]) -> Option<&char>| {
        plain.iter().map(|c| *which(letters_for(*c)).unwrap_or(c)).collect()
    };
    [read(<[char]>::first), read(<[char]>::last)]
}

/// The text as zxcvbn gets to see it. It tries each sign for a letter with each one for the next; where these are
/// too many, the second sign for a letter is read as the first: `4` for `@`.
pub(super) fn with_few_readings(text: &str) -> String {
    let mut signs: Vec<char> = Vec::new();
    for sign in text.chars().filter(|c| !letters_for(*c).is_empty()) {
        if !signs.contains(&sign) {
            signs.push(sign);
        }
    }
    let first_like =
        |sign: char| signs.iter().copied().find(|other| letters_for(*other) == letters_for(sign));
    let alike = |sign: char| signs.iter().filter(|other| letters_for(**other) == letters_for(sign)).count();
    let firsts = signs.iter().filter(|sign| first_like(**sign) == Some(**sign));
    // A one may be an `i` and an `l`.
    let ways = |sign: char| if letters_for(sign).len() > 1 { alike(sign) * alike(sign) } else { alike(sign) };
    let readings: usize = firsts.map(|sign| ways(*sign)).product();
    if readings <= MOST_READINGS {
        return text.to_owned();
    }
    text.chars().map(|c| first_like(c).unwrap_or(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_is_read_in_two_ways() {
        let [first, second] = letters_meant(&['h', '1', '#', '$']).map(String::from_iter);
        assert_eq!((first.as_str(), second.as_str()), ("hihs", "hlhs"));
    }

    #[test]
    fn only_a_text_with_many_signs_for_letters_loses_some() {
        for (text, shown) in [
            ("p4ssw@rd", "p4ssw@rd"),
            ("8401635297361840", "8401635297361840"),
            ("4@8({[<3&69!1|0$5+7%2z", "448({[(3&66!!!0$$++%2z"),
        ] {
            assert_eq!(with_few_readings(text), shown);
        }
    }
}
