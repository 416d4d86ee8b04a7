//! Style sheets, scripts and pictures: files beside the pages, so that the policy allows nothing inline and nothing from
//! elsewhere.

use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

#[derive(Clone)]
pub(super) struct Asset {
    pub(super) name: &'static str,
    kind: &'static str,
    body: Bytes,
}

const CSS: &str = "text/css; charset=utf-8";

/// The files that regain brings.
pub(super) fn all() -> [Asset; 5] {
    [
        Asset::style_sheet("regain.css", Bytes::from_static(include_bytes!("assets/regain.css"))),
        Asset::picture("icon.svg", "image/svg+xml", Bytes::from_static(include_bytes!("assets/icon.svg"))),
        Asset::script("codes.js", include_bytes!("assets/codes.js")),
        Asset::script("link.js", include_bytes!("assets/link.js")),
        Asset::script("password.js", include_bytes!("assets/password.js")),
    ]
}

impl Asset {
    pub(super) fn style_sheet(name: &'static str, body: Bytes) -> Self {
        Self { name, kind: CSS, body }
    }

    pub(super) fn picture(name: &'static str, kind: &'static str, body: Bytes) -> Self {
        Self { name, kind, body }
    }

    fn script(name: &'static str, body: &'static [u8]) -> Self {
        Self { name, kind: "text/javascript; charset=utf-8", body: Bytes::from_static(body) }
    }

    /// Kept for minutes only: after an upgrade, pages and assets must soon fit together again.
    pub(super) fn response(self) -> Response {
        ([(CONTENT_TYPE, self.kind), (CACHE_CONTROL, "public, max-age=600")], self.body).into_response()
    }
}
