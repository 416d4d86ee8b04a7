//! Recovery codes: ten of 80 bits, to be kept on paper for the day the phone is gone (NIST SP 800-63B-4 4.2.1.1).
//!
//! Only digests are kept, bound to the account and to the set, so a code of one account is nothing to another
//! (MF-10, CVE-2025-64175). The set is new each time, and lies sealed with the rest of the record.

use super::base32::{CROCKFORD, decode, encode, in_fours};
use super::totp::MalformedCode;
use crate::ids::{AccountId, FactorId};
use crate::wire::frame;
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Codes in a set.
pub const CODES: usize = 10;
/// Bytes of a code: 80 bits (NIST asks for 64).
pub const CODE_BYTES: usize = 10;

/// Bytes that are kept of a code.
const SLOT: usize = 33;

/// One code, as typed or as made: 16 characters, each usable once.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; CODE_BYTES]);

impl RecoveryCode {
    /// A new code, out of 80 fresh random bits.
    #[must_use]
    pub const fn from_random(bytes: [u8; CODE_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads a code in any case, with spaces and hyphens anywhere, `o` for 0, and `i` or `l` for 1.
    ///
    /// # Errors
    /// [`MalformedCode`] for anything else.
    pub fn parse(typed: &str) -> Result<Self, MalformedCode> {
        let mut plain = Zeroizing::new(Vec::with_capacity(super::proof::MOST_TYPED));
        for symbol in super::proof::symbols(typed)? {
            plain.push(match symbol.to_ascii_uppercase() {
                'O' => b'0',
                'I' | 'L' => b'1',
                other => u8::try_from(other).map_err(|_| MalformedCode)?,
            });
        }
        let bytes = decode(CROCKFORD, &plain).ok_or(MalformedCode)?;
        Ok(Self(bytes.as_slice().try_into().map_err(|_| MalformedCode)?))
    }

    /// The code for paper: four groups of four, out of digits and capitals without I, L, O and U.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        in_fours(&encode(CROCKFORD, &self.0), '-')
    }

    fn digest(&self, account: &AccountId, set: FactorId) -> [u8; 32] {
        let fields: [&[u8]; 4] =
            [b"regain/recovery-code/v1", account.as_str().as_bytes(), set.as_bytes(), &self.0];
        Sha256::digest(&*frame(&fields)).into()
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

/// What is kept of one code.
#[derive(Clone)]
struct Slot {
    digest: [u8; 32],
    used: bool,
}

/// What is kept of a set of codes: digests, and which of them are used up.
#[derive(Clone)]
pub struct RecoveryCodeSet(Vec<Slot>);

impl RecoveryCodeSet {
    /// Keeps ten new codes, for one account and under the set's own name, which is new with each set.
    #[must_use]
    pub fn of(codes: &[RecoveryCode; CODES], account: &AccountId, set: FactorId) -> Self {
        Self(codes.iter().map(|code| Slot { digest: code.digest(account, set), used: false }).collect())
    }

    /// Codes that are still good.
    #[must_use]
    pub fn remaining(&self) -> u32 {
        self.0.iter().map(|slot| u32::from(!slot.used)).sum()
    }

    /// The bytes, to be sealed: a digest and a mark for each code.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.0.len() * SLOT));
        for slot in &self.0 {
            bytes.extend_from_slice(&slot.digest);
            bytes.push(u8::from(slot.used));
        }
        bytes
    }

    /// Reads back what [`RecoveryCodeSet::to_bytes`] gives.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let slot = |bytes: &[u8]| {
            let (digest, [used @ (0 | 1)]) = bytes.split_first_chunk::<32>()? else { return None };
            Some(Slot { digest: *digest, used: *used == 1 })
        };
        if bytes.len() != CODES * SLOT {
            return None;
        }
        bytes.chunks_exact(SLOT).map(slot).collect::<Option<_>>().map(Self)
    }

    /// The set without this code; `None` if it is not in it, or was used before. Every slot is compared, used or not.
    ///
    /// Count the attempt first, and store what is returned only over the version that was read.
    #[must_use]
    pub fn without(&self, code: &RecoveryCode, account: &AccountId, set: FactorId) -> Option<Self> {
        let digest = code.digest(account, set);
        let (mut found, mut place) = (Choice::from(0), 0_u64);
        for (at, slot) in (0..).zip(&self.0) {
            let same = slot.digest.ct_eq(&digest) & Choice::from(u8::from(!slot.used));
            place.conditional_assign(&at, same);
            found |= same;
        }
        if !bool::from(found) {
            return None;
        }
        let mut left = self.clone();
        left.0.get_mut(usize::try_from(place).ok()?)?.used = true;
        Some(left)
    }
}

impl fmt::Debug for RecoveryCodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodeSet(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn account(name: &str) -> AccountId {
        AccountId::new(name).unwrap()
    }

    fn set(byte: u8) -> FactorId {
        FactorId::from_bytes([byte; 16])
    }

    fn codes() -> [RecoveryCode; CODES] {
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|n| RecoveryCode::from_random([n; CODE_BYTES]))
    }

    /// RC-3, RC-6: each once, in any order.
    #[test]
    fn each_code_is_good_once() {
        let (ana, codes) = (account("ana"), codes());
        let mut kept = RecoveryCodeSet::of(&codes, &ana, set(1));
        for (left, code) in (0..10).rev().zip(&codes) {
            kept = kept.without(code, &ana, set(1)).unwrap();
            assert_eq!(kept.remaining(), left);
            assert!(kept.without(code, &ana, set(1)).is_none());
        }
    }

    /// MF-10: CVE-2025-64175.
    #[test]
    fn a_code_is_bound_to_its_account_and_its_set() {
        let (ana, codes) = (account("ana"), codes());
        let kept = RecoveryCodeSet::of(&codes, &ana, set(1));
        assert!(kept.without(&codes[0], &account("bob"), set(1)).is_none());
        assert!(kept.without(&codes[0], &ana, set(2)).is_none());
        assert!(kept.without(&RecoveryCode::from_random([77; 10]), &ana, set(1)).is_none());
        assert!(RecoveryCodeSet(vec![]).without(&codes[0], &ana, set(1)).is_none());
    }

    #[test]
    fn typing_is_forgiven_and_guessing_is_not() {
        let code = RecoveryCode::from_random([0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf]);
        assert_eq!(*code.expose(), "0123-4567-89AB-CDEF");
        for typed in [
            "0123-4567-89AB-CDEF",
            "0123456789abcdef",
            " o1 23 - 45678 9aBc DEF ",
            "Ol23-4567-89AB-CDEF",
            "OI23 4567 89ab cdef",
        ] {
            assert_eq!(RecoveryCode::parse(typed).unwrap().0, code.0, "{typed}");
        }
        let long = "0".repeat(1 << 20);
        for typed in [
            "",
            "0123-4567-89AB-CDE",
            "0123-4567-89AB-CDEF-0",
            "u123-4567-89AB-CDEF",
            "é123456789abcdef",
            &long,
        ] {
            assert!(RecoveryCode::parse(typed).is_err(), "{}", typed.len());
        }
        assert_eq!(format!("{code:?}"), "RecoveryCode(..)");
    }

    #[test]
    fn no_two_characters_look_alike() {
        let symbols: BTreeSet<u8> = CROCKFORD.iter().copied().collect();
        assert_eq!(symbols.len(), 32);
        assert!(!b"ILOU".iter().any(|symbol| symbols.contains(symbol)));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(bytes in any::<[u8; CODE_BYTES]>()) {
            let code = RecoveryCode::from_random(bytes);
            prop_assert_eq!(RecoveryCode::parse(&code.expose()).unwrap().0, bytes);
        }
    }
}
