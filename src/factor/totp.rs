//! One-time codes from a phone's clock: HOTP (RFC 4226) and TOTP (RFC 6238), with SHA-1, six digits and steps of 30 s,
//! which is what every authenticator app understands.
//!
//! A code is good in its own step and the one after it, for the time it takes to type, and never in a step at or before
//! one that was used already (MF-3, MF-4).

use super::base32::{RFC4648, decode, encode, in_fours};
use crate::clock::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use std::fmt;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Length of a step in seconds (RFC 6238 5.2).
pub const STEP_SECONDS: u32 = 30;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// Bytes of a new secret: 160 bits (RFC 4226 R6; CVE-2024-8796 had 120).
pub const SECRET_BYTES: usize = 20;
/// Fewest bytes of a secret that is brought along: 128 bits (RFC 4226 R6, "must").
pub const LEAST_SECRET_BYTES: usize = 16;
/// Most bytes of a secret that is brought along: SHA-1's block, beyond which HMAC would hash it first.
pub const MOST_SECRET_BYTES: usize = 64;

/// The number of a step of 30 s since 1970.
pub type Step = u64;

/// What phone and server share.
#[derive(Clone, ZeroizeOnDrop)]
pub struct TotpSecret(Vec<u8>);

impl TotpSecret {
    /// A new secret, out of 160 fresh random bits.
    #[must_use]
    pub fn from_random(bytes: [u8; SECRET_BYTES]) -> Self {
        let bytes = Zeroizing::new(bytes);
        Self(bytes.to_vec())
    }

    /// A secret that a host brings along from another system: 16 to 64 bytes.
    ///
    /// # Errors
    /// [`WeakSecret`] for any other length.
    pub fn import(bytes: &[u8]) -> Result<Self, WeakSecret> {
        let fits = (LEAST_SECRET_BYTES..=MOST_SECRET_BYTES).contains(&bytes.len());
        if fits { Ok(Self(bytes.to_vec())) } else { Err(WeakSecret) }
    }

    /// The same from base32, in whatever case and groups.
    ///
    /// # Errors
    /// [`WeakSecret`] for any other text, and any other length.
    pub fn import_base32(text: &str) -> Result<Self, WeakSecret> {
        if text.len() > 4 * MOST_SECRET_BYTES {
            return Err(WeakSecret);
        }
        let symbols = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-' | b'='));
        let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
        plain.extend(symbols.map(|byte| byte.to_ascii_uppercase()));
        Self::import(&decode(RFC4648, &plain).ok_or(WeakSecret)?)
    }

    /// The bytes, to be sealed.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret for typing into an app: base32 in groups of four. Shown once, to the person who enrols.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        in_fours(&encode(RFC4648, &self.0), ' ')
    }

    /// The `otpauth://` address that a QR code carries. A secret, like [`TotpSecret::expose`].
    ///
    /// `issuer` names the service, `label` the account; both are percent-encoded.
    #[must_use]
    pub fn uri(&self, issuer: &str, label: &str) -> Zeroizing<String> {
        let secret = encode(RFC4648, &self.0);
        let (issuer, label) = (percent(issuer), percent(label));
        let mut uri =
            Zeroizing::new(String::with_capacity(96 + secret.len() + 2 * issuer.len() + label.len()));
        for part in ["otpauth://totp/", &issuer, ":", &label, "?secret=", &secret, "&issuer=", &issuer] {
            uri.push_str(part);
        }
        uri.push_str("&algorithm=SHA1&digits=6&period=30");
        uri
    }

    /// The code of one step.
    #[must_use]
    pub fn code(&self, step: Step) -> TotpCode {
        TotpCode(hotp(&self.0, step) % 1_000_000)
    }

    /// The step that a code proves at this time: the present one or the one before, and later than `used`.
    ///
    /// Takes the same time whatever the code is.
    #[must_use]
    pub fn matched_step(&self, code: &TotpCode, now: Timestamp, used: Option<Step>) -> Option<Step> {
        let present = step_at(now)?;
        let (mut matched, mut step) = (Choice::from(0), 0);
        // The present one last, so that it wins where both have the same code.
        for candidate in [present.saturating_sub(1), present] {
            let fresh = Choice::from(u8::from(used.is_none_or(|used| candidate > used)));
            let same = self.code(candidate).0.ct_eq(&code.0) & fresh;
            step.conditional_assign(&candidate, same);
            matched |= same;
        }
        bool::from(matched).then_some(step)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

/// The step at a time; none before 1970.
#[must_use]
pub fn step_at(now: Timestamp) -> Option<Step> {
    let millis = u64::try_from(now.millis()).ok()?;
    Some(millis / (u64::from(STEP_SECONDS) * 1_000))
}

/// RFC 4226 5.3, before it is cut to digits.
fn hotp(secret: &[u8], counter: u64) -> u32 {
    let Ok(mut hmac) = Hmac::<Sha1>::new_from_slice(secret) else {
        unreachable!("HMAC takes keys of any length")
    };
    hmac.update(&counter.to_be_bytes());
    let mac = hmac.finalize().into_bytes();
    let offset = usize::from(mac[19] & 15);
    u32::from_be_bytes([mac[offset] & 0x7f, mac[offset + 1], mac[offset + 2], mac[offset + 3]])
}

/// Everything but letters, digits and `-._~` (RFC 3986 2.3).
fn percent(text: &str) -> String {
    use fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len() * 3), |mut done, byte| {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let _ = if plain { write!(done, "{}", char::from(byte)) } else { write!(done, "%{byte:02X}") };
        done
    })
}

/// A code of six digits, as typed or computed.
#[derive(Clone, ZeroizeOnDrop)]
pub struct TotpCode(u32);

impl TotpCode {
    /// Reads six digits, with spaces or hyphens anywhere.
    ///
    /// # Errors
    /// [`MalformedCode`] for anything else.
    pub fn parse(typed: &str) -> Result<Self, MalformedCode> {
        let mut code = Zeroizing::new(0_u32);
        let mut digits = 0;
        for symbol in super::proof::symbols(typed)? {
            let digit = symbol.to_digit(10).ok_or(MalformedCode)?;
            digits += 1;
            *code = code.wrapping_mul(10).wrapping_add(digit);
        }
        if digits == DIGITS { Ok(Self(*code)) } else { Err(MalformedCode) }
    }

    /// The six digits: what an app shows. For tests and for hosts that play the app.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{:06}", self.0))
    }
}

impl fmt::Debug for TotpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpCode(..)")
    }
}

/// A secret that is too short, too long, or not base32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a TOTP secret has 16 to 64 bytes; enrol a new one")]
pub struct WeakSecret;

/// Not a code of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code")]
pub struct MalformedCode;

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: &[u8; 20] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_vectors_of_hotp() {
        let truncated = [
            1_284_755_224,
            1_094_287_082,
            137_359_152,
            1_726_969_429,
            1_640_338_314,
            868_254_676,
            1_918_287_922,
            82_162_583,
            673_399_871,
            645_520_489,
        ];
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        let secret = TotpSecret::from_random(*RFC);
        for ((counter, truncated), code) in (0..).zip(truncated).zip(codes) {
            assert_eq!(hotp(RFC, counter), truncated);
            assert_eq!(*secret.code(counter).expose(), code);
        }
    }

    /// RFC 6238, appendix B, the rows for SHA-1 (eight digits there, the last six of them here).
    #[test]
    fn the_vectors_of_totp() {
        let secret = TotpSecret::from_random(*RFC);
        for (seconds, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let step = step_at(at(seconds)).unwrap();
            assert_eq!(format!("{:08}", hotp(RFC, step) % 100_000_000), code);
            let typed = TotpCode::parse(&code[2..]).unwrap();
            assert_eq!(secret.matched_step(&typed, at(seconds), None), Some(step));
        }
    }

    /// MF-4: the present step and the one before it; not the one before that, and none to come.
    #[test]
    fn a_code_is_good_in_its_step_and_the_next() {
        let secret = TotpSecret::from_random(*RFC);
        for (step, good) in [(97, false), (98, false), (99, true), (100, true), (101, false), (102, false)] {
            for within in [0, 29_999] {
                let now = Timestamp::from_millis(100 * 30_000 + within);
                let matched = secret.matched_step(&secret.code(step), now, None);
                assert_eq!(matched, good.then_some(step), "code of step {step}");
            }
        }
    }

    /// MF-3
    #[test]
    fn a_step_at_or_before_the_last_used_is_refused() {
        let secret = TotpSecret::from_random(*RFC);
        let now = at(3_000);
        assert_eq!(secret.matched_step(&secret.code(100), now, Some(99)), Some(100));
        assert_eq!(secret.matched_step(&secret.code(100), now, Some(100)), None);
        assert_eq!(secret.matched_step(&secret.code(99), now, Some(99)), None);
        assert_eq!(secret.matched_step(&secret.code(99), now, Some(98)), Some(99));
        assert_eq!(secret.matched_step(&secret.code(99), now, Some(u64::MAX)), None);
    }

    #[test]
    fn the_ends_of_time() {
        let secret = TotpSecret::from_random(*RFC);
        assert_eq!(secret.matched_step(&secret.code(0), at(0), None), Some(0));
        assert_eq!(secret.matched_step(&secret.code(0), Timestamp::from_millis(-1), None), None);
        assert_eq!(secret.matched_step(&secret.code(0), Timestamp::from_millis(i64::MAX), None), None);
        assert!(step_at(Timestamp::from_millis(i64::MIN)).is_none());
    }

    /// MF-5
    #[test]
    fn a_secret_brought_along_has_at_least_128_bits() {
        assert_eq!(TotpSecret::import(&[7; 15]).err(), Some(WeakSecret));
        assert!(TotpSecret::import(&[7; 16]).is_ok());
        assert!(TotpSecret::import(&[7; 64]).is_ok());
        assert_eq!(TotpSecret::import(&[7; 65]).err(), Some(WeakSecret));
        assert_eq!(TotpSecret::import_base32(&"A".repeat(1 << 20)).err(), Some(WeakSecret));
        let text = TotpSecret::from_random(*RFC).expose();
        assert_eq!(*text, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(TotpSecret::import_base32(&text.to_ascii_lowercase()).unwrap().0, RFC);
    }

    #[test]
    fn issuer_and_label_cannot_leave_their_place() {
        let uri = TotpSecret::from_random(*RFC).uri("Praxis & Söhne", "ana?secret=A#:/%\r\n@x");
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let label = "ana%3Fsecret%3DA%23%3A%2F%25%0D%0A%40x";
        let issuer = "Praxis%20%26%20S%C3%B6hne";
        let told = format!(
            "otpauth://totp/{issuer}:{label}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(*uri, told);
    }

    #[test]
    fn a_code_is_read_forgivingly_and_nothing_else_is() {
        for typed in ["012345", " 012 345 ", "012-345", "0 1 2 3 4 5", "012\u{a0}345"] {
            assert_eq!(*TotpCode::parse(typed).unwrap().expose(), "012345", "{typed:?}");
        }
        for typed in
            ["", "12345", "1234567", "12345a", "+12345", "-", "٠١٢٣٤٥", "0x1234", &"1".repeat(1 << 20)]
        {
            assert!(TotpCode::parse(typed).is_err(), "{}", typed.len());
        }
    }

    #[test]
    fn nothing_is_shown() {
        let secret = TotpSecret::from_random(*RFC);
        assert_eq!(format!("{secret:?} {:?}", secret.code(1)), "TotpSecret(..) TotpCode(..)");
    }
}
