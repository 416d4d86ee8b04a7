//! SQLite: regain's tables in a file, and an example [`AccountStore`](crate::account::AccountStore) beside them.
//!
//! A commit is on disk before it is answered (WAL, `synchronous=FULL`). All writes go through one task that puts
//! what several callers want into one transaction, in a savepoint of its own where it may have to be undone, so that
//! nobody sees `SQLITE_BUSY` and one sync serves many.
//!
//! What is erased is overwritten (`secure_delete`), in the file at once and in its write-ahead log with the next sweep.
//!
//! One process per file. sqlx links its own SQLite; a host that links another (rusqlite) cannot link both.

mod accounts;
mod commit;
mod documents;
mod flows;
mod rows;
mod schema;
mod trouble;
mod upkeep;
mod users;
mod writer;

pub use accounts::SqliteAccounts;
pub use flows::SqliteFlows;
pub use users::{ReadMore, UserStatements, UsersTable};
