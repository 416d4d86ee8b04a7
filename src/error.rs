//! What a person may learn, and what only the operator reads.
//!
//! [`RecoveryError`] is all that a page may show. The cause of `Unavailable` goes to `tracing` and to the event
//! stream, never into this type.

use crate::clock::Timestamp;
use crate::password::Reason;
use crate::security::ChangeRefused;
use std::time::Duration;

/// The only things that a person may learn when something does not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryError {
    /// The link is unknown, expired, used, replaced or malformed. Which of these, only the event stream tells (EN-5).
    #[error("this link cannot be used")]
    LinkNotUsable,
    /// The code is mistyped, expired, used, replaced, of another ask, or of nobody. Which of these, only the event stream
    /// tells.
    #[error("this code cannot be used")]
    CodeNotUsable,
    /// The account's second factor has to be proven first.
    #[error("the second factor is needed")]
    FactorNeeded,
    /// The proof of the second factor is wrong, used, of a factor that is taken no more, or comes too late. Which of these,
    /// only the event stream tells.
    #[error("the second factor was not accepted")]
    FactorNotAccepted,
    /// A security question has to be answered first, or too many answers were wrong.
    #[error("a security question has to be answered first")]
    QuestionNeeded,
    /// The answer to the security question is wrong, or no more are compared. Which of these, nobody is told.
    #[error("the answer was not accepted")]
    AnswerNotAccepted,
    /// The new password is not good enough, for these reasons. The link still works.
    #[error("the password was refused")]
    PasswordRefused(Vec<Reason>),
    /// Username and password do not go together, or the account is not in use: which, nobody is told.
    #[error("username or password is wrong")]
    NotAccepted,
    /// The signed-in session is too weak or too old for what was asked: the person has to authenticate anew, with everything
    /// that the account has (MF-8).
    #[error("authenticate anew first")]
    StepUpRequired,
    /// What the signed-in owner asked for is not done, for this reason.
    #[error(transparent)]
    ChangeRefused(#[from] ChangeRefused),
    /// Too often. The same for any account and none.
    #[error("too many attempts")]
    TooManyAttempts {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// Something is out of order; nothing is half done. Try again.
    #[error("not available at the moment")]
    Unavailable,
}

impl RecoveryError {
    /// There is something again then.
    pub(crate) fn too_many(retry_at: Timestamp, now: Timestamp) -> Self {
        Self::TooManyAttempts { retry_after: Duration::from_secs(retry_at.seconds_since(now).max(1)) }
    }
}

/// What went wrong inside, for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A store did not answer.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// A row cannot be read.
    #[error(transparent)]
    Record(#[from] crate::flow::CorruptRecord),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] crate::entropy::EntropyError),
    /// A key is missing, or a sealed value was altered.
    #[error(transparent)]
    Key(#[from] crate::keys::KeyError),
    /// Hashing failed.
    #[error(transparent)]
    Hash(#[from] crate::password::HashError),
    /// The hashing threads are busy or stopped.
    #[error(transparent)]
    Pool(#[from] crate::password::PoolError),
    /// A letter could not be written.
    #[error("a letter could not be composed")]
    Letter(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The state machine refused a step that the service took for legal.
    #[error(transparent)]
    Refused(#[from] crate::flow::Refusal),
    /// A case of the support desk did not take a step that the service took for legal.
    #[error(transparent)]
    Case(#[from] crate::desk::case::CaseRefusal),
    /// Others kept changing the same rows.
    #[error("gave up after {0} conflicts with others")]
    Contention(u32),
}

impl Fault {
    /// The error with its sources, in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    }
}
