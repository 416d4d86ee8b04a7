//! Verifies the audit record of a realm: that no closed record was altered, removed, added or moved.
//!
//! `cargo run --example audit_verify -- --file target/portal/recovery.db --realm mercy --key 1=target/portal/keys`
//!
//! Prints what it saw, and the anchor: note it elsewhere, and give it to the next run with `--noted`. Ends with 0 when all
//! is well, with 1 when something is wrong, and with 2 when it could not look.

use clap::Parser;
use regain::audit::{Anchor, AuditReport, AuditTrail};
use regain::clock::{Clock as _, SystemClock, Timestamp};
use regain::ids::Realm;
use regain::keys::{KeyId, KeyRing};
use regain::recovery::Retention;
use regain::sqlite::SqliteFlows;
use regain::store::FlowStore;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use time::Duration;

/// Verifies the audit record of a realm.
#[derive(Parser)]
#[command(name = "audit_verify")]
struct Args {
    /// A SQLite file with regain's tables.
    #[arg(long, required_unless_present = "database", conflicts_with = "database")]
    file: Option<PathBuf>,
    /// A PostgreSQL database with regain's tables, in the schema `regain`; needs feature `postgres`.
    #[arg(long, value_name = "URL", env = "REGAIN_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// The realm.
    #[arg(long)]
    realm: String,
    /// A key of the ring: its number, and a file with its 32 bytes. Several times for several keys.
    #[arg(long, value_name = "NUMBER=FILE", required = true)]
    key: Vec<String>,
    /// How many days records are kept; any that are missing must be older. Six years if not given.
    #[arg(long, value_name = "DAYS")]
    kept: Option<u16>,
    /// The anchor that an earlier run or an event told.
    #[arg(long, value_name = "ANCHOR")]
    noted: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match verify(Args::parse()).await {
        Ok(report) => print(&report),
        Err(error) => {
            eprintln!("audit_verify: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  {cause}");
                source = cause.source();
            }
            ExitCode::from(2)
        }
    }
}

async fn verify(args: Args) -> Result<AuditReport, Box<dyn Error>> {
    let noted = args.noted.as_deref().map(|text| Anchor::parse(text).ok_or("--noted is no anchor"));
    let trail = AuditTrail::new(Realm::new(&args.realm)?, &ring(&args.key)?, store(&args).await?);
    let kept = args.kept.map_or(Retention::default().audit, |days| Duration::days(days.into()));
    let since = Timestamp::from(SystemClock.now()).plus(-kept);
    Ok(trail.verify(since, noted.transpose()?).await?)
}

fn ring(keys: &[String]) -> Result<KeyRing, Box<dyn Error>> {
    let mut ring: Option<KeyRing> = None;
    for key in keys {
        let (number, file) = key.split_once('=').ok_or("--key is NUMBER=FILE")?;
        let number: KeyId = number.parse()?;
        let bytes = std::fs::read(file).map_err(|error| format!("the key file {file}: {error}"))?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| format!("{file} does not have 32 bytes"))?;
        ring = Some(match ring {
            None => KeyRing::new(number, bytes),
            Some(ring) => ring.with_key(number, bytes)?,
        });
    }
    Ok(ring.ok_or("no key was given")?)
}

async fn store(args: &Args) -> Result<Arc<dyn FlowStore>, Box<dyn Error>> {
    match (&args.file, &args.database) {
        (Some(file), _) if file.exists() => Ok(Arc::new(SqliteFlows::open(file).await?)),
        (Some(file), _) => Err(format!("there is no file {}", file.display()).into()),
        (None, Some(url)) => on_postgres(url).await,
        (None, None) => Err("neither --file nor --database was given".into()),
    }
}

#[cfg(feature = "postgres")]
async fn on_postgres(url: &str) -> Result<Arc<dyn FlowStore>, Box<dyn Error>> {
    Ok(Arc::new(regain::postgres::PostgresFlows::connect(url).await?))
}

#[cfg(not(feature = "postgres"))]
async fn on_postgres(_: &str) -> Result<Arc<dyn FlowStore>, Box<dyn Error>> {
    Err("--database needs feature `postgres`: cargo run --example audit_verify --features postgres -- …"
        .into())
}

fn print(report: &AuditReport) -> ExitCode {
    println!("{} records compared with {} checkpoints", report.records, report.checkpoints);
    println!("{} checkpoints whose records were deleted in their time", report.emptied);
    println!("{} records are not closed yet", report.open);
    if let Some(anchor) = report.last {
        println!("anchor {anchor}");
    }
    for finding in &report.findings {
        println!("WRONG: {finding}");
    }
    if report.findings.is_empty() {
        println!("nothing is wrong");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}
