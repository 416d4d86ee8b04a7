//! A mailer that writes RFC 5322 files to a folder.
//!
//! For a host whose mail system picks files up, and for trying things out. A mail counts as sent once its file is
//! on the disk under its final name; a second try of the same mail replaces that file, so nobody gets two.

use crate::mail::{Delivery, Mailer, Message, folder, mime};
use async_trait::async_trait;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

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
        match folder::prepare(&folder) {
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
    match folder::put(folder, &folder::file_name(&message.message_id, "eml"), &bytes) {
        Ok(()) => Delivery::Sent,
        Err(error) => Delivery::RetryLater(error.into()),
    }
}
