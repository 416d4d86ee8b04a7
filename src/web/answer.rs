//! Answers that are a page of words: each outcome has one status and one text, and both are chosen here.

use crate::error::RecoveryError;
use crate::web::Site;
use crate::web::page::{Action, NoticePage};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use std::time::Duration;

/// When a person is asked to come back after something was out of order.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// What there is to say.
pub(super) enum Notice {
    /// The one answer to everybody who asks (EN-1).
    Asked,
    /// Whatever is wrong with a link (EN-5).
    LinkNotUsable,
    FactorNeeded,
    PasswordSet,
    PasswordSoonSet,
    Disowned,
    Forged,
    /// A form of a page that another session had, or one that ended.
    OtherSession,
    SignedOut,
    AppIsOn,
    /// What is confirmed was never begun, too long ago, or is confirmed already.
    NothingToConfirm,
    CodesMadeBefore,
    Removed,
    AddressChanged,
    AddressSoonChanged,
    /// A change that is not made, and why.
    Unchanged(&'static str),
    WrongMethod,
    TooLarge,
    NotAForm,
    TooManyAttempts {
        retry_after: Duration,
    },
    /// The tries of one ask are used up, or those of a network: asking anew is quicker than waiting.
    TooManyCodes {
        retry_after: Duration,
    },
    Unavailable,
}

impl From<RecoveryError> for Notice {
    fn from(error: RecoveryError) -> Self {
        match error {
            RecoveryError::LinkNotUsable | RecoveryError::CodeNotUsable => Self::LinkNotUsable,
            RecoveryError::FactorNeeded | RecoveryError::QuestionNeeded => Self::FactorNeeded,
            RecoveryError::TooManyAttempts { retry_after } => Self::TooManyAttempts { retry_after },
            // Refusals are answered with the form that they are about, where they can occur at all.
            RecoveryError::Unavailable
            | RecoveryError::PasswordRefused(_)
            | RecoveryError::NotAccepted
            | RecoveryError::FactorNotAccepted
            | RecoveryError::AnswerNotAccepted
            | RecoveryError::StepUpRequired
            | RecoveryError::ChangeRefused(_) => Self::Unavailable,
        }
    }
}

impl Notice {
    fn status(&self) -> StatusCode {
        match self {
            Self::Asked
            | Self::FactorNeeded
            | Self::PasswordSet
            | Self::PasswordSoonSet
            | Self::Disowned
            | Self::AppIsOn
            | Self::Removed
            | Self::AddressChanged
            | Self::AddressSoonChanged => StatusCode::OK,
            Self::NothingToConfirm | Self::CodesMadeBefore | Self::Unchanged(_) => StatusCode::CONFLICT,
            Self::LinkNotUsable => StatusCode::GONE,
            Self::Forged | Self::OtherSession | Self::SignedOut => StatusCode::FORBIDDEN,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyAttempts { .. } | Self::TooManyCodes { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyAttempts { retry_after } | Self::TooManyCodes { retry_after } => Some(*retry_after),
            Self::Unavailable => Some(SOON),
            _ => None,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Asked => "Check your mail",
            Self::LinkNotUsable => "This link cannot be used",
            Self::FactorNeeded => "We need to help you in person",
            Self::PasswordSet => "Your new password is set",
            Self::PasswordSoonSet => "Your new password is on its way",
            Self::Disowned => "Thank you for telling us",
            Self::Forged => "Please start on our own page",
            Self::OtherSession => "This page was too old",
            Self::SignedOut => "You are signed out",
            Self::AppIsOn => "Your app is connected",
            Self::NothingToConfirm => "There is nothing to confirm",
            Self::CodesMadeBefore => "New codes were made already",
            Self::Removed => "The app is removed",
            Self::AddressChanged => "Your e-mail address is changed",
            Self::AddressSoonChanged => "Your e-mail address changes in a moment",
            Self::Unchanged(_) => "Nothing was changed",
            Self::WrongMethod => "This page is not opened this way",
            Self::TooLarge => "That was too long",
            Self::NotAForm => "This page takes forms only",
            Self::TooManyAttempts { .. } => "Please wait a while",
            Self::TooManyCodes { .. } => "Please ask for a new code",
            Self::Unavailable => "Please try again in a moment",
        }
    }

    fn words(&self) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Asked => &[
                "Thank you. If what you typed names an account, a mail goes to the address that we have on file for \
                 it. That takes a few minutes at most.",
                "Everybody sees this same page, so that nobody can find out here who has an account.",
                "No mail? Look into the spam folder. Then check what you typed and ask once more.",
            ],
            Self::LinkNotUsable => &[
                "It may have expired, it may have been used already, or a newer link has replaced it.",
                "If you loaded this page again, open the link in the mail once more. If that does not help, ask for a \
                 new link.",
            ],
            Self::FactorNeeded => &[
                "Your account is protected by one more step, and on this page you cannot get past it.",
                "Please contact us in the way named below.",
            ],
            Self::PasswordSet => &[
                "You have been signed out everywhere. Sign in with your new password.",
                "You get a mail about this change at every address that we have on file for you.",
            ],
            Self::PasswordSoonSet => &[
                "We have kept your new password. It will work within moments.",
                "You get a mail as soon as it does. Then sign in with it.",
            ],
            Self::Disowned => &[
                "All links for a new password of your account have stopped working, and for a while nobody can ask for new \
                 ones.",
                "If your password was changed and it was not you who did it, or if you get such mails again and again, \
                 contact us in the way named below.",
            ],
            Self::Forged => &["What you sent did not come from one of our own pages. Nothing was done."],
            Self::OtherSession => &[
                "You have signed in again since you opened it, perhaps in another tab. Nothing was done.",
                "Please look at what is there now, and begin again.",
            ],
            Self::SignedOut => {
                &["That was a while ago, or in another tab. Nothing was done. Please sign in again."]
            }
            Self::AppIsOn => &["From now on its codes work as your second step when you sign in."],
            Self::NothingToConfirm => &[
                "It may be connected already, or it was begun too long ago. If your app is not in the list on the next page, \
                 add it again.",
                "If you did not see recovery codes and have none, make new ones there.",
            ],
            Self::CodesMadeBefore => &[
                "That was a moment ago, from this very page. They are shown one time only.",
                "If you did not keep them, make new ones.",
            ],
            Self::Removed => &[
                "Its codes open nothing any more.",
                "You get a mail about this change at every address that we have on file for you.",
            ],
            Self::AddressChanged => &[
                "From now on we write to the new address.",
                "Every address that we had on file gets a mail about it, and can stop the change for 7 days.",
            ],
            Self::AddressSoonChanged => &[
                "We have kept the new address. It is in use within moments.",
                "Every address that we had on file gets a mail about it, and can stop the change for 7 days.",
            ],
            Self::Unchanged(reason) => &[reason],
            Self::WrongMethod => &["Nothing was done. Please begin again."],
            Self::TooLarge => {
                &["More was sent than this page can take. Nothing was done. Please begin again."]
            }
            Self::NotAForm => &["What was sent was no form. Nothing was done. Please begin again."],
            Self::TooManyAttempts { retry_after } => {
                return vec![
                    format!("There were too many tries. Please try again in {}.", wait(*retry_after)),
                    "If you need help now, contact us in the way named below.".to_owned(),
                ];
            }
            Self::TooManyCodes { .. } => &[
                "There were too many tries. If you have a link, it still works. Otherwise ask once more, and type the new code.",
            ],
            Self::Unavailable => &[
                "Something is out of order on our side. Nothing is half done.",
                "Please try again in a minute.",
            ],
        };
        words.iter().map(|text| (*text).to_owned()).collect()
    }
}

/// A wait in the unit that people think in.
fn wait(time: Duration) -> String {
    let (count, unit) = match time.as_secs() {
        seconds @ 0..120 => return format!("{} seconds", seconds.max(2)),
        seconds @ 120..5400 => (seconds.div_ceil(60), "minutes"),
        seconds => (seconds.div_ceil(3600), "hours"),
    };
    format!("{count} {unit}")
}

impl Site {
    pub(super) fn notice(&self, notice: &Notice) -> Response {
        let page = NoticePage {
            frame: self.frame(),
            title: notice.title(),
            words: notice.words(),
            action: self.next_step(notice),
        };
        let mut answer = self.page(notice.status(), &page);
        if let Some(time) = notice.retry_after() {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(time.as_secs()));
        }
        answer
    }

    pub(super) fn error(&self, error: RecoveryError) -> Response {
        self.notice(&error.into())
    }

    fn next_step(&self, notice: &Notice) -> Action {
        match notice {
            Notice::LinkNotUsable => self.to_asking("Ask for a new link"),
            Notice::TooManyCodes { .. } => self.to_asking("Ask for a new code"),
            Notice::PasswordSet | Notice::PasswordSoonSet | Notice::SignedOut => self.to_sign_in("Sign in"),
            Notice::CodesMadeBefore => {
                Action { label: "Make new codes", href: format!("{}/codes", self.config.security) }
            }
            Notice::OtherSession
            | Notice::AppIsOn
            | Notice::NothingToConfirm
            | Notice::Removed
            | Notice::AddressChanged
            | Notice::AddressSoonChanged
            | Notice::Unchanged(_) => Action { label: "Go to Security", href: self.config.security.clone() },
            _ => self.to_sign_in("Go to the sign-in page"),
        }
    }

    fn to_asking(&self, label: &'static str) -> Action {
        Action { label, href: format!("{}/forgot-password", self.recovery.links().mount()) }
    }

    fn to_sign_in(&self, label: &'static str) -> Action {
        Action { label, href: self.recovery.links().sign_in_path().to_owned() }
    }
}
