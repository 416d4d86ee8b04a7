//! A mailer that writes letters to a folder, from which the host prints and posts them.
//!
//! One file for each letter, under its message id, so that a letter that is handed over twice is still one file.

use crate::account::{AddressKind, AddressOnFile};
use crate::identity::PostalAddress;
use crate::mail::{Delivery, Mailer, Message, folder, pdf};
use async_trait::async_trait;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// How letters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PrintForm {
    /// PDF, A4, with the address where the window of an envelope is (DIN 5008, form B; DL and C6/5). A letter with
    /// characters beyond Western European ones, which need fonts that a PDF would have to bring, is written as text.
    #[default]
    Pdf,
    /// Text in UTF-8: the lines of the address, the date, the subject, and the words, with an empty line between.
    Text,
}

/// Writes each letter to a file of its own, `<message id>.pdf` or `.txt`, which only the owner of the process can read: it
/// may hold a code. Whatever prints them takes them out of the folder, and must keep them as the secrets that they are. Two
/// tries of one letter give the same file; one that was taken out before the second try may be printed twice.
///
/// It carries postal addresses and nothing else: see [`ByKind`](crate::mail::ByKind) for e-mail beside it.
#[derive(Debug, Clone)]
pub struct PrintMailer {
    folder: Arc<Path>,
    form: PrintForm,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("letters cannot be written to {folder}; let the process create and write that folder")]
pub struct PrintError {
    folder: PathBuf,
    #[source]
    source: io::Error,
}

impl PrintMailer {
    /// Writes to this folder. Creates it if it is not there, and tries whether it can be written to.
    ///
    /// # Errors
    /// [`PrintError`] when it cannot.
    pub fn new(folder: impl Into<PathBuf>, form: PrintForm) -> Result<Self, PrintError> {
        let folder = folder.into();
        match folder::prepare(&folder) {
            Ok(()) => Ok(Self { folder: folder.into(), form }),
            Err(source) => Err(PrintError { folder, source }),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Only letters are printed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the recipient is no postal address")]
struct NotPostal;

#[async_trait]
impl Mailer for PrintMailer {
    async fn send(&self, message: &Message) -> Delivery {
        let (mailer, message) = (self.clone(), message.clone());
        // On a thread of its own: it ends also when the caller does not wait, and a panic there only delays this letter.
        let delivered = tokio::task::spawn_blocking(move || mailer.deliver(&message)).await;
        delivered.unwrap_or_else(|error| Delivery::RetryLater(error.into()))
    }

    fn carries(&self, kind: AddressKind) -> bool {
        kind == AddressKind::Post
    }
}

impl PrintMailer {
    fn deliver(&self, message: &Message) -> Delivery {
        let AddressOnFile::Post(address) = &message.to else { return Delivery::Refused(NotPostal.into()) };
        let sheet = Sheet::of(message, address);
        let drawn = match self.form {
            PrintForm::Pdf => pdf::draw(&sheet),
            PrintForm::Text => None,
        };
        let (bytes, ending) = match drawn {
            Some(drawn) => (drawn, "pdf"),
            None => (sheet.text(), "txt"),
        };
        match self.put(&message.message_id, ending, &bytes) {
            Ok(()) => Delivery::Sent,
            Err(error) => Delivery::RetryLater(error.into()),
        }
    }

    /// A letter that was written in the other form before, such as under another configuration, is still one letter.
    fn put(&self, message_id: &str, ending: &str, bytes: &[u8]) -> io::Result<()> {
        folder::put(&self.folder, &folder::file_name(message_id, ending), bytes)?;
        let other = if ending == "pdf" { "txt" } else { "pdf" };
        fs::remove_file(self.folder.join(folder::file_name(message_id, other))).or_else(|error| {
            match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            }
        })
    }
}

/// What stands on the paper. May hold a secret.
pub(super) struct Sheet<'a> {
    pub(super) address: Vec<&'a str>,
    pub(super) date: String,
    pub(super) subject: &'a str,
    pub(super) text: Zeroizing<String>,
}

impl<'a> Sheet<'a> {
    fn of(message: &'a Message, address: &'a PostalAddress) -> Self {
        Self {
            address: address.lines().collect(),
            date: message.written_on.clone(),
            subject: &message.subject,
            text: Zeroizing::new(message.text.replace("\r\n", "\n")),
        }
    }

    fn text(&self) -> Zeroizing<Vec<u8>> {
        let parts = [&self.address.join("\n"), &self.date, self.subject, self.text.trim_end()];
        let mut text = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len() + 2).sum()));
        for (number, part) in parts.into_iter().enumerate() {
            text.extend_from_slice(if number == 0 { b"" } else { b"\n\n" });
            text.extend_from_slice(part.as_bytes());
        }
        text.push(b'\n');
        text
    }
}
