//! A folder in which each message is one file: whole under its name, durably, or not there.

use crate::entropy::{SystemEntropy, random};
use crate::ids::hex;
use sha2::{Digest as _, Sha256};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// How the names of files begin that are being written.
const DRAFT: &str = ".draft-";
/// Longest message id that is used as a file's name as it is.
const MAX_NAME: usize = 120;

/// The same for all tries of one mail. What could lead out of the folder, or is too long for a name, is digested.
pub(super) fn file_name(message_id: &str, ending: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'@');
    let usable = message_id.len() <= MAX_NAME
        && message_id.bytes().all(plain)
        && !message_id.starts_with('.')
        && !message_id.is_empty();
    let name = if usable { message_id.to_owned() } else { hex(&Sha256::digest(message_id.as_bytes())) };
    format!("{name}.{ending}")
}

/// Creates the folder if it is not there, clears it of what was left half written, and tries whether it can be written to.
pub(super) fn prepare(folder: &Path) -> io::Result<()> {
    create(folder).and_then(|()| clear_drafts(folder)).and_then(|()| try_out(folder))
}

fn create(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// What a process left that was killed while it wrote: half mails, which may hold a secret. Another process that is
/// writing just now tries its mail again.
fn clear_drafts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            fs::remove_file(entry.path()).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })?;
        }
    }
    Ok(())
}

fn try_out(folder: &Path) -> io::Result<()> {
    let trial = draft_path(folder)?;
    write(&trial, b"")?;
    // Another node that starts on the same folder may have cleared it: it could be written.
    fs::remove_file(trial).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

/// All of it under its name, durably, or nothing.
pub(super) fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let draft = draft_path(folder)?;
    let written = write(&draft, bytes).and_then(|()| fs::rename(&draft, folder.join(name)));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written?;
    sync_folder(folder)
}

/// Not the number of the process: nodes in containers have the same one, and would write into each other's mails.
fn draft_path(folder: &Path) -> io::Result<PathBuf> {
    let name: [u8; 16] = random(&SystemEntropy).map_err(io::Error::other)?;
    Ok(folder.join(format!("{DRAFT}{}", hex(&name))))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file; the rename has to do.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_never_leaves_the_folder() {
        assert_eq!(file_name("00ff@clinic.example.org", "eml"), "00ff@clinic.example.org.eml");
        for id in ["../x", "/etc/x", "..", "", "a b", "a\0", "a\r\n", "é", &"a".repeat(300)] {
            let name = file_name(id, "eml");
            let is_digest = name.len() == 68 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
            assert!(is_digest, "{id:?} is written to {name:?}");
        }
    }
}
