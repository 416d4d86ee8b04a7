//! What ties a code to the browser that asked.

use crate::entropy::{Entropy, EntropyError, random};
use crate::ids::{FlowId, Realm};
use crate::token::{MalformedToken, RecoveryToken};
use crate::wire::frame;
use sha2::{Digest as _, Sha256};
use std::fmt;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// What the browser that asks keeps until the person types the code: the flow, and 256 bits that only it has. The same for
/// an ask about any account and about none. A secret; `Debug` and logs leave it out.
///
/// A host keeps it in a cookie: `__Host-`, `HttpOnly`, `SameSite=Strict`, for an hour.
#[derive(Clone, ZeroizeOnDrop)]
pub struct AskTicket {
    #[zeroize(skip)]
    flow: FlowId,
    secret: [u8; 32],
}

impl AskTicket {
    pub(crate) fn new(flow: FlowId, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self { flow, secret: random(entropy)? })
    }

    /// The ticket of an ask that names itself: the same each time.
    pub(crate) const fn derived(flow: FlowId, secret: [u8; 32]) -> Self {
        Self { flow, secret }
    }

    /// Reads a ticket in its one canonical spelling, 64 characters of base64url.
    ///
    /// # Errors
    /// [`MalformedToken`] for every other text.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let (flow, secret) = RecoveryToken::parse_parts(text)?;
        Ok(Self { flow, secret })
    }

    /// The printed form: a secret. Only for the browser that asked.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        RecoveryToken::new(self.flow, self.secret).expose()
    }

    /// The flow that it is for.
    #[must_use]
    pub fn flow(&self) -> FlowId {
        self.flow
    }

    /// What the worker has to know of it.
    pub(crate) fn holder(&self, realm: &Realm) -> Holder {
        let bound =
            frame(&[b"regain/ask-ticket/v1", realm.as_str().as_bytes(), self.flow.as_bytes(), &self.secret]);
        Holder(Sha256::digest(&*bound).into())
    }
}

impl fmt::Debug for AskTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AskTicket(..)")
    }
}

/// Who may type a code: the browser with this ticket, or whoever holds the letter.
#[derive(Clone)]
pub(crate) struct Holder([u8; 32]);

impl Holder {
    /// A letter is read in whatever browser, days later.
    pub(crate) const LETTER: Self = Self([0; 32]);

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it was sealed with the request; a request from before there were tickets has none.
    pub(crate) fn from_sealed(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}
