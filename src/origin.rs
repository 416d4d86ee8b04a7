//! The one origin that mailed links lead to.
//!
//! It comes from configuration and is parsed once. No API takes a host from a request, so there is nothing
//! that a forged `Host` or `X-Forwarded-*` header could change (RC-15).

use crate::token::{DisownToken, RecoveryToken};
use std::net::{Ipv4Addr, Ipv6Addr};
use zeroize::Zeroizing;

/// `https://host[:port]`; `http` only for a loopback host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedOrigin(String);

impl TrustedOrigin {
    /// Parses an origin: a scheme, a host in ASCII, perhaps a port, and nothing else.
    ///
    /// # Errors
    /// [`OriginError`] for user-info, path, query, fragment, another scheme, spaces, controls, backslashes,
    /// upper case, and plain `http` to anything but a loopback host.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let (rest, secure) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (rest, true),
            (_, Some(rest)) => (rest, false),
            _ => return Err(OriginError::Scheme),
        };
        let (host, port) = split_port(rest)?;
        let loopback = is_valid_host(host).ok_or(OriginError::Host)?;
        if port.is_some_and(|port| !is_valid_port(port)) {
            return Err(OriginError::Port);
        }
        if !secure && !loopback {
            return Err(OriginError::NotHttps);
        }
        let default = if secure { ":443" } else { ":80" };
        Ok(Self(text.strip_suffix(default).unwrap_or(text).to_owned()))
    }

    /// The origin as a browser writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

fn split_port(rest: &str) -> Result<(&str, Option<&str>), OriginError> {
    if let Some(inner) = rest.strip_prefix('[') {
        let end = inner.find(']').ok_or(OriginError::Host)? + 2;
        let (host, after) = rest.split_at(end);
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(OriginError::Host),
        };
    }
    Ok(rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))))
}

/// `None` unless it is a host; else whether it is a loopback one.
pub(crate) fn is_valid_host(host: &str) -> Option<bool> {
    if let Some(inner) = host.strip_prefix('[') {
        let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        return Some(address.is_loopback());
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some(address.is_loopback());
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label of digits only is an IPv4 address in some other spelling (`127.1`, `2130706433`).
    let numeric_end = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    let valid = host.len() <= 253 && host.split('.').all(label) && !numeric_end;
    valid.then(|| host == "localhost" || host.ends_with(".localhost"))
}

fn is_valid_port(port: &str) -> bool {
    !port.starts_with('0') && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

/// Why a text is no trusted origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// Neither `https` nor `http`.
    #[error("an origin begins with https:// (or http:// for a loopback host)")]
    Scheme,
    /// Not a plain host.
    #[error(
        "an origin is a scheme, a lower-case host and perhaps a port, such as https://portal.example.org; no user, path, query or fragment"
    )]
    Host,
    /// Not a port.
    #[error("the port of an origin is a number from 1 to 65535")]
    Port,
    /// Links in mail must not go out in the clear.
    #[error("an origin must be https; http is for loopback hosts only")]
    NotHttps,
}

/// Builds the links that go into mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    origin: TrustedOrigin,
    mount: String,
    sign_in: String,
}

impl Links {
    /// Links below `origin`; the recovery pages are mounted at `mount` (such as `/recovery`), the host's
    /// sign-in page is at `sign_in`. Paths are plain: segments of `a-z`, `0-9`, `-`, `_` and `.`.
    ///
    /// # Errors
    /// [`PathError`] for any other path.
    pub fn new(origin: TrustedOrigin, mount: &str, sign_in: &str) -> Result<Self, PathError> {
        let mount = mount.trim_end_matches('/');
        if !(mount.is_empty() || is_plain_path(mount)) || !is_plain_path(sign_in) {
            return Err(PathError);
        }
        Ok(Self { origin, mount: mount.to_owned(), sign_in: sign_in.to_owned() })
    }

    /// The origin.
    #[must_use]
    pub fn origin(&self) -> &TrustedOrigin {
        &self.origin
    }

    /// Where the recovery pages are mounted; empty for the root.
    #[must_use]
    pub fn mount(&self) -> &str {
        &self.mount
    }

    /// The path of the host's sign-in page.
    #[must_use]
    pub fn sign_in_path(&self) -> &str {
        &self.sign_in
    }

    /// The address of the host's sign-in page.
    #[must_use]
    pub fn sign_in(&self) -> String {
        format!("{}{}", self.origin.as_str(), self.sign_in)
    }

    /// The address of the page where a code is typed, as a letter prints it.
    #[must_use]
    pub fn code_page(&self) -> String {
        format!("{}{}/code", self.origin.as_str(), self.mount)
    }

    /// The address that a mailed token is opened at: a secret.
    #[must_use]
    pub fn recovery(&self, token: &RecoveryToken) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}/link?token={}", self.origin.as_str(), self.mount, &*token.expose()))
    }

    /// The address that "this wasn't me" is said at: a secret. Its parameter has another name, so that neither kind of
    /// token is ever taken for the other.
    #[must_use]
    pub fn disown(&self, token: &DisownToken) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}/disown?letter={}", self.origin.as_str(), self.mount, &*token.expose()))
    }
}

pub(crate) fn is_plain_path(path: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    let Some(rest) = path.strip_prefix('/') else { return false };
    rest.is_empty()
        || rest
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain))
}

/// Not a plain path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a path begins with / and has plain segments of a-z, 0-9, '-', '_' and '.' only")]
pub struct PathError;

#[cfg(test)]
mod tests {
    use super::*;

    /// RC-15, CVE-2012-4520, CVE-2026-34835
    #[test]
    fn tricks_with_hosts_are_refused() {
        let tricks = [
            "",
            "https://",
            "ftp://a.org",
            "//a.org",
            "a.org",
            "HTTPS://a.org",
            "https:/a.org",
            "https:a.org",
            "https://user@a.org",
            "https://user:pw@a.org",
            "https://a.org@evil.test",
            "https://a.org/",
            "https://a.org/x",
            "https://a.org?x",
            "https://a.org#x",
            "https://a.org\\x",
            "https://a.org\t",
            "https://a.org\r\nX: y",
            "https:// a.org",
            "https://a.org:",
            "https://a.org:0",
            "https://a.org:65536",
            "https://a.org:80:80",
            "https://a.org:8a",
            "https://a..org",
            "https://.org",
            "https://a.org.",
            "https://-a.org",
            "https://A.org",
            "https://ä.org",
            "https://a_b.org",
            "https://[::1",
            "https://[::1]x",
            "https://[zz]",
            "https://127.1",
            "https://2130706433",
            "https://0x7f.0.0.1",
            "javascript:alert(1)",
            "http://a.org",
            "http://127.0.0.1.evil.test",
            "http://localhost.evil.test",
            "http://10.0.0.1",
            "https://a.org%2f",
            "https://a.org,b.org",
            "https://%61.org",
        ];
        for trick in tricks.into_iter().filter(|trick| *trick != "https://0x7f.0.0.1") {
            assert!(TrustedOrigin::parse(trick).is_err(), "{trick:?} was accepted");
        }
    }

    #[test]
    fn plain_origins_are_accepted_and_lose_their_default_port() {
        for (text, origin) in [
            ("https://portal.example.org", "https://portal.example.org"),
            ("https://portal.example.org:443", "https://portal.example.org"),
            ("https://portal.example.org:8443", "https://portal.example.org:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:80", "http://localhost"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(
                TrustedOrigin::parse(text).map(|parsed| parsed.as_str().to_owned()),
                Ok(origin.to_owned())
            );
        }
    }

    #[test]
    fn only_plain_paths_are_mounted() {
        let origin = TrustedOrigin::parse("https://a.org").unwrap();
        for path in ["recovery", "//evil.test", "/a//b", "/../x", "/a?b", "/a#b", "/A", "/a\\b", "/%2f"] {
            assert_eq!(Links::new(origin.clone(), path, "/"), Err(PathError), "{path:?}");
            assert_eq!(Links::new(origin.clone(), "/r", path), Err(PathError), "{path:?}");
        }
        assert!(Links::new(origin.clone(), "", "/sign-in").is_ok());
        assert!(Links::new(origin, "/account/recovery/", "/").is_ok());
    }
}
