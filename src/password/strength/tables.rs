//! What was learnt from public lists: words by how common they are, and which letter follows which. `tools/strength` builds
//! both; NOTICE names the sources. Of a word only 40 bits of a hash are kept, so one look-up in ten million finds a
//! word that is none.

use std::sync::LazyLock;

static WORDS: &[u8] = include_bytes!("words.bin");
static CHAIN: &[u8] = include_bytes!("chain.bin");

/// Two words: of each 40 bits of its hash, and 4 that say what it costs.
const PAIR: usize = 11;
const HALF: u32 = 44;
const COST: u64 = 15;
const COUNT: usize = WORDS.len() / PAIR * 2;

/// First bits of a hash, by which a look-up begins.
const FIRST_BITS: u32 = 14;

/// Where the hashes begin that begin with so many bits, and at the end how many there are.
static BEGINNINGS: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let mut place = 0;
    let mut beginnings = Vec::with_capacity((1 << FIRST_BITS) + 1);
    for first in 0..1_u64 << FIRST_BITS {
        while place < COUNT && entry(place) >> (HALF - FIRST_BITS) < first {
            place += 1;
        }
        beginnings.push(place);
    }
    beginnings.push(COUNT);
    beginnings
});

/// FNV-1a over code points.
#[derive(Clone, Copy)]
pub(super) struct Hash(u64);

impl Hash {
    pub(super) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(super) fn then(self, c: char) -> Self {
        Self((self.0 ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3))
    }

    pub(super) fn whole(self) -> u64 {
        self.0
    }
}

fn entry(place: usize) -> u64 {
    let at = place / 2 * PAIR;
    let pair = WORDS.get(at..at + PAIR).unwrap_or_default();
    let pair = pair.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    let half = if place.is_multiple_of(2) { pair >> HALF } else { pair & ((1 << HALF) - 1) };
    u64::try_from(half).unwrap_or(u64::MAX)
}

/// What the word of this hash costs in bits: the logarithm of how many are more common.
pub(super) fn word(hash: Hash) -> Option<f32> {
    let wanted = hash.0 >> 24 << 4;
    let first = usize::try_from(wanted >> (HALF - FIRST_BITS)).unwrap_or(usize::MAX);
    let &[mut low, mut high] = BEGINNINGS.get(first..)?.first_chunk()?;
    while low < high {
        let middle = usize::midpoint(low, high);
        if entry(middle) < wanted { low = middle + 1 } else { high = middle }
    }
    let found = entry(low);
    #[expect(clippy::cast_precision_loss, reason = "below 16")]
    (low < COUNT && found & !COST == wanted).then_some((found & COST) as f32)
}

/// What a letter costs in bits after the three before it, all of `a` to `z`; `None` stands before the first.
pub(super) fn after(before: [Option<char>; 3], letter: char) -> f32 {
    let place = |c: char| u32::from(c).wrapping_sub(u32::from('a')) as usize;
    let context = before.iter().fold(0, |sum, c| sum * 27 + c.map_or(0, |c| place(c) + 1));
    let at = context * 26 + place(letter);
    let packed = CHAIN.get(at / 2).copied().unwrap_or(u8::MAX);
    let step = if at.is_multiple_of(2) { packed & 15 } else { packed >> 4 };
    f32::from(step + 1) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> Option<f32> {
        word(text.chars().fold(Hash::new(), Hash::then))
    }

    #[test]
    fn common_words_cost_less_than_rare_ones_and_what_is_none_is_not_found() {
        let [the, hospital, password] = ["the", "hospital", "password"].map(|word| bits(word).unwrap());
        assert!(the < 2.0 && password < 3.0 && (8.0..13.0).contains(&hospital));
        for other in ["xqzvkwjp", "", "hospitalx"] {
            assert_eq!(bits(other), None, "{other}");
        }
    }

    #[test]
    fn the_tables_are_whole_and_sorted() {
        assert_eq!(WORDS.len() % PAIR, 0);
        let hashes: Vec<u64> = (0..COUNT).map(|place| entry(place) & !COST).collect();
        assert!(hashes.len() > 50_000 && hashes.is_sorted_by(|a, b| a < b));
        assert_eq!(CHAIN.len(), (27_usize.pow(3) * 26).div_ceil(2));
    }

    #[test]
    fn what_follows_often_costs_less() {
        assert!(after([None, Some('q'), Some('u')], 'e') < after([None, Some('q'), Some('u')], 'x'));
        assert!(after([None, None, Some('q')], 'u') < 1.0);
    }
}
