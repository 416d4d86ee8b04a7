//! A POST that may be looked at: from our own page, a form, and not too long.

use crate::client::Client;
use crate::recovery::AskTicket;
use crate::web::answer::Notice;
use crate::web::{Site, forgery, form};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Longest body that is read, in bytes: a password of 1,024 bytes takes 3 KiB when all of it is escaped.
const MAX_BODY: usize = 16 * 1024;

/// How long a body may take to arrive: the longest one at 7 kbit/s. What is left of `TIME_LIMIT` is for the step itself.
const BODY_TIME: Duration = Duration::from_secs(20);

const FORM: &str = "application/x-www-form-urlencoded";

/// A form that was sent to us, and by whom.
pub(super) struct Posted {
    body: Bytes,
    pub(super) client: Client,
    /// What shows that this browser asked.
    pub(super) ticket: Option<AskTicket>,
}

impl Posted {
    async fn read(request: Request, site: &Site) -> Result<Self, Notice> {
        if !forgery::is_own_post(request.headers(), site.recovery.links().origin(), site.surface) {
            return Err(Notice::Forged);
        }
        if !is_of_type(request.headers(), FORM) {
            return Err(Notice::NotAForm);
        }
        let client = site.config.client_address.client(request.extensions(), request.headers());
        let ticket = site.ticket(request.headers());
        let body = read_body(request).await?;
        Ok(Self { body, client, ticket })
    }

    /// The values of these fields, in this order.
    pub(super) fn fields<const N: usize>(&self, names: [&str; N]) -> [Zeroizing<String>; N] {
        form::read(&self.body, names)
    }
}

/// Why a body did not come to its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    TooSlow,
    /// Its chunks are none, or the connection ended before it did.
    Broken,
}

impl From<Unread> for Notice {
    fn from(why: Unread) -> Self {
        match why {
            Unread::TooLarge => Self::TooLarge,
            Unread::TooSlow => Self::TooSlow,
            Unread::Broken => Self::Broken,
        }
    }
}

/// The whole body, up to the limits that all bodies have.
pub(crate) async fn read_body(request: Request) -> Result<Bytes, Unread> {
    read_within(BODY_TIME, request).await
}

async fn read_within(time: Duration, mut request: Request) -> Result<Bytes, Unread> {
    DefaultBodyLimit::max(MAX_BODY).apply(&mut request);
    match tokio::time::timeout(time, Bytes::from_request(request, &())).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)))) => {
            Err(Unread::TooLarge)
        }
        Ok(Err(_)) => Err(Unread::Broken),
        Err(_) => Err(Unread::TooSlow),
    }
}

impl FromRequest<Arc<Site>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Response> {
        Self::read(request, site).await.map_err(|notice| site.notice(&notice))
    }
}

/// Whether a body says of itself, once, that it is of this type.
pub(crate) fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let types: Vec<_> = headers.get_all(CONTENT_TYPE).iter().collect();
    let [only] = types[..] else { return false };
    let essence = only.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use futures_util::stream;
    use std::io;

    fn read(time: Duration, body: Body) -> Result<Bytes, Unread> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(read_within(time, Request::new(body)))
    }

    #[test]
    fn a_body_of_the_longest_length_is_read() {
        let whole = read(BODY_TIME, Body::from(vec![b'a'; MAX_BODY]));
        assert_eq!(whole.map(|bytes| bytes.len()), Ok(MAX_BODY));
    }

    #[test]
    fn why_a_body_is_not_read_is_told_apart() {
        assert_eq!(read(BODY_TIME, Body::from(vec![b'a'; MAX_BODY + 1])), Err(Unread::TooLarge));
        let broken = stream::iter([Ok(&b"a"[..]), Err(io::Error::other("no chunk"))]);
        assert_eq!(read(BODY_TIME, Body::from_stream(broken)), Err(Unread::Broken));
        let endless = stream::pending::<io::Result<Bytes>>();
        assert_eq!(read(Duration::ZERO, Body::from_stream(endless)), Err(Unread::TooSlow));
    }
}
