//! Tokens: what a mailed link carries.
//!
//! A [`RecoveryToken`] names its flow and proves that the mail was read. Only a digest is ever stored, and the digest
//! is bound to realm, flow, purpose and account epoch: under any other of these it proves nothing.
//!
//! A [`DisownToken`] can stop things and start none. Nothing of it is stored: it is sealed by the key ring, and says itself
//! which letter about which account it came with.

use crate::account::AccountEpoch;
use crate::flow::{FactorRule, Purpose};
use crate::ids::{FlowId, Realm};
use crate::wire::frame;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

const ID: usize = 16;
const SECRET: usize = 32;
/// Length of a printed token: 48 bytes in base64url without padding.
pub const TOKEN_LENGTH: usize = 64;

/// A flow's name and 256 bits of proof. Printed as 64 characters of base64url.
///
/// There is no `Display` and no serialisation; [`RecoveryToken::expose`] is the one way to the text.
///
/// ```compile_fail
/// fn print(token: &regain::token::RecoveryToken) -> String { token.to_string() }
/// ```
#[derive(Clone, ZeroizeOnDrop)]
pub struct RecoveryToken {
    #[zeroize(skip)]
    flow: FlowId,
    secret: [u8; SECRET],
}

impl RecoveryToken {
    pub(crate) fn new(flow: FlowId, secret: [u8; SECRET]) -> Self {
        Self { flow, secret }
    }

    /// Reads a token in its one canonical spelling.
    ///
    /// # Errors
    /// [`MalformedToken`] for every other text: other length, padding, `+` or `/`, stray bits, spaces.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let (flow, secret) = Self::parse_parts(text)?;
        Ok(Self { flow, secret })
    }

    /// The flow and the secret of whatever is printed like a token.
    pub(crate) fn parse_parts(text: &str) -> Result<(FlowId, [u8; SECRET]), MalformedToken> {
        if text.len() != TOKEN_LENGTH {
            return Err(MalformedToken);
        }
        let mut bytes = Zeroizing::new([0; ID + SECRET]);
        let decoded = Base64UrlUnpadded::decode(text, &mut *bytes).map_err(|_| MalformedToken)?;
        let (flow, secret) = decoded.split_first_chunk::<ID>().ok_or(MalformedToken)?;
        let secret: [u8; SECRET] = secret.try_into().map_err(|_| MalformedToken)?;
        Ok((FlowId::from_bytes(*flow), secret))
    }

    /// The printed form: a secret. Only for the mail and for the form that the person sends back.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let mut bytes = [0; ID + SECRET];
        bytes[..ID].copy_from_slice(self.flow.as_bytes());
        bytes[ID..].copy_from_slice(&self.secret);
        let text = Zeroizing::new(Base64UrlUnpadded::encode_string(&bytes));
        bytes.zeroize();
        text
    }

    /// The flow that this token is for.
    #[must_use]
    pub fn flow(&self) -> FlowId {
        self.flow
    }

    /// What is stored of the token, once the key ring has put its mark on it: good for this realm, flow, purpose and epoch, and no other.
    #[must_use]
    pub fn digest(&self, realm: &Realm, purpose: Purpose, epoch: &AccountEpoch) -> VerifierDigest {
        self.digest_under(realm, purpose, epoch, FactorRule::NotNeeded)
    }

    /// The same for a link under this rule: whoever makes a waived link of another one, in its row, makes it a wrong one.
    /// (Whether a factor is needed otherwise is in the epoch.)
    pub(crate) fn digest_under(
        &self,
        realm: &Realm,
        purpose: Purpose,
        epoch: &AccountEpoch,
        factor: FactorRule,
    ) -> VerifierDigest {
        let bound = frame(&[
            if factor == FactorRule::Waived { b"regain/waived/v1" } else { b"regain/token/v1" },
            realm.as_str().as_bytes(),
            self.flow.as_bytes(),
            purpose.code().as_bytes(),
            epoch.as_bytes(),
            &self.secret,
        ]);
        VerifierDigest(Sha256::digest(&*bound).into())
    }
}

impl fmt::Debug for RecoveryToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryToken(..)")
    }
}

/// Sealed bytes as a text, in its one canonical spelling. A secret: wiped, and its users show nothing of it.
#[derive(Clone, ZeroizeOnDrop)]
pub(crate) struct SealedText(Vec<u8>);

impl SealedText {
    pub(crate) fn new(sealed: Vec<u8>) -> Self {
        Self(sealed)
    }

    pub(crate) fn parse(text: &str, longest: usize) -> Result<Self, MalformedToken> {
        if text.is_empty() || text.len() > longest {
            return Err(MalformedToken);
        }
        Base64UrlUnpadded::decode_vec(text).map(Self).map_err(|_| MalformedToken)
    }

    pub(crate) fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(Base64UrlUnpadded::encode_string(&self.0))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Longest printed [`DisownToken`], in characters: that of an account whose id has 255 bytes.
pub const DISOWN_TOKEN_LENGTH: usize = 512;

/// "This wasn't me", for the account that a letter was about. Sealed: who has no key can neither make nor read one.
///
/// Like a [`RecoveryToken`] it has no `Display` and no serialisation.
#[derive(Clone, ZeroizeOnDrop)]
pub struct DisownToken {
    sealed: SealedText,
}

impl DisownToken {
    pub(crate) fn new(sealed: Vec<u8>) -> Self {
        Self { sealed: SealedText::new(sealed) }
    }

    /// Reads a token in its one canonical spelling. Whether it opens, only the key ring can tell.
    ///
    /// # Errors
    /// [`MalformedToken`] for a text that cannot be one.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        SealedText::parse(text, DISOWN_TOKEN_LENGTH).map(|sealed| Self { sealed })
    }

    /// The printed form: a secret, though one that opens nothing.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        self.sealed.expose()
    }

    pub(crate) fn sealed(&self) -> &[u8] {
        self.sealed.as_bytes()
    }
}

impl fmt::Debug for DisownToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DisownToken(..)")
    }
}

/// Not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token of regain")]
pub struct MalformedToken;

/// The stored half of a token. It is no secret that opens anything, but it is kept out of logs all the same.
#[derive(Clone, Copy)]
pub struct VerifierDigest([u8; 32]);

impl VerifierDigest {
    /// A digest read back from a store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in constant time (RC-10). Deliberately not `PartialEq`.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for VerifierDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifierDigest(..)")
    }
}
