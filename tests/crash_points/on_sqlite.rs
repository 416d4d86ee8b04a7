//! Trials on SQLite: a file that is copied.

use crate::site::{Ground, Rows};
use async_trait::async_trait;
use regain::sqlite::SqliteFlows;
use regain::store::FlowStore;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Row as _};
use std::path::Path;
use std::sync::Arc;

pub struct OnSqlite;

#[async_trait]
impl Ground for OnSqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    async fn prepare(&self, seed: &Path) {
        SqliteFlows::open(seed.join("flows.db")).await.unwrap().close().await;
    }

    /// The file has it, once all of it is in one file.
    async fn keep(&self, seed: &Path) {
        SqliteFlows::open(seed.join("flows.db")).await.unwrap().close().await;
    }

    /// The copied file has them.
    async fn lend(&self, _: &Path) {}

    async fn open(&self, folder: &Path) -> Arc<dyn FlowStore> {
        Arc::new(SqliteFlows::open(folder.join("flows.db")).await.unwrap())
    }

    async fn rows(&self, folder: &Path) -> Rows {
        let options = SqliteConnectOptions::new().filename(folder.join("flows.db"));
        let mut raw = options.connect().await.unwrap();
        let mut column = async |query: &'static str| {
            let rows = sqlx::query(query).fetch_all(&mut raw).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        };
        Rows {
            flows: column("SELECT id FROM regain_flow").await,
            waiting: column("SELECT flow FROM regain_outbox").await,
        }
    }

    /// All of it is in the folder.
    async fn take_back(&self, _: &Path) {}

    async fn clear(&self) {}
}
