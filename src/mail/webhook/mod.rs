//! A mailer that posts messages to one address of the host's, which takes them further: to a gateway for text messages, a
//! mail service with an interface of its own, a print shop.
//!
//! Messages are signed as Standard Webhooks 1.0 has it, so that ready-made libraries check them in most languages.

mod body;
mod client;
mod config;

pub use config::{WebhookConfigError, WebhookSecret};

use crate::account::AddressKind;
use crate::clock::{Clock, SystemClock};
use crate::mail::{Circuit, CircuitState, Delivery, Mailer, Message};
use async_trait::async_trait;
use client::{Failure, Gateway, Post};
use config::Target;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long one try may take, unless something is said.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// After a minute another worker may try the same message.
const LONGEST_TIME_LIMIT: Duration = Duration::from_secs(50);

/// Posts each message as JSON to one `https` address (`http` for loopback hosts only).
///
/// ```json
/// {"type": "message.send", "timestamp": "2026-03-02T09:00:00Z", "data": {
///   "message_id": "…", "to": {"kind": "phone", "address": "+15550100123"},
///   "from": {"address": "…", "name": "…", "reply_to": null}, "subject": "…", "text": "…", "html": ""}}
/// ```
///
/// `kind` is `email`, `phone` or `post`, where the lines of the address are separated by `\n`; `html` is empty but for
/// e-mail; `name` and `reply_to` may be null. The headers are those of [Standard Webhooks](https://www.standardwebhooks.com/):
/// `webhook-id` is the message id, the same at every try, by which doubles are dropped; `webhook-timestamp`, in seconds, is
/// that of the try: what is much older is a replay; `webhook-signature` is `v1,` and the HMAC-SHA-256, in Base64, of id,
/// timestamp and body with a dot between. Check it before anything is parsed.
///
/// | answer | what becomes of the message |
/// |---|---|
/// | 2xx | sent |
/// | 410, 422 | refused for good: such as a number that does not exist. It is given up and shown to the host |
/// | 408, 425, 429, 500, other 4xx | tried again, for up to 24 h |
/// | 401, 403, 404, 405, 502, 503, 504, a redirect (none is followed), no answer | tried again; after three of these in a row nothing is sent for a while ([`Circuit`]) |
///
/// Of an answer only the status is read. Neither address, secret nor message are logged.
///
/// ```
/// use regain::account::AddressKind;
/// use regain::mail::{WebhookMailer, WebhookSecret};
///
/// let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
/// let texts = WebhookMailer::builder("https://gateway.example.org/texts", secret)?
///     .carries(&[AddressKind::Phone])
///     .build()?;
/// assert_eq!(format!("{texts:?}"), "WebhookMailer(https://gateway.example.org)");
/// # Ok::<(), regain::mail::WebhookConfigError>(())
/// ```
#[derive(Clone)]
pub struct WebhookMailer {
    circuit: Arc<Circuit<Gateway>>,
    kinds: Arc<[AddressKind]>,
    name: Arc<str>,
}

impl fmt::Debug for WebhookMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookMailer({})", self.name)
    }
}

impl WebhookMailer {
    /// Messages go to this address, signed with this secret. Nothing is sent yet.
    ///
    /// # Errors
    /// [`WebhookConfigError::Url`] unless it is `https`, or `http` to a loopback host, with a plain path and no user.
    pub fn builder(url: &str, secret: WebhookSecret) -> Result<WebhookBuilder, WebhookConfigError> {
        Ok(WebhookBuilder {
            target: Target::parse(url)?,
            secrets: vec![secret],
            kinds: vec![AddressKind::Email],
            roots: Vec::new(),
            limit: TIME_LIMIT,
            clock: Arc::new(SystemClock),
        })
    }

    /// Whether messages go out just now.
    #[must_use]
    pub fn circuit(&self) -> CircuitState {
        self.circuit.state()
    }
}

/// Builds a [`WebhookMailer`].
pub struct WebhookBuilder {
    target: Target,
    secrets: Vec<WebhookSecret>,
    kinds: Vec<AddressKind>,
    roots: Vec<Vec<u8>>,
    limit: Duration,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for WebhookBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookBuilder({})", self.target.name())
    }
}

impl WebhookBuilder {
    /// The kinds of addresses that the gateway takes; e-mail only unless something is said.
    #[must_use]
    pub fn carries(mut self, kinds: &[AddressKind]) -> Self {
        self.kinds = kinds.to_vec();
        self
    }

    /// Signs with this secret too, while the gateway changes from one to the other.
    #[must_use]
    pub fn also_signed_with(mut self, secret: WebhookSecret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Trusts this authority, in PEM, besides those of the system.
    #[must_use]
    pub fn with_root_certificate(mut self, pem: &[u8]) -> Self {
        self.roots.push(pem.to_vec());
        self
    }

    /// How long one try may take from connecting to the status: 20 seconds by default, at most 50, since after 60 another
    /// worker may try the same message.
    ///
    /// # Errors
    /// [`WebhookConfigError::TimeLimit`] for none, or more.
    pub fn time_limit(mut self, limit: Duration) -> Result<Self, WebhookConfigError> {
        if limit.is_zero() || limit > LONGEST_TIME_LIMIT {
            return Err(WebhookConfigError::TimeLimit);
        }
        self.limit = limit;
        Ok(self)
    }

    /// Goes by this clock for timestamps and for sparing a gateway that is not reached; by the machine's if nothing is said.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The mailer.
    ///
    /// # Errors
    /// [`WebhookConfigError::Certificates`] when a root certificate is none, or the system has none.
    pub fn build(self) -> Result<WebhookMailer, WebhookConfigError> {
        let tls = if self.target.is_https() { Some(config::tls(&self.roots)?) } else { None };
        let name = self.target.name().into();
        let gateway = Gateway {
            target: Arc::new(self.target),
            secrets: self.secrets.into(),
            tls,
            limit: self.limit,
            clock: self.clock.clone(),
        };
        let circuit = Arc::new(Circuit::new(gateway).clock(self.clock));
        Ok(WebhookMailer { circuit, kinds: self.kinds.into(), name })
    }
}

/// The gateway does not take such addresses.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the webhook is not configured to carry addresses of this kind")]
struct NotCarried;

#[async_trait]
impl Mailer for WebhookMailer {
    async fn send(&self, message: &Message) -> Delivery {
        if !self.carries(message.to.kind()) {
            return Delivery::Refused(NotCarried.into());
        }
        self.circuit.send(message).await
    }

    fn carries(&self, kind: AddressKind) -> bool {
        self.kinds.contains(&kind)
    }
}

#[async_trait]
impl Mailer for Gateway {
    async fn send(&self, message: &Message) -> Delivery {
        let Some(post) = Post::of(message, &self.secrets, self.clock.now()) else {
            return Delivery::Refused(Failure::Unwritable.into());
        };
        let gateway = self.clone();
        // In a task of its own: a caller that goes away does not break it off between body and answer.
        let task = tokio::spawn(async move { gateway.post(post).await });
        match task.await.unwrap_or(Err(Failure::Panicked)) {
            Ok(()) => Delivery::Sent,
            Err(failure) => failure.into(),
        }
    }
}
