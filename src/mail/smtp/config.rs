//! The one URL that says where mails go.
//!
//! It is checked once, and holds a password: no error and no `Debug` shows any of it but host and port.

use crate::origin;
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::net::IpAddr;
use url::Url;
use zeroize::Zeroizing;

/// Why a mailer cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpConfigError {
    /// Not a URL.
    #[error(
        "this is no URL of a mail server; write smtps://user:password@mail.example.org:465, with what is special in user and password percent-encoded (`#` is %23, `/` is %2F)"
    )]
    Url,
    /// Neither `smtps` nor `smtp`.
    #[error("a mail server's URL begins with smtps:// (or smtp://, with ?starttls=required)")]
    Scheme,
    /// Not a plain host.
    #[error("a mail server's URL names a host: a name in ASCII (xn-- for others) or an IP address")]
    Host,
    /// Port 0.
    #[error("the port of a mail server is a number from 1 to 65535")]
    Port,
    /// Half a login, or one that cannot be sent.
    #[error(
        "a mail server's URL has both user and password, or neither; percent-encoded UTF-8 without control characters"
    )]
    Login,
    /// A path or a fragment: mostly a password that is not percent-encoded.
    #[error(
        "a mail server's URL ends after host, port and ?starttls=required; percent-encode `/` (%2F) and `#` (%23) in user and password"
    )]
    Path,
    /// Something else than `starttls=required`.
    #[error(
        "the one parameter of a mail server's URL is starttls=required, once, with smtp://; smtps:// speaks TLS from the start and takes none; leave out any other, and percent-encode `?` (%3F) in user and password"
    )]
    Parameter,
    /// Mail would go out in the clear.
    #[error(
        "smtp:// sends links and password in the clear, which only a loopback host may get; use smtps://, or add ?starttls=required"
    )]
    NotEncrypted,
    /// A time limit that a lease cannot cover.
    #[error("the time limit for one mail is more than nothing and at most 50 seconds")]
    TimeLimit,
    /// Not a name to present oneself with.
    #[error("the client's name is a host name in ASCII (xn-- for others), or an IP address")]
    ClientName,
    /// Not a certificate.
    #[error("the root certificate cannot be read; give it in PEM, with its BEGIN CERTIFICATE line")]
    Certificate,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up; look at the root certificates given and at those of the system")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A name for EHLO; no IPv6 in brackets.
pub(super) fn client_name(name: &str) -> Option<ClientId> {
    match name.parse() {
        Ok(IpAddr::V4(address)) => return Some(ClientId::Ipv4(address)),
        Ok(IpAddr::V6(address)) => return Some(ClientId::Ipv6(address)),
        Err(_) => {}
    }
    let written = name.to_ascii_lowercase();
    if written.starts_with('[') {
        return None;
    }
    origin::is_valid_host(&written).map(|_| ClientId::Domain(written))
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after STARTTLS, or nothing at all is sent.
    StartTls,
    /// None: a loopback host.
    Loopback,
}

/// The user's name and password.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Zeroizing<String>,
}

/// A mail server, and how to talk to it.
pub(super) struct Server {
    /// A name, or an IP address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) login: Option<Login>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, security, login: _ } = self;
        write!(f, "{host}:{port} ({security:?})")
    }
}

impl Server {
    pub(super) fn parse(url: &str) -> Result<Self, SmtpConfigError> {
        // `Url` drops these without a word.
        if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(SmtpConfigError::Url);
        }
        let url = Url::parse(url).map_err(|error| match error {
            url::ParseError::InvalidDomainCharacter | url::ParseError::EmptyHost => SmtpConfigError::Host,
            _ => SmtpConfigError::Url,
        })?;
        if !matches!(url.scheme(), "smtps" | "smtp") {
            return Err(SmtpConfigError::Scheme);
        }
        let written = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let loopback = origin::is_valid_host(&written).ok_or(SmtpConfigError::Host)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpConfigError::Path);
        }
        let security = security(&url, loopback)?;
        let port = url.port().unwrap_or(match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::Loopback => 25,
        });
        if port == 0 {
            return Err(SmtpConfigError::Port);
        }
        let host = written.trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port, security, login: login(&url)? })
    }
}

fn security(url: &Url, loopback: bool) -> Result<Security, SmtpConfigError> {
    match (url.scheme(), url.query()) {
        ("smtps", None) => Ok(Security::Tls),
        ("smtp", Some("starttls=required")) => Ok(Security::StartTls),
        ("smtp", None) if loopback => Ok(Security::Loopback),
        ("smtp", None) => Err(SmtpConfigError::NotEncrypted),
        _ => Err(SmtpConfigError::Parameter),
    }
}

fn login(url: &Url) -> Result<Option<Login>, SmtpConfigError> {
    let (user, password) = (url.username(), url.password().unwrap_or_default());
    match (user.is_empty(), password.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(Login { user: decoded(user)?, password: decoded(password)?.into() })),
        _ => Err(SmtpConfigError::Login),
    }
}

fn decoded(text: &str) -> Result<String, SmtpConfigError> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| SmtpConfigError::Login)?;
    // AUTH PLAIN ends both with NUL.
    if text.chars().any(char::is_control) {
        return Err(SmtpConfigError::Login);
    }
    Ok(text.into_owned())
}
