//! Texts with something filled in: numbers in their forms, dates, lengths of time.

use super::{Language, plural};
use crate::password::{CharacterClass, PartKind, Reason};
use std::fmt::Write as _;
use time::{Duration, OffsetDateTime};

const MONTHS: [&str; 12] = [
    "month.1", "month.2", "month.3", "month.4", "month.5", "month.6", "month.7", "month.8", "month.9",
    "month.10", "month.11", "month.12",
];

impl Language {
    /// The text of a key, with its placeholders filled. What is filled in is not looked into again.
    #[must_use]
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        filled(self.text(key), values)
    }

    /// The text of a key that counts something.
    #[must_use]
    pub fn count(&self, key: &str, number: u64) -> String {
        let form = plural::form(self.tag.language(), number);
        self.fill(&format!("{key}.{form}"), &[("count", &number.to_string())])
    }

    /// What stands before and after one placeholder of a text, where a page puts a link; the other placeholders are filled.
    #[must_use]
    pub fn around(&self, key: &str, hole: &str, values: &[(&str, &str)]) -> (String, String) {
        let text = self.text(key);
        let (before, after) = text.split_once(&format!("{{{hole}}}")).unwrap_or((text, ""));
        (filled(before, values), filled(after, values))
    }

    /// The names of the months, January first.
    pub fn months(&self) -> impl Iterator<Item = &str> {
        MONTHS.iter().map(|key| self.text(key))
    }

    /// A date, such as "27 March 1985".
    #[must_use]
    pub fn day(&self, at: OffsetDateTime) -> String {
        let month = MONTHS[usize::from(u8::from(at.month())) - 1];
        let (day, year) = (at.day().to_string(), at.year().to_string());
        self.fill("date.day", &[("day", &day), ("month", self.text(month)), ("year", &year)])
    }

    /// A point in time, such as "27 March 1985 at 10:30 UTC".
    #[must_use]
    pub fn moment(&self, at: OffsetDateTime) -> String {
        self.timed("date.at", at)
    }

    /// The same in the middle of a sentence: "27 March 1985, 10:30 UTC".
    #[must_use]
    pub fn until(&self, at: OffsetDateTime) -> String {
        self.timed("date.until", at)
    }

    fn timed(&self, key: &str, at: OffsetDateTime) -> String {
        let mut time = String::with_capacity(5);
        let _ = write!(time, "{:02}:{:02}", at.hour(), at.minute());
        self.fill(key, &[("date", &self.day(at)), ("time", &time)])
    }

    /// A length of time in the unit that people think in, never rounded down.
    #[must_use]
    pub fn length(&self, time: Duration) -> String {
        let minutes = u64::try_from(time.whole_seconds()).unwrap_or(0).div_ceil(60);
        match minutes {
            0..120 => self.count("time.minutes", minutes),
            120..2880 => self.count("time.hours", minutes.div_ceil(60)),
            _ => self.count("time.days", minutes.div_ceil(1440)),
        }
    }

    /// How long to wait: below two minutes in seconds.
    #[must_use]
    pub fn wait(&self, time: std::time::Duration) -> String {
        match time.as_secs() {
            seconds @ 0..120 => self.count("time.seconds", seconds.max(2)),
            seconds @ 120..5400 => self.count("time.minutes", seconds.div_ceil(60)),
            seconds => self.count("time.hours", seconds.div_ceil(3600)),
        }
    }

    /// Why a password was refused.
    #[must_use]
    pub fn reason(&self, reason: &Reason) -> String {
        let key = match reason {
            Reason::TooShort { at_least } => return self.count("reason.too-short", *at_least as u64),
            // A character takes up to four bytes: so many fit whatever they are.
            Reason::TooLong { at_most } => return self.count("reason.too-long", (*at_most / 4) as u64),
            Reason::NotText => "reason.not-text",
            Reason::Empty => "reason.empty",
            Reason::Common => "reason.common",
            Reason::Breached => "reason.breached",
            Reason::BreachUnknown => "reason.breach-unknown",
            Reason::OwnData => "reason.own-data",
            Reason::Guessable { mostly } => guessable(*mostly),
            Reason::Composition(CharacterClass::Letters) => "reason.needs-letter",
            Reason::Composition(CharacterClass::Digits) => "reason.needs-digit",
            Reason::Composition(CharacterClass::Specials) => "reason.needs-special",
            Reason::SameAsPresent => "reason.same-as-present",
        };
        self.text(key).to_owned()
    }

    /// What a part of a password was recognised as.
    #[must_use]
    pub fn part(&self, kind: PartKind) -> &str {
        self.text(match kind {
            PartKind::Word => "part.word",
            PartKind::WordLike => "part.word-like",
            PartKind::Common => "part.common",
            PartKind::OwnData => "part.own-data",
            PartKind::Phrase => "part.phrase",
            PartKind::Copy => "part.copy",
            PartKind::Sequence => "part.sequence",
            PartKind::Keyboard => "part.keyboard",
            PartKind::Date => "part.date",
            PartKind::Code => "part.code",
            PartKind::Unknown => "part.unknown",
        })
    }
}

/// What is wrong, and the one thing that helps.
fn guessable(mostly: PartKind) -> &'static str {
    match mostly {
        PartKind::Word => "guessable.word",
        PartKind::WordLike => "guessable.word-like",
        PartKind::Common => "guessable.common",
        PartKind::OwnData => "guessable.own-data",
        PartKind::Phrase => "guessable.phrase",
        PartKind::Copy => "guessable.copy",
        PartKind::Sequence => "guessable.sequence",
        PartKind::Keyboard => "guessable.keyboard",
        PartKind::Date => "guessable.date",
        PartKind::Code => "guessable.code",
        PartKind::Unknown => "guessable.unknown",
    }
}

fn filled(text: &str, values: &[(&str, &str)]) -> String {
    // Allocated once: what is filled in may be a secret, and a string that grows leaves copies behind.
    let length = text.len() + values.iter().map(|(_, value)| value.len()).sum::<usize>() * 2;
    let mut filled = String::with_capacity(length);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, next) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = next;
    }
    filled.push_str(rest);
    filled
}
