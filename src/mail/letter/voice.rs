//! Who speaks, and in which language: what every word of a mail and of a page comes from.

use crate::language::{Language, LanguageTag, Languages};
use crate::mail;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// The service that the mails and pages speak for, with the languages that it speaks.
///
/// ```
/// use regain::language::{Language, LanguageTag, Languages};
/// use regain::mail::Service;
///
/// let service = Service::new("Mercy Hospital patient portal", "call +1 555 0100, day and night")?
///     .speaking(Languages::new(Language::english()).and(Language::spanish()))
///     .named_in(&LanguageTag::parse("es")?, "Portal del Hospital Mercy", "llame al +1 555 0100, día y noche")?;
/// assert_eq!(service.languages.all().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Service {
    /// Its name, such as "Mercy Hospital patient portal".
    pub name: String,
    /// How to reach people, such as "call +1 555 0100, day and night".
    pub support: String,
    /// The languages of its pages and mails: English and Spanish, unless it says otherwise ([`Service::speaking`]).
    pub languages: Languages,
    named: BTreeMap<LanguageTag, (String, String)>,
}

impl Service {
    /// Names the service and its support.
    ///
    /// # Errors
    /// [`InvalidService`] when one is empty, over 200 bytes, or has control characters or `=?`.
    pub fn new(name: &str, support: &str) -> Result<Self, InvalidService> {
        let (name, support) = plain(name, support)?;
        Ok(Self { name, support, languages: Languages::default(), named: BTreeMap::new() })
    }

    /// Its pages and mails are in these languages, and in no others.
    #[must_use]
    pub fn speaking(self, languages: Languages) -> Self {
        Self { languages, ..self }
    }

    /// What it is called, and how to reach people, in one of its languages; in the others as [`Service::new`] has it.
    ///
    /// # Errors
    /// [`InvalidService`] as for [`Service::new`].
    pub fn named_in(
        mut self,
        language: &LanguageTag,
        name: &str,
        support: &str,
    ) -> Result<Self, InvalidService> {
        self.named.insert(language.clone(), plain(name, support)?);
        Ok(self)
    }

    /// The voice for somebody of whom this language is on file.
    pub(crate) fn voice_for(&self, on_file: Option<&LanguageTag>) -> Voice<'_> {
        self.voice_in(self.languages.of(on_file))
    }

    fn voice_in<'a>(&'a self, language: &'a Language) -> Voice<'a> {
        let (name, support) = self.words_in(language.tag());
        Voice { language, name, support }
    }

    /// Its name, and how to reach people, in one of its languages.
    pub(crate) fn words_in(&self, language: &LanguageTag) -> (&str, &str) {
        let named = self.named.get(language);
        named.map_or((&self.name, &self.support), |(name, support)| (name, support))
    }
}

fn plain(name: &str, support: &str) -> Result<(String, String), InvalidService> {
    let is_plain = |text: &str| (1..=200).contains(&text.len()) && mail::is_plain(text);
    if !is_plain(name) || !is_plain(support) {
        return Err(InvalidService);
    }
    Ok((name.to_owned(), support.to_owned()))
}

/// A service's name or support text that cannot be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a service's name and its support text have 1 to 200 bytes, no control characters and no =?")]
pub struct InvalidService;

/// A service in one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice<'a> {
    pub(crate) language: &'a Language,
    pub(crate) name: &'a str,
    pub(crate) support: &'a str,
}

impl Voice<'_> {
    pub(super) fn say(self, key: &str) -> String {
        self.fill(key, &[])
    }

    /// Every text of a letter may name the service.
    pub(super) fn fill(self, key: &str, values: &[(&str, &str)]) -> String {
        let values: Vec<_> = [("service", self.name)].into_iter().chain(values.iter().copied()).collect();
        self.language.fill(key, &values)
    }

    /// The address of one of our pages, so that it opens in the language of the letter, whatever the browser asks for. In
    /// English it stays as it is: a letter is in English too where nobody knows the person's language, and the browser may.
    pub(in crate::mail) fn leading_to(self, address: &str) -> Zeroizing<String> {
        if self.language.tag() == Language::reference().tag() {
            return Zeroizing::new(address.to_owned());
        }
        Zeroizing::new([address, &self.language.parameter(address)].concat())
    }

    pub(super) fn at(self, key: &str, at: OffsetDateTime) -> String {
        self.fill(key, &[("at", &self.language.moment(at))])
    }

    pub(super) fn until(self, key: &str, until: OffsetDateTime) -> String {
        self.fill(key, &[("until", &self.language.moment(until))])
    }

    pub(in crate::mail) fn minutes(self, minutes: i64) -> String {
        self.language.count("time.minutes", minutes.unsigned_abs())
    }

    pub(super) fn days(self, days: i64) -> String {
        self.language.count("time.days", days.unsigned_abs())
    }
}
