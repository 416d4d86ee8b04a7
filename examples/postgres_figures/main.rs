//! Prints what PostgreSQL does with many rows and with several nodes. `REGAIN_POSTGRES` names a database that schemas may
//! be made in; they are dropped at the end.
//!
//! `cargo run --release --features postgres --example postgres_figures -- --rows 10000000 --asks 20000`

mod nodes;
mod rows;

use clap::Parser;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use std::error::Error;

#[derive(Parser)]
struct Args {
    /// Flows that have ended, in the full table.
    #[arg(long, default_value_t = 100_000)]
    rows: i64,
    /// Asks that one node and then two nodes work off.
    #[arg(long, default_value_t = 4_000)]
    asks: u32,
    /// People who ask, choose and sign in on each of the two tables.
    #[arg(long, default_value_t = 200)]
    people: u32,
    /// Leaves the full table, for the next run.
    #[arg(long)]
    keep: bool,
    /// Works off what is in this schema: what the program calls itself with.
    #[arg(long, hide = true)]
    node: Option<String>,
}

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let args = Args::parse();
    let url = std::env::var("REGAIN_POSTGRES").map_err(|_| "set REGAIN_POSTGRES to a database's URL")?;
    let pool = PgPoolOptions::new().max_connections(8).connect(&url).await?;
    if let Some(schema) = args.node {
        return nodes::node(pool, &schema).await;
    }
    rows::many(&pool, args.rows, args.people).await?;
    if !args.keep {
        drop_schema(&pool, rows::FULL).await?;
    }
    nodes::one_and_two(&pool, args.asks).await
}

async fn drop_schema(pool: &PgPool, schema: &str) -> Outcome {
    let drop = AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {schema} CASCADE"));
    sqlx::raw_sql(drop).execute(pool).await?;
    Ok(())
}
