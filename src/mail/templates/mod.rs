//! Mail templates of the host's own, in place of regain's.
//!
//! Words are changed without a template ([`Language::with`]). A host whose mails have to look like the rest of its service
//! writes them itself: all of them with `letter.html` and `letter.txt`, or single ones, in the Jinja dialect of [`minijinja`].
//! What is not given stays as it is.
//!
//! One rule: **a template says how a mail looks, never whether it goes, nor to whom.** And since a mail without its link is of
//! no use, a template that does not show it is not taken.
//!
//! ```
//! use regain::Recovery;
//! use regain::mail::templates::{MailTemplateError, MailTemplates};
//! use regain::recovery::Setup;
//!
//! const HTML: &str = r#"<!doctype html>
//! <html lang="{{ frame.tag }}" dir="{{ frame.direction }}">
//! <head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>{{ subject }}</title></head>
//! <body><h1>{{ frame.service }}</h1>
//! <p>{{ say("letter.link.intro") }}</p>
//! <p><a href="{{ link }}">{{ say("letter.choose") }}</a></p>
//! {% if code %}<p>{{ say("letter.link.code") }} <b>{{ code }}</b></p>{% endif %}
//! <p><a href="{{ disown.url }}">{{ say("letter.disown") }}</a></p>
//! </body></html>"#;
//!
//! fn mails(setup: &Setup) -> Result<MailTemplates, MailTemplateError> {
//!     MailTemplates::builder()
//!         .mail("recovery_link.subject", "[{{ frame.service }}] {{ subject }}")
//!         .mail("recovery_link.html", HTML)
//!         .build(&setup.service)
//! }
//!
//! # let setup = regain::testing::World::builder().setup();
//! let templates = mails(&setup)?;
//! let recovery = Recovery::builder(setup).mail_templates(templates).build()?;
//! // Without its link the mail would be of no use. That shows here, not in somebody's mailbox.
//! let broken = HTML.replace("{{ link }}", "https://portal.example.org/");
//! let refused = MailTemplates::builder().mail("recovery_link.html", broken).build(recovery.service());
//! assert_eq!(
//!     refused.unwrap_err().to_string(),
//!     "recovery_link.html, for the mail recovery_link: it has to have a link to link, with words in it",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sources are texts: `include_str!` takes them from files when the service is built. A template may extend, include or
//! import the parts that were given beside it, and the other templates of its kind; nothing is read from disk.
//!
//! # The templates of a mail
//!
//! | template | what it writes | escaping |
//! |---|---|---|
//! | `recovery_link.subject` | the subject: one line | none |
//! | `recovery_link.txt` | the plain text part | none |
//! | `recovery_link.html` | the HTML part | each variable, for HTML |
//!
//! The same for each mail that is listed below. Where a mail has none of its own, `letter.subject`, `letter.txt` and
//! `letter.html` write it, if they are given: they get its words in `blocks`. [`templates/host/mail`] has the latter two as
//! regain writes them, to begin with, and in its folder `each` every single template with its parts.
//!
//! Text messages and letters on paper have no templates: their words are texts of the language.
//!
//! # What is looked at before anything is sent
//!
//! [`MailTemplatesBuilder::build`] writes each mail in every state and language that it can have. It is an error, with template
//! and line, when a template does not parse, or uses a variable or a text key that there is not; and, with template and mail,
//! when
//!
//! - an HTML part has no `<a href="…">` with words in it to `link`, or to the "this wasn't me" of `disown.url`; a picture alone is
//!   not enough, since many mail programs show none;
//! - a text does not show these addresses with space, `<` or `>` around them, as mail programs find addresses;
//! - a part does not show `code` or `username`, to the letter;
//! - a subject is empty, longer than 300 bytes, of more than one line, or has `=?` in it; a part is longer than 100,000 bytes.
//!
//! The same is looked at once more at each mail. Should a template fail then, that part of the mail is written by regain's own,
//! and an error is traced without what was in the mail: no mail is lost, and none goes without its link.
//!
//! # What a template cannot do
//!
//! - Write a variable into HTML without escaping it: there is no filter `safe`, and nothing is written where `autoescape` is
//!   off. Put values of attributes in quotes.
//! - Begin a header, or another line: a subject is refused as said above, and what comes from an account has no line breaks.
//! - Put a secret into a subject, which phones show while they are locked: a subject has neither `link`, `code`, `disown` and
//!   `accounts` nor `blocks`.
//! - Run long: a part may cost 500,000 units of work.
//!
//! # Words
//!
//! | function | what it says |
//! |---|---|
//! | `say("key")` | the text of this key, in the language of the mail |
//! | `say("key", name=value)` | the same with its placeholders filled: each of them but `service`, and no others |
//! | `say("key", count=number)` | a text that counts something, in the form for this number; the key without `.one`, `.other` |
//! | `around("key", "hole", name=value)` | a list of two: what stands before and after the placeholder `hole` |
//!
//! All keys are in [`locales/en.txt`](https://docs.rs/crate/regain/latest/source/locales/en.txt): those of mails begin with
//! `letter.`, and the comment above each group says what its placeholders are filled with.
//!
//! # Variables
//!
//! A variable that can be none is always there. `blocks[]` is an element of the list `blocks`. Points in time are written out
//! in the language of the mail.
//!
#![doc = include_str!("variables.md")]
//!
//! [`Language::with`]: crate::language::Language::with
//! [`minijinja`]: https://docs.rs/minijinja/3/minijinja/syntax/index.html
//! [`templates/host/mail`]: https://docs.rs/crate/regain/latest/source/templates/host/mail/

mod check;
mod error;
mod needed;
mod view;

pub use error::MailTemplateError;

use crate::jinja::{self, Slip, Writes};
use crate::mail::Service;
use crate::mail::letter::{Drafted, Piece};
use minijinja::{Environment, Error};
use needed::Flaw;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The name of the templates for every mail that has none of its own.
const EVERY: &str = "letter";

/// Templates that were found good. Cheap to clone.
#[derive(Clone, Default)]
pub struct MailTemplates(Option<Arc<Ready>>);

struct Ready {
    html: Environment<'static>,
    /// For texts and subjects.
    text: Environment<'static>,
    /// The templates that are no parts.
    mails: BTreeSet<String>,
}

/// Collects templates.
#[derive(Debug, Clone, Default)]
pub struct MailTemplatesBuilder {
    mails: Vec<(String, String)>,
    parts: Vec<(String, String)>,
}

impl MailTemplates {
    /// None yet.
    #[must_use]
    pub fn builder() -> MailTemplatesBuilder {
        MailTemplatesBuilder::default()
    }

    /// A piece of a mail from the host's template, if there is one and it can be sent.
    pub(super) fn write(&self, piece: Piece, draft: &Drafted<'_>) -> Option<Zeroizing<String>> {
        let ready = self.0.as_ref()?;
        let name = ready.template_for(piece, draft)?;
        let mail = view::name(draft.content);
        match ready.write(&name, piece, draft) {
            Ok(written) => return Some(written),
            Err(Wrong::Template(error)) => {
                // No more than this: its details may hold what was to be in the mail.
                let (template, line, kind) = (error.name().unwrap_or(&name), error.line(), error.kind());
                tracing::error!(template, line, %kind, mail, "a mail template of the host's could not be written");
            }
            Err(Wrong::Flaw(flaw)) => {
                tracing::error!(template = name, %flaw, mail, "what a mail template of the host's wrote is of no use");
            }
        }
        None
    }
}

impl fmt::Debug for MailTemplates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().flat_map(|ready| &ready.mails)).finish()
    }
}

/// Why a template did not write its piece.
enum Wrong {
    Template(Error),
    Flaw(Flaw),
}

impl Ready {
    fn template_for(&self, piece: Piece, draft: &Drafted<'_>) -> Option<String> {
        let names = [view::name(draft.content), EVERY].map(|name| format!("{name}{}", ending(piece)));
        names.into_iter().find(|name| self.mails.contains(name))
    }

    fn write(&self, name: &str, piece: Piece, draft: &Drafted<'_>) -> Result<Zeroizing<String>, Wrong> {
        let environment = if piece == Piece::Html { &self.html } else { &self.text };
        let template = environment.get_template(name).map_err(Wrong::Template)?;
        let written = template.render(view::view(piece, draft)).map_err(Wrong::Template)?;
        let mut written = Zeroizing::new(written);
        if piece == Piece::Subject {
            // The line break at the end of a file.
            *written = written.trim().to_owned();
        }
        needed::check(piece, &written, draft).map_err(Wrong::Flaw)?;
        Ok(written)
    }
}

fn ending(piece: Piece) -> &'static str {
    match piece {
        Piece::Subject => ".subject",
        Piece::Text => ".txt",
        Piece::Html => ".html",
    }
}

/// Which piece a name is for, if a mail has such a template.
fn piece(name: &str) -> Option<Piece> {
    let pieces = [Piece::Subject, Piece::Text, Piece::Html];
    let (piece, mail) =
        pieces.into_iter().find_map(|piece| Some((piece, name.strip_suffix(ending(piece))?)))?;
    (mail == EVERY || view::NAMES.contains(&mail)).then_some(piece)
}

impl MailTemplatesBuilder {
    /// A piece of a mail from this source. The name is one of those of the module's page with its ending, such as
    /// `recovery_link.html`.
    #[must_use]
    pub fn mail(mut self, name: &str, source: impl Into<String>) -> Self {
        self.mails.push((name.to_owned(), source.into()));
        self
    }

    /// Something that templates extend, include or import, under a name that no mail's template has, such as `frame.html`.
    #[must_use]
    pub fn part(mut self, name: &str, source: impl Into<String>) -> Self {
        self.parts.push((name.to_owned(), source.into()));
        self
    }

    /// Looks at all of it, with the languages and the name of this service.
    ///
    /// # Errors
    /// [`MailTemplateError`] with the first that is wrong; the page of the module says what is looked at.
    pub fn build(self, service: &Service) -> Result<MailTemplates, MailTemplateError> {
        let (mut html, mut text) = (jinja::environment(Writes::Html), jinja::environment(Writes::Text));
        let mut given = BTreeSet::new();
        let mut mails = BTreeSet::new();
        for (name, source) in self.parts {
            if piece(&name).is_some() {
                return Err(MailTemplateError::NotAPart(name));
            }
            once(&mut given, &name)?;
            add(&mut html, &name, &source)?;
            add(&mut text, &name, &source)?;
        }
        for (name, source) in self.mails {
            let Some(piece) = piece(&name) else { return Err(MailTemplateError::NoSuchMail(name)) };
            once(&mut given, &name)?;
            add(if piece == Piece::Html { &mut html } else { &mut text }, &name, &source)?;
            mails.insert(name);
        }
        let mut ready = Ready { html, text, mails };
        check::check(&ready, service)?;
        // From now on nothing is told of what is in a mail.
        ready.html.set_debug(false);
        ready.text.set_debug(false);
        Ok(MailTemplates(Some(Arc::new(ready))))
    }
}

fn once(given: &mut BTreeSet<String>, name: &str) -> Result<(), MailTemplateError> {
    if given.insert(name.to_owned()) { Ok(()) } else { Err(MailTemplateError::Twice(name.to_owned())) }
}

fn add(environment: &mut Environment<'static>, name: &str, source: &str) -> Result<(), MailTemplateError> {
    let added = environment.add_template_owned(name.to_owned(), source.to_owned());
    added.map_err(|error| Slip::of(name, &error).into())
}

#[cfg(test)]
mod tests;
