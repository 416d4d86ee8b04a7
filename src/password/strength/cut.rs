//! The cheapest way to cut a text into parts.

use super::text::Text;

/// Bits that say which voice speaks next.
const NEXT: f32 = 1.0;

struct Part {
    from: usize,
    bits: f32,
}

/// What the voices offer, by where a part ends.
pub(super) struct Cut {
    alone: Vec<f32>,
    ending: Vec<Vec<Part>>,
}

impl Cut {
    pub(super) fn new(text: &Text) -> Self {
        let ending = (0..=text.len()).map(|_| Vec::new()).collect();
        Self { alone: text.alone.clone(), ending }
    }

    /// A voice takes `from..to` for so many bits.
    pub(super) fn offer(&mut self, from: usize, to: usize, bits: f32) {
        debug_assert!(from < to);
        self.ending[to].push(Part { from, bits: bits + NEXT });
    }

    pub(super) fn cheapest(&self) -> f32 {
        let mut best = vec![0.0_f32; self.alone.len() + 1];
        for to in 1..best.len() {
            let alone = best[to - 1] + self.alone[to - 1];
            let parts = self.ending[to].iter().map(|part| best[part.from] + part.bits);
            best[to] = parts.fold(alone, f32::min);
        }
        best[self.alone.len()]
    }
}
