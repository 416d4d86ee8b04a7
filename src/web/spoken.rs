//! The language of one answer: by the link of a page, or as the browser asks for it.
//!
//! The link is a parameter, `lang`, which every link and form of a page carries on from then on: nothing is kept, nothing is
//! changed by opening a page, and it works without cookies. Every answer of a request is in one language, also those that are
//! given before or beside its handler, so the language goes along with the request's task.

use crate::language::{Language, Languages, PARAMETER};
use crate::web::form;
use axum::extract::Request;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, Method};
use std::sync::Arc;
use tokio::task_local;

task_local! {
    static SPOKEN: Arc<Spoken>;
}

/// What our own pages have in their addresses, and the same page in another language needs as well.
const KEPT: [&str; 4] = ["factor", "back", "id", "after"];
/// What is a secret, and must be in no address that a page shows (RC-16): such a page has no link to another language.
const SECRETS: [&str; 2] = ["token", "letter"];

/// The language of one answer.
#[derive(Clone)]
pub(super) struct Spoken {
    pub(super) language: Arc<Language>,
    /// Whether somebody followed the link to it.
    chosen: bool,
    /// The other languages.
    all: Vec<Elsewhere>,
    /// The same page in them, where its address opens it.
    others: Vec<Elsewhere>,
}

/// The same page in another language.
#[derive(Clone)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
pub(super) struct Elsewhere {
    pub(super) href: String,
    pub(super) tag: String,
    pub(super) name: String,
}

impl Spoken {
    pub(super) fn of(request: &Request, languages: &Languages) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let chosen = languages.get(&form::only(PARAMETER, query));
        let language = chosen.unwrap_or_else(|| languages.choose(accepted(request.headers()).as_deref()));
        // What a form is answered with cannot be opened by its address.
        let all = elsewhere(languages, language, query);
        let opens = request.method() == Method::GET && !SECRETS.iter().any(|name| form::has(name, query));
        let others = if opens { all.clone() } else { Vec::new() };
        Self { language: language.clone(), chosen: chosen.is_some(), all, others }
    }

    /// The default, where no request is answered.
    fn default(languages: &Languages) -> Self {
        Self {
            language: languages.default_language().clone(),
            chosen: false,
            all: Vec::new(),
            others: Vec::new(),
        }
    }

    /// That of the request that is being answered.
    pub(super) fn now(languages: &Languages) -> Arc<Self> {
        SPOKEN.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Self::default(languages)))
    }

    /// As if somebody had followed the link to this language; or as if the browser had asked for it, on a page of a link.
    #[cfg(feature = "templates")]
    pub(super) fn sample(languages: &Languages, language: &Arc<Language>, chosen: bool) -> Self {
        let all = elsewhere(languages, language, "");
        let others = if chosen { all.clone() } else { Vec::new() };
        Self { language: language.clone(), chosen, all, others }
    }

    /// Does something in this language.
    #[cfg(feature = "templates")]
    pub(super) fn at_once<T>(self, doing: impl FnOnce() -> T) -> T {
        SPOKEN.sync_scope(Arc::new(self), doing)
    }

    /// Answers a request in this language.
    pub(super) async fn during<T>(self, answering: impl Future<Output = T>) -> T {
        SPOKEN.scope(Arc::new(self), answering).await
    }

    /// The same for a page that this address opens, whatever was asked for: an answer that is one for many asks has to be so to
    /// the last byte.
    pub(super) fn found_at(&self, path: &str) -> Self {
        let there = |other: &Elsewhere| Elsewhere {
            href: format!("{path}{}", href("", &other.tag)),
            ..other.clone()
        };
        Self { others: self.all.iter().map(there).collect(), ..self.clone() }
    }

    /// The same for a page that no address opens.
    pub(super) fn alone(&self) -> Self {
        Self { others: Vec::new(), ..self.clone() }
    }

    pub(super) fn others(&self) -> &[Elsewhere] {
        &self.others
    }

    /// What the address of one of our pages has to end with.
    pub(super) fn parameter(&self, path: &str) -> String {
        if self.chosen { self.language.parameter(path) } else { String::new() }
    }
}

/// All lines of the header are one list (RFC 9110, 5.3).
pub(crate) fn accepted(headers: &HeaderMap) -> Option<String> {
    let lines: Vec<_> =
        headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

fn elsewhere(languages: &Languages, spoken: &Language, query: &str) -> Vec<Elsewhere> {
    let others = languages.all().iter().filter(|other| other.tag() != spoken.tag());
    others
        .map(|other| {
            let tag = other.tag().to_string();
            Elsewhere { href: href(query, &tag), tag, name: other.name().to_owned() }
        })
        .collect()
}

/// Only what our own pages write into an address goes into this one.
fn href(query: &str, tag: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut href = "?".to_owned();
    for name in KEPT {
        let value = form::only(name, query);
        if !value.is_empty() && value.chars().all(plain) {
            for part in [name, "=", &value, "&"] {
                href.push_str(part);
            }
        }
    }
    for part in [PARAMETER, "=", tag] {
        href.push_str(part);
    }
    href
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_our_own_pages_write_is_kept_in_the_address() {
        for (query, kept) in [
            ("", "?lang=es"),
            ("factor=aB-_9", "?factor=aB-_9&lang=es"),
            ("lang=en&id=a&utm_source=mail", "?id=a&lang=es"),
            ("id=a&id=b", "?lang=es"),
            ("id=%22%3E%3Cb", "?lang=es"),
            ("token=a&letter=b", "?lang=es"),
            ("next=//evil.test", "?lang=es"),
            ("back=//evil.test", "?lang=es"),
        ] {
            assert_eq!(href(query, "es"), kept, "{query}");
        }
    }
}
