//! Sayings, verses, titles and lists that everybody knows, whole or in part, and their first letters.

use super::cut::Cut;
use super::part::PartKind;
use super::text::Text;
use crate::password::leet::letters_meant;
use std::collections::HashMap;
use std::sync::LazyLock;

static PHRASES: &str = include_str!("phrases.txt");

/// Bits for which phrase, and where in it: these and their initials have some six thousand places.
const WHICH: f32 = 12.5;
const SHORTEST: usize = 8;
const SHORTEST_INITIALS: usize = 6;

/// Texts, and where in them a beginning of so many characters stands.
struct Texts {
    texts: Vec<Vec<char>>,
    places: HashMap<Vec<char>, Vec<(usize, usize)>>,
    shortest: usize,
}

impl Texts {
    fn new(texts: Vec<Vec<char>>, shortest: usize) -> Self {
        let mut places: HashMap<_, Vec<_>> = HashMap::new();
        for (number, text) in texts.iter().enumerate() {
            for (at, window) in text.windows(shortest).enumerate() {
                places.entry(window.to_vec()).or_default().push((number, at));
            }
        }
        Self { texts, places, shortest }
    }

    /// How much of the beginning of `letters` stands in one of them.
    fn longest(&self, letters: &[char]) -> Option<usize> {
        let places = self.places.get(letters.get(..self.shortest)?)?;
        let same = |text: &[char]| text.iter().zip(letters).take_while(|(a, b)| a == b).count();
        places.iter().map(|&(number, at)| same(&self.texts[number][at..])).max()
    }
}

static KNOWN: LazyLock<[Texts; 2]> = LazyLock::new(|| {
    let lines = || PHRASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let backwards = |line: &str| line.split_whitespace().rev().collect::<String>().chars().collect();
    let whole =
        lines().flat_map(|line| [line.chars().filter(|c| *c != ' ').collect(), backwards(line)]).collect();
    let initials = |line: &str| line.split_whitespace().filter_map(|word| word.chars().next()).collect();
    let initials =
        lines().map(initials).filter(|initials: &Vec<char>| initials.len() >= SHORTEST_INITIALS).collect();
    [Texts::new(whole, SHORTEST), Texts::new(initials, SHORTEST_INITIALS)]
});

pub(super) fn voice(cut: &mut Cut, text: &Text) {
    let [meant, other] = letters_meant(&text.plain);
    let mut read = vec![(&text.plain, 0.0)];
    read.extend([&meant, &other].into_iter().filter(|meant| **meant != text.plain).map(|meant| (meant, 3.0)));
    for (read, extra) in read {
        let places: Vec<usize> = (0..read.len()).filter(|&at| read[at].is_alphanumeric()).collect();
        let letters: Vec<char> = places.iter().map(|&at| read[at]).collect();
        for from in 0..letters.len() {
            for length in KNOWN.iter().filter_map(|texts| texts.longest(&letters[from..])) {
                let (first, last) = (places[from], places[from + length - 1] + 1);
                cut.offer(PartKind::Phrase, first, last, WHICH + extra + text.dress(first, last).min(3.0));
            }
        }
    }
}
