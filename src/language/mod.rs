//! Every word that a person reads, by language: a catalogue that is complete or is none.
//!
//! A language is a file of texts (`locales/en.txt` says how it is written, and what each key is for). English is the
//! reference: a file that misses a key of it, has one that it has not, or fills a text with something else is refused, with
//! every mistake named. So a page is in one language from its head to its foot, and a host finds out at its start.
//!
//! ```
//! use regain::language::{Language, Languages};
//!
//! let plain = Language::english().with("sign-in.title", "Log in")?;
//! let languages = Languages::new(plain).and(Language::spanish());
//! assert_eq!(languages.choose(Some("es-MX, en;q=0.5")).name(), "Español");
//! assert_eq!(languages.choose(Some("ja")).text("sign-in.title"), "Log in");
//! # Ok::<(), regain::language::LanguageError>(())
//! ```
//!
//! A language more is a file more, read at the start: `Language::parse(include_str!("de.txt"))?`, or
//! `Language::parse(&std::fs::read_to_string("de.txt")?)?`.

mod file;
mod plural;
mod said;
mod tag;

#[cfg(feature = "templates")]
pub(crate) use file::placeholders;
pub use file::{LanguageError, Problem};
pub use tag::{InvalidLanguageTag, LanguageTag};

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

/// The parameter of an address that says which language a page is in.
pub(crate) const PARAMETER: &str = "lang";

/// A language with all its texts.
#[derive(Clone, PartialEq, Eq)]
pub struct Language {
    tag: LanguageTag,
    name: String,
    direction: Direction,
    texts: BTreeMap<String, String>,
}

/// The direction that a language is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// From left to right.
    #[default]
    LeftToRight,
    /// From right to left, such as Arabic.
    RightToLeft,
}

impl Direction {
    /// As HTML says it: `ltr` or `rtl`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

static ENGLISH: LazyLock<Language> = LazyLock::new(|| file::own(include_str!("../../locales/en.txt")));
static SPANISH: LazyLock<Language> = LazyLock::new(|| file::own(include_str!("../../locales/es.txt")));

impl Language {
    /// English, as it comes with regain.
    #[must_use]
    pub fn english() -> Self {
        ENGLISH.clone()
    }

    /// Spanish, as it comes with regain.
    #[must_use]
    pub fn spanish() -> Self {
        SPANISH.clone()
    }

    /// English, for what says something without a service around it.
    pub(crate) fn reference() -> &'static Self {
        &ENGLISH
    }

    /// Its tag, such as `es`.
    #[must_use]
    pub fn tag(&self) -> &LanguageTag {
        &self.tag
    }

    /// Its own name, such as "Español".
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The direction that it is written in.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// What an address of our own pages ends with, so that they are in this language.
    pub(crate) fn parameter(&self, address: &str) -> String {
        let sign = if address.contains('?') { '&' } else { '?' };
        format!("{sign}{PARAMETER}={}", self.tag)
    }

    /// The text of a key, with its placeholders as they stand. Where there is no such key, the key itself: a page then shows
    /// what is missing, and nothing fails.
    #[must_use]
    pub fn text<'a>(&'a self, key: &'a str) -> &'a str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// The text of a key, if there is one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// All keys with their texts, by key.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(key, text)| (key.as_str(), text.as_str()))
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Language").field("tag", &self.tag).finish_non_exhaustive()
    }
}

/// The languages that a service speaks. The first of them is the one for whoever wants none of the others. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Languages(Vec<Arc<Language>>);

/// English and Spanish; English for whoever wants neither.
impl Default for Languages {
    fn default() -> Self {
        Self::new(Language::english()).and(Language::spanish())
    }
}

/// Longest `Accept-Language` that is read, in bytes, and how many languages of it are looked at.
const LONGEST_HEADER: usize = 1_000;
const MOST_RANGES: usize = 32;

impl Languages {
    /// This one alone.
    #[must_use]
    pub fn new(default: Language) -> Self {
        Self(vec![Arc::new(default)])
    }

    /// This one as well; in place of one that has the same tag.
    #[must_use]
    pub fn and(mut self, language: Language) -> Self {
        let known = self.0.iter().position(|known| known.tag == language.tag);
        match known {
            Some(at) => self.0[at] = Arc::new(language),
            None => self.0.push(Arc::new(language)),
        }
        self
    }

    /// All of them, the default first.
    #[must_use]
    pub fn all(&self) -> &[Arc<Language>] {
        &self.0
    }

    /// The one for whoever wants none of the others.
    #[must_use]
    pub fn default_language(&self) -> &Arc<Language> {
        // There is always one: `new` takes it.
        &self.0[0]
    }

    /// The one of exactly this tag.
    #[must_use]
    pub fn get(&self, tag: &str) -> Option<&Arc<Language>> {
        self.0.iter().find(|language| language.tag.as_str() == tag)
    }

    /// The one for somebody of whom this language is on file, such as `es` for `es-MX`; the default for whom none is, or one
    /// that the service does not speak.
    #[must_use]
    pub fn of(&self, tag: Option<&LanguageTag>) -> &Arc<Language> {
        tag.and_then(|tag| self.look_up(tag.as_str(), |_| true)).unwrap_or(self.default_language())
    }

    /// The one that a browser asks for by `Accept-Language` (RFC 9110, 12.5.4; RFC 4647, 3.4): the wanted languages by their
    /// weight, each cut short from its end until it is one of these; then the default. A language that is wanted in general
    /// also finds a regional one, such as `pt` finds `pt-BR`. What cannot be read is skipped.
    #[must_use]
    pub fn choose(&self, accept_language: Option<&str>) -> &Arc<Language> {
        let header = accept_language.filter(|header| header.len() <= LONGEST_HEADER).unwrap_or_default();
        let mut wanted: Vec<_> = header.split(',').take(MOST_RANGES).filter_map(range).collect();
        wanted.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        let refused = |language: &Language| {
            let tag = language.tag.as_str();
            wanted.iter().any(|(range, weight)| *weight == 0 && is_within(tag, range))
        };
        let taken = |language: &Language| !refused(language);
        let found =
            wanted.iter().filter(|(_, weight)| *weight > 0).find_map(|(range, _)| match range.as_str() {
                "*" => self.0.iter().find(|language| taken(language)),
                range => self.look_up(range, taken),
            });
        found.unwrap_or(self.default_language())
    }

    fn look_up(&self, range: &str, taken: impl Fn(&Language) -> bool) -> Option<&Arc<Language>> {
        let offered = |range: &str| {
            let exact = self.0.iter().find(|language| language.tag.as_str().eq_ignore_ascii_case(range));
            let within = || self.0.iter().find(|language| is_within(language.tag.as_str(), range));
            exact.or_else(within).filter(|language| taken(language))
        };
        let mut rest = range;
        loop {
            if let Some(language) = offered(rest) {
                return Some(language);
            }
            rest = rest.rsplit_once('-')?.0;
            // A single letter begins an extension, and stands for nothing alone.
            if let Some((shorter, last)) = rest.rsplit_once('-')
                && last.len() == 1
            {
                rest = shorter;
            }
        }
    }
}

/// Whether a tag is that language, or a regional one of it.
fn is_within(tag: &str, range: &str) -> bool {
    let head = tag.get(..range.len()).is_some_and(|head| head.eq_ignore_ascii_case(range));
    head && matches!(tag.as_bytes().get(range.len()), None | Some(b'-'))
}

/// One language of `Accept-Language` with its weight in thousandths.
fn range(text: &str) -> Option<(String, u16)> {
    let (range, weight) = text.split_once(';').unwrap_or((text, "q=1"));
    let range = range.trim();
    let plain = range == "*" || LanguageTag::parse(range).is_ok();
    let weight = weight.trim().strip_prefix("q=").or_else(|| weight.trim().strip_prefix("Q="))?;
    (plain && !range.is_empty()).then_some(())?;
    Some((range.to_owned(), thousandths(weight)?))
}

/// `0`, `1`, or one of them with up to three digits behind the dot (RFC 9110, 12.4.2).
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match (whole, fraction) {
        ("0", fraction) => Some(fraction),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod use_of_keys;
