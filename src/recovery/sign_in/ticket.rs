//! What a browser holds between the password and the second factor.

use crate::account::AccountEpoch;
use crate::budget::BudgetKey;
use crate::clock::Timestamp;
use crate::flow::Window;
use crate::ids::{AccountId, Realm};
use crate::token::{MalformedToken, SealedText};
use crate::wire::{frame, unframe};
use sha2::{Digest as _, Sha256};
use std::fmt;
use time::Duration;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Longest printed [`SignInTicket`], in characters: that of an account whose id has 255 bytes.
pub const SIGN_IN_TICKET_LENGTH: usize = 768;

/// How long the second factor can be proven after the password.
pub(super) const TICKET_LIFE: Duration = Duration::minutes(5);

/// That somebody knew the password a short time ago. Sealed, and nothing of it is stored: it dies after 5 minutes, or when
/// password, factors, addresses or status of the account change.
///
/// There is no `Display` and no serialisation; [`SignInTicket::expose`] is the one way to the text. A host keeps it in the
/// form for the second factor, or in a cookie: `__Host-`, `HttpOnly`, `SameSite=Strict`.
#[derive(Clone, ZeroizeOnDrop)]
pub struct SignInTicket {
    sealed: SealedText,
}

impl SignInTicket {
    pub(super) fn new(sealed: Vec<u8>) -> Self {
        Self { sealed: SealedText::new(sealed) }
    }

    /// Reads a ticket in its one canonical spelling. Whether it opens, only the key ring can tell.
    ///
    /// # Errors
    /// [`MalformedToken`] for a text that cannot be one.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        SealedText::parse(text, SIGN_IN_TICKET_LENGTH).map(|sealed| Self { sealed })
    }

    /// The printed form: a secret. Only for the browser that signs in.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        self.sealed.expose()
    }

    pub(super) fn sealed(&self) -> &[u8] {
        self.sealed.as_bytes()
    }

    /// What a challenge of the host's own factors is bound to.
    pub(super) fn binding(&self, realm: &Realm) -> [u8; 32] {
        let fields: [&[u8]; 3] = [b"regain/sign-in-binding/v1", realm.as_str().as_bytes(), self.sealed()];
        Sha256::digest(&*frame(&fields)).into()
    }
}

impl fmt::Debug for SignInTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInTicket(..)")
    }
}

/// What a ticket says.
pub(super) struct Claims {
    pub(super) account: AccountId,
    /// What the account was like when the password was right.
    pub(super) epoch: AccountEpoch,
    pub(super) window: Window,
    /// How many code points the password has.
    pub(super) length: usize,
    /// The counters of what was typed, to be cleared once all is proven (RL-3).
    pub(super) clears: [BudgetKey; 2],
}

const VERSION: &[u8] = b"sign-in/1";

impl Claims {
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let Window { opened_at, high, .. } = self.window;
        let length = u64::try_from(self.length).unwrap_or(u64::MAX);
        let [pair, typed] = &self.clears;
        frame(&[
            VERSION,
            self.account.as_str().as_bytes(),
            self.epoch.as_bytes(),
            &opened_at.millis().to_be_bytes(),
            &high.millis().to_be_bytes(),
            &length.to_be_bytes(),
            pair.as_bytes(),
            typed.as_bytes(),
        ])
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [version, account, epoch, opened_at, high, length, pair, typed] = unframe::<8>(bytes)?;
        (version == VERSION).then_some(())?;
        let time = |bytes: &[u8]| bytes.try_into().ok().map(i64::from_be_bytes).map(Timestamp::from_millis);
        let key = |bytes: &[u8]| bytes.try_into().ok().map(BudgetKey::from_bytes);
        let opened_at = time(opened_at)?;
        let length = u64::from_be_bytes(length.try_into().ok()?);
        Some(Self {
            account: AccountId::new(std::str::from_utf8(account).ok()?).ok()?,
            epoch: AccountEpoch::from_bytes(epoch.try_into().ok()?),
            window: Window { opened_at, expires_at: opened_at.plus(TICKET_LIFE), high: time(high)? },
            length: usize::try_from(length).ok()?,
            clears: [key(pair)?, key(typed)?],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;

    #[test]
    fn the_longest_ticket_fits_and_is_read_again() {
        let claims = Claims {
            account: AccountId::new(&"a".repeat(255)).unwrap(),
            epoch: AccountEpoch::from_bytes([1; 32]),
            window: Window::open(Moment::at(Timestamp::from_millis(5)), TICKET_LIFE),
            length: 17,
            clears: [BudgetKey::from_bytes([2; 32]), BudgetKey::from_bytes([3; 32])],
        };
        let plain = claims.to_bytes();
        let read = Claims::from_bytes(&plain).unwrap();
        assert!(read.account == claims.account && read.epoch == claims.epoch && read.window == claims.window);
        assert!(read.length == 17 && read.clears == claims.clears);
        assert!(Claims::from_bytes(&plain[1..]).is_none());
        // The key's number, the nonce and the tag come with it.
        let ticket = SignInTicket::new([&plain[..], &[0; 4 + 24 + 16]].concat());
        let text = ticket.expose();
        assert!(text.len() <= SIGN_IN_TICKET_LENGTH, "{}", text.len());
        assert_eq!(SignInTicket::parse(&text).unwrap().sealed(), ticket.sealed());
        assert_eq!(format!("{ticket:?}"), "SignInTicket(..)");
        for other in ["", "=", &"A".repeat(SIGN_IN_TICKET_LENGTH + 1), "A"] {
            assert!(SignInTicket::parse(other).is_err());
        }
    }
}
