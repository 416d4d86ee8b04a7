//! What went wrong with one try, in words of our own.
//!
//! Answers of mail systems quote the recipient and what not, and lettre's errors quote the answers: of both only the
//! digits get in here (LG-3).

use crate::mail::Delivery;
use std::error::Error;
use std::{fmt, io};
use tokio_rustls::rustls;

use super::in_turn::{OutOfTurn, TooMuch};
use super::refusal::Answer;

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
    #[error("the mail server answers {answer} to {step}")]
    Answer { step: Step, answer: Answer },
    #[error("the mail server does not offer {0}")]
    NotOffered(Missing),
    #[error("the mail server spoke out of turn before TLS; somebody may be on the line")]
    OutOfTurn,
    #[error("the mail server says more than any mail server has to say")]
    TooMuch,
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
    #[error("the mail server took too long at {0}")]
    TimedOut(Step),
    #[error("the mail could not be handed over: the task broke off")]
    Panicked,
}

/// What a mail needs and a server lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    StartTls,
    SignIn,
    ForRecipient,
    ForSender,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StartTls => "STARTTLS, and nothing is sent without",
            Self::SignIn => "AUTH PLAIN or LOGIN, though the URL has a user",
            Self::ForRecipient => {
                "SMTPUTF8 with 8BITMIME, which the letters before the @ of this recipient's address need"
            }
            Self::ForSender => "SMTPUTF8 with 8BITMIME, which the sender's addresses need; give others",
        })
    }
}

impl Failure {
    pub(super) fn of(step: Step, error: &lettre::transport::smtp::Error) -> Self {
        if let Some(answer) = Answer::of(error) {
            return Self::Answer { step, answer };
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

    fn is_for_good(self) -> bool {
        match self {
            Self::Answer { step, answer } => answer.is_for_good(step),
            Self::NotOffered(Missing::ForRecipient) => true,
            _ => false,
        }
    }

    /// Whether no other mail would have got further: the server was not reached, or did not let us in.
    fn is_of_the_server(self) -> bool {
        match self {
            // 421: the server closes, whatever it was asked.
            Self::Answer { step, answer } => answer.code == 421 || is_before_mails(step),
            Self::Connection(step) | Self::NoAnswer(step) | Self::TimedOut(step) => is_before_mails(step),
            Self::NotOffered(missing) => matches!(missing, Missing::StartTls | Missing::SignIn),
            Self::OutOfTurn | Self::TooMuch | Self::Certificate | Self::Tls => true,
            Self::Panicked => false,
        }
    }
}

fn is_before_mails(step: Step) -> bool {
    matches!(step, Step::Connect | Step::SignIn)
}

/// What another layer put into an I/O error.
fn inside(error: &io::Error) -> Option<Failure> {
    let inner = error.get_ref()?;
    if inner.is::<OutOfTurn>() {
        return Some(Failure::OutOfTurn);
    }
    if inner.is::<TooMuch>() {
        return Some(Failure::TooMuch);
    }
    // tokio's wrapper around a stream may hold another I/O error.
    if let Some(deeper) = inner.downcast_ref::<io::Error>() {
        return inside(deeper);
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
        if let Failure::Answer { step, answer: Answer { code: 500.., .. } } = failure {
            tracing::warn!(%step, error = %failure, "the mail server refuses what waiting does not change; look at its URL, at the sender, and at what it lets us send");
        }
        if failure.is_of_the_server() {
            return Self::Unreachable(failure.into());
        }
        Self::RetryLater(failure.into())
    }
}
