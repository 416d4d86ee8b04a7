//! Where messages go, and with what they are signed.

use crate::origin::TrustedOrigin;
use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

/// Why a webhook cannot be configured so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookConfigError {
    /// Not an address that messages may go to.
    #[error(
        "a webhook's address is https://host[:port]/path in ASCII, without user and fragment; http is for loopback hosts only"
    )]
    Url,
    /// Not a secret.
    #[error("a webhook's secret is whsec_ and 24 to 64 random bytes in Base64")]
    Secret,
    /// No time, or too much.
    #[error("a webhook's time limit is more than nothing and at most 50 seconds")]
    TimeLimit,
    /// No certificates to go by.
    #[error("a root certificate is not one in PEM, or the system has none")]
    Certificates,
}

/// What messages are signed with: 24 to 64 random bytes that the gateway has too. `Debug` leaves it out.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    /// Reads a secret as Standard Webhooks writes it: `whsec_` and Base64.
    ///
    /// # Errors
    /// [`WebhookConfigError::Secret`] for anything else.
    pub fn parse(text: &str) -> Result<Self, WebhookConfigError> {
        let encoded = text.strip_prefix("whsec_").ok_or(WebhookConfigError::Secret)?;
        let bytes = Base64::decode_vec(encoded).map_err(|_| WebhookConfigError::Secret)?;
        let bytes = Zeroizing::new(bytes);
        if !(24..=64).contains(&bytes.len()) || bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(WebhookConfigError::Secret);
        }
        Ok(Self(bytes))
    }

    /// `v1,` and the signature of a message.
    pub(super) fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes keys of any length")
        };
        for part in [id, ".", &timestamp.to_string(), ".", body] {
            hmac.update(part.as_bytes());
        }
        format!("v1,{}", Base64::encode_string(&hmac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// The one address that messages go to. Its path may hold a secret of the gateway's.
pub(super) struct Target {
    origin: TrustedOrigin,
    /// Path and query.
    pub(super) path: Zeroizing<String>,
    pub(super) host: String,
    pub(super) port: u16,
}

const LONGEST_URL: usize = 2_048;

impl Target {
    pub(super) fn parse(url: &str) -> Result<Self, WebhookConfigError> {
        let wrong = WebhookConfigError::Url;
        let after_scheme = url.find("://").ok_or(wrong)? + 3;
        let end = url[after_scheme..].find(['/', '?', '#']).map_or(url.len(), |at| after_scheme + at);
        let (origin, path) = url.split_at(end);
        let origin = TrustedOrigin::parse(origin).map_err(|_| wrong)?;
        let plain = |b: u8| {
            b.is_ascii_graphic()
                && !matches!(b, b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        };
        if url.len() > LONGEST_URL || !path.bytes().all(plain) || !(path.is_empty() || path.starts_with('/'))
        {
            return Err(wrong);
        }
        let (_, authority) = origin.as_str().split_once("://").ok_or(wrong)?;
        let default = if origin.is_https() { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong)?),
            _ => (authority, default),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let path = Zeroizing::new(if path.is_empty() { "/".to_owned() } else { path.to_owned() });
        Ok(Self { origin, path, host, port })
    }

    pub(super) fn is_https(&self) -> bool {
        self.origin.is_https()
    }

    /// Fit for logs.
    pub(super) fn name(&self) -> &str {
        self.origin.as_str()
    }

    /// For the header `host`.
    pub(super) fn authority(&self) -> &str {
        self.origin.as_str().split_once("://").map_or("", |(_, authority)| authority)
    }
}

pub(super) fn tls(own: &[Vec<u8>]) -> Result<TlsConnector, WebhookConfigError> {
    let wrong = WebhookConfigError::Certificates;
    let mut roots = RootCertStore::empty();
    for pem in own {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.map_err(|_| wrong)?).map_err(|_| wrong)?;
        }
        if roots.len() == before {
            return Err(wrong);
        }
    }
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(wrong);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| wrong)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_https_or_to_the_machine_itself() {
        for (url, host, port, path) in [
            ("https://gateway.example.org", "gateway.example.org", 443, "/"),
            ("https://gateway.example.org:8443/a/b?c=d%20e", "gateway.example.org", 8443, "/a/b?c=d%20e"),
            ("http://127.0.0.1:9/x", "127.0.0.1", 9, "/x"),
            ("http://[::1]:9/x", "::1", 9, "/x"),
            ("http://localhost/", "localhost", 80, "/"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!((&*target.host, target.port, &**target.path), (host, port, path), "{url}");
        }
        let long = format!("https://a.org/{}", "a".repeat(3_000));
        for url in [
            "",
            "gateway.example.org",
            "http://gateway.example.org/x",
            "http://127.0.0.1.evil.test/",
            "ftp://a.org/",
            "https://user:pw@a.org/",
            "https://a.org@evil.test/",
            "https://a.org/#x",
            "https://a.org#x",
            "https://a.org?x",
            "https://a.org/a b",
            "https://a.org/\r\nhost: evil",
            "https://a.org\\evil.test/",
            "https://ä.org/",
            "https:///x",
            &long,
        ] {
            assert!(Target::parse(url).is_err(), "{url:?}");
        }
    }

    /// The example of the specification's own libraries.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_has_at_least_192_bits_and_is_not_shown() {
        let of = |bytes: &[u8]| WebhookSecret::parse(&format!("whsec_{}", Base64::encode_string(bytes)));
        let bytes: Vec<u8> = (0..65).collect();
        assert!(of(&bytes[..24]).is_ok() && of(&bytes[..64]).is_ok());
        for short in [&bytes[..0], &bytes[..23], &bytes[..65], &[0; 32]] {
            assert_eq!(of(short).map(drop), Err(WebhookConfigError::Secret));
        }
        for text in
            ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!"]
        {
            assert!(WebhookSecret::parse(text).is_err());
        }
        assert_eq!(format!("{:?}", of(&bytes[..24]).unwrap()), "WebhookSecret(..)");
    }
}
