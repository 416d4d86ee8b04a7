//! The cheapest way to cut a text into parts.

use super::part::{Part, PartKind};
use super::text::Text;

/// Bits that say which voice speaks next.
const NEXT: f32 = 1.0;
const ROUNDING: f32 = 0.01;

#[derive(Clone, Copy)]
struct Offer {
    kind: PartKind,
    from: usize,
    bits: f32,
}

/// What the voices offer, by where a part ends.
pub(super) struct Cut {
    each: Vec<f32>,
    /// What all characters before a place cost alone.
    before: Vec<f32>,
    ending: Vec<Vec<Offer>>,
}

impl Cut {
    pub(super) fn new(text: &Text) -> Self {
        let ending = (0..=text.len()).map(|_| Vec::new()).collect();
        let sum = text.alone.iter().scan(0.0, |sum, bits| {
            *sum += bits;
            Some(*sum)
        });
        let before = std::iter::once(0.0).chain(sum).collect();
        Self { each: text.alone.clone(), before, ending }
    }

    /// What these characters cost alone.
    pub(super) fn alone(&self, from: usize, to: usize) -> f32 {
        self.before[to] - self.before[from]
    }

    /// A voice takes `from..to` for so many bits.
    pub(super) fn offer(&mut self, kind: PartKind, from: usize, to: usize, bits: f32) {
        debug_assert!(from < to);
        // What costs more than its characters alone is never taken.
        let bits = bits + NEXT;
        if bits < self.alone(from, to) + ROUNDING {
            self.ending[to].push(Offer { kind, from, bits });
        }
    }

    /// The parts that cost least together. Characters that no voice takes are one part.
    pub(super) fn cheapest(&self) -> Vec<Part> {
        let mut best = vec![0.0_f32; self.each.len() + 1];
        let mut taken = Vec::with_capacity(best.len());
        for to in 1..best.len() {
            let alone = Offer { kind: PartKind::Unknown, from: to - 1, bits: self.each[to - 1] };
            let costs = |offer: &Offer| best[offer.from] + offer.bits;
            let chosen = self.ending[to].iter().fold(alone, |cheapest, offer| {
                if costs(offer) < costs(&cheapest) { *offer } else { cheapest }
            });
            best[to] = costs(&chosen);
            taken.push(chosen);
        }
        parts(&taken)
    }
}

/// From the end to the beginning, where each part says where it begins.
fn parts(taken: &[Offer]) -> Vec<Part> {
    let (mut parts, mut to): (Vec<Part>, usize) = (Vec::new(), taken.len());
    while let Some(&Offer { kind, from, bits }) = to.checked_sub(1).and_then(|last| taken.get(last)) {
        let characters = to - from;
        match parts.last_mut().filter(|after| kind == PartKind::Unknown && after.kind == kind) {
            Some(after) => {
                after.characters += characters;
                after.bits += bits;
            }
            None => parts.push(Part { kind, characters, bits }),
        }
        to = from;
    }
    parts.reverse();
    parts
}
