//! One POST on one connection: what is sent, and what its status means.

use super::body::json;
use super::config::{Target, WebhookSecret};
use crate::clock::Clock;
use crate::mail::{Delivery, Message};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// Most that is read of an answer's status and headers.
const MOST_READ: usize = 16 * 1024;

/// Why a message was not taken. No word of the gateway's gets in here: it may quote the message (LG-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("the gateway answers {0}")]
    Status(u16),
    #[error("the gateway redirects ({0}), which is not followed; configure the address that it names")]
    Redirect(u16),
    #[error("the gateway is not reached")]
    Connection,
    #[error("TLS with the gateway failed; give a private authority with `with_root_certificate`")]
    Tls,
    #[error("the gateway gives no answer, or one that is none")]
    NoAnswer,
    #[error("the gateway took too long")]
    TimedOut,
    #[error("the message could not be handed over: the task broke off")]
    Panicked,
    #[error("the message id cannot stand in a header")]
    Unwritable,
}

impl Failure {
    fn of(status: StatusCode) -> Result<(), Self> {
        match status.as_u16() {
            200..300 => Ok(()),
            code @ 300..400 => Err(Self::Redirect(code)),
            code => Err(Self::Status(code)),
        }
    }
}

impl From<Failure> for Delivery {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Status(410 | 422) | Failure::Unwritable => Self::Refused(failure.into()),
            Failure::Status(401 | 403 | 404 | 405 | 502..=504)
            | Failure::Redirect(_)
            | Failure::Connection
            | Failure::Tls
            | Failure::NoAnswer
            | Failure::TimedOut => Self::Unreachable(failure.into()),
            Failure::Status(_) | Failure::Panicked => Self::RetryLater(failure.into()),
        }
    }
}

/// A message, ready to go. Holds its secret.
pub(super) struct Post {
    body: Bytes,
    id: HeaderValue,
    timestamp: HeaderValue,
    signature: HeaderValue,
}

impl Post {
    /// `None` when the message id cannot stand in a header.
    pub(super) fn of(message: &Message, secrets: &[WebhookSecret], now: OffsetDateTime) -> Option<Self> {
        let (id, timestamp, body) = (&message.message_id, now.unix_timestamp(), json(message));
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let signatures: Vec<String> =
            secrets.iter().map(|secret| secret.sign(id, timestamp, &body)).collect();
        Some(Self {
            id: HeaderValue::from_str(id).ok()?,
            timestamp: HeaderValue::from(timestamp),
            signature: HeaderValue::from_str(&signatures.join(" ")).ok()?,
            body: Bytes::copy_from_slice(body.as_bytes()),
        })
    }
}

/// Where messages go. Cheap to clone.
#[derive(Clone)]
pub(super) struct Gateway {
    pub(super) target: Arc<Target>,
    pub(super) secrets: Arc<[WebhookSecret]>,
    /// Made once: it reads the system's certificates.
    pub(super) tls: Option<TlsConnector>,
    pub(super) limit: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

impl Gateway {
    pub(super) async fn post(&self, post: Post) -> Result<(), Failure> {
        tokio::time::timeout(self.limit, self.converse(post)).await.unwrap_or(Err(Failure::TimedOut))
    }

    async fn converse(&self, post: Post) -> Result<(), Failure> {
        let request = self.request(post)?;
        let target = &*self.target;
        let stream =
            TcpStream::connect((&*target.host, target.port)).await.map_err(|_| Failure::Connection)?;
        let Some(tls) = &self.tls else { return exchange(stream, request).await };
        let name = ServerName::try_from(target.host.clone()).map_err(|_| Failure::Tls)?;
        let stream = tls.connect(name, stream).await.map_err(|_| Failure::Tls)?;
        exchange(stream, request).await
    }

    fn request(&self, post: Post) -> Result<Request<Full<Bytes>>, Failure> {
        let request = Request::post(&**self.target.path)
            .header(HOST, self.target.authority())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("regain/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", post.id)
            .header("webhook-timestamp", post.timestamp)
            .header("webhook-signature", post.signature);
        request.body(Full::new(post.body)).map_err(|_| Failure::Unwritable)
    }
}

/// The status is all that is read: the connection is closed with the answer's body unread, however long it is.
async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let builder = http1::Builder::new().max_buf_size(MOST_READ).handshake(TokioIo::new(stream));
    let (mut sender, connection) = builder.await.map_err(|_| Failure::NoAnswer)?;
    let (mut connection, mut answer) = (pin!(connection), pin!(sender.send_request(request)));
    let answer = tokio::select! {
        answer = &mut answer => answer,
        // It is over: whatever was read of an answer is there by now.
        _ = &mut connection => answer.await,
    };
    Failure::of(answer.map_err(|_| Failure::NoAnswer)?.status())
}
