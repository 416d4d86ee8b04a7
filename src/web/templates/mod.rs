//! Page templates of the host's own, in place of regain's.
//!
//! Colours and words are set without a template ([`WebConfig::style_sheet`], [`Language::with`]). A host whose pages have to
//! look like the rest of its service writes those pages itself: as templates in the Jinja dialect of [`minijinja`], with the
//! variables that are listed below. All other pages stay as they are. Mails have templates as well: [`mail::templates`].
//!
//! One rule: **a template says how a page looks, never what is done.** Status, headers, cookies and languages are regain's;
//! a page is served from the host's template only after it was written once in each of its states when the service starts.
//!
//! ```
//! use regain::Recovery;
//! use regain::web::templates::{TemplateError, Templates};
//! use regain::web::{ClientAddress, WebConfig};
//!
//! const LAYOUT: &str = r#"<!doctype html>
//! <html lang="{{ frame.tag }}" dir="{{ frame.direction }}">
//! <head><title>{% block title %}{% endblock %}</title>
//! <link rel="stylesheet" href="{{ frame.mount }}/assets/regain.css">
//! {% block script %}{% endblock %}</head>
//! <body><main>{% block main %}{% endblock %}</main>
//! <footer>{{ say("page.help") }} {{ frame.support }}</footer></body>
//! </html>"#;
//!
//! const LINK: &str = r#"{% extends "layout.html" %}
//! {% block title %}{{ say("link.title") }}{% endblock %}
//! {% block script %}<script src="{{ frame.mount }}/assets/link.js" defer></script>{% endblock %}
//! {% block main %}
//! <h1>{{ say("link.title") }}</h1>
//! <form method="post" action="{{ frame.mount }}/link{{ frame.lang }}">
//! <input type="hidden" name="token" value="{{ token }}">
//! <button>{{ say("link.choose") }}</button>
//! </form>
//! <form method="post" action="{{ frame.mount }}/disown{{ frame.lang }}">
//! <input type="hidden" name="token" value="{{ token }}">
//! <button>{{ say("link.disown") }}</button>
//! </form>
//! {% endblock %}"#;
//!
//! fn config(recovery: &Recovery) -> Result<WebConfig, TemplateError> {
//!     let templates = Templates::builder().part("layout.html", LAYOUT).page("link.html", LINK).build(recovery)?;
//!     Ok(WebConfig::new(ClientAddress::Socket).templates(templates))
//! }
//!
//! # let recovery = regain::testing::World::new().recovery;
//! config(&recovery)?;
//! // Without its token the form could not be sent. That shows here, not before a person.
//! let broken = LINK.replace("{{ token }}", "");
//! let refused = Templates::builder().part("layout.html", LAYOUT).page("link.html", broken).build(&recovery);
//! assert_eq!(
//!     refused.unwrap_err().to_string(),
//!     "link.html, line 6: the form to /recovery/link needs the field token, with the value that the page has for it",
//! );
//! # Ok::<(), TemplateError>(())
//! ```
//!
//! Sources are texts: `include_str!` takes them from files when the service is built. A template may extend, include or
//! import the parts that were given beside it; nothing is read from disk.
//!
//! # What is looked at before it is served
//!
//! [`TemplatesBuilder::build`] writes each page in every state, language and configuration that it can have. It is an error,
//! with template and line, when
//!
//! - a template does not parse, or uses a variable or a text key that there is not;
//! - a form of regain's page is missing: each is known by its `action`, with `frame.lang` at its end;
//! - a form lacks a hidden or a required field of regain's, or has a field that regain's has not;
//! - `link.html` or `disown.html` does not load `/assets/link.js`, which takes the token out of the address. The other scripts
//!   are for comfort.
//!
//! Should a template fail all the same when somebody asks, that person gets regain's own page, and an error is traced
//! without what was on the page.
//!
//! # What a template cannot do
//!
//! - Write a variable without escaping it for HTML: there is no filter `safe`, and nothing is written where `autoescape` is
//!   off. Put values of attributes in quotes. The QR code of a new app is the one variable that is markup.
//! - Loosen the policy of the pages. Scripts, styles and pictures are files of the same origin, beside the pages; what is
//!   inline, the browser leaves out.
//! - Run long: a page may cost 500,000 units of work, of which an instruction is one, and 64 bytes are another.
//!
//! # Words
//!
//! | function | what it says |
//! |---|---|
//! | `say("key")` | the text of this key, in the language of whoever asked |
//! | `say("key", name=value)` | the same with its placeholders filled: each of them, and no others |
//! | `say("key", count=number)` | a text that counts something, in the form for this number; the key without `.one`, `.other` |
//! | `around("key", "hole", name=value)` | a list of two: what stands before and after the placeholder `hole`, where a link goes |
//!
//! All keys are in [`locales/en.txt`](https://docs.rs/crate/regain/latest/source/locales/en.txt): the comment above each group
//! says on which pages it is shown, and what its placeholders are filled with. A *key* among the variables is said by `say`.
//!
//! # Variables
//!
//! A variable that can be none is always there. `apps[]` is an element of the list `apps`. The forms of a page with their
//! fields are those of the template of that name in `templates/host`: a whole set, which looks as regain's own and which a host
//! can begin with.
//!
#![doc = include_str!("variables.md")]
//!
//! [`WebConfig::style_sheet`]: crate::web::WebConfig::style_sheet
//! [`Language::with`]: crate::language::Language::with
//! [`mail::templates`]: crate::mail::templates
//! [`minijinja`]: https://docs.rs/minijinja/3/minijinja/syntax/index.html

mod check;
#[cfg(feature = "desk")]
mod desk_samples;
mod error;
mod forms;
mod frame;
mod pages;
mod samples;
mod security_samples;

pub use error::{FormProblem, TemplateError};
pub(super) use frame::as_markup;
pub(super) use pages::Page;

use crate::jinja::{self, Slip, Writes};
use crate::recovery::Recovery;
use crate::web::WebConfig;
use minijinja::Environment;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// Templates that were found good. Cheap to clone.
#[derive(Clone, Default)]
pub struct Templates(Option<Arc<Ready>>);

struct Ready {
    environment: Environment<'static>,
    /// The pages that are the host's.
    pages: BTreeSet<String>,
}

/// Collects templates.
#[derive(Debug, Clone, Default)]
pub struct TemplatesBuilder {
    pages: Vec<(String, String)>,
    parts: Vec<(String, String)>,
}

impl Templates {
    /// None yet.
    #[must_use]
    pub fn builder() -> TemplatesBuilder {
        TemplatesBuilder::default()
    }

    /// A page from the host's template, if there is one.
    pub(super) fn render<P: Page>(&self, page: &P) -> Option<String> {
        let ready = self.0.as_ref().filter(|ready| ready.pages.contains(P::NAME))?;
        let template = ready.environment.get_template(P::NAME);
        match template.and_then(|template| template.render(frame::view(page))) {
            Ok(text) => Some(text),
            Err(error) => {
                // No more than this: its details may hold what was to be on the page.
                let (template, line, kind) = (error.name().unwrap_or(P::NAME), error.line(), error.kind());
                tracing::error!(template, line, %kind, "a template of the host's could not be written");
                None
            }
        }
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().flat_map(|ready| &ready.pages)).finish()
    }
}

impl TemplatesBuilder {
    /// This page from this source. The name is one of those of the module's page, such as `sign_in.html`.
    #[must_use]
    pub fn page(mut self, name: &str, source: impl Into<String>) -> Self {
        self.pages.push((name.to_owned(), source.into()));
        self
    }

    /// Something that pages extend, include or import, under a name that no page has, such as `layout.html`.
    #[must_use]
    pub fn part(mut self, name: &str, source: impl Into<String>) -> Self {
        self.parts.push((name.to_owned(), source.into()));
        self
    }

    /// Looks at all of it, with the languages, the name and the paths of this service.
    ///
    /// # Errors
    /// [`TemplateError`] with the first that is wrong; the page of the module says what is looked at.
    pub fn build(self, recovery: &Recovery) -> Result<Templates, TemplateError> {
        if let Some((name, _)) = self.pages.iter().find(|(name, _)| !pages::NAMES.contains(&name.as_str())) {
            return Err(TemplateError::NoSuchPage(name.clone()));
        }
        if let Some((name, _)) = self.parts.iter().find(|(name, _)| pages::NAMES.contains(&name.as_str())) {
            return Err(TemplateError::NotAPart(name.clone()));
        }
        let mut environment = jinja::environment(Writes::Html);
        let pages = self.pages.iter().map(|(name, _)| name.clone()).collect();
        let mut given = BTreeSet::new();
        for (name, source) in self.parts.into_iter().chain(self.pages) {
            if !given.insert(name.clone()) {
                return Err(TemplateError::Twice(name));
            }
            let added = environment.add_template_owned(name.clone(), source);
            added.map_err(|error| Slip::of(&name, &error))?;
        }
        let mut ready = Ready { environment, pages };
        check::check(&ready, recovery)?;
        // Before people nothing is told of what was on a page.
        ready.environment.set_debug(false);
        Ok(Templates(Some(Arc::new(ready))))
    }
}

impl WebConfig {
    /// Pages from templates of the host's. Give the same to each router.
    #[must_use]
    pub fn templates(self, templates: Templates) -> Self {
        Self { templates, ..self }
    }
}

#[cfg(test)]
mod tests;
