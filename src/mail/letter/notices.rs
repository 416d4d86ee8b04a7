//! Notices of what happened to the security of an account: one struct a letter, with what it tells.

use crate::factor::FactorKind;
use crate::mail::letter::{Draft, Voice, on_one_line};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// A second factor was added.
#[derive(Clone)]
pub(crate) struct FactorAdded {
    /// What the person calls it.
    pub(crate) label: String,
    pub(crate) at: OffsetDateTime,
}

impl FactorAdded {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        Draft::new(voice.say("letter.factor-added.subject"))
            .paragraph(voice.at("letter.factor-added.intro", self.at))
            .value(&self.label)
            .paragraph(voice.say("letter.factor-added.then"))
            .paragraph(voice.say("letter.tell-us"))
    }
}

/// A second factor was removed, or switched off.
#[derive(Clone)]
pub(crate) struct FactorRemoved {
    /// What the person called it.
    pub(crate) label: String,
    pub(crate) how: TakenAway,
    pub(crate) at: OffsetDateTime,
}

/// What its owner did with a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TakenAway {
    Removed,
    SwitchedOff,
}

impl FactorRemoved {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        let (subject, intro, then) = match self.how {
            TakenAway::Removed => {
                ("letter.factor-removed.subject", "letter.factor-removed.intro", "letter.factor-removed.then")
            }
            TakenAway::SwitchedOff => {
                ("letter.factor-off.subject", "letter.factor-off.intro", "letter.factor-off.then")
            }
        };
        Draft::new(voice.say(subject))
            .paragraph(voice.at(intro, self.at))
            .value(&self.label)
            .paragraph(voice.say(then))
            .paragraph(voice.say("letter.tell-us"))
    }
}

/// A second factor failed too often.
#[derive(Clone)]
pub(crate) struct FactorDisabled {
    pub(crate) kind: FactorKind,
    pub(crate) at: OffsetDateTime,
}

impl FactorDisabled {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        let intro = match self.kind {
            FactorKind::Totp => "letter.factor-shut.app",
            FactorKind::RecoveryCodes => "letter.factor-shut.codes",
            FactorKind::Questions => "letter.factor-shut.questions",
            FactorKind::Host => "letter.factor-shut.step",
        };
        Draft::new(voice.say("letter.factor-shut.subject"))
            .paragraph(voice.at(intro, self.at))
            .paragraph(voice.say("letter.factor-shut.then"))
            .paragraph(voice.say("letter.tell-us"))
    }
}

/// New recovery codes were made.
#[derive(Clone)]
pub(crate) struct CodesMade {
    pub(crate) at: OffsetDateTime,
}

impl CodesMade {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        Draft::new(voice.say("letter.codes-made.subject"))
            .paragraph(voice.at("letter.codes-made.intro", self.at))
            .paragraph(voice.say("letter.codes-made.then"))
            .paragraph(voice.say("letter.tell-us"))
    }
}

/// The security questions are others than before, or gone.
#[derive(Clone)]
pub(crate) struct QuestionsChanged {
    pub(crate) removed: bool,
    pub(crate) at: OffsetDateTime,
}

impl QuestionsChanged {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        let (subject, intro, then) = if self.removed {
            (
                "letter.questions-removed.subject",
                "letter.questions-removed.intro",
                "letter.questions-removed.then",
            )
        } else {
            (
                "letter.questions-changed.subject",
                "letter.questions-changed.intro",
                "letter.questions-changed.then",
            )
        };
        Draft::new(voice.say(subject))
            .paragraph(voice.at(intro, self.at))
            .paragraph(voice.say(then))
            .paragraph(voice.say("letter.tell-us"))
    }
}

/// The code that confirms this address: the letter goes to it, and to no other.
#[derive(Clone)]
pub(crate) struct AddressCode {
    /// A secret.
    pub(crate) code: Zeroizing<String>,
    pub(crate) minutes: i64,
}

impl AddressCode {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        Draft::new(voice.say("letter.address-code.subject"))
            .paragraph(voice.say("letter.address-code.intro"))
            .value(&self.code)
            .paragraph(voice.fill("letter.address-code.life", &[("time", &voice.minutes(self.minutes))]))
            .paragraph(voice.say("letter.address-code.not-you"))
    }
}

/// This address was put on file: the letter goes to it.
#[derive(Clone)]
pub(crate) struct AddressAdded {
    pub(crate) at: OffsetDateTime,
}

impl AddressAdded {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        Draft::new(voice.say("letter.address-here.subject"))
            .paragraph(voice.at("letter.address-here.intro", self.at))
            .paragraph(voice.say("letter.address-here.then"))
            .paragraph(voice.say("letter.address-here.not-you"))
    }
}

/// What is on file was changed: the letter goes to the addresses that were there before.
#[derive(Clone)]
pub(crate) struct AddressRemoved {
    pub(crate) what: AddressEvent,
    pub(crate) at: OffsetDateTime,
}

/// What happened to the addresses on file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressEvent {
    Replaced,
    Added,
    /// A change was disputed.
    TakenBack,
    /// A change that was told of could not be made.
    NotMade,
}

impl AddressRemoved {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        let (subject, intro) = match self.what {
            AddressEvent::Replaced => ("letter.address-replaced.subject", "letter.address-replaced.intro"),
            AddressEvent::Added => ("letter.address-added.subject", "letter.address-added.intro"),
            AddressEvent::TakenBack => ("letter.address-back.subject", "letter.address-back.intro"),
            AddressEvent::NotMade => ("letter.address-stays.subject", "letter.address-stays.intro"),
        };
        let mut draft = Draft::new(voice.say(subject)).paragraph(voice.at(intro, self.at));
        if matches!(self.what, AddressEvent::Replaced | AddressEvent::Added) {
            draft = draft.paragraph(voice.say("letter.address.not-you"));
        }
        draft.paragraph(voice.say("letter.tell-us"))
    }
}

/// Somebody said "this wasn't me": nobody can ask for a link for a while.
#[derive(Clone)]
pub(crate) struct HoldPlaced {
    pub(crate) until: OffsetDateTime,
    /// Whether everybody who is signed in is being signed out.
    pub(crate) signed_out: bool,
}

impl HoldPlaced {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        let password = if self.signed_out { "letter.hold.signed-out" } else { "letter.hold.stays" };
        Draft::new(voice.say("letter.hold.subject"))
            .paragraph(voice.until("letter.hold.intro", self.until))
            .paragraph(voice.say(password))
            .paragraph(voice.say("letter.hold.then"))
    }
}

/// The support desk has a case about the account.
#[derive(Clone)]
pub(crate) struct CaseOpened {
    /// What people call the case when they talk to us.
    pub(crate) number: String,
    pub(crate) at: OffsetDateTime,
}

impl CaseOpened {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        Draft::new(voice.say("letter.case-opened.subject"))
            .paragraph(voice.at("letter.case-opened.intro", self.at))
            .value(&self.number)
            .paragraph(voice.say("letter.case-opened.then"))
    }
}

/// Two people of the support desk agreed to help somebody into the account; it happens after a waiting time.
#[derive(Clone)]
pub(crate) struct CaseWaiting {
    pub(crate) number: String,
    /// When it happens unless somebody objects.
    pub(crate) until: OffsetDateTime,
}

impl CaseWaiting {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        Draft::new(voice.say("letter.case-waits.subject"))
            .paragraph(voice.fill("letter.case-waits.intro", &[("number", &on_one_line(&self.number))]))
            .paragraph(voice.until("letter.case-waits.then", self.until))
            .paragraph(voice.say("letter.case-waits.not-you"))
    }
}

/// A case of the support desk is over.
#[derive(Clone)]
pub(crate) struct CaseDecided {
    pub(crate) number: String,
    /// Whether somebody was helped into the account.
    pub(crate) released: bool,
}

impl CaseDecided {
    pub(super) fn write(&self, voice: Voice<'_>) -> Draft {
        let number = on_one_line(&self.number);
        let told = |key| voice.fill(key, &[("number", &number)]);
        let draft = Draft::new(voice.say("letter.case-closed.subject"));
        if self.released {
            draft.paragraph(told("letter.case-closed.sent")).paragraph(voice.say("letter.tell-us"))
        } else {
            draft.paragraph(told("letter.case-closed.nothing"))
        }
    }
}
