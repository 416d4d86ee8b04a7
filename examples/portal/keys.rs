//! The master key: a file, or an environment variable. The host loads it; all portals on one database have the same.
//!
//! Only a portal that is alone, on SQLite, makes itself one, beside the data that it protects. A real portal takes it
//! from a secret store, and keeps it apart from the database.

use crate::args::Args;
use crate::{Failure, failed};
use regain::entropy::SystemEntropy;
use regain::keys::KeyRing;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

const VARIABLE: &str = "PORTAL_KEY";

/// Loads the key.
pub fn load(args: &Args) -> Result<KeyRing, Failure> {
    let key = match (&args.key_file, std::env::var(VARIABLE)) {
        (Some(file), _) => from_file(file)?,
        (None, Ok(digits)) => from_digits(&digits)?,
        // A key of its own would make of each node a service that cannot read what the others wrote.
        (None, Err(_)) if args.database.is_some() => {
            return Err(Failure(format!(
                "portals on one database share one key: make it once with `head -c 32 /dev/urandom > portal.key`, keep \
                 it apart from the database, and give it to each with --key-file, or as 64 hex digits in {VARIABLE}"
            )));
        }
        (None, Err(_)) => load_or_create(&args.data.join("keys"))?,
    };
    Ok(KeyRing::new(1, key))
}

fn from_file(path: &Path) -> Result<[u8; 32], Failure> {
    let bytes = fs::read(path).map_err(failed(format!("the key file {} cannot be read", path.display())))?;
    bytes.try_into().map_err(|_| {
        Failure(format!("the key file {} does not have 32 bytes; restore it or remove it", path.display()))
    })
}

fn from_digits(digits: &str) -> Result<[u8; 32], Failure> {
    let mut key = [0; 32];
    let read = decode(digits.trim(), &mut key);
    read.map(|()| key).ok_or(Failure(format!("{VARIABLE} is not 64 hex digits")))
}

fn decode(digits: &str, key: &mut [u8; 32]) -> Option<()> {
    let digits = digits.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(())
}

fn load_or_create(path: &Path) -> Result<[u8; 32], Failure> {
    if path.try_exists().map_err(failed("see --data"))? {
        return from_file(path);
    }
    create(path).map_err(failed(format!("the key file {} cannot be made", path.display())))
}

fn create(path: &Path) -> io::Result<[u8; 32]> {
    let key = KeyRing::generate_key(&SystemEntropy).map_err(io::Error::other)?;
    fs::create_dir_all(path.parent().ok_or(ErrorKind::InvalidInput)?)?;
    let draft = path.with_extension("draft");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(&key)?;
    file.sync_all()?;
    // Whole or not at all, also when the process is killed here.
    fs::rename(&draft, path)?;
    Ok(key)
}
