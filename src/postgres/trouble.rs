//! What can be wrong with a database, and what an operator can do about it.

use crate::store::{StoreError, StoreErrorKind as Kind};
use std::borrow::Cow;
use std::sync::Arc;

/// How often a transaction is tried that lost against another one.
pub(super) const TRIES: u32 = 5;

/// Whether to try once more: nothing was done, and another try may succeed.
pub(super) fn try_again(error: &sqlx::Error, tries: u32) -> bool {
    tries < TRIES && matches!(code(error).as_deref(), Some("40001" | "40P01"))
}

pub(super) fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code)
}

/// No answer within the time that one is waited for.
pub(super) fn no_answer() -> sqlx::Error {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

/// Wraps an error with what is the matter, and with what can be done about it or else what was being done.
pub(super) fn failed(context: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| {
        let (kind, advice) = diagnosis(&error);
        StoreError::new(advice.unwrap_or(context), error).with_kind(kind)
    }
}

/// The same for all of those who wanted to write at once.
pub(super) fn failed_for_all(context: &'static str, error: sqlx::Error) -> impl Fn() -> StoreError {
    let (kind, advice) = diagnosis(&error);
    let error = Arc::new(error);
    move || StoreError::new(advice.unwrap_or(context), error.clone()).with_kind(kind)
}

pub(super) const READ_ONLY: &str = "the database is read-only, a replica perhaps; connect to the primary";
const POOLER: &str = "a pooler in transaction mode is between regain and the database, and mixes up prepared statements; \
    add statement-cache-capacity=0 to the database's URL";

fn diagnosis(error: &sqlx::Error) -> (Kind, Option<&'static str>) {
    let (kind, advice) = match error {
        sqlx::Error::Database(_) => return code(error).map_or((Kind::Other, None), |code| by_code(&code)),
        sqlx::Error::PoolTimedOut => (
            Kind::Unreachable,
            "no database connection came free in time; is the database there, is the pool large enough",
        ),
        sqlx::Error::PoolClosed => (Kind::Unreachable, "the store was closed; open it again"),
        sqlx::Error::Io(_) => (
            Kind::Unreachable,
            "the database cannot be reached; check that it runs, its address, and the network",
        ),
        sqlx::Error::Tls(_) => (
            Kind::Misconfigured,
            "no TLS connection to the database came about; check its certificate, and sslmode in its URL",
        ),
        sqlx::Error::Configuration(_) => (
            Kind::Misconfigured,
            "the database's URL cannot be used; it reads postgres://role:password@host/database",
        ),
        sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            return (Kind::Damaged, None);
        }
        _ => return (Kind::Other, None),
    };
    (kind, Some(advice))
}

/// By SQLSTATE; appendix A of PostgreSQL's manual.
fn by_code(code: &str) -> (Kind, Option<&'static str>) {
    let (kind, advice) = match code {
        "25006" => (Kind::ReadOnly, READ_ONLY),
        "42501" => (Kind::Rights, "the database role lacks rights on regain's schema"),
        "42P01" | "3F000" => (
            Kind::Damaged,
            "regain's tables are gone; restore them from a backup, or open the store again to begin anew",
        ),
        "42703" => (Kind::Damaged, "regain's tables lack a column; they are not as regain made them"),
        "42P06" | "42P07" => {
            (Kind::Damaged, "regain's tables are there, but not its record of what made them")
        }
        "28000" | "28P01" => {
            (Kind::Misconfigured, "the database refuses this role, its password or the way it connects")
        }
        "3D000" => (Kind::Misconfigured, "there is no such database on that server; create it first"),
        "26000" | "42P05" => (Kind::Misconfigured, POOLER),
        "53100" => (Kind::Full, "the database server's disk is full"),
        "53300" => (
            Kind::Busy,
            "the database has no connection left; fewer nodes, smaller pools or a larger max_connections",
        ),
        "55P03" | "57014" | "25P03" => {
            (Kind::Busy, "the database is too busy: a lock or a statement took too long")
        }
        "40001" | "40P01" => (Kind::Busy, "transactions kept losing against each other"),
        "57P01" | "57P02" | "57P03" => {
            (Kind::Unreachable, "the database shuts down or starts up; it is tried again with the next call")
        }
        _ if code.starts_with("08") => (
            Kind::Unreachable,
            "the connection to the database failed; check the network, and a pooler's log if there is one",
        ),
        _ if code.starts_with("53") => (Kind::Busy, "the database server lacks memory or another resource"),
        _ if code.starts_with("XX") => (Kind::Damaged, "the database server reports damage; read its log"),
        _ => return (Kind::Other, None),
    };
    (kind, Some(advice))
}
