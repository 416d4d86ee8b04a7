//! Mails: what goes out, to whom, and the port that takes it there.
//!
//! A mail is composed when its flow's transition is committed, sealed into the outbox, and handed to the
//! [`Mailer`] by the worker. It goes to an address on file, and to no other (RCPT).

mod circuit;
#[cfg(feature = "dkim")]
mod dkim;
#[cfg(feature = "eml")]
mod eml;
#[cfg(any(feature = "eml", feature = "print"))]
mod folder;
mod letter;
mod means;
#[cfg(any(feature = "eml", feature = "smtp"))]
mod mime;
#[cfg(not(feature = "templates"))]
mod no_templates;
#[cfg(feature = "print")]
mod pdf;
#[cfg(feature = "print")]
mod print;
mod seal;
#[cfg(feature = "smtp")]
mod smtp;
#[cfg(feature = "templates")]
pub mod templates;
#[cfg(feature = "webhook")]
mod webhook;

pub use circuit::{Circuit, CircuitState};
#[cfg(feature = "dkim")]
pub use dkim::{DkimError, DkimKey};
#[cfg(feature = "eml")]
pub use eml::{EmlError, EmlMailer};
#[cfg(feature = "questions")]
pub(crate) use letter::QuestionsChanged;
pub(crate) use letter::{
    AddressAdded, AddressCode, AddressEvent, AddressRemoved, CaseDecided, CaseOpened, CaseWaiting, CodesMade,
    Composed, DisownButton, FactorAdded, FactorDisabled, FactorRemoved, HoldPlaced, LetterContent,
    SharedAccount, TakenAway, Voice,
};
pub use letter::{InvalidService, Service};
pub use means::ByKind;
pub(crate) use means::compose_for;
#[cfg(not(feature = "templates"))]
pub(crate) use no_templates::MailTemplates;
#[cfg(feature = "print")]
pub use print::{PrintError, PrintForm, PrintMailer};
pub(crate) use seal::{open, place, seal, without_links};
#[cfg(feature = "smtp")]
pub use smtp::{SmtpBuilder, SmtpConfigError, SmtpMailer};
#[cfg(feature = "templates")]
pub(crate) use templates::MailTemplates;
#[cfg(feature = "webhook")]
pub use webhook::{WebhookBuilder, WebhookConfigError, WebhookMailer, WebhookSecret};

use crate::account::{AddressKind, AddressOnFile};
use crate::identity::EmailAddress;
use crate::language::LanguageTag;
use async_trait::async_trait;
use std::fmt;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// Who mails come from. All of it is configuration: nothing of a request gets in here (CVE-2017-8295).
#[derive(Debug, Clone)]
pub struct Sender {
    from: EmailAddress,
    name: Option<String>,
    reply_to: Option<EmailAddress>,
}

impl Sender {
    /// Mails come from this address; it is the envelope sender too, and its domain is that of the `Message-ID`.
    #[must_use]
    pub fn new(from: EmailAddress) -> Self {
        Self { from, name: None, reply_to: None }
    }

    /// The name shown beside the address.
    ///
    /// # Errors
    /// [`InvalidSenderName`] for one with control characters or `=?`, an empty one, or one over 128 bytes.
    pub fn named(mut self, name: &str) -> Result<Self, InvalidSenderName> {
        if name.is_empty() || name.len() > 128 || !is_plain(name) {
            return Err(InvalidSenderName);
        }
        self.name = Some(name.to_owned());
        Ok(self)
    }

    /// Where answers go.
    #[must_use]
    pub fn reply_to(mut self, address: EmailAddress) -> Self {
        self.reply_to = Some(address);
        self
    }

    /// The address that mails come from.
    #[must_use]
    pub fn from(&self) -> &EmailAddress {
        &self.from
    }

    /// The name shown beside the address.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where answers go, if not to the sender.
    #[must_use]
    pub fn answers(&self) -> Option<&EmailAddress> {
        self.reply_to.as_ref()
    }
}

/// A sender's name that would break a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sender's name has 1 to 128 bytes, no control characters and no =?")]
pub struct InvalidSenderName;

/// Whether a text stays what it is in a header: no control character, and none that a mail program makes of an encoded
/// word of RFC 2047 (`=?utf-8?q?=0D=0A…?=`), which the libraries that write mails pass on as it is.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control) && !text.contains("=?")
}

/// One mail, ready to go.
#[derive(Clone)]
#[non_exhaustive]
pub struct Message {
    /// `Message-ID` without angle brackets: the same across all tries, so that doubles can be dropped.
    pub message_id: String,
    /// Who it comes from.
    pub sender: Sender,
    /// Who it goes to: an address on file, byte for byte.
    pub to: AddressOnFile,
    /// When it was composed.
    pub date: OffsetDateTime,
    /// The subject; no control characters.
    pub subject: String,
    /// The plain text part. May hold a secret.
    pub text: Zeroizing<String>,
    /// The HTML part. May hold a secret.
    pub html: Zeroizing<String>,
    /// The language that it is in.
    pub language: Option<LanguageTag>,
    /// The day on which it was composed, in words of that language, as it stands on a letter.
    pub written_on: String,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

/// What became of one try to send a mail.
///
/// Errors are logged as they are: they must not name the recipient, nor quote the text, as the answers of mail systems
/// often do (LG-3).
#[derive(Debug)]
#[non_exhaustive]
pub enum Delivery {
    /// The mail system has taken it over.
    Sent,
    /// Not now, or not known: to be tried again.
    RetryLater(Box<dyn std::error::Error + Send + Sync>),
    /// The mail system itself was not reached, or did not let us in: no other mail would have got further. The mail is
    /// tried again, and a [`Circuit`] spares the mail system for a while.
    Unreachable(Box<dyn std::error::Error + Send + Sync>),
    /// Refused for good, such as an address that does not exist.
    Refused(Box<dyn std::error::Error + Send + Sync>),
}

/// Takes mails to people.
///
/// A mail may be handed over more than once, with one `Message-ID`: after a crash nobody knows whether the last
/// try arrived.
///
/// ```
/// use async_trait::async_trait;
/// use regain::mail::{Delivery, Mailer, Message};
///
/// /// Prints who would get mail; fit for nothing else, as the text holds secrets.
/// struct Announce;
///
/// #[async_trait]
/// impl Mailer for Announce {
///     async fn send(&self, message: &Message) -> Delivery {
///         println!("a mail {} would go out", message.message_id);
///         Delivery::Sent
///     }
/// }
/// ```
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one mail over, within less than a minute: afterwards another worker may try as well.
    async fn send(&self, message: &Message) -> Delivery;

    /// Whether it takes messages to such an address: to e-mail addresses only, unless it says otherwise. What no mailer
    /// carries is not sent, and an account that has no other address is one without.
    fn carries(&self, kind: AddressKind) -> bool {
        kind == AddressKind::Email
    }
}
