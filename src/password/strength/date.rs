//! Dates and years in the forms in which people write them.

use super::cut::Cut;
use super::part::PartKind;
use super::text::Text;

/// A year of the last hundred or so; and a day of one of them, with the form it is written in.
const YEAR: f32 = 6.5;
const DAY_OF_YEAR: f32 = 8.5;
const FORM: f32 = 1.0;
/// Digits are a date by chance.
const BY_CHANCE: f32 = 1.5;

pub(super) fn voice(cut: &mut Cut, text: &Text) {
    for from in 0..text.len() {
        let rest = &text.plain[from..];
        let is_digit =
            |at: Option<usize>| at.and_then(|at| text.plain.get(at)).is_some_and(char::is_ascii_digit);
        if let Some(4) = year(rest) {
            let by_chance = is_digit(from.checked_sub(1)) || is_digit(Some(from + 4));
            cut.offer(PartKind::Date, from, from + 4, YEAR + if by_chance { BY_CHANCE } else { 0.0 });
        }
        for joined in [false, true] {
            for order in ["dmy", "mdy", "ymd", "dm", "md"] {
                for digits in [2, 4] {
                    if let Some(length) = date(rest, order, joined, digits) {
                        let year = if order.len() == 2 { 0.0 } else { YEAR };
                        let by_chance = if joined { 0.0 } else { BY_CHANCE };
                        cut.offer(PartKind::Date, from, from + length, DAY_OF_YEAR + year + FORM + by_chance);
                    }
                }
            }
        }
    }
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
