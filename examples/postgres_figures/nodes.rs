//! How fast one process works off what was asked, and how fast two do, with what it costs in processor time.

use crate::{Outcome, drop_schema};
use async_trait::async_trait;
use regain::account::{Account, AccountStore, AddressOnFile, Applied, PasswordChange};
use regain::budget::Quota;
use regain::identity::{EmailAddress, Identifier, IdentityKey};
use regain::ids::{AccountId, Realm};
use regain::keys::KeyRing;
use regain::mail::{Sender, Service};
use regain::memory::Mailbox;
use regain::origin::{Links, TrustedOrigin};
use regain::postgres::{PostgresFlows, SchemaName};
use regain::recovery::{Limits, Setup};
use regain::store::StoreError;
use regain::{Client, Recovery, Worker};
use sqlx::PgPool;
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SCHEMA: &str = "regain_nodes";

/// `user7` is account 7, whatever the number: no table is in the way.
struct Everybody;

impl Everybody {
    fn account(name: &str) -> Option<Account> {
        name.strip_prefix("user")?.parse::<u32>().ok()?;
        let mut account = Account::new(AccountId::new(name).ok()?, name);
        account.addresses =
            vec![AddressOnFile::Email(EmailAddress::parse(&format!("{name}@example.org")).ok()?)];
        Some(account)
    }
}

#[async_trait]
impl AccountStore for Everybody {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        Ok(identifier.username_key().and_then(Self::account).into_iter().collect())
    }

    async fn find_by_identity(&self, _: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        Ok(vec![])
    }

    async fn get(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        Ok(Self::account(id.as_str()))
    }

    async fn set_password(&self, _: &PasswordChange) -> Result<Applied, StoreError> {
        Ok(Applied::Conflict)
    }
}

async fn service(pool: PgPool, schema: &str) -> Outcome<Recovery> {
    let flows = PostgresFlows::with_pool(pool, SchemaName::new(schema)?).await?;
    let setup = Setup {
        realm: Realm::new("figures")?,
        keys: KeyRing::new(1, [7; 32]),
        links: Links::new(TrustedOrigin::parse("https://portal.example.org")?, "/recovery", "/sign-in")?,
        service: Service::new("Portal", "call 555 0100")?,
        sender: Sender::new(EmailAddress::parse("portal@example.org")?),
        accounts: Arc::new(Everybody),
        flows: Arc::new(flows),
    };
    let mut limits = Limits::default();
    limits.asks_in_all = Quota::new(u32::MAX, time::Duration::HOUR);
    Ok(Recovery::builder(setup).limits(limits).build()?)
}

/// One process: says that it is ready, waits for a word, works until nothing is due, says what that was.
pub async fn node(pool: PgPool, schema: &str) -> Outcome {
    let worker = Worker::new(service(pool, schema).await?, Arc::new(Mailbox::new()));
    println!("ready");
    std::io::stdin().read_line(&mut String::new())?;
    let before = cpu_of("self").unwrap_or_default();
    let progress = worker.drain().await?;
    let spent = cpu_of("self").unwrap_or_default() - before;
    println!("{} {} {}", progress.flows, progress.mails, spent.as_millis());
    Ok(())
}

/// What one run of some processes came to.
struct Run {
    took: Duration,
    done: Vec<u32>,
    nodes: Duration,
    postgres: Duration,
}

pub async fn one_and_two(pool: &PgPool, asks: u32) -> Outcome {
    drop_schema(pool, SCHEMA).await?;
    let recovery = service(pool.clone(), SCHEMA).await?;
    let mut rates = Vec::new();
    let cores = std::thread::available_parallelism()?.get();
    println!("\nworking off {asks} asks, each of somebody who gets a link, on {cores} cores:");
    for (round, count) in [1, 2, 1, 2].into_iter().enumerate() {
        ask(&recovery, asks * u32::try_from(round)?, asks).await?;
        let run =
            tokio::task::spawn_blocking(move || run(count).map_err(|error| error.to_string())).await??;
        if run.done.iter().sum::<u32>() != asks {
            return Err(format!("{:?} of {asks} were worked off", run.done).into());
        }
        let rate = f64::from(asks) / run.took.as_secs_f64();
        let share = |time: Duration| 100.0 * time.as_secs_f64() / run.took.as_secs_f64() / cores as f64;
        println!(
            "{count} process(es) {:?}: {rate:>6.0} a second; of all cores {:.0} % in PostgreSQL, {:.0} % in the nodes",
            run.done,
            share(run.postgres),
            share(run.nodes),
        );
        rates.push(rate);
    }
    println!("two beside one: {:.2}", (rates[1] + rates[3]) / (rates[0] + rates[2]));
    drop_schema(pool, SCHEMA).await
}

/// 64 at once, each for somebody else and from another network.
async fn ask(recovery: &Recovery, from: u32, asks: u32) -> Outcome {
    let strands = (0..64).map(|strand| {
        let recovery = recovery.clone();
        tokio::spawn(async move {
            for n in (from + strand..from + asks).step_by(64) {
                let [_, a, b, c] = n.to_be_bytes();
                let client = Client::at([10, a, b, c].into());
                recovery.ask_password(&Identifier::parse(&format!("user{n}")), &client).await?;
            }
            Ok::<_, regain::RecoveryError>(())
        })
    });
    let start = Instant::now();
    for strand in strands.collect::<Vec<_>>() {
        strand.await??;
    }
    println!("asked, 64 at once: {:.0} a second", f64::from(asks) / start.elapsed().as_secs_f64());
    Ok(())
}

fn run(count: usize) -> Outcome<Run> {
    let mut nodes: Vec<(Child, BufReader<_>)> = Vec::new();
    for _ in 0..count {
        let mut command = Command::new(std::env::current_exe()?);
        let mut node =
            command.args(["--node", SCHEMA]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = BufReader::new(node.stdout.take().ok_or("no output")?);
        said.read_line(&mut String::new())?;
        nodes.push((node, said));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let watch = std::thread::spawn({
        let stop = stop.clone();
        move || cpu_of_postgres(&stop)
    });
    let start = Instant::now();
    for (node, _) in &mut nodes {
        node.stdin.take().ok_or("no input")?.write_all(b"go\n")?;
    }
    let (mut done, mut cpu) = (Vec::new(), 0);
    for (_, said) in &mut nodes {
        let mut line = String::new();
        said.read_line(&mut line)?;
        let [flows, _, millis] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err("a node failed".into());
        };
        done.push(flows.parse()?);
        cpu += millis.parse::<u64>()?;
    }
    let took = start.elapsed();
    stop.store(true, Ordering::Release);
    let postgres = watch.join().map_err(|_| "the watch failed")?;
    for (mut node, _) in nodes {
        node.wait()?;
    }
    Ok(Run { took, done, nodes: Duration::from_millis(cpu), postgres })
}

/// Processor time of all of PostgreSQL's processes until `stop`; a process that ends counts as far as it was seen.
fn cpu_of_postgres(stop: &AtomicBool) -> Duration {
    let mut seen: HashMap<String, (Duration, Duration)> = HashMap::new();
    while !stop.load(Ordering::Acquire) {
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let pid = entry.file_name().to_string_lossy().into_owned();
            let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            if let Some(cpu) = (name.trim() == "postgres").then(|| cpu_of(&pid)).flatten() {
                seen.entry(pid).or_insert((cpu, cpu)).1 = cpu;
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    seen.values().map(|(first, last)| *last - *first).sum()
}

/// Of one process so far, in steps of 10 ms; `None` where the system does not tell.
fn cpu_of(pid: &str) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let mut ticks = after_name.split_whitespace().skip(11).map_while(|field| field.parse::<u64>().ok());
    Some(Duration::from_millis(10 * (ticks.next()? + ticks.next()?)))
}
