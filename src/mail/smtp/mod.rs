//! A mailer that hands mails to a mail server, over TLS.
//!
//! For a host with a relay or a submission server. A mail counts as sent when the server has said so; when that
//! answer is lost, the mail is sent again with the same `Message-ID`, so that a mail may arrive twice but never not.

mod config;
mod failure;
mod in_turn;
mod pace;
mod refusal;
mod secured;
mod session;

pub use config::SmtpConfigError;

use crate::clock::{Clock, SystemClock};
use crate::identity::EmailAddress;
#[cfg(feature = "dkim")]
use crate::mail::DkimKey;
use crate::mail::{Circuit, CircuitState, Delivery, Mailer, Message, mime};
use async_trait::async_trait;
use config::{Security, Server};
use failure::Failure;
use lettre::transport::smtp::client::{Certificate, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::extension::ClientId;
use mime::Form;
use pace::Limits;
use session::{Parcel, Session, Way};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;
use zeroize::Zeroizing;

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
/// Refused for good is a mail when the server refuses its recipient: with an enhanced status code 5.1.x or 5.2.x (RFC
/// 3463; not 5.1.7, 5.1.8 and 5.2.2, which are about the sender and about a full mailbox), or, where there is none, with
/// 550, 551, 553 or 556 to RCPT; or when its local part is not ASCII and the server lacks SMTPUTF8. All else is tried
/// again: no connection, no TLS, no answer, 4xx, and 5xx that speak of the configuration, such as 535 for a wrong password
/// and 554 5.7.1 for a relay that does not know us, with a warning in the log.
///
/// A server that is not reached, or does not let us in, is spared for a while: see [`Circuit`].
///
/// ```
/// use regain::mail::SmtpMailer;
///
/// let mailer = SmtpMailer::new("smtps://portal:s%23cret@mail.example.org")?;
/// assert_eq!(format!("{mailer:?}"), "SmtpMailer(mail.example.org:465 (Tls))");
/// # Ok::<(), regain::mail::SmtpConfigError>(())
/// ```
#[derive(Clone)]
pub struct SmtpMailer(Arc<Circuit<Relay>>);

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpMailer({:?})", self.0.mailer().server)
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
        Ok(SmtpBuilder {
            server: Server::parse(url)?,
            roots: Vec::new(),
            limits: Limits::default(),
            name: None,
            clock: Arc::new(SystemClock),
            #[cfg(feature = "dkim")]
            dkim: None,
        })
    }

    /// Whether mails go out just now.
    #[must_use]
    pub fn circuit(&self) -> CircuitState {
        self.0.state()
    }
}

/// Builds an [`SmtpMailer`].
pub struct SmtpBuilder {
    server: Server,
    roots: Vec<Certificate>,
    limits: Limits,
    name: Option<ClientId>,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "dkim")]
    dkim: Option<DkimKey>,
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
        self.limits = self.limits.with_whole(limit)?;
        Ok(self)
    }

    /// How long each step may take, such as connecting, TLS, or one answer: 15 seconds by default. Only the last one, the
    /// answer to the text, has all the time that is left.
    ///
    /// # Errors
    /// [`SmtpConfigError::TimeLimit`] for none, or more than 50 seconds.
    pub fn step_limit(mut self, limit: Duration) -> Result<Self, SmtpConfigError> {
        self.limits = self.limits.with_step(limit)?;
        Ok(self)
    }

    /// What we call ourselves in EHLO: the domain of the sender's address if nothing is said, never the machine's name.
    /// A host name in ASCII, or an IP address, for a server that wants to find it in the DNS.
    ///
    /// # Errors
    /// [`SmtpConfigError::ClientName`] when it is neither.
    pub fn client_name(mut self, name: &str) -> Result<Self, SmtpConfigError> {
        self.name = Some(config::client_name(name).ok_or(SmtpConfigError::ClientName)?);
        Ok(self)
    }

    /// Goes by this clock when it spares a server that is not reached; by the machine's if nothing is said.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Signs every mail with this key. The sender's domain has to be that of the key, or below it; else mails wait.
    #[cfg(feature = "dkim")]
    #[must_use]
    pub fn dkim(mut self, key: DkimKey) -> Self {
        self.dkim = Some(key);
        self
    }

    /// The mailer.
    ///
    /// # Errors
    /// [`SmtpConfigError::Tls`] when a root certificate is not one.
    pub fn build(self) -> Result<SmtpMailer, SmtpConfigError> {
        let server = self.server;
        let tls = match server.security {
            Security::Loopback => None,
            Security::Tls | Security::StartTls => {
                let builder = TlsParameters::builder(server.host.clone());
                let builder =
                    self.roots.into_iter().fold(builder, TlsParametersBuilder::add_root_certificate);
                // Not `build`: with what a host may switch on in lettre, that is another library's TLS.
                Some(builder.build_rustls().map_err(|error| SmtpConfigError::Tls(error.into()))?)
            }
        };
        let relay = Relay {
            server: server.into(),
            tls,
            limits: self.limits,
            name: self.name,
            #[cfg(feature = "dkim")]
            dkim: self.dkim,
        };
        Ok(SmtpMailer(Arc::new(Circuit::new(relay).clock(self.clock))))
    }
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, message: &Message) -> Delivery {
        self.0.send(message).await
    }
}

/// The server, tried each time.
#[derive(Clone)]
struct Relay {
    server: Arc<Server>,
    /// Made once: it reads the system's certificates.
    tls: Option<TlsParameters>,
    limits: Limits,
    name: Option<ClientId>,
    #[cfg(feature = "dkim")]
    dkim: Option<DkimKey>,
}

#[async_trait]
impl Mailer for Relay {
    async fn send(&self, message: &Message) -> Delivery {
        let parcel = match self.parcel(message) {
            Ok(parcel) => parcel,
            Err(unwritable) => return unwritable.into(),
        };
        let (relay, sender) = (self.clone(), message.sender.from().domain().to_owned());
        // In a task of its own: a caller that goes away does not break it off between text and answer. When the limit
        // is up, the connection is closed, so that no text goes out while the next try is under way.
        let conversation = async move { relay.converse(&parcel, sender).await };
        // With its feature `tracing`, which a host may switch on, lettre logs every byte: link, recipient, password.
        let task = tokio::spawn(conversation.with_subscriber(Dispatch::none()));
        let outcome = task.await.unwrap_or(Err(Failure::Panicked));
        outcome.map_or_else(Delivery::from, |()| Delivery::Sent)
    }
}

impl Relay {
    async fn converse(&self, parcel: &Parcel, sender: String) -> Result<(), Failure> {
        let name = self.name.clone().unwrap_or(ClientId::Domain(sender));
        let way = Way { name, tls: self.tls.as_ref() };
        let mut session = Session::open(&self.server, &way, self.limits.begin()).await?;
        let outcome = session.hand_over(parcel).await;
        session.close();
        outcome
    }

    fn parcel(&self, message: &Message) -> Result<Parcel, mime::Unwritable> {
        let mail = mime::compose(message, Form::Encoded, with_ascii_domain)?;
        let envelope = mail.envelope();
        let (Some(from), [to]) = (envelope.from(), envelope.to()) else {
            return Err(mime::Unwritable::Mail("the mail has no sender or not one recipient".into()));
        };
        let (from, to) = (from.clone(), to.clone());
        let encoded = Zeroizing::new(mail.formatted());
        #[cfg(feature = "dkim")]
        if let Some(key) = &self.dkim {
            // RFC 6376, 5.3: a server on the way may encode what is not, which no signature survives.
            let encoded = Zeroizing::new(key.signed(message, &encoded).map_err(mime::Unwritable::Sender)?);
            return Ok(Parcel { from, to, encoded, eight_bit: None });
        }
        let eight_bit = mime::compose(message, Form::EightBit, with_ascii_domain)?;
        Ok(Parcel { from, to, encoded, eight_bit: Some(Zeroizing::new(eight_bit.formatted())) })
    }
}

/// A domain in other letters is written in ASCII (IDNA), which every server takes; NO-7: all else byte for byte. A
/// local part in other letters has no such form, and needs SMTPUTF8.
fn with_ascii_domain(address: &EmailAddress) -> String {
    match address.as_str().rsplit_once('@') {
        Some((local, domain)) if !domain.is_ascii() => format!("{local}@{}", address.domain()),
        _ => address.as_str().to_owned(),
    }
}
