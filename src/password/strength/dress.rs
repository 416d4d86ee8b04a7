//! What capitals and disguises in a part of a text cost. Each part is asked for, so what stands before each place is counted once.

use std::sync::LazyLock;

/// Binary logarithms of the factorials.
static FACTORIALS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let mut sum = 0.0;
    let logs = (1..=super::text::SHOWN).map(|number| {
        #[expect(clippy::cast_precision_loss, reason = "at most 128")]
        let bits = (number as f64).log2();
        sum += bits;
        sum
    });
    std::iter::once(0.0).chain(logs).collect()
});

/// How many there are before a place.
#[derive(Clone, Copy, Default)]
struct Before {
    disguised: u8,
    letters: u8,
    /// Capitals.
    up: u8,
    /// Letters of the same case as the letter before.
    same: u8,
}

pub(super) struct Dress {
    before: Vec<Before>,
    /// Of each letter, whether it is a capital.
    letters: Vec<bool>,
}

impl Dress {
    /// Of `plain`, where some are `capital` or `disguised`. At most 128.
    pub(super) fn of(plain: &[char], capital: &[bool], disguised: &[bool]) -> Self {
        let (mut count, mut letters) = (Before::default(), Vec::new());
        let mut before = vec![count];
        for ((c, &up), &disguised) in plain.iter().zip(capital).zip(disguised) {
            count.disguised += u8::from(disguised);
            if c.is_alphabetic() {
                count.letters += 1;
                count.up += u8::from(up);
                count.same += u8::from(letters.last() == Some(&up));
                letters.push(up);
            }
            before.push(count);
        }
        Self { before, letters }
    }

    pub(super) fn bits(&self, from: usize, to: usize) -> f32 {
        let (before, after) = (self.before[from], self.before[to]);
        let disguised = if after.disguised > before.disguised { 1.5 } else { 0.0 };
        disguised + self.capitals(before, after)
    }

    fn capitals(&self, before: Before, after: Before) -> f32 {
        let letters = &self.letters[usize::from(before.letters)..usize::from(after.letters)];
        let up = usize::from(after.up - before.up);
        let Some((&first, &last)) = letters.first().zip(letters.last()).filter(|_| up > 0) else {
            return 0.0;
        };
        let ends = usize::from(first) + usize::from(last);
        // The first letter of the part may be like one before the part.
        let from = usize::from(before.letters);
        let is_like_outside = from > 0 && self.letters[from - 1] == first;
        let alternate = after.same - before.same == u8::from(is_like_outside);
        if up == letters.len() || (up == 1 && first) {
            1.0
        } else if alternate || up == ends {
            2.0
        } else {
            which(letters.len(), up) + 1.0
        }
    }
}

/// Bits of which `count` of `all`.
#[expect(clippy::cast_possible_truncation, reason = "at most 128 bits")]
fn which(all: usize, count: usize) -> f32 {
    let bits = |number: usize| FACTORIALS.get(number).copied().unwrap_or_default();
    (bits(all) - bits(count) - bits(all - count)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_cost_by_how_many_ways_there_are_to_set_them() {
        let text: Vec<char> = "xHoSpItAl Hospital HOSPITAL hosPitAl hospital".chars().collect();
        let capital: Vec<bool> = text.iter().map(|c| c.is_uppercase()).collect();
        let dress = Dress::of(&text, &capital, &vec![false; text.len()]);
        let bits = |from: usize| dress.bits(from, from + 8);
        for (from, expected) in [(1, 2.0), (10, 1.0), (19, 1.0), (28, 28_f32.log2() + 1.0), (37, 0.0)] {
            assert!((bits(from) - expected).abs() < 0.001, "{from}: {}", bits(from));
        }
    }
}
