//! Every page in each of its states, with values of the kind that it is served with.

use super::Page;
use super::frame;
use crate::web::Site;
use crate::web::answer::{Notice, SOON};
use crate::web::code::CodeFor;
use crate::web::page::{
    Action, CodePage, DisownPage, FactorPage, ForgotPassword, ForgotUsername, LinkPage, NewPassword,
    NoticePage, SignInPage,
};
use minijinja::Value;
use zeroize::Zeroizing;

/// A page in one of its states.
pub(super) trait Sample {
    fn name(&self) -> &'static str;
    /// Its own variables.
    fn variables(&self) -> Value;
    /// All that a template of it can use.
    fn view(&self) -> Value;
    /// As regain writes it.
    fn own(&self) -> String;
}

impl<P: Page> Sample for P {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn variables(&self) -> Value {
        frame::variables(self)
    }

    fn view(&self) -> Value {
        frame::view(self)
    }

    fn own(&self) -> String {
        self.render().unwrap_or_default()
    }
}

pub(super) type Samples<'a> = Vec<Box<dyn Sample + 'a>>;

/// One of each thing that is said with a page of words.
const NOTICES: [Notice; 24] = [
    Notice::Asked,
    Notice::LinkNotUsable,
    Notice::FactorNeeded,
    Notice::PasswordSet,
    Notice::PasswordSoonSet,
    Notice::Disowned,
    Notice::Forged,
    Notice::OtherSession,
    Notice::SignedOut,
    Notice::AppIsOn,
    Notice::NothingToConfirm,
    Notice::CodesMadeBefore,
    Notice::Removed,
    Notice::AddressChanged,
    Notice::AddressSoonChanged,
    Notice::Unchanged("unchanged.held"),
    Notice::WrongMethod,
    Notice::TooLarge,
    Notice::TooSlow,
    Notice::Broken,
    Notice::NotAForm,
    Notice::TooManyAttempts { retry_after: SOON },
    Notice::TooManyCodes { retry_after: SOON },
    Notice::Unavailable,
];

pub(super) fn all(site: &Site) -> Samples<'_> {
    let mut all = recovery(site);
    all.extend(super::security_samples::all(site));
    #[cfg(feature = "desk")]
    all.extend(super::desk_samples::all(site));
    all
}

pub(super) fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn recovery(site: &Site) -> Samples<'_> {
    let mut all: Samples<'_> = vec![
        Box::new(ForgotUsername { frame: site.frame() }),
        Box::new(ForgotPassword { frame: site.frame() }),
        Box::new(LinkPage { frame: site.frame(), token: secret("token-of-a-link") }),
    ];
    for shown in [CodeFor::Asked, CodeFor::Typing, CodeFor::Refused] {
        all.push(Box::new(CodePage { frame: site.frame(), shown }));
    }
    for reasons in [Vec::new(), vec!["This is too short.".to_owned(), "Add a letter.".to_owned()]] {
        let token = secret("token-of-a-link");
        all.push(Box::new(NewPassword { frame: site.frame(), token, at_least: 15, reasons }));
    }
    for hold in [None, Some("24 hours".to_owned())] {
        all.push(Box::new(DisownPage { frame: site.frame(), letter: secret("token-of-a-letter"), hold }));
    }
    for refused in [false, true] {
        all.push(Box::new(SignInPage { frame: site.frame(), refused }));
        all.push(Box::new(factor(site, "ticket", refused)));
        all.push(Box::new(factor(site, "token", refused)));
        #[cfg(feature = "questions")]
        all.push(Box::new(crate::web::page::QuestionPage {
            frame: site.frame(),
            token: secret("token-of-a-link"),
            question: "Where did you learn to swim?".to_owned(),
            refused,
        }));
    }
    all.extend(NOTICES.iter().map(|notice| Box::new(site.notice_page(notice)) as Box<dyn Sample>));
    all.push(Box::new(words(site, "desk.not-staff", "page.to-sign-in")));
    all.push(Box::new(words(site, "desk.not-done", "desk.back")));
    all.push(Box::new(words(site, "helped.title", "page.to-sign-in")));
    all
}

fn factor<'a>(site: &'a Site, proof_name: &'static str, refused: bool) -> FactorPage<'a> {
    let from_link = proof_name == "token";
    let at = if from_link { site.recovery.links().mount() } else { site.recovery.links().sign_in_path() };
    let (frame, action, proof) = (site.frame(), format!("{at}/factor"), secret("proof-of-the-step-before"));
    FactorPage { frame, action, proof_name, proof, from_link, refused }
}

fn words<'a>(site: &'a Site, title: &'static str, label: &'static str) -> NoticePage<'a> {
    let (words, action) = (vec!["Some words.".to_owned()], Action { label, href: site.at("/sign-in") });
    NoticePage { frame: site.frame().alone(), title, words, action }
}
