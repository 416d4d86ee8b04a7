//! Other orders in which a text may be read: words put into each other, digits put into a word.

/// Bits to try one of the regular orders.
const REGULAR: f32 = 3.5;
const SHORTEST: usize = 8;

/// The places in another order, and what it costs to try that.
pub(super) fn orders(plain: &[char]) -> Vec<(Vec<usize>, f32)> {
    if plain.len() < SHORTEST {
        return Vec::new();
    }
    let length = plain.len();
    let mut all = vec![
        (every(2, length), REGULAR),
        (every(3, length), REGULAR + 1.0),
        (from_both_ends(length), REGULAR),
        (pairs_turned(length), REGULAR),
    ];
    all.extend(letters_first(plain));
    all
}

/// `hpoasspsiwtoarld`: the first and each so many after it, then those after the second.
fn every(step: usize, length: usize) -> Vec<usize> {
    (0..step).flat_map(|first| (first..length).step_by(step)).collect()
}

/// `hloastpi`: the first, the last, the second, the last but one.
fn from_both_ends(length: usize) -> Vec<usize> {
    let mut places = every(2, length);
    places[length.div_ceil(2)..].reverse();
    places
}

/// `ohpstila`: each two exchanged.
fn pairs_turned(length: usize) -> Vec<usize> {
    (0..length).map(|at| if at ^ 1 < length { at ^ 1 } else { at }).collect()
}

/// `h1o9s8p4ital`, `hos1984pital`: what stands between letters comes after them.
fn letters_first(plain: &[char]) -> Option<(Vec<usize>, f32)> {
    let is_letter = |at: &usize| plain[*at].is_alphabetic();
    let (letters, others): (Vec<usize>, Vec<usize>) = (0..plain.len()).partition(is_letter);
    let (first, last) = (*letters.first()?, *letters.last()?);
    let runs = plain.get(first..=last)?.chunk_by(|a, b| a.is_alphabetic() == b.is_alphabetic());
    let lengths: Vec<usize> = runs.map(<[char]>::len).collect();
    // Runs of letters and of others in turn; how long the last one is says nothing.
    let is_even = |first: usize| {
        let mut here = lengths[..lengths.len() - 1].iter().skip(first).step_by(2);
        let length = here.next();
        here.all(|other| Some(other) == length)
    };
    #[expect(clippy::cast_precision_loss, reason = "at most 128")]
    let where_one_stands = (letters.len() as f32).log2();
    let bits = match lengths.len() {
        0..=2 => return None,
        3 => REGULAR + where_one_stands,
        _ if is_even(0) && is_even(1) => REGULAR + 1.0,
        _ => return None,
    };
    Some((letters.into_iter().chain(others).collect(), bits))
}
