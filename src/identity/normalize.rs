//! One normal form for each kind of attribute but names.
//!
//! Both sides of a comparison pass through here. Rule: a change that gives any value another form raises
//! [`NORMALIZER_VERSION`], and hosts rebuild their index.

use time::{Date, Month};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::text;

/// Version of the normal forms; part of the label of every index value.
pub const NORMALIZER_VERSION: u32 = 1;

/// The first year of birth taken for real.
const FIRST_YEAR: i32 = 1870;
/// The last year taken for real, whatever today is.
const LAST_YEAR: i32 = 2199;

/// Letters and digits of a record number, separators dropped, zeros kept; `None` if nothing is left.
///
/// `mrn 00-42` and `MRN0042` are one number, and so are `12-3` and `1-23`.
pub(super) fn record_number(typed: &str) -> Option<String> {
    if typed.chars().any(char::is_control) {
        return None;
    }
    // A mark is part of its letter; everything else is a separator.
    let is_kept = |c: &char| c.is_alphanumeric() || is_combining_mark(*c);
    let kept = || typed.chars().map(text::width_mapped).map(text::ascii_digit).filter(is_kept);
    // Before NFC, which makes `K` of the Kelvin sign (ID-6).
    if !kept().any(char::is_alphanumeric) || kept().any(text::has_compatibility_form) {
        return None;
    }
    // Upper case would make `SS` of `ß`; numbers are printed in capitals, so ASCII has them.
    Some(text::lowered(kept().nfc()).map(|c| c.to_ascii_uppercase()).collect())
}

/// Letters and digits of a host's own attribute, as in a record number.
pub(super) fn custom(typed: &str) -> Option<String> {
    record_number(typed)
}

/// Digits of a telephone number, after `+` if it has a country code (`00` counts as one).
///
/// A number without its country code is another number: nothing here knows where it was typed.
pub(super) fn phone(typed: &str) -> Option<String> {
    let usual: String = typed.trim().chars().map(|c| text::ascii_digit(text::width_mapped(c))).collect();
    let international = usual.strip_prefix('+').or_else(|| usual.strip_prefix("00"));
    // `+44 (0)20 …`: the zero in brackets is not dialled from abroad.
    let dialled = international.map_or_else(|| usual.clone(), |rest| rest.replacen("(0)", "", 1));
    let is_separator = |c: char| {
        matches!(c, ' ' | '\u{A0}' | '\u{202F}' | '-' | '\u{2010}'..='\u{2013}' | '.' | '/' | '(' | ')')
    };
    if dialled.chars().any(|c| !c.is_ascii_digit() && !is_separator(c)) {
        return None;
    }
    let digits: String = dialled.chars().filter(char::is_ascii_digit).collect();
    // E.164 allows 15 digits; no country has numbers of fewer than 4.
    let plus = if international.is_some() { "+" } else { "" };
    (4..=15).contains(&digits.len()).then(|| format!("{plus}{digits}"))
}

/// A date of birth typed as year, month, day with `-`, `/` or `.` between; only one that exists, 1870 to 2199.
pub(super) fn birth_date(typed: &str) -> Option<Date> {
    let usual: String = typed.trim().chars().map(|c| text::ascii_digit(text::width_mapped(c))).collect();
    let mut parts = usual.split(['-', '/', '.']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str, most: usize| {
        let plain = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse::<u16>().ok()).flatten()
    };
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let month = Month::try_from(u8::try_from(digits(month, 2)?).ok()?).ok()?;
    let date =
        Date::from_calendar_date(digits(year, 4)?.into(), month, u8::try_from(digits(day, 2)?).ok()?).ok()?;
    is_birth_year(date).then_some(date)
}

/// Whether the year is one in which a living person may have been born.
pub(super) fn is_birth_year(date: Date) -> bool {
    (FIRST_YEAR..=LAST_YEAR).contains(&date.year())
}

/// The form of a date in an index value.
pub(super) fn date_form(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}
