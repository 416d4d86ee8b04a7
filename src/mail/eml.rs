//! A mailer that writes RFC 5322 files to a folder.
//!
//! For a host whose mail system picks files up, and for trying things out. A mail counts as sent once its file is
//! on the disk under its final name; a second try of the same mail replaces that file, so nobody gets two.

use crate::entropy::{SystemEntropy, random};
use crate::ids::hex;
use crate::mail::mime::{self, digest};
use crate::mail::{Delivery, Mailer, Message};
use async_trait::async_trait;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// How the names of files begin that are being written.
const DRAFT: &str = ".draft-";
/// Longest message id that is used as a file's name as it is.
const MAX_NAME: usize = 120;

/// Writes each mail to a file of its own, `<message id>.eml`, which only the owner of the process can read: it may
/// hold a secret.
#[derive(Debug, Clone)]
pub struct EmlMailer {
    folder: Arc<Path>,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("mails cannot be written to {folder}; let the process create and write that folder")]
pub struct EmlError {
    folder: PathBuf,
    #[source]
    source: io::Error,
}

impl EmlMailer {
    /// Writes to this folder. Creates it if it is not there, and tries whether it can be written to.
    ///
    /// # Errors
    /// [`EmlError`] when it cannot.
    pub fn new(folder: impl Into<PathBuf>) -> Result<Self, EmlError> {
        let folder = folder.into();
        match create(&folder).and_then(|()| clear_drafts(&folder)).and_then(|()| try_out(&folder)) {
            Ok(()) => Ok(Self { folder: folder.into() }),
            Err(source) => Err(EmlError { folder, source }),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

#[async_trait]
impl Mailer for EmlMailer {
    async fn send(&self, message: &Message) -> Delivery {
        let (folder, message) = (self.folder.clone(), message.clone());
        // On a thread of its own: it ends also when the caller does not wait, and a panic there only delays this mail.
        let delivered = tokio::task::spawn_blocking(move || deliver(&folder, &message)).await;
        delivered.unwrap_or_else(|error| Delivery::RetryLater(error.into()))
    }
}

fn deliver(folder: &Path, message: &Message) -> Delivery {
    // NO-7: the address byte for byte.
    let bytes = match mime::compose(message, mime::Form::Encoded, |address| address.as_str().to_owned()) {
        Ok(mail) => Zeroizing::new(mail.formatted()),
        Err(unwritable) => return unwritable.into(),
    };
    match put(folder, &file_name(&message.message_id), &bytes) {
        Ok(()) => Delivery::Sent,
        Err(error) => Delivery::RetryLater(error.into()),
    }
}

/// The same for all tries of one mail. What could lead out of the folder, or is too long for a name, is digested.
fn file_name(message_id: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'@');
    let usable = message_id.len() <= MAX_NAME
        && message_id.bytes().all(plain)
        && !message_id.starts_with('.')
        && !message_id.is_empty();
    if usable { format!("{message_id}.eml") } else { format!("{}.eml", digest(message_id)) }
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
fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
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
        assert_eq!(file_name("00ff@clinic.example.org"), "00ff@clinic.example.org.eml");
        for id in ["../x", "/etc/x", "..", "", "a b", "a\0", "a\r\n", "é", &"a".repeat(300)] {
            let name = file_name(id);
            let is_digest = name.len() == 68 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
            assert!(is_digest, "{id:?} is written to {name:?}");
        }
    }
}
