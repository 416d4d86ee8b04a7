//! What can be set on the command line.

use crate::Failure;
use clap::Parser;
use regain::budget::Quota;
use std::net::SocketAddr;
use std::path::PathBuf;
use time::Duration;

/// A hospital's patient portal with made-up people, to try out how a forgotten username or password comes back.
#[derive(Debug, Parser)]
#[command(name = "portal")]
pub struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The folder for keys and mails; created if it is not there.
    #[arg(long, default_value = "target/portal")]
    pub data: PathBuf,
    /// How many made-up people have an account; the same number gives the same people.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(3..=1_000_000))]
    pub people: u32,
    /// The origin that mailed links lead to, such as https://portal.example.org; http://LISTEN if not given.
    #[arg(long)]
    pub origin: Option<String>,
    /// Asks that one client network may send in 5 minutes: for load tests, on a loopback address only.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub client_budget: Option<u32>,
}

impl Args {
    pub fn check(&self) -> Result<(), Failure> {
        if self.client_budget.is_some() && !self.listen.ip().is_loopback() {
            return Err(Failure(format!(
                "--client-budget is for load tests; use it with a loopback address, not with --listen {}",
                self.listen
            )));
        }
        Ok(())
    }

    pub fn client_budget(&self) -> Option<Quota> {
        self.client_budget.map(|count| Quota::new(count, Duration::minutes(5)))
    }
}
