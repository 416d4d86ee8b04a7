//! The letters in words. Every one says who it is from, what happened, what to do if it was not you, and where help is
//! (NO-3); every one has a button that stops what somebody else may have begun.

mod compose;
mod notices;
#[cfg(any(test, feature = "templates"))]
pub(super) mod samples;
mod voice;
mod words;

use crate::flow::Letter;
use std::fmt;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

#[cfg(feature = "templates")]
pub(super) use compose::drafted;
pub(crate) use compose::{Composed, Written, compose};
pub(super) use compose::{Drafted, Piece, compose_paper, subject};
#[cfg(all(test, feature = "templates"))]
pub(super) use compose::{own_html, own_text};
pub(crate) use notices::{
    AddressAdded, AddressCode, AddressEvent, AddressRemoved, CaseDecided, CaseOpened, CaseWaiting, CodesMade,
    FactorAdded, FactorDisabled, FactorRemoved, HoldPlaced, QuestionsChanged, TakenAway,
};
pub(crate) use voice::Voice;
pub use voice::{InvalidService, Service};

/// What a letter tells.
#[derive(Clone)]
#[cfg_attr(
    not(test),
    allow(
        dead_code,
        reason = "the notices of factors, addresses and cases have their words before their events"
    )
)]
pub(crate) enum LetterContent {
    /// The forgotten username.
    UsernameReminder {
        /// The username.
        username: String,
        /// Where to sign in.
        sign_in: String,
    },
    /// The link under which a new password is chosen.
    RecoveryLink {
        /// The link: a secret.
        link: Zeroizing<String>,
        /// The code that may be typed instead where the person asked: a secret.
        code: Option<Zeroizing<String>>,
        /// How many minutes it works.
        minutes: i64,
    },
    /// The links of all accounts that have the address on file.
    SharedLinks {
        /// Each account.
        accounts: Vec<SharedAccount>,
        /// How many minutes they work.
        minutes: i64,
    },
    /// The code in place of a link, by text message.
    CodeByPhone {
        /// The code: a secret.
        code: Zeroizing<String>,
        /// How many minutes it works.
        minutes: i64,
    },
    /// The code in place of a link, by post.
    CodeByPost {
        /// The code: a secret.
        code: Zeroizing<String>,
        /// What is typed with it.
        reference: String,
        /// Where both are typed.
        page: String,
        /// How many days they work.
        days: i64,
    },
    /// The notice that the password was changed.
    PasswordChanged {
        /// When.
        at: OffsetDateTime,
    },
    /// The notice that somebody asked although the account cannot use recovery.
    SomebodyAsked,
    /// The notices: each is said in its struct.
    FactorAdded(FactorAdded),
    FactorRemoved(FactorRemoved),
    FactorDisabled(FactorDisabled),
    CodesMade(CodesMade),
    QuestionsChanged(QuestionsChanged),
    AddressCode(AddressCode),
    AddressAdded(AddressAdded),
    AddressRemoved(AddressRemoved),
    HoldPlaced(HoldPlaced),
    CaseOpened(CaseOpened),
    CaseWaiting(CaseWaiting),
    CaseDecided(CaseDecided),
}

impl LetterContent {
    /// Which letter it is.
    pub(crate) fn letter(&self) -> Letter {
        match self {
            Self::UsernameReminder { .. } => Letter::UsernameReminder,
            Self::RecoveryLink { .. } | Self::CodeByPhone { .. } | Self::CodeByPost { .. } => {
                Letter::RecoveryLink
            }
            Self::SharedLinks { .. } => Letter::SharedLinks,
            Self::PasswordChanged { .. } => Letter::PasswordChanged,
            Self::SomebodyAsked => Letter::SomebodyAsked,
            Self::FactorAdded(_) => Letter::FactorAdded,
            Self::FactorRemoved(_) | Self::FactorDisabled(_) => Letter::FactorRemoved,
            Self::CodesMade(_) => Letter::CodesMade,
            Self::QuestionsChanged(_) => Letter::QuestionsChanged,
            Self::AddressCode(_) => Letter::AddressCode,
            Self::AddressAdded(_) => Letter::AddressAdded,
            Self::AddressRemoved(_) => Letter::AddressRemoved,
            Self::HoldPlaced(_) => Letter::HoldPlaced,
            Self::CaseOpened(_) => Letter::CaseOpened,
            Self::CaseWaiting(_) => Letter::CaseWaiting,
            Self::CaseDecided(_) => Letter::CaseDecided,
        }
    }
}

impl fmt::Debug for LetterContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LetterContent({})", self.letter().code())
    }
}

/// The button "This wasn't me", for one account: what it does is said beside it.
#[derive(Clone)]
pub(crate) struct DisownButton {
    /// Its address: a secret.
    pub(crate) url: Zeroizing<String>,
    /// How long nobody can ask for a new link afterwards.
    pub(crate) hold: Duration,
    /// How long the button works, in days.
    pub(crate) days: i64,
}

/// One of the accounts that share an address.
#[derive(Clone)]
pub(crate) struct SharedAccount {
    pub(crate) username: String,
    /// A secret.
    pub(crate) link: Zeroizing<String>,
    pub(crate) disown: DisownButton,
}

/// A piece of a letter. The words are said once; the two parts only differ in how they show them.
pub(super) enum Block {
    Paragraph(String),
    /// Something to copy, such as a username.
    Value(Zeroizing<String>),
    /// A link with its label. Only built by [`crate::origin::Links`].
    Action {
        label: String,
        url: Zeroizing<String>,
    },
    /// A link for those whom the letter should not have reached.
    Objection {
        label: String,
        url: Zeroizing<String>,
    },
}

/// One letter: its subject, and what stands between the service's name and where help is.
struct Draft {
    subject: String,
    blocks: Vec<Block>,
}

impl Draft {
    fn new(subject: String) -> Self {
        Self { subject, blocks: Vec::new() }
    }

    fn paragraph(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Paragraph(text.into()));
        self
    }

    fn value(mut self, text: &str) -> Self {
        self.blocks.push(Block::Value(Zeroizing::new(on_one_line(text))));
        self
    }

    fn action(mut self, voice: Voice<'_>, key: &str, address: &str) -> Self {
        self.blocks.push(Block::Action { label: voice.say(key), url: voice.leading_to(address) });
        self
    }

    fn objection(mut self, voice: Voice<'_>, button: &DisownButton) -> Self {
        let (label, url) = (voice.say("letter.disown"), voice.leading_to(&button.url));
        self.blocks.push(Block::Paragraph(words::disown(voice, button)));
        self.blocks.push(Block::Objection { label, url });
        self
    }

    /// The button of one account of several; what it does is said once.
    fn objection_of(mut self, voice: Voice<'_>, username: &str, button: &DisownButton) -> Self {
        let label = voice.fill("letter.disown-of", &[("username", &on_one_line(username))]);
        self.blocks.push(Block::Objection { label, url: voice.leading_to(&button.url) });
        self
    }
}

/// What comes from the account stays in its place: after a line break it would be taken for words of ours (NO-6).
pub(super) fn on_one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if breaks(c) { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests;
