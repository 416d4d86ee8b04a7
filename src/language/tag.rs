//! The tag of a language, such as `es` or `pt-BR` (BCP 47).

use std::fmt;

/// The tag of a language, in its usual spelling: `es`, `pt-BR`, `zh-Hant-TW`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LanguageTag(String);

/// What is no tag of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a language's tag has parts of 1 to 8 letters and digits with - between, 35 bytes at most, and begins with 2 to 8 letters"
)]
pub struct InvalidLanguageTag;

/// RFC 5646, 4.4.1: long enough for all tags that name a language, a script, a region and a variant.
const LONGEST: usize = 35;

impl LanguageTag {
    /// Reads a tag, whatever its case. Whether there is such a language is not looked up.
    ///
    /// # Errors
    /// [`InvalidLanguageTag`] for what has not the form of one.
    pub fn parse(text: &str) -> Result<Self, InvalidLanguageTag> {
        let mut parts = text.split('-');
        let first = parts.next().unwrap_or_default();
        let is_language = (2..=8).contains(&first.len()) && first.bytes().all(|c| c.is_ascii_alphabetic());
        let is_part =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric());
        if text.len() > LONGEST || !is_language || !parts.clone().all(is_part) {
            return Err(InvalidLanguageTag);
        }
        let mut tag = first.to_ascii_lowercase();
        for part in parts {
            tag.push('-');
            tag.push_str(&usual(part));
        }
        Ok(Self(tag))
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// No language in particular.
    pub(super) fn undetermined() -> Self {
        Self("und".to_owned())
    }

    /// The language alone, such as `pt` of `pt-BR`.
    pub(super) fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

/// Scripts begin with a capital, regions have nothing else (RFC 5646, 2.1.1).
fn usual(part: &str) -> String {
    match part.len() {
        2 if part.bytes().all(|c| c.is_ascii_alphabetic()) => part.to_ascii_uppercase(),
        4 if part.bytes().all(|c| c.is_ascii_alphabetic()) => {
            let (first, rest) = part.split_at(1);
            first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
        }
        _ => part.to_ascii_lowercase(),
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_one_spelling() {
        for (typed, tag) in
            [("es", "es"), ("ES-mx", "es-MX"), ("zh-hANT-tw", "zh-Hant-TW"), ("es-419", "es-419")]
        {
            assert_eq!(LanguageTag::parse(typed).map(|tag| tag.0), Ok(tag.to_owned()));
        }
        let long = "es-".to_owned() + &"abcdefgh-".repeat(4);
        for other in
            ["", "e", "1a", "es-", "-es", "es--MX", "es_MX", "es\r\n", "español", "abcdefghi", "*", &long]
        {
            assert_eq!(LanguageTag::parse(other), Err(InvalidLanguageTag), "{other:?}");
        }
    }
}
