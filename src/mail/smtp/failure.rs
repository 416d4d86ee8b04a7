//! What went wrong with one try, in words of our own.
//!
//! Answers of mail systems quote the recipient and what not, and lettre's errors quote the answers: of both only the
//! reply code gets in here (LG-3).

use crate::mail::Delivery;
use std::error::Error;
use std::{fmt, io};
use tokio_rustls::rustls;

use super::in_turn::OutOfTurn;

/// How far a mail got. Prints as what the mail server was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    SignIn,
    Sender,
    Recipient,
    Text,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "the connection",
            Self::SignIn => "user and password",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Text => "the text",
        })
    }
}

/// Why a mail was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("the mail server answers {code} to {step}")]
    Answer { step: Step, code: u16 },
    #[error("the mail server does not offer {0}")]
    NotOffered(&'static str),
    #[error("the mail server spoke out of turn before TLS; somebody may be on the line")]
    OutOfTurn,
    #[error(
        "the certificate of the mail server is not good for its name, or is signed by nobody known; give a private authority with `with_root_certificate`"
    )]
    Certificate,
    #[error("TLS with the mail server failed")]
    Tls,
    #[error("the mail server is not reached, or broke off, at {0}")]
    Connection(Step),
    #[error("the mail server answers {0} with something that is no answer, or breaks off")]
    NoAnswer(Step),
    #[error("the mail server took too long")]
    TimedOut,
    #[error("the mail could not be handed over: the task broke off")]
    Panicked,
}

/// The mailbox is not there or not allowed, or the mail is not wanted. All others may be put right while the mail
/// waits: 535 above all, a wrong password of ours, which must not make dead letters of all mails.
const FOR_GOOD: [u16; 5] = [550, 551, 553, 554, 556];

impl Failure {
    pub(super) fn of(step: Step, error: &lettre::transport::smtp::Error) -> Self {
        if let Some(code) = error.status() {
            return Self::Answer { step, code: code.into() };
        }
        if error.is_response() {
            return Self::NoAnswer(step);
        }
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<io::Error>().and_then(inside) {
                return found;
            }
            next = error.source();
        }
        if error.is_tls() { Self::Tls } else { Self::Connection(step) }
    }

    /// Only what is said of a recipient or a text can be for good; the same codes at a sender or a password are
    /// about our configuration.
    fn is_for_good(self) -> bool {
        matches!(self, Self::Answer { step: Step::Recipient | Step::Text, code } if FOR_GOOD.contains(&code))
    }
}

/// What another layer put into an I/O error.
fn inside(error: &io::Error) -> Option<Failure> {
    let inner = error.get_ref()?;
    if inner.is::<OutOfTurn>() {
        return Some(Failure::OutOfTurn);
    }
    match inner.downcast_ref()? {
        rustls::Error::InvalidCertificate(_) => Some(Failure::Certificate),
        _ => Some(Failure::Tls),
    }
}

impl From<Failure> for Delivery {
    fn from(failure: Failure) -> Self {
        if failure.is_for_good() {
            return Self::Refused(failure.into());
        }
        if let Failure::Answer { step, code: 500.. } = failure {
            tracing::warn!(%step, error = %failure, "the mail server refuses what waiting does not change; look at its URL and at the sender");
        }
        Self::RetryLater(failure.into())
    }
}
