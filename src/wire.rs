//! Length-prefixed fields: what is hashed, sealed or bound together is unambiguous.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Joins fields so that no two lists of fields give the same bytes.
pub(crate) fn frame(fields: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let size = fields.iter().map(|field| field.len() + 8).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(size));
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

/// Takes framed fields apart again; `None` unless the bytes are exactly `N` fields.
pub(crate) fn unframe<const N: usize>(mut bytes: &[u8]) -> Option<[&[u8]; N]> {
    let mut fields = [&[][..]; N];
    for field in &mut fields {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
        (*field, bytes) = rest.split_at_checked(length)?;
    }
    bytes.is_empty().then_some(fields)
}

/// Takes framed fields apart again, however many there are.
pub(crate) fn unframe_all(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        fields.push(field);
        bytes = rest;
    }
    Some(fields)
}

/// HMAC-SHA-256 over framed fields.
pub(crate) fn mac(key: &[u8], fields: &[&[u8]]) -> [u8; 32] {
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length")
    };
    hmac.update(&frame(fields));
    hmac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_went_in() {
        let framed = frame(&[b"a", b"", b"bc"]);
        assert_eq!(unframe::<3>(&framed), Some([&b"a"[..], &b""[..], &b"bc"[..]]));
        assert_eq!(unframe::<2>(&framed), None);
        assert_eq!(unframe::<4>(&framed), None);
        assert_eq!(unframe::<1>(&[0xff; 9]), None);
        assert_eq!(unframe_all(&framed), Some(vec![&b"a"[..], b"", b"bc"]));
        assert_eq!(unframe_all(&[]), Some(vec![]));
        assert_eq!(unframe_all(&[0xff; 9]), None);
    }

    #[test]
    fn moving_a_byte_between_fields_changes_the_bytes() {
        assert_ne!(*frame(&[b"ab", b"c"]), *frame(&[b"a", b"bc"]));
    }
}
