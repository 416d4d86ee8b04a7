//! Reads `application/x-www-form-urlencoded`, for which anybody may send anything.
//!
//! Reading never fails. What our own pages cannot have sent (a field they do not have, one field twice, a broken
//! escape, bytes that are no UTF-8) makes the form *irregular*: a NUL is added to its values, so that they name
//! nobody, prove nothing, and are answered like any other wrong value.

use zeroize::Zeroizing;

/// More fields than any page of ours has. The rest is not looked at.
const MAX_FIELDS: usize = 16;
const NUL: char = '\0';

/// The values of these fields, in this order; empty where a field is missing.
pub(super) fn read<const N: usize>(body: &[u8], names: [&str; N]) -> [Zeroizing<String>; N] {
    let mut values: [Option<Zeroizing<String>>; N] = [const { None }; N];
    let mut regular = body.split(|byte| *byte == b'&').count() <= MAX_FIELDS;
    for (name, value) in pairs(body).take(MAX_FIELDS) {
        let (name, name_is_regular) = decode(name);
        let (value, value_is_regular) = decode(value);
        regular &= name_is_regular && value_is_regular;
        match names.iter().position(|known| **known == **name) {
            Some(at) if values[at].is_none() => values[at] = Some(value),
            _ => regular = false,
        }
    }
    values.map(|value| {
        let mut value = value.unwrap_or_default();
        if !regular {
            value.push(NUL);
        }
        value
    })
}

/// The one parameter of this name in a query; empty when there is none, or more than one. Other parameters are let be: mail
/// systems add their own.
pub(crate) fn only(name: &str, query: &str) -> Zeroizing<String> {
    let mut found = pairs(query.as_bytes()).filter(|(other, _)| *other == name.as_bytes());
    match (found.next(), found.next()) {
        (Some((_, only)), None) => decode(only).0,
        _ => Zeroizing::default(),
    }
}

/// Whether a query has a parameter of this name.
pub(crate) fn has(name: &str, query: &str) -> bool {
    pairs(query.as_bytes()).any(|(other, _)| other == name.as_bytes())
}

fn pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=');
        equals.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]))
    })
}

/// The text, and whether it was well written.
fn decode(raw: &[u8]) -> (Zeroizing<String>, bool) {
    // Allocated once, with room for the NUL: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(raw.len() + 1));
    let mut regular = true;
    let mut rest = raw;
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        let (byte, width) = match (first, escaped) {
            (_, Some((high, low))) => (high << 4 | low, 3),
            (b'+', None) => (b' ', 1),
            (other, None) => (*other, 1),
        };
        regular &= escaped.is_some() || *first != b'%';
        bytes.push(byte);
        rest = &rest[width..];
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => (Zeroizing::new(text), regular),
        Err(error) => (Zeroizing::new(String::from_utf8_lossy(error.as_bytes()).into_owned()), false),
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(body: &[u8]) -> String {
        let [name] = read(body, ["name"]);
        name.to_string()
    }

    #[test]
    fn values_are_decoded() {
        assert_eq!(name_of(b"name=Jos%C3%A9+Mar%c3%ada"), "José María");
        assert_eq!(name_of(b"n%61me=a%3Db"), "a=b");
        assert_eq!(name_of(b"name=a=b"), "a=b");
        assert_eq!(name_of(b"name="), "");
        assert_eq!(name_of(b"name"), "");
        assert_eq!(name_of(b""), "");
        assert_eq!(name_of(b"&name=x&"), "x");
    }

    #[test]
    fn what_no_page_of_ours_sends_names_nobody() {
        for body in [
            &b"name=x&name=x"[..],
            b"name=x&other=y",
            b"name=x&=",
            b"name=%",
            b"name=%4",
            b"name=%zz",
            b"name=%ff",
            b"name=\xff",
            b"\xff=x",
            b"{\"name\": 1}",
        ] {
            assert!(name_of(body).ends_with(NUL), "{body:?}");
        }
        let many = "name=x&".repeat(10_000);
        assert_eq!(name_of(many.as_bytes()), "x\0");
    }

    #[test]
    fn the_token_of_a_query_stands_alone() {
        assert_eq!(*only("token", "token=abc"), "abc");
        assert_eq!(*only("token", "utm_source=mail&token=abc&x"), "abc");
        for query in ["", "token", "token=", "token=a&token=a", "TOKEN=a", "xtoken=a"] {
            assert_eq!(*only("token", query), "", "{query:?}");
        }
    }
}
