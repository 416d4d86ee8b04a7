//! Housekeeping: what is deleted and when, the audit record's chain, dead letters, keys that are rotated.

mod audit;
mod command;
mod dead_letters;
mod keys;
mod retention;

use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::testing::{World, WorldBuilder};
use sqlx::SqlitePool;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// A world on a SQLite file, and a way to its tables past regain.
struct OnFile {
    folder: TempDir,
    tables: SqlitePool,
}

impl OnFile {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        SqliteFlows::open(folder.path().join("flows.db")).await.unwrap().close().await;
        let url = format!("sqlite://{}", folder.path().join("flows.db").display());
        Self { folder, tables: SqlitePool::connect(&url).await.unwrap() }
    }

    /// A node on the file. The accounts are on another one.
    async fn node(&self) -> WorldBuilder {
        let flows = SqliteFlows::open(self.folder.path().join("flows.db")).await.unwrap();
        let accounts = SqliteAccounts::open(self.folder.path().join("accounts.db")).await.unwrap();
        World::builder().flows(Arc::new(flows)).accounts(Arc::new(accounts))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn change(&self, sql: &'static str) -> u64 {
        sqlx::query(sql).execute(&self.tables).await.unwrap().rows_affected()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.tables).await.unwrap()
    }
}
