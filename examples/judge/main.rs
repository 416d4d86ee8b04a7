//! Judges cases of your own: is this password strong, and is this the person? By kind, with 95 % intervals.
//!
//!     cargo run --release --example judge -- CASES.jsonl
//!
//! `CASES` holds one JSON object a line (JSON Lines), of either form; fields that are not named here are let be.
//!
//! ```json
//! {"password": "Summer2024!Summer2024!", "label": "weak", "kind": "season, year", "person": {"given_name": "Ana"}}
//! {"ask": {"given_name": "Anna", "family_name": "Silva", "birth_date": "1990-03-07", "record_number": "MRN-7"},
//!  "label": "right", "account": {"given_name": "Ana", "family_name": "Silva", "birth_date": "1990-03-07", "record_number": "MRN-7"}}
//! ```
//!
//! | field | |
//! |---|---|
//! | `password` | what somebody chooses |
//! | `label` | of a password: `weak` or `strong`. Of an ask: `right`, which must be found; anything else must not |
//! | `kind` | optional: how the case was made; the tables are by kind |
//! | `person` | optional: `username`, `given_name`, `family_name`, `birth_date` (`YYYY-MM-DD`), `record_number`, `email`, `phone`, `address`, each a text or a list of texts |
//! | `service` | optional: words of the service's name |
//! | `floor` | optional: 15, or 8 for an account with a second factor. Without it a password is judged at both |
//! | `ask` | what somebody types who forgot their username |
//! | `account` | the account on file, or a list of them; fields as of `person`, and `former_family_name` |
//!
//! Besides regain's rules stand those that others use, so that both are read off the same cases. A line that cannot be
//! read is counted and named by its number, never shown: it may be somebody's password.

mod cases;
mod fuzz;
mod identity;
mod passwords;
mod policies;
mod share;

use cases::{Case, Cases};
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Parser)]
#[command(name = "judge")]
struct Args {
    /// Files of cases, one JSON object a line.
    #[arg(required = true)]
    cases: Vec<PathBuf>,
    /// Ends with 1 if a line cannot be read.
    #[arg(long)]
    strict: bool,
    /// Ends with 1 if regain is worse than this by more than its interval: floor, percent of weak accepted, of strong refused.
    #[arg(long, value_name = "15:10:0.5")]
    at_most: Vec<passwords::Limit>,
    /// Instead of judging: gives the policy any text for so many seconds, and fails where something does not hold of it.
    #[arg(long, value_name = "SECONDS")]
    fuzz: Option<u64>,
    /// The texts of `--fuzz` follow from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut all = Cases::default();
    for file in &args.cases {
        if let Err(error) = all.read(file) {
            eprintln!("judge: {}: {error}", file.display());
            return ExitCode::from(2);
        }
    }
    if all.cases.is_empty() {
        eprintln!("judge: no case could be read");
        return ExitCode::from(2);
    }
    let (mut passwords, mut asks) = (Vec::new(), Vec::new());
    for case in all.cases {
        match case {
            Case::Password(case) => passwords.push(case),
            Case::Ask(case) => asks.push(case),
        }
    }
    if let Some(seconds) = args.fuzz {
        let (count, longest) = fuzz::run(&passwords, Duration::from_secs(seconds), args.seed);
        println!(
            "{count} texts of seed {}, each judged alike twice; the longest took {longest:?}",
            args.seed
        );
        return ExitCode::SUCCESS;
    }
    let within = passwords::print(&passwords, &args.at_most);
    identity::print(&asks);
    for (file, line) in &all.unread {
        eprintln!("judge: {}: line {line} is no case", file.display());
    }
    if !within || (args.strict && !all.unread.is_empty()) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
