//! Five bits a character, for what people read and type.

use zeroize::Zeroizing;

/// RFC 4648, as authenticator apps expect a secret.
pub(super) const RFC4648: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Crockford's: without I, L, O and U, so that nothing is taken for something else.
pub(super) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Without padding; the last character carries what is left over, followed by zero bits.
pub(super) fn encode(alphabet: &[u8; 32], bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity((bytes.len() * 8).div_ceil(5)));
    for bit in (0..bytes.len() * 8).step_by(5) {
        let pair = [byte(bytes, bit / 8), byte(bytes, bit / 8 + 1)];
        let five = (u16::from_be_bytes(pair) >> (11 - bit % 8)) & 31;
        text.push(char::from(alphabet[usize::from(five)]));
    }
    text
}

fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// Reads characters of the alphabet; `None` for any other, and for bits left over that are not zero.
pub(super) fn decode(alphabet: &[u8; 32], text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 5 / 8 + 1));
    let (mut held, mut bits) = (0_u16, 0_u32);
    for symbol in text {
        let five = alphabet.iter().position(|known| known == symbol)?;
        held = (held << 5) | u16::try_from(five).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0 && bits < 5).then_some(bytes)
}

/// The same text in groups of four.
pub(super) fn in_fours(text: &str, between: char) -> Zeroizing<String> {
    let mut grouped = Zeroizing::new(String::with_capacity(text.len() + text.len() / 4 * between.len_utf8()));
    for (at, symbol) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            grouped.push(between);
        }
        grouped.push(symbol);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 4648, section 10, without padding.
    #[test]
    fn the_vectors_of_the_rfc() {
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(*encode(RFC4648, plain.as_bytes()), text);
            assert_eq!(decode(RFC4648, text.as_bytes()).map(|bytes| bytes.to_vec()), Some(plain.into()));
        }
        assert!(decode(RFC4648, b"MZ").is_none(), "bits left over");
        assert!(decode(RFC4648, b"M1").is_none(), "not in the alphabet");
        assert!(decode(RFC4648, b"MZXW6A").is_none(), "a character that carries nothing");
    }

    #[test]
    fn groups_of_four() {
        assert_eq!(*in_fours("ABCDEFGHI", '-'), "ABCD-EFGH-I");
        assert_eq!(*in_fours("ABCD", ' '), "ABCD");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..70)) {
            for alphabet in [RFC4648, CROCKFORD] {
                let text = encode(alphabet, &bytes);
                prop_assert_eq!(decode(alphabet, text.as_bytes()).map(|back| back.to_vec()), Some(bytes.clone()));
            }
        }
    }
}
