//! The QR code of a new TOTP secret. It *is* the secret: show it once, with `Cache-Control: no-store`, and log it nowhere.

use super::TotpSecret;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;
use zeroize::Zeroizing;

/// The light margin around the code, in modules (ISO/IEC 18004, 9.1).
const QUIET: usize = 4;
/// Least width and height, in pixels.
const LEAST_PIXELS: usize = 240;

impl TotpSecret {
    /// The QR code of [`TotpSecret::uri`], as an SVG element of at least 240 by 240 pixels, black on white with its quiet
    /// zone. It carries no script, no style and no address to load from, so it can be put into a page as it is.
    ///
    /// # Errors
    /// [`TooLongForQr`] when issuer and label are longer than a QR code holds, some 2,000 bytes.
    pub fn qr_svg(&self, issuer: &str, label: &str) -> Result<Zeroizing<String>, TooLongForQr> {
        let uri = self.uri(issuer, label);
        let code =
            QrCode::with_error_correction_level(uri.as_bytes(), EcLevel::M).map_err(|_| TooLongForQr)?;
        let dark = Zeroizing::new(code.to_colors().iter().map(|color| *color == Color::Dark).collect());
        Ok(draw(&dark, code.width()))
    }
}

/// One stroke along each run of dark modules in a row: a fifth of what a square for each module takes.
fn draw(dark: &Zeroizing<Vec<bool>>, width: usize) -> Zeroizing<String> {
    let size = width + 2 * QUIET;
    let pixels = size * LEAST_PIXELS.div_ceil(size);
    // Allocated once, with room for a bar at every second module: a text that grows leaves copies behind.
    let mut svg = Zeroizing::new(String::with_capacity(512 + width * width * 8));
    // Writing to a text cannot fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixels}\" height=\"{pixels}\" viewBox=\"0 0 {size} {size}\" \
         shape-rendering=\"crispEdges\"><path d=\"M0 0h{size}v{size}H0z\" fill=\"#fff\"/><path stroke=\"#000\" d=\""
    );
    for (row, modules) in dark.chunks(width.max(1)).enumerate() {
        // Along the middle of the row, one module wide.
        let _ = write!(svg, "M{QUIET} {}.5", row + QUIET);
        for run in modules.chunk_by(|one, next| one == next) {
            let length = run.len();
            let _ = match run.first() {
                Some(true) => write!(svg, "h{length}"),
                _ => write!(svg, "m{length} 0"),
            };
        }
    }
    svg.push_str("\"/></svg>");
    svg
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
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
        for bad in ["script", "href", "style=", "url(", "secret"] {
            assert!(!svg.contains(bad), "{bad}");
        }
        assert_ne!(*svg, *TotpSecret::from_random([8; 20]).qr_svg("Clinic", "ana").unwrap());
    }

    #[test]
    fn dark_modules_that_touch_are_one_stroke() {
        let svg = draw(&Zeroizing::new(vec![true, true, false, true]), 2);
        assert!(svg.contains("viewBox=\"0 0 10 10\"") && svg.contains("width=\"240\""), "{}", *svg);
        assert!(svg.contains("d=\"M4 4.5h2M4 5.5m1 0h1\""), "{}", *svg);
    }

    /// It goes into a page that is to weigh at most 30 kB with all that it loads.
    #[test]
    fn the_picture_is_small() {
        let secret = TotpSecret::from_random([7; 20]);
        let svg =
            secret.qr_svg("Mercy Hospital Patient Portal", "maria.gonzalez.fernandez@example.org").unwrap();
        assert!(svg.len() < 10_000, "{}", svg.len());
    }

    #[test]
    fn a_label_that_does_not_fit_is_refused() {
        assert_eq!(
            TotpSecret::from_random([7; 20]).qr_svg("Clinic", &"x".repeat(10_000)).err(),
            Some(TooLongForQr)
        );
    }
}
