//! Reads the file of a language, and names all that is wrong with it at once.

use super::{Direction, ENGLISH, Language, LanguageTag, plural};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Longest file, and longest text, in bytes.
const LONGEST_FILE: usize = 512 * 1024;
const LONGEST_TEXT: usize = 2_000;

const TAG: &str = "language.tag";
const NAME: &str = "language.name";
const DIRECTION: &str = "language.direction";
/// A host's own list of security questions has keys of its own here.
const QUESTIONS: &str = "asks.";
/// What the text for one may leave out: "one minute".
const COUNT: &str = "count";

/// Why a file is no language: everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageError(Vec<Problem>);

/// One thing that is wrong with a file. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file is longer than any language needs.
    #[error("the file is over {LONGEST_FILE} bytes")]
    TooLong,
    /// A line that is neither a comment nor a text.
    #[error(
        "line {0}: write `key = text`, or begin the line with a space to go on with the text above, or with # to comment"
    )]
    Line(usize),
    /// A key that English has not.
    #[error("line {0}: there is no key {1}")]
    Unknown(usize, String),
    /// A key that stands in the file before.
    #[error("line {0}: {1} stands here a second time")]
    Twice(usize, String),
    /// A text that cannot be printed.
    #[error("line {0}: the text of {1} is empty, over {LONGEST_TEXT} bytes, or has control characters or =?")]
    Text(usize, String),
    /// A text whose placeholders are not those of English.
    #[error("line {0}: the text of {1} needs these placeholders and no others: {2}")]
    Placeholders(usize, String, String),
    /// A tag, name or direction that is none.
    #[error("line {0}: {1} is not what {TAG}, {NAME} or {DIRECTION} can be")]
    Head(usize, String),
    /// A key that the file has not.
    #[error("{0} is missing")]
    Missing(String),
}

impl LanguageError {
    /// Everything that is wrong, from the top of the file to its end, and then what is missing.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for LanguageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this file is no complete language: ")?;
        for (number, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if number == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for LanguageError {}

/// A text with the line that it begins in.
struct Entry {
    line: usize,
    key: String,
    text: String,
}

impl Language {
    /// Reads the file of a language, which `locales/en.txt` is the pattern of.
    ///
    /// # Errors
    /// [`LanguageError`] with everything that is wrong: what is missing, unknown, written twice or cannot be read.
    pub fn parse(file: &str) -> Result<Self, LanguageError> {
        if file.len() > LONGEST_FILE {
            return Err(LanguageError(vec![Problem::TooLong]));
        }
        let (read, mut problems) = Self::read(file);
        check(&read, &mut problems);
        if problems.is_empty() { Ok(language(read)) } else { Err(LanguageError(problems)) }
    }

    /// The same language with other words in one place.
    ///
    /// # Errors
    /// [`LanguageError`] for a key that there is not, and for a text that cannot be printed or has other placeholders.
    pub fn with(mut self, key: &str, text: &str) -> Result<Self, LanguageError> {
        let entry = Entry { line: 1, key: key.to_owned(), text: text.to_owned() };
        let mut problems = Vec::new();
        if [TAG, NAME, DIRECTION].contains(&key) {
            problems.push(Problem::Unknown(1, key.to_owned()));
        }
        check_text(&entry, self.tag.language(), &mut problems);
        if !problems.is_empty() {
            return Err(LanguageError(problems));
        }
        self.texts.insert(entry.key, entry.text);
        Ok(self)
    }

    /// The entries of a file, in order, and the lines that are none.
    fn read(file: &str) -> (Vec<Entry>, Vec<Problem>) {
        let (mut entries, mut problems) = (Vec::<Entry>::new(), Vec::new());
        for (number, line) in (1..).zip(file.trim_start_matches('\u{feff}').lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match (line.starts_with([' ', '\t']), entries.last_mut(), line.split_once('=')) {
                (true, Some(entry), _) => {
                    entry.text.push(' ');
                    entry.text.push_str(line.trim());
                }
                (false, _, Some((key, text))) => {
                    let (key, text) = (key.trim().to_owned(), text.trim().to_owned());
                    entries.push(Entry { line: number, key, text });
                }
                _ => problems.push(Problem::Line(number)),
            }
        }
        (entries, problems)
    }
}

/// A file that comes with regain. That it is whole, a test shows; what is missing nevertheless is shown by its key.
pub(super) fn own(file: &str) -> Language {
    language(Language::read(file).0)
}

fn language(entries: Vec<Entry>) -> Language {
    let texts: BTreeMap<_, _> = entries.into_iter().map(|entry| (entry.key, entry.text)).collect();
    let head = |key: &str| texts.get(key).cloned().unwrap_or_default();
    let tag = LanguageTag::parse(&head(TAG)).unwrap_or_else(|_| LanguageTag::undetermined());
    let direction = direction(&head(DIRECTION)).unwrap_or_default();
    Language { tag, name: head(NAME), direction, texts }
}

fn direction(code: &str) -> Option<Direction> {
    [Direction::LeftToRight, Direction::RightToLeft].into_iter().find(|known| known.code() == code)
}

fn check(entries: &[Entry], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    let tag = entries.iter().find(|entry| entry.key == TAG);
    let tag = tag.and_then(|entry| LanguageTag::parse(&entry.text).ok());
    let language = tag.as_ref().map_or("und", LanguageTag::language);
    for entry in entries {
        if !seen.insert(entry.key.as_str()) {
            problems.push(Problem::Twice(entry.line, entry.key.clone()));
        }
        let is_head = match entry.key.as_str() {
            TAG => LanguageTag::parse(&entry.text).is_ok(),
            DIRECTION => direction(&entry.text).is_some(),
            NAME => entry.text.len() <= 64 && !entry.text.contains(['{', '}']),
            _ => true,
        };
        if !is_head {
            problems.push(Problem::Head(entry.line, entry.text.clone()));
        }
        check_text(entry, language, problems);
    }
    let missing = needed(language).into_iter().filter(|key| !seen.contains(key.as_str()));
    problems.extend(missing.map(Problem::Missing));
}

fn check_text(entry: &Entry, language: &str, problems: &mut Vec<Problem>) {
    let Entry { line, key, text } = entry;
    let plain = !text.chars().any(char::is_control) && !text.contains("=?");
    if text.is_empty() || text.len() > LONGEST_TEXT || !plain {
        problems.push(Problem::Text(*line, key.clone()));
    }
    let Some(pattern) = pattern(key, language) else {
        let of_the_host = key.strip_prefix(QUESTIONS).is_some_and(|code| !code.is_empty());
        if !of_the_host {
            problems.push(Problem::Unknown(*line, key.clone()));
        } else if placeholders(text).is_none_or(|found| !found.is_empty()) {
            problems.push(Problem::Placeholders(*line, key.clone(), "none".to_owned()));
        }
        return;
    };
    let expected = placeholders(pattern).unwrap_or_default();
    let fits = placeholders(text).is_some_and(|found| {
        let counts_itself = is_small_form(key) && expected.contains(COUNT);
        let without = expected.iter().filter(|name| **name != COUNT).copied().collect::<BTreeSet<_>>();
        found == expected || (counts_itself && found == without)
    });
    if !fits {
        let names = expected.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(" ") };
        problems.push(Problem::Placeholders(*line, key.clone(), names));
    }
}

/// The English text that a text of this key is held against. A form that English has not goes with `other`.
fn pattern<'a>(key: &str, language: &str) -> Option<&'a str> {
    if let Some((counted, form)) = key.rsplit_once('.')
        && let Some(pattern) = ENGLISH.texts.get(&format!("{counted}.other"))
    {
        return plural::forms(language).contains(&form).then_some(pattern.as_str());
    }
    ENGLISH.texts.get(key).map(String::as_str)
}

/// Whether the form goes with one number, or nearly so, which the text may then say in words.
fn is_small_form(key: &str) -> bool {
    matches!(key.rsplit_once('.'), Some((_, "zero" | "one" | "two")))
}

/// All keys that a file of this language has to have.
fn needed(language: &str) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for key in ENGLISH.texts.keys() {
        match key.rsplit_once('.') {
            Some((counted, _)) if ENGLISH.texts.contains_key(&format!("{counted}.other")) => {
                keys.extend(plural::forms(language).iter().map(|form| format!("{counted}.{form}")));
            }
            _ => {
                keys.insert(key.clone());
            }
        }
    }
    keys.into_iter().collect()
}

/// The names in braces; nothing where the braces do not go together.
pub(crate) fn placeholders(text: &str) -> Option<BTreeSet<&str>> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (name, after) = rest[open..].strip_prefix('{')?.split_once('}')?;
        if name.is_empty() || !name.bytes().all(|c| c.is_ascii_lowercase()) {
            return None;
        }
        names.insert(name);
        rest = after;
    }
    Some(names)
}
