//! The pages that a host can write anew, by their names.

#[cfg(feature = "desk")]
use crate::web::desk::page::{CasePage, QueuePage};
#[cfg(feature = "desk")]
use crate::web::help::HelpForm;
#[cfg(feature = "questions")]
use crate::web::page::QuestionPage;
use crate::web::page::{
    CodePage, DisownPage, FactorPage, ForgotPassword, ForgotUsername, Frame, LinkPage, NewPassword,
    NoticePage, SignInPage,
};
#[cfg(feature = "questions")]
use crate::web::security::pages::QuestionsPage;
use crate::web::security::pages::{
    AppCodePage, AppPage, CodesPage, EmailCodePage, EmailPage, OverviewPage, PasswordPage, StepUpPage,
    SurePage,
};
use askama::Template;
use serde::Serialize;

/// A page: regain's own template, and the same fields for a host's.
pub(in crate::web) trait Page: Template + Serialize {
    /// Its name among the templates.
    const NAME: &'static str;

    fn frame(&self) -> &Frame<'_>;
}

macro_rules! pages {
    ($($(#[$gate:meta])* $page:ident => $name:literal,)*) => {
        /// The names of all pages.
        pub(super) const NAMES: &[&str] = &[$($(#[$gate])* $name,)*];
        $(
            $(#[$gate])*
            impl Page for $page<'_> {
                const NAME: &'static str = $name;

                fn frame(&self) -> &Frame<'_> {
                    &self.frame
                }
            }
        )*
    };
}

pages! {
    ForgotUsername => "forgot_username.html",
    ForgotPassword => "forgot_password.html",
    CodePage => "code.html",
    LinkPage => "link.html",
    FactorPage => "factor.html",
    #[cfg(feature = "questions")]
    QuestionPage => "question.html",
    NewPassword => "new_password.html",
    DisownPage => "disown.html",
    SignInPage => "sign_in.html",
    NoticePage => "notice.html",
    OverviewPage => "security/overview.html",
    AppPage => "security/app.html",
    AppCodePage => "security/app_code.html",
    CodesPage => "security/codes.html",
    SurePage => "security/sure.html",
    #[cfg(feature = "questions")]
    QuestionsPage => "security/questions.html",
    PasswordPage => "security/password.html",
    EmailPage => "security/email.html",
    EmailCodePage => "security/email_code.html",
    StepUpPage => "security/step_up.html",
    #[cfg(feature = "desk")]
    HelpForm => "help.html",
    #[cfg(feature = "desk")]
    QueuePage => "desk_queue.html",
    #[cfg(feature = "desk")]
    CasePage => "desk_case.html",
}
