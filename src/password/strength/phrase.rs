//! Sayings, verses, titles and lists that everybody knows, whole or in part, and their first letters.

use super::cut::Cut;
use super::part::PartKind;
use super::tables::Hash;
use super::text::Text;
use crate::password::leet::letters_meant;
use std::sync::LazyLock;

static PHRASES: &str = include_str!("phrases.txt");

/// Bits for which phrase, and from where to where: these have some seven thousand words.
const WHICH: f32 = 13.5;
const SHORTEST: usize = 8;
const SHORTEST_INITIALS: usize = 7;

/// Texts, and where in them a beginning of so many characters stands.
struct Texts {
    texts: Vec<Vec<char>>,
    /// By the hash of such a beginning: number of the text, and place in it.
    places: Vec<(u64, u32, u32)>,
    shortest: usize,
}

impl Texts {
    fn new(texts: Vec<Vec<char>>, shortest: usize) -> Self {
        let mut places = Vec::new();
        for (text, number) in texts.iter().zip(0..) {
            places.extend(text.windows(shortest).zip(0..).map(|(window, at)| (hash(window), number, at)));
        }
        places.sort_unstable();
        Self { texts, places, shortest }
    }

    /// How much of the beginning of `letters` stands in one of them.
    fn longest(&self, letters: &[char]) -> Option<usize> {
        let wanted = hash(letters.get(..self.shortest)?);
        let first = self.places.partition_point(|(hash, ..)| *hash < wanted);
        let here = self.places[first..].iter().take_while(|(hash, ..)| *hash == wanted);
        let same = |text: &[char]| text.iter().zip(letters).take_while(|(a, b)| a == b).count();
        let lengths = here.map(|&(_, number, at)| same(&self.texts[number as usize][at as usize..]));
        lengths.max().filter(|length| *length >= self.shortest)
    }
}

fn hash(letters: &[char]) -> u64 {
    letters.iter().fold(Hash::new(), |hash, c| hash.then(*c)).whole()
}

static KNOWN: LazyLock<[Texts; 2]> = LazyLock::new(|| {
    let lines = || PHRASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let backwards = |line: &str| line.split_whitespace().rev().collect::<String>().chars().collect();
    let whole =
        lines().flat_map(|line| [line.chars().filter(|c| *c != ' ').collect(), backwards(line)]).collect();
    let initials = |line: &str| line.split_whitespace().filter_map(|word| word.chars().next()).collect();
    let initials = lines()
        .filter(|line| !line.contains(|c: char| c.is_ascii_digit()))
        .map(initials)
        .filter(|initials: &Vec<char>| initials.len() >= SHORTEST_INITIALS)
        .collect();
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
