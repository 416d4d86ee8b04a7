//! How easy the texts are to read: `cargo test --test readability -- --nocapture` prints a figure for each page and letter.
//!
//! English by the grade of Flesch and Kincaid (1975), where 8 is what most adults read with ease; Spanish by the scale of
//! Fernández-Huerta (1959), where 70 to 80 is "fairly easy", about the same. Syllables are counted by rule, which is right on
//! the whole and not for every word; so a page or letter is judged, and never a sentence.

use regain::language::Language;
use std::collections::BTreeMap;

/// What is shorter says too little for either figure.
const FEWEST_WORDS: usize = 30;
const HIGHEST_GRADE: f64 = 8.0;
const LOWEST_EASE: f64 = 70.0;

#[derive(Default)]
struct Counted {
    sentences: usize,
    words: usize,
    syllables: usize,
}

impl Counted {
    fn add(&mut self, text: &str, syllables: fn(&str) -> usize) {
        let text = plain(text);
        for sentence in text.split_inclusive(['.', '!', '?', ':', ';']) {
            let words: Vec<_> =
                sentence.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).collect();
            self.sentences += usize::from(!words.is_empty());
            self.words += words.len();
            self.syllables += words.iter().map(|word| syllables(&lower(word))).sum::<usize>();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    fn rates(&self) -> (f64, f64) {
        let (sentences, words, syllables) = (self.sentences as f64, self.words as f64, self.syllables as f64);
        (words / sentences, syllables / words)
    }
}

fn lower(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).collect()
}

/// Placeholders as a short word; an address is one word too.
fn plain(text: &str) -> String {
    let parts = text
        .split('}')
        .map(|part| part.split_once('{').map_or(part.to_owned(), |(text, _)| format!("{text}x")));
    parts.collect::<String>().replace("name@example.org", "name").replace("nombre@example.org", "nombre")
}

fn in_english(word: &str) -> usize {
    let is_vowel = |c: char| "aeiouy".contains(c);
    let starts = word
        .chars()
        .zip(" ".chars().chain(word.chars()))
        .filter(|(c, before)| is_vowel(*c) && !is_vowel(*before));
    let count = starts.count();
    let word = word.trim_matches(|c: char| !c.is_alphabetic());
    let silent = (word.ends_with('e') && !word.ends_with("le"))
        || (word.ends_with("ed") && !word.ends_with("ted") && !word.ends_with("ded"));
    (count - usize::from(silent && count > 1)).max(1)
}

/// Two strong vowels are two syllables; a weak one goes with its neighbour.
fn in_spanish(word: &str) -> usize {
    let is_strong = |c: char| "aeoáéóíú".contains(c);
    let is_vowel = |c: char| is_strong(c) || "iuü".contains(c);
    let begins = |(c, before): &(char, char)| {
        is_vowel(*c) && (!is_vowel(*before) || is_strong(*c) && is_strong(*before))
    };
    word.chars().zip(" ".chars().chain(word.chars())).filter(begins).count().max(1)
}

/// A page, a letter, or a list of the desk.
fn group(key: &str) -> String {
    let parts: Vec<_> = key.split('.').collect();
    match parts[..] {
        [head @ ("letter" | "desk"), second, _, ..] => format!("{head}.{second}"),
        [head, ..] => head.to_owned(),
        [] => String::new(),
    }
}

fn counted(language: &Language, syllables: fn(&str) -> usize) -> BTreeMap<String, Counted> {
    let mut groups = BTreeMap::<_, Counted>::new();
    for (key, text) in language.texts() {
        groups.entry(group(key)).or_default().add(text, syllables);
    }
    groups
}

#[test]
fn english_pages_and_letters_are_of_grade_eight_or_easier() {
    for (name, counted) in counted(&Language::english(), in_english) {
        let (length, syllables) = counted.rates();
        let grade = 0.39 * length + 11.8 * syllables - 15.59;
        println!("en {name}: grade {grade:.1}, {} words", counted.words);
        assert!(counted.words < FEWEST_WORDS || grade <= HIGHEST_GRADE, "{name} is of grade {grade:.1}");
    }
}

#[test]
fn spanish_pages_and_letters_are_fairly_easy_or_easier() {
    for (name, counted) in counted(&Language::spanish(), in_spanish) {
        let (length, syllables) = counted.rates();
        let ease = 206.84 - 60.0 * syllables - 1.02 * length;
        println!("es {name}: ease {ease:.1}, {} words", counted.words);
        assert!(counted.words < FEWEST_WORDS || ease >= LOWEST_EASE, "{name} has an ease of {ease:.1}");
    }
}

#[test]
fn syllables_are_counted_as_one_speaks() {
    for (word, count) in
        [("password", 2), ("code", 1), ("asked", 1), ("needed", 2), ("address", 2), ("username", 3)]
    {
        assert!(in_english(word).abs_diff(count) <= 1, "{word}: {}", in_english(word));
    }
    for (word, count) in
        [("contraseña", 4), ("correo", 3), ("envía", 3), ("cuenta", 2), ("código", 3), ("a", 1)]
    {
        assert_eq!(in_spanish(word), count, "{word}");
    }
}
