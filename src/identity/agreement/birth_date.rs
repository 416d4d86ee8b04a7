//! Birth dates that one person may have typed for the other.

use time::Date;

use super::weights::Born;

/// Years between parents and children, at least. A son who has his father's name may have his birthday too.
const GENERATION: u32 = 16;

/// What two dates have in common.
pub(super) fn compare(claimed: Date, filed: Date) -> Born {
    if claimed == filed {
        return Born::Same;
    }
    let found = slip(claimed, filed);
    if found != Born::Other && claimed.year().abs_diff(filed.year()) >= GENERATION {
        return Born::Generation;
    }
    found
}

fn slip(claimed: Date, filed: Date) -> Born {
    let (one, other) = (Parts::of(claimed), Parts::of(filed));
    if one.year == other.year && one.month == other.day && one.day == other.month {
        return Born::DayMonth;
    }
    let away = [one.year.abs_diff(other.year), one.month.abs_diff(other.month), one.day.abs_diff(other.day)];
    let is_next_day = (claimed - filed).whole_days().abs() == 1;
    if away.iter().sum::<u16>() == 1 || is_next_day {
        return Born::NextTo;
    }
    let (one, other) = (one.digits(), other.digits());
    let wrong: Vec<usize> = (0..one.len()).filter(|at| one[*at] != other[*at]).collect();
    match wrong[..] {
        [_] => Born::Digit,
        [a, b] if b == a + 1 && !PART_STARTS.contains(&b) && one[a] == other[b] && one[b] == other[a] => {
            Born::DigitsSwapped
        }
        _ => Born::Other,
    }
}

/// Where the month and the day begin among the digits: nobody swaps two digits of different fields.
const PART_STARTS: [usize; 2] = [4, 6];

struct Parts {
    year: u16,
    month: u16,
    day: u16,
}

impl Parts {
    fn of(date: Date) -> Self {
        let year = u16::try_from(date.year()).unwrap_or(0);
        Self { year, month: u8::from(date.month()).into(), day: date.day().into() }
    }

    fn digits(&self) -> [u16; 8] {
        let Self { year, month, day } = self;
        [year / 1000, year / 100 % 10, year / 10 % 10, year % 10, month / 10, month % 10, day / 10, day % 10]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;
    use time::{Duration, Month};

    #[test]
    fn slips_that_really_happen_have_their_kind() {
        let born = date!(1985 - 03 - 12);
        for (typed, found) in [
            (date!(1985 - 03 - 12), Born::Same),
            (date!(1985 - 12 - 03), Born::DayMonth),
            (date!(1984 - 03 - 12), Born::NextTo),
            (date!(1985 - 04 - 12), Born::NextTo),
            (date!(1985 - 03 - 11), Born::NextTo),
            (date!(1985 - 03 - 21), Born::DigitsSwapped),
            (date!(1958 - 03 - 12), Born::Generation),
            (date!(1985 - 03 - 15), Born::Digit),
            (date!(1985 - 03 - 22), Born::Digit),
            (date!(1985 - 07 - 12), Born::Digit),
            (date!(1982 - 03 - 12), Born::Digit),
            (date!(1995 - 03 - 12), Born::Digit),
            (date!(1965 - 03 - 12), Born::Generation),
            (date!(2015 - 03 - 12), Born::Other),
            (date!(1984 - 04 - 12), Born::Other),
            (date!(1985 - 06 - 19), Born::Other),
        ] {
            assert_eq!(compare(typed, born), found, "{typed}");
            assert_eq!(compare(born, typed), found, "{typed}");
        }
        assert_eq!(compare(date!(1990 - 01 - 01), date!(1989 - 01 - 01)), Born::NextTo);
        assert_eq!(compare(date!(1985 - 09 - 12), date!(1985 - 10 - 12)), Born::NextTo);
        assert_eq!(compare(date!(1985 - 09 - 09), date!(1985 - 09 - 10)), Born::NextTo);
    }

    /// ID-4: what one guess of a birth date is worth.
    #[test]
    fn no_birth_date_is_forgiven_more_than_43_others() {
        let first = Date::from_calendar_date(1925, Month::January, 1).unwrap();
        for one in (0..36_525).step_by(211) {
            let one = first + Duration::days(one);
            let forgiven = (0..36_525)
                .filter(|other| {
                    !matches!(compare(one, first + Duration::days(*other)), Born::Generation | Born::Other)
                })
                .count();
            assert!(forgiven <= 43, "{one}: {forgiven}");
        }
    }
}
