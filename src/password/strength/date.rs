//! Dates and years in the forms in which people write them.

use super::cut::Cut;
use super::part::PartKind;
use super::text::Text;
use crate::password::own_data::MONTHS;

/// A year of the last hundred or so; and a day of one of them, with the form it is written in.
const YEAR: f32 = 6.5;
const DAY_OF_YEAR: f32 = 8.5;
const FORM: f32 = 1.0;
const MONTH: f32 = 3.6;
/// The language and the form of a date in words.
const IN_WORDS: f32 = 3.0;
/// Digits are a date by chance, and more so among others.
const BY_CHANCE: f32 = 1.5;
const AMONG_DIGITS: f32 = 3.5;

pub(super) fn voice(cut: &mut Cut, text: &Text) {
    for from in 0..text.len() {
        let rest = &text.plain[from..];
        let is_digit =
            |at: Option<usize>| at.and_then(|at| text.plain.get(at)).is_some_and(char::is_ascii_digit);
        if let Some(4) = year(rest) {
            let by_chance = is_digit(from.checked_sub(1)) || is_digit(Some(from + 4));
            cut.offer(PartKind::Date, from, from + 4, YEAR + if by_chance { AMONG_DIGITS } else { 0.0 });
        }
        if let Some((length, bits)) = in_words(rest) {
            cut.offer(
                PartKind::Date,
                from,
                from + length,
                bits + IN_WORDS + text.dress(from, from + length).min(2.0),
            );
        }
        for joined in [false, true] {
            for order in ["dmy", "mdy", "ymd", "dm", "md"] {
                for digits in [2, 4] {
                    if let Some(length) = date(rest, order, joined, digits) {
                        let year = if order.len() == 2 { 0.0 } else { YEAR };
                        let among = is_digit(from.checked_sub(1)) || is_digit(Some(from + length));
                        let by_chance = match joined {
                            true => 0.0,
                            false if among => AMONG_DIGITS,
                            false => BY_CHANCE,
                        };
                        cut.offer(PartKind::Date, from, from + length, DAY_OF_YEAR + year + FORM + by_chance);
                    }
                }
            }
        }
    }
}

/// A day with its month in words, and mostly a year: `14th of January 2017`, `14marzo`.
fn in_words(text: &[char]) -> Option<(usize, f32)> {
    const BETWEEN: [&str; 9] = ["st", "nd", "rd", "th", "of", "de", "del", "the", "di"];
    let (mut at, mut has_day, mut has_month, mut end) = (0, false, false, None);
    while let Some(&c) = text.get(at) {
        let rest = &text[at..];
        let length = |word: &&str| begins(rest, word).then_some(word.len());
        if let Some(4) = year(rest).filter(|_| has_month) {
            let bits = if has_day { DAY_OF_YEAR + YEAR } else { MONTH + YEAR };
            return Some((at + 4, bits));
        } else if let Some(digits) = part(rest, 31, true).filter(|_| !has_day) {
            (has_day, at) = (true, at + digits);
        } else if let Some(name) = month(rest).filter(|_| !has_month) {
            (has_month, at) = (true, at + name);
        } else if let Some(word) = BETWEEN.iter().find_map(length).filter(|_| has_day || has_month) {
            at += word;
            continue;
        } else if matches!(c, '-' | '/' | '.' | ' ' | '_' | ',') && at > 0 {
            at += 1;
            continue;
        } else {
            break;
        }
        if has_day && has_month {
            end = end.or(Some((at, DAY_OF_YEAR)));
        }
    }
    end
}

fn begins(text: &[char], word: &str) -> bool {
    text.len() >= word.len() && word.chars().zip(text).all(|(a, b)| a == *b)
}

/// How long the name of a month is that stands here, whole or its first three letters.
fn month(text: &[char]) -> Option<usize> {
    let names = || MONTHS.iter().copied().flatten();
    let whole = names().filter(|name| begins(text, name)).map(|name| name.len()).max();
    whole.or_else(|| names().any(|name| begins(text, &name[..3])).then_some(3))
}

fn number(text: &[char], width: usize) -> Option<u32> {
    let digits = text.get(..width)?;
    digits.iter().try_fold(0, |sum, c| Some(sum * 10 + c.to_digit(10)?))
}

fn year(text: &[char]) -> Option<usize> {
    number(text, 4).filter(|year| (1900..2050).contains(year)).map(|_| 4)
}

/// A day or a month, and how many digits it has: one only where something stands between the parts.
fn part(text: &[char], most: u32, joined: bool) -> Option<usize> {
    let widths: &[usize] = if joined { &[2, 1] } else { &[2] };
    widths
        .iter()
        .copied()
        .find(|&width| number(text, width).is_some_and(|number| (1..=most).contains(&number)))
}

/// How long the date is that stands here.
fn date(text: &[char], order: &str, joined: bool, digits: usize) -> Option<usize> {
    let (mut at, mut sign) = (0, None);
    for (place, which) in order.chars().enumerate() {
        if place > 0 && joined {
            let here = *text.get(at)?;
            if !matches!(here, '-' | '/' | '.' | ' ' | '_' | ',') || sign.is_some_and(|sign| sign != here) {
                return None;
            }
            sign = Some(here);
            at += 1;
        }
        let rest = text.get(at..)?;
        match which {
            'y' if digits == 4 => at += year(rest)?,
            'y' => at += number(rest, 2).map(|_| 2)?,
            'm' => at += part(rest, 12, joined)?,
            _ => at += part(rest, 31, joined)?,
        }
    }
    // Two digits for the day and the month alone are any number.
    (at >= 5).then_some(at)
}
