//! DKIM: a signature by which mail systems can tell that a mail is the sender's own (RFC 6376, RFC 8463).
//!
//! Most relays sign by themselves; this is for hosts whose relay does not. Every try of a mail gives the same signature,
//! and what it covers cannot be added to: a second `From` or `Subject` breaks it.

use crate::mail::Message;
use crate::origin;
use base64ct::{Base64, Encoding as _};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::Arc;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Signed where they are there, and once more than they are there: nobody can add one.
const HEADERS: [&str; 9] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "auto-submitted",
];
/// Characters of a signature in one line.
const LINE: usize = 72;

/// A key that signs mails, and where its public half stands: `<selector>._domainkey.<domain>` in the DNS.
#[derive(Clone)]
pub struct DkimKey {
    selector: String,
    domain: String,
    pair: Arc<Pair>,
}

/// Why a key cannot sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DkimError {
    /// Not a name in the DNS.
    #[error("a DKIM selector and its domain are host names in ASCII (xn-- for others)")]
    Name,
    /// Not a key that DKIM knows.
    #[error("a DKIM key is a private key in PEM: RSA of 2,048 to 4,096 bits, or Ed25519")]
    Key,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DkimKey({}._domainkey.{})", self.selector, self.domain)
    }
}

impl DkimKey {
    /// A key in PEM, as `openssl genrsa` or `openssl genpkey -algorithm ed25519` writes it. RSA is what every mail system
    /// can verify; many do not know Ed25519 yet.
    ///
    /// # Errors
    /// [`DkimError`] for a name or a key that is none.
    pub fn new(selector: &str, domain: &str, pem: &[u8]) -> Result<Self, DkimError> {
        let (selector, domain) = (selector.to_ascii_lowercase(), domain.to_ascii_lowercase());
        // Together: a selector alone may be all digits, such as a date.
        if origin::is_valid_host(&format!("{selector}.{domain}")).is_none() {
            return Err(DkimError::Name);
        }
        let pair = Pair::from_pem(pem).ok_or(DkimError::Key)?;
        Ok(Self { selector, domain, pair: Arc::new(pair) })
    }

    /// The mail with its signature before it.
    pub(super) fn signed(&self, message: &Message, mail: &[u8]) -> Result<Vec<u8>, BoxError> {
        let sender = message.sender.from().domain();
        let below = sender.strip_suffix(self.domain.as_str()).is_some_and(|left| left.ends_with('.'));
        if sender != self.domain && !below {
            return Err("the DKIM key is of another domain than the sender; give the sender's".into());
        }
        let mail = std::str::from_utf8(mail)?;
        let (head, body) = mail.split_once("\r\n\r\n").ok_or("a mail without a body is not signed")?;
        let head = Head::parse(head);
        let unsigned = self.header(&head, body, message.date.unix_timestamp().max(0));
        let covered = head.covered() + &relaxed_header("dkim-signature", &unsigned);
        let signature = Base64::encode_string(&self.pair.sign(covered.as_bytes())?);
        let mut folded = String::with_capacity(signature.len() + 32);
        for (at, character) in signature.chars().enumerate() {
            if at % LINE == 0 {
                folded.push_str("\r\n\t");
            }
            folded.push(character);
        }
        Ok(format!("DKIM-Signature:{unsigned}{folded}\r\n{mail}").into_bytes())
    }

    /// The value of the header, up to where the signature comes.
    fn header(&self, head: &Head<'_>, body: &str, at: i64) -> String {
        let Self { selector, domain, pair } = self;
        let hash = Base64::encode_string(&Sha256::digest(relaxed_body(body)));
        format!(
            " v=1; a={}; c=relaxed/relaxed;\r\n\td={domain};\r\n\ts={selector}; t={at};\r\n\th={};\r\n\tbh={hash};\r\n\tb=",
            pair.algorithm(),
            head.names().join(":\r\n\t"),
        )
    }
}

impl Pair {
    fn from_pem(pem: &[u8]) -> Option<Self> {
        match PrivateKeyDer::from_pem_slice(pem).ok()? {
            PrivateKeyDer::Pkcs1(key) => {
                Some(Self::Rsa(RsaKeyPair::from_der(key.secret_pkcs1_der()).ok()?.into()))
            }
            PrivateKeyDer::Pkcs8(key) => {
                let der = key.secret_pkcs8_der();
                let rsa = RsaKeyPair::from_pkcs8(der).ok().map(|pair| Self::Rsa(pair.into()));
                // Unchecked: without the public half beside it, as OpenSSL writes it.
                rsa.or_else(|| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(Self::Ed25519))
            }
            _ => None,
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, covered: &[u8]) -> Result<Vec<u8>, BoxError> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                // The randomness blinds the computation, and is not in what comes out.
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), covered, &mut signature)
                    .map_err(|_| "the DKIM key did not sign")?;
                Ok(signature)
            }
            // RFC 8463, 3: the digest is what is signed.
            Self::Ed25519(pair) => Ok(pair.sign(&Sha256::digest(covered)).as_ref().to_vec()),
        }
    }
}

/// The headers of a mail, folded as they are.
struct Head<'a>(Vec<(String, &'a str)>);

impl<'a> Head<'a> {
    fn parse(head: &'a str) -> Self {
        let mut fields = Vec::new();
        let mut rest = head;
        while !rest.is_empty() {
            let (field, after) = split_field(rest);
            if let Some((name, value)) = field.split_once(':') {
                fields.push((name.trim_end().to_ascii_lowercase(), value));
            }
            rest = after;
        }
        Self(fields)
    }

    fn names(&self) -> Vec<&'static str> {
        let times = |name: &str| self.0.iter().filter(|(present, _)| present == name).count() + 1;
        HEADERS.iter().flat_map(|name| std::iter::repeat_n(*name, times(name))).collect()
    }

    /// What is signed of them: of one name, the last comes first.
    fn covered(&self) -> String {
        let fields = |name: &'static str| self.0.iter().rev().filter(move |(present, _)| present == name);
        let lines = HEADERS.iter().flat_map(|name| fields(name));
        lines.map(|(name, value)| relaxed_header(name, value) + "\r\n").collect()
    }
}

/// The first field, with the lines that continue it, and what comes after.
fn split_field(head: &str) -> (&str, &str) {
    let ends = head.match_indices("\r\n").map(|(at, _)| at);
    let end = ends.into_iter().find(|at| !head[at + 2..].starts_with([' ', '\t']));
    end.map_or((head, ""), |at| (&head[..at], &head[at + 2..]))
}

/// RFC 6376, 3.4.2
fn relaxed_header(name: &str, value: &str) -> String {
    let words: Vec<&str> = value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
    format!("{name}:{}", words.join(" "))
}

/// RFC 6376, 3.4.4
fn relaxed_body(body: &str) -> String {
    let mut relaxed = String::with_capacity(body.len());
    for line in body.split("\r\n") {
        let words: Vec<&str> = line.split([' ', '\t']).collect();
        let last = words.iter().rposition(|word| !word.is_empty()).map_or(0, |at| at + 1);
        let mut white = false;
        for (at, word) in words[..last].iter().enumerate() {
            white |= at > 0;
            if word.is_empty() {
                continue;
            }
            if std::mem::take(&mut white) {
                relaxed.push(' ');
            }
            relaxed.push_str(word);
        }
        relaxed.push_str("\r\n");
    }
    let end = relaxed.trim_end_matches("\r\n").len();
    if end == 0 { String::new() } else { relaxed[..end].to_owned() + "\r\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6376, 3.4.5
    #[test]
    fn white_space_is_made_even() {
        let head = Head::parse("A: X\r\nB : Y\t\r\n\tZ  ");
        let lines: Vec<String> = head.0.iter().map(|(name, value)| relaxed_header(name, value)).collect();
        assert_eq!(lines, ["a:X", "b:Y Z"]);
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed_body("\r\n\r\n"), "");
        assert_eq!(relaxed_body(""), "");
        assert_eq!(relaxed_body("a"), "a\r\n");
    }

    /// RFC 8463, appendix A
    #[test]
    fn the_hash_of_the_example_comes_out() {
        let body = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
        let hash = Base64::encode_string(&Sha256::digest(relaxed_body(body)));
        assert_eq!(hash, "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
    }

    #[test]
    fn only_names_and_keys_make_a_key() {
        let ed25519 = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
        for (selector, domain) in
            [("2026", "example.org"), ("a.b", "xn--bcher-kva.example"), ("S1", "Example.org")]
        {
            assert!(DkimKey::new(selector, domain, ed25519).is_ok(), "{selector} {domain}");
        }
        for (selector, domain) in [
            ("", "example.org"),
            ("a", ""),
            ("a;b", "example.org"),
            ("a", "b\u{fc}cher.example"),
            ("a", "[::1]"),
            ("a\r\nb", "c.d"),
        ] {
            assert_eq!(
                DkimKey::new(selector, domain, ed25519).err(),
                Some(DkimError::Name),
                "{selector} {domain}"
            );
        }
        for pem in [&b""[..], b"key", b"-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n"] {
            assert_eq!(DkimKey::new("a", "example.org", pem).err(), Some(DkimError::Key));
        }
        let key = DkimKey::new("a", "example.org", ed25519).unwrap();
        assert_eq!(format!("{key:?}"), "DkimKey(a._domainkey.example.org)");
    }
}
