//! Answers that are a page of words: each outcome has one status and its texts, by key, and both are chosen here.

use crate::error::RecoveryError;
use crate::language::Language;
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
    /// A change that is not made, and the key of why.
    Unchanged(&'static str),
    WrongMethod,
    TooLarge,
    TooSlow,
    /// What was sent did not arrive whole.
    Broken,
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
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
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
            Self::Asked => "asked.title",
            Self::LinkNotUsable => "unusable.title",
            Self::FactorNeeded => "in-person.title",
            Self::PasswordSet => "set.title",
            Self::PasswordSoonSet => "soon-set.title",
            Self::Disowned => "disowned.title",
            Self::Forged => "forged.title",
            Self::OtherSession => "other-session.title",
            Self::SignedOut => "signed-out.title",
            Self::AppIsOn => "app-is-on.title",
            Self::NothingToConfirm => "nothing-to-confirm.title",
            Self::CodesMadeBefore => "codes-made.title",
            Self::Removed => "removed.title",
            Self::AddressChanged => "address-changed.title",
            Self::AddressSoonChanged => "address-soon.title",
            Self::Unchanged(_) => "unchanged.title",
            Self::WrongMethod => "wrong-method.title",
            Self::TooLarge => "too-large.title",
            Self::TooSlow | Self::Broken => "not-whole.title",
            Self::NotAForm => "not-a-form.title",
            Self::TooManyAttempts { .. } => "too-many.title",
            Self::TooManyCodes { .. } => "too-many-codes.title",
            Self::Unavailable => "unavailable.title",
        }
    }

    fn words(&self, language: &Language) -> Vec<String> {
        let keys: &[&str] = match self {
            Self::Asked => &["asked.thanks", "asked.same", "asked.no-mail"],
            Self::LinkNotUsable => &["unusable.why", "unusable.then"],
            Self::FactorNeeded => &["in-person.why", "in-person.then"],
            Self::PasswordSet => &["set.signed-out", "set.mail"],
            Self::PasswordSoonSet => &["soon-set.kept", "soon-set.mail"],
            Self::Disowned => &["disowned.done", "disowned.then"],
            Self::Forged => &["forged.why"],
            Self::OtherSession => &["other-session.why", "other-session.then"],
            Self::SignedOut => &["signed-out.why"],
            Self::AppIsOn => &["app-is-on.then"],
            Self::NothingToConfirm => &["nothing-to-confirm.why", "nothing-to-confirm.codes"],
            Self::CodesMadeBefore => &["codes-made.why", "codes-made.then"],
            Self::Removed => &["removed.then", "set.mail"],
            Self::AddressChanged => &["address-changed.then", "address-changed.mail"],
            Self::AddressSoonChanged => &["address-soon.kept", "address-changed.mail"],
            Self::Unchanged(reason) => &[reason],
            Self::WrongMethod => &["wrong-method.why"],
            Self::TooLarge => &["too-large.why"],
            Self::TooSlow => &["not-whole.slow"],
            Self::Broken => &["not-whole.broken"],
            Self::NotAForm => &["not-a-form.why"],
            Self::TooManyAttempts { retry_after } => {
                let why = language.fill("too-many.why", &[("time", &language.wait(*retry_after))]);
                return vec![why, language.text("too-many.then").to_owned()];
            }
            Self::TooManyCodes { .. } => &["too-many-codes.why"],
            Self::Unavailable => &["unavailable.why", "unavailable.then"],
        };
        keys.iter().map(|key| language.text(key).to_owned()).collect()
    }
}

impl Site {
    pub(super) fn notice(&self, notice: &Notice) -> Response {
        let mut answer = self.page(notice.status(), &self.notice_page(notice));
        if let Some(time) = notice.retry_after() {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(time.as_secs()));
        }
        answer
    }

    pub(super) fn notice_page(&self, notice: &Notice) -> NoticePage<'_> {
        let frame = match notice {
            // Without a token, that page says just this.
            Notice::LinkNotUsable => {
                self.frame().found_at(&format!("{}/link", self.recovery.links().mount()))
            }
            _ => self.frame().alone(),
        };
        NoticePage {
            frame,
            title: notice.title(),
            words: notice.words(&self.language()),
            action: self.next_step(notice),
        }
    }

    pub(super) fn error(&self, error: RecoveryError) -> Response {
        self.notice(&error.into())
    }

    fn next_step(&self, notice: &Notice) -> Action {
        let security = &self.config.security;
        match notice {
            Notice::LinkNotUsable => self.to_asking("unusable.ask"),
            Notice::TooManyCodes { .. } => self.to_asking("too-many-codes.ask"),
            Notice::PasswordSet | Notice::PasswordSoonSet | Notice::SignedOut => {
                self.to_sign_in("page.sign-in")
            }
            Notice::CodesMadeBefore => {
                Action { label: "codes-made.make", href: self.at(&format!("{security}/codes")) }
            }
            Notice::OtherSession
            | Notice::AppIsOn
            | Notice::NothingToConfirm
            | Notice::Removed
            | Notice::AddressChanged
            | Notice::AddressSoonChanged
            | Notice::Unchanged(_) => Action { label: "page.to-security", href: self.at(security) },
            _ => self.to_sign_in("page.to-sign-in"),
        }
    }

    fn to_asking(&self, label: &'static str) -> Action {
        Action { label, href: self.at(&format!("{}/forgot-password", self.recovery.links().mount())) }
    }

    pub(super) fn to_sign_in(&self, label: &'static str) -> Action {
        Action { label, href: self.at(self.recovery.links().sign_in_path()) }
    }
}
