//! Where accounts and flows are kept: two SQLite files in the data folder.

use crate::{Failure, failed};
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use std::path::Path;
use std::sync::Arc;

pub struct Stores {
    pub accounts: Arc<SqliteAccounts>,
    pub flows: Arc<SqliteFlows>,
}

impl Stores {
    pub async fn open(folder: &Path) -> Result<Self, Failure> {
        let doing =
            |file: &Path| failed(format!("the database {} cannot be used; see --data", file.display()));
        let (accounts, flows) = (folder.join("accounts.db"), folder.join("recovery.db"));
        Ok(Self {
            accounts: Arc::new(SqliteAccounts::open(&accounts).await.map_err(doing(&accounts))?),
            flows: Arc::new(SqliteFlows::open(&flows).await.map_err(doing(&flows))?),
        })
    }

    pub async fn close(&self) {
        self.flows.close().await;
        self.accounts.close().await;
    }
}
