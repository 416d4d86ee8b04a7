//! The master key, from a file. Example only: it lies beside the data that it protects. A real portal takes it from
//! a secret store, and keeps it apart from the database.

use crate::{Failure, failed};
use regain::entropy::SystemEntropy;
use regain::keys::KeyRing;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// Reads the key, or makes one at the first start.
pub fn load_or_create(path: &Path) -> Result<KeyRing, Failure> {
    let doing = || format!("the key file {} cannot be used; check its permissions", path.display());
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => create(path).map_err(failed(doing())),
        read => read.map_err(failed(doing())),
    }?;
    let key = bytes.try_into().map_err(|_| {
        Failure(format!("the key file {} does not have 32 bytes; restore it or remove it", path.display()))
    })?;
    Ok(KeyRing::new(1, key))
}

fn create(path: &Path) -> io::Result<Vec<u8>> {
    let key = KeyRing::generate_key(&SystemEntropy).map_err(io::Error::other)?;
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
    Ok(key.to_vec())
}
