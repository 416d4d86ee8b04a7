//! What every answer has in common: a language, a time limit and the security headers.

use crate::origin::TrustedOrigin;
use crate::web::answer::Notice;
use crate::web::spoken::Spoken;
use crate::web::{Site, Surface};
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::time::Duration;

/// Longer than any step takes: one hash, and a store that is slow to answer.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(30);

/// `connect-src` is for the meter beside a new password, which asks the page's own site.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Whatever an answer is: a page, or JSON.
const HEADERS: [(HeaderName, &str); 6] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// A request that is given up leaves nothing half done: what is durable, a worker goes on with.
pub(super) async fn dress(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let spoken = Spoken::of(&request, site.languages());
    let answering = async {
        let answer = tokio::time::timeout(TIME_LIMIT, next.run(request)).await;
        answer.unwrap_or_else(|_| site.notice(&Notice::Unavailable))
    };
    let mut answer = spoken.during(answering).await;
    // RC-16: no address of a page with a token leaves it. The other pages have no token; under `no-referrer`
    // their own forms could not be told from foreign ones in older browsers, which then send `Origin: null`.
    let referrer = if site.surface == Surface::Recovery { "no-referrer" } else { "same-origin" };
    put_headers(&mut answer, site.recovery.links().origin(), POLICY, referrer);
    answer
}

/// Puts the security headers on an answer, as far as it has none of its own.
pub(crate) fn put_headers(
    answer: &mut Response,
    origin: &TrustedOrigin,
    policy: &'static str,
    referrer: &'static str,
) {
    let mut put = |name: HeaderName, value| {
        answer.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(CONTENT_SECURITY_POLICY, policy);
    put(REFERRER_POLICY, referrer);
    for (name, value) in HEADERS {
        put(name, value);
    }
    if origin.is_https() {
        put(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
