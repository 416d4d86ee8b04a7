//! Laying a word out along a Latin one.

/// What each letter, or group of letters, of a script may become.
pub(super) type Table = [(&'static str, &'static [&'static str])];

/// Whether `latin` can be read as `word`: each of its letters becomes something that the table allows, in order. A Latin
/// consonant may be doubled. One of `between` may stand after any letter but the last.
pub(super) fn fits(word: &str, latin: &str, table: &Table, between: &[&str]) -> bool {
    fits_by(word, latin, between, |rest, becomes| {
        for (letters, readings) in table {
            if rest.starts_with(letters) {
                readings.iter().for_each(|reading| becomes(letters.len(), reading));
            }
        }
    })
}

/// The same, where `read` says of the rest of a word how many bytes at its beginning may become what.
pub(super) fn fits_by(
    word: &str,
    latin: &str,
    between: &[&str],
    read: impl Fn(&str, &mut dyn FnMut(usize, &str)),
) -> bool {
    // reached[i][j]: the first i bytes of the word can be laid along the first j of the Latin one.
    let mut reached = vec![vec![false; latin.len() + 1]; word.len() + 1];
    reached[0][0] = true;
    for (at, _) in word.char_indices() {
        let starts: Vec<usize> = (0..=latin.len()).filter(|start| reached[at][*start]).collect();
        read(&word[at..], &mut |taken, reading| {
            let next = at + taken;
            for start in &starts {
                for end in ends(latin, *start, reading) {
                    reached[next][end] = true;
                    for vowel in between.iter().filter(|_| next < word.len()) {
                        if latin[end..].starts_with(vowel) {
                            reached[next][end + vowel.len()] = true;
                        }
                    }
                }
            }
        });
    }
    reached[word.len()][latin.len()]
}

/// Where a reading that begins at `start` may end.
fn ends(latin: &str, start: usize, reading: &str) -> impl Iterator<Item = usize> {
    let once =
        latin.get(start..).is_some_and(|rest| rest.starts_with(reading)).then(|| start + reading.len());
    let is_consonant = reading.len() == 1 && !reading.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let twice = once.filter(|end| is_consonant && latin[*end..].starts_with(reading)).map(|end| end + 1);
    once.into_iter().chain(twice)
}
