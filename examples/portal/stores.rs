//! Where accounts and flows are kept: two SQLite files in the data folder, or one PostgreSQL database.

use crate::args::Args;
use crate::users::Users;
use crate::{Failure, failed};
use regain::sqlite::SqliteFlows;
use regain::store::FlowStore;
use std::path::Path;
use std::sync::Arc;

pub struct Stores {
    pub accounts: Arc<Users>,
    pub flows: Arc<dyn FlowStore>,
    file: Option<Arc<SqliteFlows>>,
}

impl Stores {
    pub async fn open(args: &Args) -> Result<Self, Failure> {
        match &args.database {
            Some(url) => on_postgres(url).await,
            None => on_sqlite(&args.data).await,
        }
    }

    pub async fn close(&self) {
        if let Some(file) = &self.file {
            file.close().await;
        }
        self.accounts.close().await;
    }
}

async fn on_sqlite(folder: &Path) -> Result<Stores, Failure> {
    let doing = |file: &Path| failed(format!("the database {} cannot be used; see --data", file.display()));
    std::fs::create_dir_all(folder)
        .map_err(failed(format!("the folder {} cannot be made", folder.display())))?;
    let (accounts, flows) = (folder.join("users.db"), folder.join("recovery.db"));
    let file = Arc::new(SqliteFlows::open(&flows).await.map_err(doing(&flows))?);
    Ok(Stores {
        accounts: Arc::new(Users::open(&accounts).await.map_err(doing(&accounts))?),
        flows: file.clone(),
        file: Some(file),
    })
}

async fn on_postgres(url: &str) -> Result<Stores, Failure> {
    let flows = postgres_flows(url).await?;
    let accounts =
        Users::connect(url).await.map_err(failed("the database cannot be used; see --database"))?;
    Ok(Stores { accounts: Arc::new(accounts), flows, file: None })
}

#[cfg(feature = "postgres")]
async fn postgres_flows(url: &str) -> Result<Arc<dyn FlowStore>, Failure> {
    let flows = regain::postgres::PostgresFlows::connect(url).await;
    Ok(Arc::new(flows.map_err(failed("the database cannot be used; see --database"))?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres_flows(_: &str) -> Result<Arc<dyn FlowStore>, Failure> {
    Err(crate::without_feature("--database", "postgres"))
}
