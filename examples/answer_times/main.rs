//! Whether the time of an answer tells who has an account: pages and API over a loopback socket, on SQLite, with the worker
//! at work beside them.
//!
//! Asks about nobody and about somebody take turns, in an order that is drawn anew each round. Printed are, for each state
//! of an account, the median, its ratio to that of nobody, and how often an answer about it is the longer one of a pair
//! ([`rank::Auc`]). Fails if that is certainly beyond 0.4 to 0.6, if answers differ in their status, or if the twin, which
//! sends its mail while the asker waits, is not noticed.
//!
//! Hashes are cheap, so that they hide nothing of the rest. Without optimisation that rest weighs more than it ever does in
//! earnest: sign-ins are shown then, and not judged.
//!
//!     cargo run --features api --example answer_times
//!     cargo run --release --features api --example answer_times
//!     cargo run --release --features api --example answer_times -- --real-hashes

mod caller;
mod rank;
mod site;

use caller::{Caller, WAYS, Way, by_name};
use clap::Parser;
use rank::{Auc, median};
use regain::password::{Argon2Hasher, Password, PasswordHasher as _};
use regain::testing::Someone;
use site::{People, ROUND, Site, TWIN};
use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

/// What is a gross difference.
const GROSS: f64 = 0.1;

#[derive(Parser)]
struct Args {
    /// Answers about each state of an account, for each way to ask.
    #[arg(long, default_value_t = 1_000)]
    samples: usize,
    /// Hash as in earnest, 19 MiB each: a second for each round.
    #[arg(long)]
    real_hashes: bool,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const STATES: [&str; 4] = ["nobody", "known", "disabled", "over the limit"];

fn of_state(people: &People, state: usize, round: usize) -> Option<&Someone> {
    match STATES[state] {
        "known" => people.known.get(round % people.known.len()),
        "disabled" => Some(&people.disabled),
        "over the limit" => Some(&people.over_limit),
        _ => None,
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    let folder = tempfile::tempdir()?;
    let hasher = if args.real_hashes { Argon2Hasher::default() } else { Argon2Hasher::danger_for_tests() };
    let hash = hasher.hash(&Password::new("a forgotten pass phrase").prepare()?, [1; 16])?;
    let site = Site::on(folder.path(), hasher).await?;
    let people = site.people(&hash).await?;
    let mut order = Order(args.seed);
    println!("{:<24}{:<22}{:>10}{:>8}   AUC with its 95 % interval", "", "", "median", "ratio");
    let mut fine = true;
    for way in &WAYS {
        let times = measure(&site, &people, way, args.samples, &mut order)?;
        let alike = report(way, &times).iter().all(|auc| !auc.is_beyond(GROSS));
        fine &= alike || (way.hashes && cfg!(debug_assertions));
    }
    let twin = Way { name: "twin", target: TWIN, hashes: false, body: by_name };
    let seen = report(&twin, &measure(&site, &people, &twin, args.samples.min(300), &mut order)?);
    let noticed = seen[0].is_beyond(GROSS);
    println!("{}", verdict(fine, noticed));
    Ok(if fine && noticed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verdict(fine: bool, noticed: bool) -> &'static str {
    match (fine, noticed) {
        (true, true) => "nothing can be told beyond 0.5 +- 0.1, and the twin is noticed",
        (false, _) => "FAILED: the time of an answer tells who has an account",
        (_, false) => "FAILED: the twin is not noticed, so nothing is shown",
    }
}

fn measure(
    site: &Site,
    people: &People,
    way: &Way,
    samples: usize,
    order: &mut Order,
) -> Result<[Vec<Duration>; STATES.len()], Box<dyn Error>> {
    let mut caller = Caller::of(site.address)?;
    let mut times = [const { Vec::new() }; STATES.len()];
    let mut statuses = BTreeSet::new();
    for round in 0..samples {
        site.world.clock.advance(ROUND);
        for state in order.draw() {
            let body = (way.body)(of_state(people, state, round));
            let asked = tokio::task::block_in_place(|| caller.ask(way.target, &body));
            let (status, time) = asked?;
            statuses.insert(status);
            times[state].push(time);
        }
    }
    if statuses.len() != 1 {
        return Err(format!("{} is answered in several ways: {statuses:?}", way.name).into());
    }
    Ok(times)
}

/// Prints a way's rows, and gives what each state comes to beside nobody.
fn report(way: &Way, times: &[Vec<Duration>; STATES.len()]) -> Vec<Auc> {
    let [nobody, others @ ..] = times;
    println!("{:<24}{:<22}{:>10.2?}", way.name, STATES[0], median(nobody));
    let mut all = Vec::new();
    for (state, times) in STATES[1..].iter().zip(others) {
        let auc = Auc::of(nobody, times);
        let ratio = median(times).as_secs_f64() / median(nobody).as_secs_f64();
        let (low, high) = auc.interval;
        let median = median(times);
        println!(
            "{:<24}{state:<22}{median:>10.2?}{ratio:>8.3}   {:.3} ({low:.3} to {high:.3})",
            "", auc.value
        );
        all.push(auc);
    }
    all
}

/// Draws orders (SplitMix64, and Fisher and Yates), the same for the same seed.
struct Order(u64);

impl Order {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn draw(&mut self) -> [usize; STATES.len()] {
        let mut order = std::array::from_fn(|at| at);
        for last in (1..order.len()).rev() {
            let other = usize::try_from(self.next() % (last as u64 + 1)).unwrap_or_default();
            order.swap(last, other);
        }
        order
    }
}
