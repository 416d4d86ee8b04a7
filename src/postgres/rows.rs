//! How a PostgreSQL row holds its values.

use crate::sql::{Values, damaged, unreadable};
use crate::store::StoreError;
use sqlx::postgres::PgRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

type Result<T> = std::result::Result<T, StoreError>;

impl Values for PgRow {
    fn integer(&self, column: &'static str) -> Result<Option<i64>> {
        self.try_get(column).map_err(unreadable)
    }

    /// Text of regain's own is `text`; what a host named may be `bytea`.
    fn text(&self, column: &'static str) -> Result<Option<String>> {
        let value = self.try_get_raw(column).map_err(unreadable)?;
        if value.type_info().name() != "BYTEA" {
            return self.try_get(column).map_err(unreadable);
        }
        self.bytes(column)?.map(String::from_utf8).transpose().map_err(|_| damaged(column))
    }

    fn bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>> {
        self.try_get(column).map_err(unreadable)
    }

    fn flag(&self, column: &'static str) -> Result<bool> {
        self.try_get(column).map_err(unreadable)
    }
}
