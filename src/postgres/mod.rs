//! PostgreSQL: regain's tables in a schema of their own, for a service of several nodes.
//!
//! Every node opens the same database, serves, and lets a [`Worker`](crate::Worker) run; no flow and no mail is
//! claimed by two. A commit is one transaction, answered when PostgreSQL has it: as durable as `synchronous_commit` says.
//! The time is always regain's clock, never the database's. A node's worker is woken when another node leaves work, by
//! `NOTIFY` on a channel called like the schema; one connection of its own listens.
//!
//! What is erased leaves the table at once and the disk with the next vacuum. Statements carry values only as
//! parameters; a database that logs parameters logs what is stored, which is sealed or a digest.
//!
//! Behind a pooler in transaction mode, such as PgBouncer, statements go unnamed and in transactions, and nobody listens:
//! a worker there polls. It is found out when the store opens, by a connection that asks for its own first words back;
//! `?statement-cache-capacity=0` in the URL says so beforehand. What is the matter with a database that does not
//! answer, [`StoreError::kind`](crate::store::StoreError::kind) says; once it answers again, so does the same store.
//!
//! ```no_run
//! # async fn open() -> Result<(), regain::store::StoreError> {
//! use regain::postgres::PostgresFlows;
//!
//! let flows = PostgresFlows::connect("postgres://regain@db.example.org/portal?sslmode=verify-full").await?;
//! # Ok(()) }
//! ```

mod budgets;
mod commit;
mod database;
mod documents;
mod flows;
mod listen;
mod message;
mod party;
mod queue;
mod rows;
mod schema;
mod settlements;
mod statements;
mod trouble;
mod upkeep;
mod writes;

pub use flows::PostgresFlows;
pub use schema::SchemaName;
