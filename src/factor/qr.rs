//! The QR code of a new TOTP secret. It *is* the secret: show it once, with `Cache-Control: no-store`, and log it nowhere.

use super::TotpSecret;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use zeroize::Zeroizing;

impl TotpSecret {
    /// The QR code of [`TotpSecret::uri`], as an SVG document of at least 240 by 240 pixels, black on white with its quiet
    /// zone. It carries no script, no style and no address to load from, so it can be put into a page as it is.
    ///
    /// # Errors
    /// [`TooLongForQr`] when issuer and label are longer than a QR code holds, some 2,000 bytes.
    pub fn qr_svg(&self, issuer: &str, label: &str) -> Result<Zeroizing<String>, TooLongForQr> {
        let uri = self.uri(issuer, label);
        let code =
            QrCode::with_error_correction_level(uri.as_bytes(), EcLevel::M).map_err(|_| TooLongForQr)?;
        let svg = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
        Ok(Zeroizing::new(svg))
    }
}

/// Issuer and label do not fit into a QR code; shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("issuer and label are too long for a QR code; shorten them")]
pub struct TooLongForQr;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_has_a_size_and_nothing_that_loads_or_runs() {
        let secret = TotpSecret::from_random([7; 20]);
        let svg = secret.qr_svg("Clinic", "\"><script>alert(1)</script>").unwrap();
        assert!(svg.contains("<svg") && svg.ends_with("</svg>"));
        for bad in ["script", "href", "style=", "url(", "secret"] {
            assert!(!svg.contains(bad), "{bad}");
        }
        assert_ne!(*svg, *TotpSecret::from_random([8; 20]).qr_svg("Clinic", "ana").unwrap());
    }

    #[test]
    fn a_label_that_does_not_fit_is_refused() {
        assert_eq!(
            TotpSecret::from_random([7; 20]).qr_svg("Clinic", &"x".repeat(10_000)).err(),
            Some(TooLongForQr)
        );
    }
}
