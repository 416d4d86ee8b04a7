//! What others may know about a person, and how much of a password is made of it.

use time::Date;

use super::PolicyContext;
use super::disguise::undisguise;
use super::leet::letters_for;

/// Words that may not carry a password's strength: plain and reversed.
pub(super) struct OwnWords {
    words: Vec<Vec<char>>,
    /// Without reversals and dates, for zxcvbn.
    names: Vec<String>,
}

impl OwnWords {
    pub(super) fn new(context: &PolicyContext<'_>, service: &[String]) -> Self {
        let whole_values = [context.username, context.given_name, context.family_name, context.record_number];
        let mut names = Vec::new();
        for value in whole_values.into_iter().flatten().chain(service.iter().map(String::as_str)) {
            add_name(&mut names, value);
        }
        for email in &context.emails {
            add_name(&mut names, email);
            add_name(&mut names, email.rsplit_once('@').map_or(*email, |(local, _)| local));
        }
        for phone in &context.phones {
            add_phone(&mut names, phone);
        }
        for line in context.postal_addresses.iter().flat_map(|address| address.lines()) {
            add_name(&mut names, line);
        }
        names.sort_unstable();
        names.dedup();

        let dates = context.birth_date.map(written_forms).unwrap_or_default();
        let mut words: Vec<Vec<char>> =
            names.iter().cloned().chain(dates.into_iter().map(|date| date.chars().collect())).collect();
        words.extend(words.clone().into_iter().map(|word| word.into_iter().rev().collect()));
        words.retain(|word| is_telling(word));
        words.sort_unstable();
        words.dedup();
        Self { words, names: names.into_iter().map(String::from_iter).collect() }
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    /// All of them.
    pub(super) fn words(&self) -> &[Vec<char>] {
        &self.words
    }

    /// What is left of `text` when as much as possible of it is taken for own data.
    pub(super) fn taken_out_of(&self, text: &[char]) -> Vec<char> {
        // best[i]: fewest characters of text[i..] left over, and the length of the word to take at i.
        let mut best = vec![(0, 0); text.len() + 1];
        for at in (0..text.len()).rev() {
            let kept = (best[at + 1].0 + 1, 0);
            let taken = beginning(&text[at..], &self.words);
            best[at] =
                taken.map(|word| (best[at + word.len()].0, word.len())).min().map_or(kept, |w| w.min(kept));
        }
        let mut rest = Vec::with_capacity(best[0].0);
        let mut at = 0;
        while at < text.len() {
            match best[at].1 {
                0 => {
                    rest.push(text[at]);
                    at += 1;
                }
                length => at += length,
            }
        }
        rest
    }
}

/// A value as a whole, without its punctuation, and the words in it; numbers also without leading zeros.
fn add_name(names: &mut Vec<Vec<char>>, value: &str) {
    let whole = undisguise(value);
    let joined: Vec<char> = whole.iter().copied().filter(|c| c.is_alphanumeric()).collect();
    for word in whole.split(|c| !c.is_alphanumeric()).chain([joined.as_slice(), &whole]) {
        let unpadded = &word[word.iter().take_while(|&&c| c == '0').count()..];
        names.extend([word, unpadded].into_iter().filter(|word| is_telling(word)).map(<[char]>::to_vec));
    }
}

/// A number as it is dialled: with its country code of 1 to 3 digits, without, and with a 0 in its place.
fn add_phone(names: &mut Vec<Vec<char>>, number: &str) {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    for code in 0..=3.min(digits.len()) {
        let rest = &digits[code..];
        add_name(names, rest);
        add_name(names, &format!("0{rest}"));
    }
}

/// Long enough to be recognised: `Li` and `12` are everywhere, `王明` and `1990` are not.
fn is_telling(word: &[char]) -> bool {
    let at_least = match word {
        word if word.iter().all(char::is_ascii_digit) => 4,
        word if word.iter().all(char::is_ascii) => 3,
        _ => 2,
    };
    word.len() >= at_least
}

/// Those of the sorted `words` that `text` begins with.
pub(super) fn beginning<'w>(text: &'w [char], words: &'w [Vec<char>]) -> impl Iterator<Item = &'w Vec<char>> {
    // Of each first letter there are many words, and few of these letters stand here.
    let same_first = words.chunk_by(|a, b| a.first() == b.first());
    let may_begin = |words: &&[Vec<char>]| {
        let first = words.first().and_then(|word| word.first());
        first.zip(text.first()).is_some_and(|(&meant, &typed)| stands_for(typed, meant))
    };
    same_first.filter(may_begin).flatten().filter(|word| reads_as(text, word))
}

fn reads_as(text: &[char], word: &[char]) -> bool {
    text.len() >= word.len() && text.iter().zip(word).all(|(&typed, &meant)| stands_for(typed, meant))
}

/// A letter or what is commonly written for it; any separator for any other.
fn stands_for(typed: char, meant: char) -> bool {
    let is_separator = |c| matches!(c, '-' | '/' | '.' | ' ' | '_' | ',');
    typed == meant || (is_separator(typed) && is_separator(meant)) || letters_for(typed).contains(&meant)
}

/// Month names in English, Spanish, French, German, Italian and Portuguese, as `undisguise` leaves them.
pub(super) const MONTHS: [&[&str]; 12] = [
    &["january", "enero", "janvier", "januar", "gennaio", "janeiro"],
    &["february", "febrero", "fevrier", "februar", "febbraio", "fevereiro"],
    &["march", "marzo", "mars", "marz", "maerz", "marco"],
    &["april", "abril", "avril", "aprile"],
    &["may", "mayo", "mai", "maggio", "maio"],
    &["june", "junio", "juin", "juni", "giugno", "junho"],
    &["july", "julio", "juillet", "juli", "luglio", "julho"],
    &["august", "agosto", "aout"],
    &["september", "septiembre", "septembre", "settembre", "setembro"],
    &["october", "octubre", "octobre", "oktober", "ottobre", "outubro"],
    &["november", "noviembre", "novembre", "novembro"],
    &["december", "diciembre", "decembre", "dezember", "dicembre", "dezembro"],
];

/// The ways in which people write a date: orders, with and without a separator, two-digit years, month names
/// and their first three letters; and the parts of it that have at least four characters.
fn written_forms(date: Date) -> Vec<String> {
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let names = MONTHS[usize::from(month) - 1];
    let years = [format!("{year:04}"), format!("{:02}", year.rem_euclid(100))];
    let days = [format!("{day:02}"), day.to_string()];
    let mut months = vec![format!("{month:02}"), month.to_string()];
    months.extend(names.iter().flat_map(|name| [name, &name[..3]]).map(str::to_owned));
    months.dedup();

    let mut forms = years.to_vec();
    for m in &months {
        let mut add = |parts: &[&str]| forms.extend(["", "-"].map(|separator| parts.join(separator)));
        for y in &years {
            add(&[y, m]);
            add(&[m, y]);
        }
        for d in &days {
            add(&[m, d]);
            add(&[d, m]);
            for y in &years {
                add(&[y, m, d]);
                add(&[d, m, y]);
                add(&[m, d, y]);
                add(&[y, d, m]);
            }
        }
    }
    forms
}
