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
    /// The folder for the databases, the key and the mails, as far as they are not placed elsewhere; created if it is not
    /// there.
    #[arg(long, default_value = "target/portal")]
    pub data: PathBuf,
    /// A PostgreSQL database instead of files in DATA, such as postgres://portal:secret@db.example.org/portal. Several
    /// portals on one database are one service.
    #[arg(long, value_name = "URL", env = "PORTAL_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// A file with the 32 bytes of the key, the same for all portals on one database; or put 64 hex digits into
    /// PORTAL_KEY. With neither and without --database, the portal makes itself a key in DATA.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// A mail server instead of a folder, such as smtps://user:password@mail.example.org.
    #[arg(long, value_name = "URL", env = "PORTAL_SMTP", hide_env_values = true)]
    pub smtp: Option<String>,
    /// The folder for mails; portals on one database share it. DATA/mail if not given.
    #[arg(long, value_name = "FOLDER", conflicts_with = "smtp")]
    pub mail_folder: Option<PathBuf>,
    /// How many made-up people have an account; the same number gives the same people.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(3..=1_000_000))]
    pub people: u32,
    /// The origin that mailed links lead to, such as https://portal.example.org; http://LISTEN if not given.
    #[arg(long)]
    pub origin: Option<String>,
    /// Asks that one client network may send in 5 minutes: for load tests, on a loopback address only.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub client_budget: Option<u32>,
    /// Hash passwords so cheaply that they are as good as open: for tests with many people, on a loopback address only.
    #[arg(long)]
    pub cheap_hashes: bool,
    /// A file with a number of seconds that the portal's clock runs ahead by, read again at each look: to try out what
    /// takes a day, on a loopback address and with mails in a folder only.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["smtp", "database"])]
    pub clock_file: Option<PathBuf>,
}

impl Args {
    pub fn check(&self) -> Result<(), Failure> {
        let url = self.database.as_deref().unwrap_or("postgres://");
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(Failure("--database takes postgres://…; for SQLite leave it out".to_owned()));
        }
        for (given, option) in [
            (self.client_budget.is_some(), "--client-budget"),
            (self.cheap_hashes, "--cheap-hashes"),
            (self.clock_file.is_some(), "--clock-file"),
        ] {
            if given && !self.listen.ip().is_loopback() {
                return Err(Failure(format!(
                    "{option} is for tests; use it with a loopback address, not with --listen {}",
                    self.listen
                )));
            }
        }
        Ok(())
    }

    pub fn mail_folder(&self) -> PathBuf {
        self.mail_folder.clone().unwrap_or_else(|| self.data.join("mail"))
    }

    pub fn client_budget(&self) -> Option<Quota> {
        self.client_budget.map(|count| Quota::new(count, Duration::minutes(5)))
    }
}
