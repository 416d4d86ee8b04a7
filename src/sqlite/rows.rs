//! How a SQLite row holds its values.

use crate::sql::{Values, unreadable};
use crate::store::StoreError;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

type Result<T> = std::result::Result<T, StoreError>;

pub(super) fn get<'r, T>(row: &'r SqliteRow, column: &'static str) -> Result<T>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    row.try_get(column).map_err(unreadable)
}

impl Values for SqliteRow {
    fn integer(&self, column: &'static str) -> Result<Option<i64>> {
        get(self, column)
    }

    fn text(&self, column: &'static str) -> Result<Option<String>> {
        get(self, column)
    }

    fn bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>> {
        get(self, column)
    }

    fn flag(&self, column: &'static str) -> Result<bool> {
        get(self, column)
    }
}
