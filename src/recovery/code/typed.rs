//! The code itself, as it is sent and as it is typed.

use super::Holder;
use crate::account::{AccountEpoch, AddressOnFile};
use crate::entropy::{Entropy, EntropyError, random};
use crate::flow::{FactorRule, Purpose};
use crate::ids::{AccountId, FlowId, Realm};
use crate::token::VerifierDigest;
use crate::wire::frame;
use sha2::{Digest as _, Sha256};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// No vowels, and of characters that look alike none, so that nothing is a word and nothing is mixed up.
const ALPHABET: &[u8; 20] = b"3479CDFGHJKMNPRTVWXY";
/// Characters of a code.
const LENGTH: usize = 8;
/// More than anybody types for a code, separators included.
const MAX_TYPED: usize = 64;

/// Capitals without what only separates; `None` for more than anybody types.
pub(super) fn symbols(typed: &str, read: impl Fn(char) -> char) -> Option<Zeroizing<String>> {
    if typed.len() > MAX_TYPED * 4 || typed.chars().count() > MAX_TYPED {
        return None;
    }
    let mut symbols = Zeroizing::new(String::with_capacity(typed.len()));
    for c in typed.chars() {
        match c {
            // The full-width forms that some keyboards type.
            '\u{FF01}'..='\u{FF5E}' => {
                let plain = char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c);
                symbols.push(read(plain.to_ascii_uppercase()));
            }
            _ if c.is_whitespace() || is_dash(c) || crate::characters::is_ignorable(c) => {}
            _ => symbols.push(read(c.to_ascii_uppercase())),
        }
    }
    symbols.retain(|c| !is_dash(c));
    Some(symbols)
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '.' | '_')
}

/// A code, as sent and as typed.
#[derive(ZeroizeOnDrop)]
pub(crate) struct TypedCode([u8; LENGTH]);

impl TypedCode {
    /// A fresh code, every value equally likely.
    pub(crate) fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut code = Self([0; LENGTH]);
        let mut drawn = 0;
        while drawn < LENGTH {
            let bytes = Zeroizing::new(random::<{ 2 * LENGTH }>(entropy)?);
            // 240 is the highest multiple of 20 in a byte: what lies above would favour some characters.
            for byte in bytes.iter().filter(|byte| **byte < 240).take(LENGTH - drawn) {
                code.0[drawn] = ALPHABET[usize::from(*byte) % ALPHABET.len()];
                drawn += 1;
            }
        }
        Ok(code)
    }

    /// Reads what somebody typed: in capitals or not, with spaces or dashes anywhere. `None` for what cannot be a code.
    pub(crate) fn read(typed: &str) -> Option<Self> {
        let symbols = symbols(typed, |c| c)?;
        let code: [u8; LENGTH] = symbols.as_bytes().try_into().ok()?;
        code.iter().all(|symbol| ALPHABET.contains(symbol)).then_some(Self(code))
    }

    /// As it is sent: a secret.
    pub(crate) fn expose(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH + 1));
        for (number, symbol) in self.0.iter().enumerate() {
            if number == LENGTH / 2 {
                text.push('-');
            }
            text.push(char::from(*symbol));
        }
        text
    }

    /// Whether a word is a code as it is sent.
    pub(crate) fn is_shown_in(word: &str) -> bool {
        word.len() == LENGTH + 1 && word.as_bytes()[LENGTH / 2] == b'-' && Self::read(word).is_some()
    }

    /// What is stored of the code, once the key ring has put its mark on it: good for this flow, holder, purpose and epoch,
    /// and no other.
    pub(super) fn digest(
        &self,
        realm: &Realm,
        flow: FlowId,
        holder: &Holder,
        purpose: Purpose,
        epoch: &AccountEpoch,
        factor: FactorRule,
    ) -> VerifierDigest {
        let bound = frame(&[
            if factor == FactorRule::Waived { &b"regain/waived-code/v1"[..] } else { b"regain/code/v1" },
            realm.as_str().as_bytes(),
            flow.as_bytes(),
            holder.as_bytes(),
            purpose.code().as_bytes(),
            epoch.as_bytes(),
            &self.0,
        ]);
        VerifierDigest::from_bytes(Sha256::digest(&*bound).into())
    }

    /// The same for a code that confirms an address: good for this account, this proposal and this address, and no other.
    pub(crate) fn address_digest(
        &self,
        realm: &Realm,
        account: &AccountId,
        proposal: FlowId,
        address: &AddressOnFile,
    ) -> VerifierDigest {
        let bound = frame(&[
            b"regain/address-code/v1",
            realm.as_str().as_bytes(),
            account.as_str().as_bytes(),
            proposal.as_bytes(),
            address.kind().code().as_bytes(),
            address.as_str().as_bytes(),
            &self.0,
        ]);
        VerifierDigest::from_bytes(Sha256::digest(&*bound).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in [
            "CDFG-HJKM",
            "cdfghjkm",
            " cd fg hj km ",
            "CDFG\u{2013}HJKM",
            "cdfg\u{a0}hjkm\r\n",
            "ＣＤＦＧ－ＨＪＫＭ",
            "c.d.f.g.h.j.k.m",
            "CDFG\u{200b}-HJKM",
        ] {
            assert_eq!(TypedCode::read(typed).expect(typed).0, *b"CDFGHJKM", "{typed:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        let long = "CDFGHJKM".repeat(1_000_000);
        let spaces = " ".repeat(1_000);
        for typed in [
            "",
            "-",
            "CDFGHJK",
            "CDFGHJKMN",
            "CDFGHJK0",
            "CDFGHJKO",
            "CDFGHJKÇ",
            "ＣDFGHJK\0",
            "CDFG/HJKM",
            &long,
            &spaces,
        ] {
            assert!(TypedCode::read(typed).is_none(), "{:?}", &typed[..typed.len().min(40)]);
        }
    }

    #[test]
    fn no_two_characters_of_a_code_look_alike() {
        for group in ["0OQD", "1IL", "2Z", "5S", "8B", "6G", "UV", "A4", "E3"] {
            let used = group.bytes().filter(|c| ALPHABET.contains(c)).count();
            assert!(used <= 1, "{group}");
        }
    }

    #[test]
    fn every_character_is_drawn_equally_often() {
        let mut counts = [0_u32; 20];
        for _ in 0..5_000 {
            for symbol in &TypedCode::draw(&SystemEntropy).unwrap().0 {
                counts[ALPHABET.iter().position(|known| known == symbol).unwrap()] += 1;
            }
        }
        // 2,000 each; six standard deviations are 262.
        assert!(counts.iter().all(|count| (1_738..2_262).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_code_is_found_in_a_mail_and_a_word_is_not() {
        let code = TypedCode::draw(&SystemEntropy).unwrap().expose();
        assert!(TypedCode::is_shown_in(&code), "{}", &*code);
        for word in ["", "password", "CDFGHJKMN", "mail-room", "sign-in", "CDFG-HJK\u{e9}"] {
            assert!(!TypedCode::is_shown_in(word), "{word}");
        }
    }
}
