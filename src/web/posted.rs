//! A POST that may be looked at: from our own page, a form, and not too long.

use crate::client::Client;
use crate::recovery::AskTicket;
use crate::web::answer::Notice;
use crate::web::{Site, forgery, form};
use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Longest body that is read, in bytes: a password of 1,024 bytes takes 3 KiB when all of it is escaped.
pub(crate) const MAX_BODY: usize = 16 * 1024;

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
        let body = to_bytes(request.into_body(), MAX_BODY).await.map_err(|_| Notice::TooLarge)?;
        Ok(Self { body, client, ticket })
    }

    /// The values of these fields, in this order.
    pub(super) fn fields<const N: usize>(&self, names: [&str; N]) -> [Zeroizing<String>; N] {
        form::read(&self.body, names)
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
