//! Style sheet and scripts: files of our own, so that the policy allows nothing inline and nothing from elsewhere.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

pub(super) struct Asset {
    pub(super) name: &'static str,
    kind: &'static str,
    body: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) const ALL: &[Asset] = &[
    Asset { name: "regain.css", kind: "text/css; charset=utf-8", body: include_str!("assets/regain.css") },
    Asset { name: "icon.svg", kind: "image/svg+xml", body: include_str!("assets/icon.svg") },
    Asset { name: "codes.js", kind: SCRIPT, body: include_str!("assets/codes.js") },
    Asset { name: "link.js", kind: SCRIPT, body: include_str!("assets/link.js") },
    Asset { name: "password.js", kind: SCRIPT, body: include_str!("assets/password.js") },
];

impl Asset {
    /// Kept for minutes only: after an upgrade, pages and assets must soon fit together again.
    pub(super) fn response(&self) -> Response {
        ([(CONTENT_TYPE, self.kind), (CACHE_CONTROL, "public, max-age=600")], self.body).into_response()
    }
}
