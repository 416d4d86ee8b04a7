//! A letter on its way from words to a mail: in the host's templates where there are some, else in ours.

use super::{Block, DisownButton, Draft, LetterContent, Voice, words};
use crate::language::LanguageTag;
use crate::mail::MailTemplates;
use askama::Template;
use std::fmt;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// A letter in words.
#[derive(Clone)]
pub(crate) struct Composed {
    pub(crate) subject: String,
    pub(crate) text: Zeroizing<String>,
    pub(crate) html: Zeroizing<String>,
    pub(crate) written: Written,
}

/// The language that a letter is in, and its date in that language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) language: LanguageTag,
    pub(crate) on: String,
}

impl Written {
    pub(in crate::mail) fn now(voice: Voice<'_>, at: OffsetDateTime) -> Self {
        Self { language: voice.language.tag().clone(), on: voice.language.day(at) }
    }
}

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Composed(..)")
    }
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct TextPart<'a> {
    voice: Voice<'a>,
    blocks: &'a [Block],
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct HtmlPart<'a> {
    voice: Voice<'a>,
    subject: &'a str,
    blocks: &'a [Block],
}

/// A letter whose words are found: what a template of the host's is written from as well.
#[derive(Clone, Copy)]
pub(in crate::mail) struct Drafted<'a> {
    pub(in crate::mail) voice: Voice<'a>,
    pub(in crate::mail) subject: &'a str,
    pub(in crate::mail) blocks: &'a [Block],
    #[cfg_attr(not(feature = "templates"), expect(dead_code, reason = "only a host's template looks"))]
    pub(in crate::mail) content: &'a LetterContent,
    #[cfg_attr(not(feature = "templates"), expect(dead_code, reason = "only a host's template looks"))]
    pub(in crate::mail) disown: Option<&'a DisownButton>,
}

/// A piece of a mail that a host may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mail) enum Piece {
    Subject,
    Text,
    Html,
}

/// Puts a letter into words: the host's where it has a template, else ours. A letter about an account carries its button
/// "This wasn't me"; one about several has none of its own.
pub(crate) fn compose(
    templates: &MailTemplates,
    voice: Voice<'_>,
    content: &LetterContent,
    disown: Option<&DisownButton>,
    at: OffsetDateTime,
) -> Result<Composed, askama::Error> {
    drafted(voice, content, disown, |draft| {
        let subject = templates.write(Piece::Subject, &draft);
        let subject = subject.map_or_else(|| draft.subject.to_owned(), |subject| subject.to_string());
        let draft = Drafted { subject: &subject, ..draft };
        let text = templates.write(Piece::Text, &draft).map_or_else(|| own_text(&draft), Ok)?;
        let html = templates.write(Piece::Html, &draft).map_or_else(|| own_html(&draft), Ok)?;
        Ok(Composed { text, html, written: Written::now(voice, at), subject })
    })
}

/// Finds the words of a letter, and does something with them.
pub(in crate::mail) fn drafted<T>(
    voice: Voice<'_>,
    content: &LetterContent,
    disown: Option<&DisownButton>,
    doing: impl FnOnce(Drafted<'_>) -> T,
) -> T {
    let draft = words::write(voice, content);
    let Draft { subject, blocks } = match disown {
        Some(button) => draft.objection(voice, button),
        None => draft,
    };
    doing(Drafted { voice, subject: &subject, blocks: &blocks, content, disown })
}

pub(in crate::mail) fn own_text(draft: &Drafted<'_>) -> Result<Zeroizing<String>, askama::Error> {
    let Drafted { voice, blocks, .. } = *draft;
    Ok(Zeroizing::new(TextPart { voice, blocks }.render()?))
}

pub(in crate::mail) fn own_html(draft: &Drafted<'_>) -> Result<Zeroizing<String>, askama::Error> {
    let Drafted { voice, subject, blocks, .. } = *draft;
    Ok(Zeroizing::new(HtmlPart { voice, subject, blocks }.render()?))
}

/// The letter on paper: nothing in it has to be clicked.
pub(in crate::mail) fn compose_paper(
    voice: Voice<'_>,
    content: &LetterContent,
    at: OffsetDateTime,
) -> Result<Composed, askama::Error> {
    let Draft { subject, mut blocks } = words::write(voice, content);
    blocks.retain(|block| !matches!(block, Block::Action { .. } | Block::Objection { .. }));
    let text = Zeroizing::new(TextPart { voice, blocks: &blocks }.render()?);
    Ok(Composed { subject, text, html: Zeroizing::default(), written: Written::now(voice, at) })
}

/// What the letter is about, in one line.
pub(in crate::mail) fn subject(voice: Voice<'_>, content: &LetterContent) -> String {
    words::write(voice, content).subject
}
