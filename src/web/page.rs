//! The pages as templates: one frame around all of them. What goes in is escaped; nothing that was typed goes in.

use crate::language::{Language, Languages};
use crate::password::Reason;
use crate::web::Site;
use crate::web::code::CodeFor;
use crate::web::spoken::{Elsewhere, Spoken};
use crate::web::templates::Page;
use askama::Template;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use std::fmt::Display;
use std::sync::Arc;
use zeroize::Zeroizing;

/// What the frame shows: configuration only; and what its words come from.
#[derive(Clone)]
pub(super) struct Frame<'a> {
    spoken: Arc<Spoken>,
    pub(super) service: &'a str,
    pub(super) support: &'a str,
    pub(super) mount: &'a str,
    pub(super) sign_in: &'a str,
    pub(super) security: &'a str,
    pub(super) home: &'a str,
    pub(super) help: Option<&'a str>,
    /// Files of the host's among the assets.
    pub(super) style_sheet: Option<&'static str>,
    pub(super) logo: Option<&'static str>,
}

/// What the words of a template come from. Keys are those of `locales/en.txt`.
impl Frame<'_> {
    pub(super) fn language(&self) -> &Arc<Language> {
        &self.spoken.language
    }

    /// Of a page that this address opens, whatever was asked for.
    pub(super) fn found_at(self, path: &str) -> Self {
        Self { spoken: Arc::new(self.spoken.found_at(path)), ..self }
    }

    /// Of a page that no address opens: it has no links to other languages.
    pub(super) fn alone(self) -> Self {
        Self { spoken: Arc::new(self.spoken.alone()), ..self }
    }

    pub(super) fn tag(&self) -> &str {
        self.language().tag().as_str()
    }

    pub(super) fn direction(&self) -> &'static str {
        self.language().direction().code()
    }

    pub(super) fn others(&self) -> &[Elsewhere] {
        self.spoken.others()
    }

    pub(super) fn say<'a>(&'a self, key: &'a str) -> &'a str {
        self.language().text(key)
    }

    /// The title of a page that a form came back to.
    pub(super) fn error(&self, key: &str) -> String {
        self.fill("page.error", "title", self.say(key))
    }

    pub(super) fn fill(&self, key: &str, name: &str, value: impl Display) -> String {
        self.language().fill(key, &[(name, &value.to_string())])
    }

    pub(super) fn count(&self, key: &str, number: &usize) -> String {
        self.language().count(key, *number as u64)
    }

    /// What stands before and after a placeholder.
    pub(super) fn around(&self, key: &str, hole: &str) -> (String, String) {
        self.language().around(key, hole, &[])
    }

    pub(super) fn around_with(&self, key: &str, hole: &str, name: &str, value: &str) -> (String, String) {
        self.language().around(key, hole, &[(name, value)])
    }

    pub(super) fn months(&self) -> impl Iterator<Item = &str> {
        self.language().months()
    }

    /// What an address of ours without parameters has to end with.
    pub(super) fn lang(&self) -> String {
        self.spoken.parameter("")
    }

    /// The same for an address that has a parameter.
    pub(super) fn and_lang(&self) -> String {
        self.spoken.parameter("?")
    }
}

/// A link to one of our own pages. The label is a key.
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
pub(super) struct Action {
    pub(super) label: &'static str,
    pub(super) href: String,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/notice.html")]
pub(super) struct NoticePage<'a> {
    pub(super) frame: Frame<'a>,
    /// A key.
    pub(super) title: &'static str,
    pub(super) words: Vec<String>,
    pub(super) action: Action,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/forgot_username.html")]
pub(super) struct ForgotUsername<'a> {
    pub(super) frame: Frame<'a>,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/forgot_password.html")]
pub(super) struct ForgotPassword<'a> {
    pub(super) frame: Frame<'a>,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/link.html")]
pub(super) struct LinkPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) token: Zeroizing<String>,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/disown.html")]
pub(super) struct DisownPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) letter: Zeroizing<String>,
    /// How long nobody can ask for a new link, in words.
    pub(super) hold: Option<String>,
}

#[cfg(feature = "questions")]
#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/question.html")]
pub(super) struct QuestionPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) token: Zeroizing<String>,
    pub(super) question: String,
    pub(super) refused: bool,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/new_password.html")]
pub(super) struct NewPassword<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) token: Zeroizing<String>,
    pub(super) at_least: usize,
    /// Why the last one was refused.
    pub(super) reasons: Vec<String>,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/code.html")]
pub(super) struct CodePage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) shown: CodeFor,
}

/// The second step.
#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/factor.html")]
pub(super) struct FactorPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) action: String,
    /// What the step belongs to, and the name of the field that carries it.
    pub(super) proof_name: &'static str,
    pub(super) proof: Zeroizing<String>,
    pub(super) from_link: bool,
    pub(super) refused: bool,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/sign_in.html")]
pub(super) struct SignInPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) refused: bool,
}

impl Site {
    pub(super) fn frame(&self) -> Frame<'_> {
        let links = self.recovery.links();
        let spoken = Spoken::now(self.languages());
        let (service, support) = self.recovery.service().words_in(spoken.language.tag());
        Frame {
            spoken,
            service,
            support,
            mount: links.mount(),
            sign_in: links.sign_in_path(),
            security: &self.config.security,
            home: &self.config.home,
            help: self.config.help.as_deref(),
            style_sheet: self.config.style_sheet_name(),
            logo: self.config.logo_name(),
        }
    }

    pub(super) fn languages(&self) -> &Languages {
        &self.recovery.service().languages
    }

    /// The language of the request that is being answered.
    pub(super) fn language(&self) -> Arc<Language> {
        Spoken::now(self.languages()).language.clone()
    }

    /// The address of one of our own pages, in the language that somebody has chosen.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{path}{}", Spoken::now(self.languages()).parameter(path))
    }

    /// Why a password was refused, in words.
    pub(super) fn reasons(&self, reasons: &[Reason]) -> Vec<String> {
        let language = self.language();
        reasons.iter().map(|reason| language.reason(reason)).collect()
    }

    pub(super) fn page(&self, status: StatusCode, page: &impl Page) -> Response {
        let language = self.language();
        let written = self.config.templates.render(page).map_or_else(|| page.render(), Ok);
        let mut answer = match written {
            Ok(text) => (status, Html(text)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page could not be written");
                let words = language.text("page.unwritten").to_owned();
                (StatusCode::SERVICE_UNAVAILABLE, words).into_response()
            }
        };
        if let Ok(tag) = HeaderValue::from_str(language.tag().as_str()) {
            answer.headers_mut().insert(CONTENT_LANGUAGE, tag);
        }
        answer.headers_mut().append(VARY, HeaderValue::from_name(ACCEPT_LANGUAGE));
        answer
    }
}
