//! What can be wrong with a SQLite file, and what an operator can do about it.

use crate::store::{StoreError, StoreErrorKind as Kind};

/// Wraps an error with what is the matter, and with what can be done about it or else what was being done.
pub(super) fn failed(context: &'static str) -> impl Fn(sqlx::Error) -> StoreError + Copy {
    move |error| {
        let (kind, advice) =
            diagnosis(&error).map_or((Kind::Other, None), |(kind, advice)| (kind, Some(advice)));
        StoreError::new(advice.unwrap_or(context), error).with_kind(kind)
    }
}

fn diagnosis(error: &sqlx::Error) -> Option<(Kind, &'static str)> {
    match error {
        sqlx::Error::Database(error) => by_code(error.code()?.parse().ok()?),
        sqlx::Error::PoolTimedOut => {
            Some((Kind::Busy, "no connection to the database file came free in time"))
        }
        sqlx::Error::PoolClosed => Some((Kind::Unreachable, "the store was closed; open it again")),
        sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            Some((Kind::Damaged, "the database file holds what regain did not write"))
        }
        _ => None,
    }
}

/// By SQLite's result code; the low byte is the primary one.
fn by_code(code: u32) -> Option<(Kind, &'static str)> {
    // A write that the file system refused: no room, or a quota.
    if code == 778 {
        return Some((Kind::Full, "the disk of the database file is full, or fails"));
    }
    Some(match code & 0xff {
        5 | 6 => (Kind::Busy, "the database file is locked by another process; one process for each file"),
        8 => (
            Kind::ReadOnly,
            "the database file cannot be written; check its rights, its folder's and the disk's",
        ),
        10 => (Kind::Other, "the disk of the database file fails"),
        11 | 26 => (Kind::Damaged, "the file is not a database, or is damaged; restore it from a backup"),
        13 => (Kind::Full, "the disk of the database file is full"),
        14 => (
            Kind::Unreachable,
            "the database file cannot be opened; check its path, its rights and its folder's",
        ),
        3 | 23 => (Kind::Rights, "the process lacks rights on the database file"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, by_code};

    #[test]
    fn a_code_is_sorted_whatever_its_extension() {
        for (code, kind) in [
            (5, Kind::Busy),
            (517, Kind::Busy),
            (6, Kind::Busy),
            (8, Kind::ReadOnly),
            (1032, Kind::ReadOnly),
            (11, Kind::Damaged),
            (26, Kind::Damaged),
            (13, Kind::Full),
            (778, Kind::Full),
            (266, Kind::Other),
            (14, Kind::Unreachable),
            (3, Kind::Rights),
        ] {
            assert_eq!(by_code(code).map(|(kind, _)| kind), Some(kind), "{code}");
        }
        assert!(by_code(1).is_none());
    }
}
