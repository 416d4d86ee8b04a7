//! The pages for security information as templates. What a person typed before, such as the name of an app, is escaped.

use crate::web::page::Frame;
use askama::Template;
use zeroize::Zeroizing;

/// An app, as the overview shows it.
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
pub(in crate::web) struct AppLine {
    pub(in crate::web) id: String,
    pub(in crate::web) label: String,
    pub(in crate::web) about: String,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/security/overview.html")]
pub(in crate::web) struct OverviewPage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) problems: Vec<String>,
    pub(in crate::web) apps: Vec<AppLine>,
    /// How many factors of the host's own there are beside.
    pub(in crate::web) others: usize,
    pub(in crate::web) codes: Option<String>,
    pub(in crate::web) emails: Vec<String>,
    pub(in crate::web) waiting: Option<String>,
    pub(in crate::web) takes_addresses: bool,
    /// How many security questions there are; nothing where nobody can choose any.
    pub(in crate::web) questions: Option<usize>,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/security/app.html")]
pub(in crate::web) struct AppPage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) form: Zeroizing<String>,
    pub(in crate::web) label: &'a str,
    pub(in crate::web) refused: bool,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/security/app_code.html")]
pub(in crate::web) struct AppCodePage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) form: Zeroizing<String>,
    pub(in crate::web) factor: String,
    /// An SVG of our own: it holds no text of anybody's.
    #[cfg_attr(feature = "templates", serde(serialize_with = "crate::web::templates::as_markup"))]
    pub(in crate::web) qr: Zeroizing<String>,
    pub(in crate::web) secret: Zeroizing<String>,
    pub(in crate::web) uri: Zeroizing<String>,
    pub(in crate::web) refused: bool,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/security/codes.html")]
pub(in crate::web) struct CodesPage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) codes: Vec<Zeroizing<String>>,
    pub(in crate::web) app_is_on: bool,
}

/// Asks whether one is sure.
#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/security/sure.html")]
pub(in crate::web) struct SurePage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) form: Zeroizing<String>,
    pub(in crate::web) title: &'a str,
    /// Keys.
    pub(in crate::web) words: &'a [&'static str],
    pub(in crate::web) action: &'a str,
    pub(in crate::web) button: &'static str,
    pub(in crate::web) factor: Option<String>,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/security/password.html")]
pub(in crate::web) struct PasswordPage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) form: Zeroizing<String>,
    pub(in crate::web) at_least: usize,
    pub(in crate::web) wrong_present: bool,
    /// Why the new one was refused.
    pub(in crate::web) reasons: Vec<String>,
}

impl PasswordPage<'_> {
    fn is_refused(&self) -> bool {
        self.wrong_present || !self.reasons.is_empty()
    }
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/security/email.html")]
pub(in crate::web) struct EmailPage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) form: Zeroizing<String>,
    pub(in crate::web) on_file: &'a [String],
    /// The address that goes; empty for none.
    pub(in crate::web) chosen: &'a str,
    pub(in crate::web) typed: &'a str,
    /// A key, as below.
    pub(in crate::web) problem: Option<&'static str>,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/security/email_code.html")]
pub(in crate::web) struct EmailCodePage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) form: Zeroizing<String>,
    /// Where the code went.
    pub(in crate::web) address: String,
    pub(in crate::web) refused: bool,
}

/// A question to choose, in the language of the page.
#[cfg(feature = "questions")]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
pub(in crate::web) struct QuestionLine {
    pub(in crate::web) code: String,
    pub(in crate::web) text: String,
}

#[cfg(feature = "questions")]
#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/security/questions.html")]
pub(in crate::web) struct QuestionsPage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) form: Zeroizing<String>,
    pub(in crate::web) list: Vec<QuestionLine>,
    /// The codes of the questions that were chosen so far.
    pub(in crate::web) chosen: [String; crate::factor::QUESTIONS],
    pub(in crate::web) problem: Option<&'static str>,
}

#[derive(Template)]
#[cfg_attr(feature = "templates", derive(serde::Serialize))]
#[template(path = "web/security/step_up.html")]
pub(in crate::web) struct StepUpPage<'a> {
    pub(in crate::web) frame: Frame<'a>,
    pub(in crate::web) form: Zeroizing<String>,
    pub(in crate::web) back: &'static str,
    pub(in crate::web) asks_code: bool,
    pub(in crate::web) refused: bool,
}
