//! Prints the figures that are no micro-benchmark: what choosing and signing in cost in hashes, what an identity
//! look-up costs beside a look-up by primary key, and how the worker drains a long queue.
//!
//! `cargo run --release --example figures -- --people 1000000 --asks 100000`

use clap::Parser;
use regain::account::{Account, AccountStore, AddressOnFile};
use regain::budget::Quota;
use regain::identity::{EmailAddress, Identifier, IdentityClaims, Person, TypedClaims};
use regain::ids::{AccountId, Realm};
use regain::keys::KeyRing;
use regain::mail::{Sender, Service};
use regain::memory::{Mailbox, MemoryAccounts, MemoryFlows};
use regain::origin::{Links, TrustedOrigin};
use regain::password::{Argon2Hasher, HashPool, Password, PasswordHasher as _};
use regain::recovery::{Limits, RecoveryBuilder, Setup};
use regain::sqlite::{SqliteAccounts, SqliteFlows};
use regain::store::FlowStore;
use regain::{Client, Recovery, RecoveryToken, Worker};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::{Date, Month};

#[derive(Parser)]
struct Args {
    /// People in the table of the identity look-up.
    #[arg(long, default_value_t = 100_000)]
    people: u32,
    /// Asks that the worker drains.
    #[arg(long, default_value_t = 20_000)]
    asks: u32,
}

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let args = Args::parse();
    let folder = tempfile::tempdir()?;
    hashes().await?;
    look_ups(folder.path(), args.people).await?;
    drain(folder.path(), args.asks).await
}

fn service(
    accounts: Arc<dyn AccountStore>,
    flows: Arc<dyn FlowStore>,
    configure: impl FnOnce(RecoveryBuilder) -> RecoveryBuilder,
) -> Result<Recovery, Box<dyn Error>> {
    let setup = Setup {
        realm: Realm::new("figures")?,
        keys: KeyRing::new(1, [7; 32]),
        links: Links::new(TrustedOrigin::parse("https://portal.example.org")?, "/recovery", "/sign-in")?,
        service: Service::new("Portal", "call 555 0100")?,
        sender: Sender::new(EmailAddress::parse("portal@example.org")?),
        accounts,
        flows,
    };
    Ok(configure(Recovery::builder(setup)).build()?)
}

fn person(n: u32) -> Result<Account, Box<dyn Error>> {
    let mut account = Account::new(AccountId::new(&format!("account-{n}"))?, format!("user{n}"));
    account.addresses = vec![AddressOnFile::Email(EmailAddress::parse(&format!("user{n}@example.org"))?)];
    let birth = Date::from_calendar_date(1950 + (n % 50) as i32, Month::March, 1 + (n % 28) as u8)?;
    let person = Person::new(format!("Given{n}"), format!("Family{n}"));
    account.person = Some(person.with_birth_date(birth).with_record_number(format!("MRN-{n:08}")));
    Ok(account)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Hash, choose and sign in take turns, so that all three see the same machine.
async fn hashes() -> Outcome {
    const ROUNDS: u32 = 25;
    let accounts = Arc::new(MemoryAccounts::new());
    let (hasher, pool) = (Argon2Hasher::default(), HashPool::for_this_machine()?);
    let flows = Arc::new(MemoryFlows::new());
    let recovery = service(accounts.clone(), flows, |builder| builder.hash_pool(pool.clone()))?;
    let mailbox = Arc::new(Mailbox::new());
    let worker = Worker::new(recovery.clone(), mailbox.clone());
    let (mut bare, mut choosing, mut signing) = (vec![], vec![], vec![]);
    for n in 0..ROUNDS {
        let mut account = person(n)?;
        account.password = Some(hasher.hash(&Password::new("a forgotten pass phrase").prepare()?, [1; 16])?);
        accounts.put(account, recovery.blind_index());
        let (identifier, client) =
            (Identifier::parse(&format!("user{n}")), Client::at([10, 0, 1, n as u8].into()));
        recovery.ask_password(&identifier, &client).await?;
        worker.drain().await?;
        let mails = mailbox.to(&format!("user{n}@example.org"));
        let text = &mails.last().ok_or("no mail")?.text;
        let token = RecoveryToken::parse(&text.split_once("token=").ok_or("no link")?.1[..64])?;
        let password = Password::new(format!("violet {n} harbour tin whistle"));

        bare.push(one_hash(&hasher, &pool, &password).await?);
        let start = Instant::now();
        recovery.choose_password(&token, &password, &client).await?;
        choosing.push(start.elapsed());
        let start = Instant::now();
        recovery.sign_in(&identifier, &password, &client).await?;
        signing.push(start.elapsed());
        bare.push(one_hash(&hasher, &pool, &password).await?);
    }
    let (bare, choosing, signing) = (median(bare), median(choosing), median(signing));
    let ratio = |time: Duration| time.as_secs_f64() / bare.as_secs_f64();
    println!("one hash, Argon2id at the default:  {bare:>10.2?}   (median of {ROUNDS})");
    println!("choosing a password:                {choosing:>10.2?}   {:.2} hashes", ratio(choosing));
    println!("signing in:                         {signing:>10.2?}   {:.2} hashes", ratio(signing));
    Ok(())
}

/// On the very thread that the service hashes on: allocating 19 MiB costs differently elsewhere.
async fn one_hash(
    hasher: &Argon2Hasher,
    pool: &HashPool,
    password: &Password,
) -> Result<Duration, Box<dyn Error>> {
    let (hasher, prepared) = (hasher.clone(), password.prepare()?);
    let start = Instant::now();
    pool.run(move || hasher.hash(&prepared, [2; 16])).await??;
    Ok(start.elapsed())
}

async fn look_ups(folder: &Path, people: u32) -> Outcome {
    const LOOK_UPS: u32 = 5_000;
    let accounts = Arc::new(SqliteAccounts::open(folder.join("accounts.db")).await?);
    let recovery = service(accounts.clone(), Arc::new(MemoryFlows::new()), |builder| builder)?;
    for from in (0..people).step_by(10_000) {
        let batch: Result<Vec<Account>, _> = (from..people.min(from + 10_000)).map(person).collect();
        accounts.put(&batch?, recovery.blind_index()).await?;
    }
    let (mut by_key, mut by_identity) = (vec![], vec![]);
    for n in (0..LOOK_UPS).map(|n| n.wrapping_mul(2_654_435_761) % people) {
        let claims = IdentityClaims::new(TypedClaims {
            given_name: format!("Given{n}"),
            family_name: format!("Family{n}"),
            birth_date: format!("{}-03-{:02}", 1950 + n % 50, 1 + n % 28),
            record_number: format!("MRN-{n:08}"),
            ..TypedClaims::default()
        });
        let id = AccountId::new(&format!("account-{n}"))?;
        let key = recovery.blind_index().probe(&claims);
        // Whoever comes second finds the pages in memory: they take turns.
        let mut one = async |identity: bool| -> Outcome {
            let start = Instant::now();
            let found = if identity {
                accounts.find_by_identity(&key).await?.len()
            } else {
                usize::from(accounts.get(&id).await?.is_some())
            };
            let times = if identity { &mut by_identity } else { &mut by_key };
            times.push(start.elapsed());
            if found == 1 { Ok(()) } else { Err("a look-up did not find its account".into()) }
        };
        one(n % 2 == 0).await?;
        one(n % 2 == 1).await?;
    }
    let (by_key, by_identity) = (median(by_key), median(by_identity));
    let ratio = by_identity.as_secs_f64() / by_key.as_secs_f64();
    println!("look-up by primary key, {people} people: {by_key:>8.2?}   (median of {LOOK_UPS})");
    println!("look-up by identity, same file:     {by_identity:>10.2?}   {ratio:.2} times");
    Ok(())
}

/// Known and unknown identifiers in turn, on SQLite.
async fn drain(folder: &Path, asks: u32) -> Outcome {
    let accounts = Arc::new(MemoryAccounts::new());
    let flows: Arc<dyn FlowStore> = Arc::new(SqliteFlows::open(folder.join("flows.db")).await?);
    // Everybody comes from another network; the ceiling for all of them together is lifted.
    let limits = Limits::default().danger_asks_per_client(Quota::new(u32::MAX, time::Duration::HOUR));
    let recovery = service(accounts.clone(), flows, |builder| builder.limits(limits))?;
    for n in (0..asks).step_by(2).take(500) {
        accounts.put(person(n)?, recovery.blind_index());
    }
    let strands = (0..64).map(|strand| {
        let recovery = recovery.clone();
        tokio::spawn(async move {
            for n in (strand..asks).step_by(64) {
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
    println!("{asks} asks on SQLite, 64 at once:   {:>10.0} a second", rate(asks, start));
    let worker = Worker::new(recovery, Arc::new(Mailbox::new()));
    let (start, before, mut highest) = (Instant::now(), resident_kib(), 0);
    loop {
        let progress = worker.step().await?;
        highest = highest.max(resident_kib());
        if progress.is_idle() {
            break;
        }
    }
    println!("the worker drains them:             {:>10.0} a second", rate(asks, start));
    println!("memory before and at most:          {before} KiB, {highest} KiB");
    Ok(())
}

fn rate(count: u32, since: Instant) -> f64 {
    f64::from(count) / since.elapsed().as_secs_f64()
}

/// Resident memory; 0 where the system does not tell.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
