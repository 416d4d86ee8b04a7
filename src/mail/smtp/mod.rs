//! A mailer that hands mails to a mail server, over TLS.
//!
//! For a host with a relay or a submission server. A mail counts as sent when the server has said so; when that
//! answer is lost, the mail is sent again with the same `Message-ID`, so that a mail may arrive twice but never not.

mod config;
mod failure;
mod in_turn;
mod session;

pub use config::SmtpConfigError;

use crate::identity::EmailAddress;
use crate::mail::{Delivery, Mailer, Message, mime};
use async_trait::async_trait;
use config::{Security, Server};
use failure::Failure;
use lettre::transport::smtp::client::{Certificate, TlsParameters, TlsParametersBuilder};
use session::{Parcel, Session};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;
use zeroize::Zeroizing;

/// The worker's lease on a mail is 60 s: a try has to be over before another worker may begin one.
const MAX_TIME_LIMIT: Duration = Duration::from_secs(50);
const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(45);

/// Hands each mail to a mail server, on a connection of its own.
///
/// | URL | what |
/// |---|---|
/// | `smtps://user:password@mail.example.org` | TLS from the start; port 465 unless one is given. To be preferred (RFC 8314) |
/// | `smtp://user:password@mail.example.org?starttls=required` | STARTTLS, port 587; without TLS nothing is sent |
/// | `smtp://localhost` | no TLS, port 25; loopback hosts only |
///
/// User and password are percent-encoded; leave both out for a server that asks for none.
///
/// Refused for good is a mail when the server answers 550, 551, 553, 554 or 556 to its recipient or its text. All else
/// is tried again: no connection, no TLS, no answer, 4xx, and 5xx that speak of the configuration, such as 535 for a
/// wrong password, with a warning in the log.
///
/// ```
/// use regain::mail::SmtpMailer;
///
/// let mailer = SmtpMailer::new("smtps://portal:s%23cret@mail.example.org")?;
/// assert_eq!(format!("{mailer:?}"), "SmtpMailer(mail.example.org:465 (Tls))");
/// # Ok::<(), regain::mail::SmtpConfigError>(())
/// ```
#[derive(Clone)]
pub struct SmtpMailer {
    server: Arc<Server>,
    /// Made once: it reads the system's certificates.
    tls: Option<TlsParameters>,
    time_limit: Duration,
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpMailer({:?})", self.server)
    }
}

impl SmtpMailer {
    /// Mails go to this server. Nothing is sent yet: a server that is down must not keep a service from starting.
    ///
    /// # Errors
    /// [`SmtpConfigError`] for a URL that is not one of those above.
    pub fn new(url: &str) -> Result<Self, SmtpConfigError> {
        Self::builder(url)?.build()
    }

    /// A mailer of which more is to be said.
    ///
    /// # Errors
    /// As [`SmtpMailer::new`].
    pub fn builder(url: &str) -> Result<SmtpBuilder, SmtpConfigError> {
        Ok(SmtpBuilder { server: Server::parse(url)?, roots: Vec::new(), time_limit: DEFAULT_TIME_LIMIT })
    }
}

/// Builds an [`SmtpMailer`].
pub struct SmtpBuilder {
    server: Server,
    roots: Vec<Certificate>,
    time_limit: Duration,
}

impl fmt::Debug for SmtpBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpBuilder({:?})", self.server)
    }
}

impl SmtpBuilder {
    /// Trusts this authority, in PEM, besides those of the system: for a relay with a private one.
    ///
    /// # Errors
    /// [`SmtpConfigError::Certificate`] when there is none in it.
    pub fn with_root_certificate(mut self, pem: &[u8]) -> Result<Self, SmtpConfigError> {
        // lettre takes a file without any certificate, and then trusts nothing more than before.
        if !pem.windows(BEGIN.len()).any(|window| window == BEGIN) {
            return Err(SmtpConfigError::Certificate);
        }
        self.roots.push(Certificate::from_pem(pem).map_err(|_| SmtpConfigError::Certificate)?);
        Ok(self)
    }

    /// How long one try may take from connecting to the server's last answer: 45 seconds by default, at most 50, since
    /// after 60 another worker may try the same mail.
    ///
    /// # Errors
    /// [`SmtpConfigError::TimeLimit`] for none, or more.
    pub fn time_limit(mut self, limit: Duration) -> Result<Self, SmtpConfigError> {
        if limit.is_zero() || limit > MAX_TIME_LIMIT {
            return Err(SmtpConfigError::TimeLimit);
        }
        self.time_limit = limit;
        Ok(self)
    }

    /// The mailer.
    ///
    /// # Errors
    /// [`SmtpConfigError::Tls`] when a root certificate is not one.
    pub fn build(self) -> Result<SmtpMailer, SmtpConfigError> {
        let Self { server, roots, time_limit } = self;
        let tls = match server.security {
            Security::Loopback => None,
            Security::Tls | Security::StartTls => {
                let builder = TlsParameters::builder(server.host.clone());
                let builder = roots.into_iter().fold(builder, TlsParametersBuilder::add_root_certificate);
                Some(builder.build().map_err(|error| SmtpConfigError::Tls(error.into()))?)
            }
        };
        Ok(SmtpMailer { server: server.into(), tls, time_limit })
    }
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, message: &Message) -> Delivery {
        let parcel = match parcel(message) {
            Ok(parcel) => parcel,
            Err(unwritable) => return unwritable.into(),
        };
        let (mailer, limit) = (self.clone(), self.time_limit);
        // In a task of its own: a caller that goes away does not break it off between text and answer. When the limit
        // is up, the connection is closed, so that no text goes out while the next try is under way.
        let conversation = async move { tokio::time::timeout(limit, mailer.converse(&parcel)).await };
        // With its feature `tracing`, which a host may switch on, lettre logs every byte: link, recipient, password.
        let task = tokio::spawn(conversation.with_subscriber(Dispatch::none()));
        let outcome = match task.await {
            Ok(outcome) => outcome.unwrap_or(Err(Failure::TimedOut)),
            Err(_) => Err(Failure::Panicked),
        };
        outcome.map_or_else(Delivery::from, |()| Delivery::Sent)
    }
}

impl SmtpMailer {
    async fn converse(&self, parcel: &Parcel) -> Result<(), Failure> {
        let mut session = Session::open(&self.server, self.tls.as_ref()).await?;
        let outcome = session.hand_over(parcel).await;
        session.close();
        outcome
    }
}

fn parcel(message: &Message) -> Result<Parcel, mime::Unwritable> {
    let mail = mime::compose(message, with_ascii_domain)?;
    let envelope = mail.envelope();
    let (Some(from), [to]) = (envelope.from(), envelope.to()) else {
        return Err(mime::Unwritable::Mail("the mail has no sender or not one recipient".into()));
    };
    Ok(Parcel { from: from.clone(), to: to.clone(), text: Zeroizing::new(mail.formatted()) })
}

/// A domain in other letters is written in ASCII (IDNA), which every server takes; NO-7: all else byte for byte. A
/// local part in other letters has no such form, and needs SMTPUTF8.
fn with_ascii_domain(address: &EmailAddress) -> String {
    match address.as_str().rsplit_once('@') {
        Some((local, domain)) if !domain.is_ascii() => format!("{local}@{}", address.domain()),
        _ => address.as_str().to_owned(),
    }
}
