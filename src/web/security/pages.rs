//! The pages for security information as templates. What a person typed before, such as the name of an app, is escaped.

use crate::password::Reason;
use crate::web::page::Frame;
use askama::Template;
use zeroize::Zeroizing;

/// An app, as the overview shows it.
pub(super) struct AppLine {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) about: String,
}

#[derive(Template)]
#[template(path = "web/security/overview.html")]
pub(super) struct OverviewPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) problems: Vec<String>,
    pub(super) apps: Vec<AppLine>,
    /// How many factors of the host's own there are beside.
    pub(super) others: usize,
    pub(super) codes: Option<String>,
    pub(super) emails: Vec<String>,
    pub(super) waiting: Option<String>,
    pub(super) takes_addresses: bool,
    /// How many security questions there are; nothing where nobody can choose any.
    pub(super) questions: Option<usize>,
}

#[derive(Template)]
#[template(path = "web/security/app.html")]
pub(super) struct AppPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: Zeroizing<String>,
    pub(super) label: &'a str,
    pub(super) refused: bool,
}

#[derive(Template)]
#[template(path = "web/security/app_code.html")]
pub(super) struct AppCodePage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: Zeroizing<String>,
    pub(super) factor: String,
    /// An SVG of our own: it holds no text of anybody's.
    pub(super) qr: Zeroizing<String>,
    pub(super) secret: Zeroizing<String>,
    pub(super) uri: Zeroizing<String>,
    pub(super) refused: bool,
}

#[derive(Template)]
#[template(path = "web/security/codes.html")]
pub(super) struct CodesPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) codes: Vec<Zeroizing<String>>,
    pub(super) app_is_on: bool,
}

/// Asks whether one is sure.
#[derive(Template)]
#[template(path = "web/security/sure.html")]
pub(super) struct SurePage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: Zeroizing<String>,
    pub(super) title: &'a str,
    /// Keys.
    pub(super) words: &'a [&'static str],
    pub(super) action: &'a str,
    pub(super) button: &'static str,
    pub(super) factor: Option<String>,
}

#[derive(Template)]
#[template(path = "web/security/password.html")]
pub(super) struct PasswordPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: Zeroizing<String>,
    pub(super) at_least: usize,
    pub(super) wrong_present: bool,
    pub(super) reasons: &'a [Reason],
}

impl PasswordPage<'_> {
    fn is_refused(&self) -> bool {
        self.wrong_present || !self.reasons.is_empty()
    }
}

#[derive(Template)]
#[template(path = "web/security/email.html")]
pub(super) struct EmailPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: Zeroizing<String>,
    pub(super) on_file: &'a [String],
    /// The address that goes; empty for none.
    pub(super) chosen: &'a str,
    pub(super) typed: &'a str,
    /// A key, as below.
    pub(super) problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "web/security/email_code.html")]
pub(super) struct EmailCodePage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: Zeroizing<String>,
    /// Where the code went.
    pub(super) address: String,
    pub(super) refused: bool,
}

#[cfg(feature = "questions")]
#[derive(Template)]
#[template(path = "web/security/questions.html")]
pub(super) struct QuestionsPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: Zeroizing<String>,
    pub(super) list: Vec<crate::factor::Question>,
    /// The codes of the questions that were chosen so far.
    pub(super) chosen: [String; crate::factor::QUESTIONS],
    pub(super) problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "web/security/step_up.html")]
pub(super) struct StepUpPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) form: Zeroizing<String>,
    pub(super) back: &'static str,
    pub(super) asks_code: bool,
    pub(super) refused: bool,
}
