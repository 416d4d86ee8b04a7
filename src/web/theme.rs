//! What a host changes about the looks of the pages: a style sheet and a logo of its own.

use crate::web::WebConfig;
use crate::web::assets::Asset;
use axum::body::Bytes;

/// A picture that stands beside the name of the service on every page, 40 px high.
///
/// It is decoration: the name itself stays, for those who do not see the picture. It is served beside the pages, so that
/// their policy need not allow other origins.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Logo {
    /// An SVG file.
    Svg(Bytes),
    /// A PNG file.
    Png(Bytes),
}

impl WebConfig {
    /// A style sheet that every page loads after regain's own.
    ///
    /// regain's takes its colours from custom properties of `:root`, which may be set anew: `--ground`, `--card`, `--text`,
    /// `--soft` (lesser text), `--line` (borders of fields), `--edge` (borders of cards), `--brand` and `--brand-strong`
    /// (buttons and links), `--on-brand` (text on them), `--wrong` and `--wrong-ground`, `--done` and `--done-ground`. Those of
    /// the dark scheme are set in `@media (prefers-color-scheme: dark)`. Text wants a contrast of 4.5 to 1 to its ground (WCAG
    /// 2.2, 1.4.3), which the default colours have.
    ///
    /// Give the same to each router of pages: [`router`](crate::web::router) serves the file, the others name it.
    ///
    /// ```
    /// use regain::web::{ClientAddress, WebConfig};
    ///
    /// let config = WebConfig::new(ClientAddress::Socket).style_sheet(":root { --brand: #7a1f5c; --brand-strong: #541540 }");
    /// # let _ = config;
    /// ```
    #[must_use]
    pub fn style_sheet(self, css: impl Into<String>) -> Self {
        Self { style_sheet: Some(Bytes::from(css.into())), ..self }
    }

    /// A logo. As for the style sheet, give the same to each router.
    #[must_use]
    pub fn logo(self, logo: Logo) -> Self {
        Self { logo: Some(logo), ..self }
    }

    /// What the host brought, as files to serve.
    pub(super) fn own_assets(&self) -> impl Iterator<Item = Asset> {
        let style_sheet = self.style_sheet.clone().map(|css| Asset::style_sheet(STYLE_SHEET, css));
        let logo = self.logo.clone().map(|logo| match logo {
            Logo::Svg(body) => Asset::picture(LOGO_SVG, "image/svg+xml", body),
            Logo::Png(body) => Asset::picture(LOGO_PNG, "image/png", body),
        });
        style_sheet.into_iter().chain(logo)
    }

    /// The name of the host's style sheet among the assets.
    pub(super) fn style_sheet_name(&self) -> Option<&'static str> {
        self.style_sheet.as_ref().map(|_| STYLE_SHEET)
    }

    /// The name of the logo among the assets.
    pub(super) fn logo_name(&self) -> Option<&'static str> {
        self.logo.as_ref().map(|logo| match logo {
            Logo::Svg(_) => LOGO_SVG,
            Logo::Png(_) => LOGO_PNG,
        })
    }
}

const STYLE_SHEET: &str = "own.css";
const LOGO_SVG: &str = "logo.svg";
const LOGO_PNG: &str = "logo.png";
