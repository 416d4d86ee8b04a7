//! The pages as templates: one frame around all of them. What goes in is escaped; nothing that was typed goes in.

use crate::password::Reason;
use crate::web::Site;
use crate::web::code::CodeFor;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use zeroize::Zeroizing;

/// What the frame shows: configuration only.
pub(super) struct Frame<'a> {
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

/// A link to one of our own pages.
pub(super) struct Action {
    pub(super) label: &'static str,
    pub(super) href: String,
}

#[derive(Template)]
#[template(path = "web/notice.html")]
pub(super) struct NoticePage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) title: &'static str,
    pub(super) words: Vec<String>,
    pub(super) action: Action,
}

#[derive(Template)]
#[template(path = "web/forgot_username.html")]
pub(super) struct ForgotUsername<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) months: &'static [&'static str],
}

#[derive(Template)]
#[template(path = "web/forgot_password.html")]
pub(super) struct ForgotPassword<'a> {
    pub(super) frame: Frame<'a>,
}

#[derive(Template)]
#[template(path = "web/link.html")]
pub(super) struct LinkPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) token: Zeroizing<String>,
}

#[derive(Template)]
#[template(path = "web/disown.html")]
pub(super) struct DisownPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) letter: Zeroizing<String>,
    /// How long nobody can ask for a new link, in words.
    pub(super) hold: Option<String>,
}

#[cfg(feature = "questions")]
#[derive(Template)]
#[template(path = "web/question.html")]
pub(super) struct QuestionPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) token: Zeroizing<String>,
    pub(super) question: String,
    pub(super) refused: bool,
}

#[derive(Template)]
#[template(path = "web/new_password.html")]
pub(super) struct NewPassword<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) token: Zeroizing<String>,
    pub(super) at_least: usize,
    pub(super) reasons: &'a [Reason],
}

#[derive(Template)]
#[template(path = "web/code.html")]
pub(super) struct CodePage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) shown: CodeFor,
}

/// The second step.
#[derive(Template)]
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
#[template(path = "web/sign_in.html")]
pub(super) struct SignInPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) refused: bool,
}

impl Site {
    pub(super) fn frame(&self) -> Frame<'_> {
        let (service, links) = (self.recovery.service(), self.recovery.links());
        Frame {
            service: &service.name,
            support: &service.support,
            mount: links.mount(),
            sign_in: links.sign_in_path(),
            security: &self.config.security,
            home: &self.config.home,
            help: self.config.help.as_deref(),
            style_sheet: self.config.style_sheet_name(),
            logo: self.config.logo_name(),
        }
    }

    pub(super) fn page(&self, status: StatusCode, page: &impl Template) -> Response {
        match page.render() {
            Ok(text) => (status, Html(text)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page could not be written");
                (StatusCode::SERVICE_UNAVAILABLE, "Please try again in a moment.").into_response()
            }
        }
    }
}
