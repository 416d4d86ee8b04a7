//! Notices of what happened to the security of an account: one struct a letter, with what it tells.

use crate::factor::FactorKind;
use crate::mail::letter::english::date;
use crate::mail::letter::{Draft, on_one_line};
use time::OffsetDateTime;
use zeroize::Zeroizing;

const TELL_US: &str = "If this was not you, tell us at once, in the way named below.";

/// A second factor was added.
#[derive(Clone)]
pub(crate) struct FactorAdded {
    /// What the person calls it.
    pub(crate) label: String,
    pub(crate) at: OffsetDateTime,
}

impl FactorAdded {
    pub(super) fn write(&self, name: &str) -> Draft {
        Draft::new(format!("A second step was added to your account at {name}"))
            .paragraph(format!("On {}, a second step for signing in was added. It is called:", date(self.at)))
            .value(&self.label)
            .paragraph(
                "From now on it is asked for when you sign in, and when you choose a new password by mail.",
            )
            .paragraph(TELL_US)
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
    pub(super) fn write(&self, name: &str) -> Draft {
        let (subject, what, then) = match self.how {
            TakenAway::Removed => {
                ("removed from", "removed. It was called:", "It is not asked for any more.")
            }
            TakenAway::SwitchedOff => (
                "switched off in",
                "switched off. It is called:",
                "It is not taken any more. Your account still asks for a second step.",
            ),
        };
        Draft::new(format!("A second step was {subject} your account at {name}"))
            .paragraph(format!("On {}, a second step for signing in was {what}", date(self.at)))
            .value(&self.label)
            .paragraph(then)
            .paragraph(TELL_US)
    }
}

/// A second factor failed too often.
#[derive(Clone)]
pub(crate) struct FactorDisabled {
    pub(crate) kind: FactorKind,
    pub(crate) at: OffsetDateTime,
}

impl FactorDisabled {
    pub(super) fn write(&self, name: &str) -> Draft {
        let what = match self.kind {
            FactorKind::Totp => "the code from your app",
            FactorKind::RecoveryCodes => "your recovery codes",
            FactorKind::Questions => "your security questions",
            FactorKind::Host => "your second step",
        };
        Draft::new(format!("A second step for signing in at {name} does not work any more"))
            .paragraph(format!(
                "On {}, there were too many wrong tries at {what}. To protect your account, {} not taken any more.",
                date(self.at),
                if self.kind == FactorKind::RecoveryCodes || self.kind == FactorKind::Questions { "they are" } else { "it is" },
            ))
            .paragraph(
                "Whoever tried knew your password, or had a mail with a link for a new one. If that was you, and you have \
                 another second step, sign in with it. If not, we can help you in the way named below.",
            )
            .paragraph(TELL_US)
    }
}

/// New recovery codes were made.
#[derive(Clone)]
pub(crate) struct CodesMade {
    pub(crate) at: OffsetDateTime,
}

impl CodesMade {
    pub(super) fn write(&self, name: &str) -> Draft {
        Draft::new(format!("New recovery codes were made for your account at {name}"))
            .paragraph(format!(
                "On {}, new recovery codes were made. Codes that you had before do not work any more.",
                date(self.at)
            ))
            .paragraph("Keep the new ones where you find them without your phone. We never ask for one by mail or phone.")
            .paragraph(TELL_US)
    }
}

/// The security questions are others than before, or gone.
#[derive(Clone)]
pub(crate) struct QuestionsChanged {
    pub(crate) removed: bool,
    pub(crate) at: OffsetDateTime,
}

impl QuestionsChanged {
    pub(super) fn write(&self, name: &str) -> Draft {
        let (done, then) = if self.removed {
            ("removed", "No question is asked any more when you choose a new password by mail.")
        } else {
            ("changed", "When you choose a new password by mail, one of the new questions is asked as well.")
        };
        Draft::new(format!("The security questions of your account at {name} were {done}"))
            .paragraph(format!("On {}, the security questions of your account were {done}.", date(self.at)))
            .paragraph(then)
            .paragraph(TELL_US)
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
    pub(super) fn write(&self, name: &str) -> Draft {
        Draft::new(format!("Confirm this address for {name}"))
            .paragraph(format!(
                "Somebody who is signed in at {name} wants this address on file for their account. If it was you, type this \
                 code on the page where you gave the address:"
            ))
            .value(&self.code)
            .paragraph(format!(
                "It works for {} minutes. Never pass it on, not to our staff either.",
                self.minutes
            ))
            .paragraph("If it was not you, you need not do anything: without the code nothing comes of it.")
    }
}

/// This address was put on file: the letter goes to it.
#[derive(Clone)]
pub(crate) struct AddressAdded {
    pub(crate) at: OffsetDateTime,
}

impl AddressAdded {
    pub(super) fn write(&self, name: &str) -> Draft {
        Draft::new(format!("This address is now on file at {name}"))
            .paragraph(format!("On {}, this address was confirmed for an account at {name}.", date(self.at)))
            .paragraph("Links for a new password, and notices such as this one, come here from now on.")
            .paragraph(
                "If you have no account with us, somebody typed your address: press the button below, and it is taken off.",
            )
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
    pub(super) fn write(&self, name: &str) -> Draft {
        let at = date(self.at);
        let draft = match self.what {
            AddressEvent::Replaced => Draft::new(format!("An address of your account at {name} was changed"))
                .paragraph(format!(
                    "On {at}, another address was confirmed in the place of one that we have on file for your account at \
                     {name}. Links for a new password go to the new one."
                )),
            AddressEvent::Added => Draft::new(format!("An address was added to your account at {name}"))
                .paragraph(format!(
                    "On {at}, one more address was confirmed for your account at {name}. Links for a new password, and \
                     notices such as this one, may go there too."
                )),
            AddressEvent::NotMade => {
                return Draft::new(format!("The addresses of your account at {name} stay as they were"))
                    .paragraph(format!(
                        "We told you that an address of your account at {name} was changed. On {at} we found that the \
                         account had been changed in another way meanwhile. So the address was not changed."
                    ))
                    .paragraph(TELL_US);
            }
            AddressEvent::TakenBack => {
                return Draft::new(format!("A change of the addresses of your account at {name} was taken back"))
                    .paragraph(format!(
                        "On {at}, the addresses that we have on file for your account at {name} were set back to what they \
                         were before, because somebody pressed \u{201c}This wasn\u{2019}t me\u{201d} in a mail about \
                         them."
                    ))
                    .paragraph(TELL_US);
            }
        };
        draft
            .paragraph("Was it not you? Then press the button below: the addresses are set back to what they were before.")
            .paragraph(TELL_US)
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
    pub(super) fn write(&self, name: &str) -> Draft {
        let draft = Draft::new(format!("We have stopped the recovery of your account at {name}"))
            .paragraph(format!(
                "Somebody who has one of our mails to you pressed \u{201c}This wasn\u{2019}t me\u{201d}. All links for a \
                 new password have stopped working, and until {} no new one is sent.",
                date(self.until)
            ));
        let draft = if self.signed_out {
            draft.paragraph(
                "Your password was changed a short time ago. So you are signed out on all devices, and so is \
                 everybody else. If it was not you who changed it, tell us at once, in the way named below.",
            )
        } else {
            draft.paragraph("Your password works as before.")
        };
        draft.paragraph("If you need a new password before then, we can help you in the way named below.")
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
    pub(super) fn write(&self, name: &str) -> Draft {
        Draft::new(format!("Our support has a case about your account at {name}"))
            .paragraph(format!(
                "On {}, a case about your account at {name} was opened. Its number is:",
                date(self.at)
            ))
            .value(&self.number)
            .paragraph(
                "Our staff never ask for your password, for a link from a mail or for a code. They cannot choose a \
                 password for you either.",
            )
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
    pub(super) fn write(&self, name: &str) -> Draft {
        Draft::new(format!("Somebody is about to get access to your account at {name}"))
            .paragraph(format!(
                "Our support was asked to help somebody into your account at {name}, and has agreed (case {}).",
                on_one_line(&self.number)
            ))
            .paragraph(format!(
                "On {}, a link for a new password is sent. If this is what you want, you need not do anything.",
                date(self.until)
            ))
            .paragraph("If it is not, press the button below before then: that ends the case.")
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
    pub(super) fn write(&self, name: &str) -> Draft {
        let number = on_one_line(&self.number);
        let draft = Draft::new(format!("The case about your account at {name} is closed"));
        if self.released {
            draft
                .paragraph(format!(
                    "Case {number} is closed: a link for a new password was sent, to the address that the case says."
                ))
                .paragraph(TELL_US)
        } else {
            draft.paragraph(format!(
                "Case {number} is closed. Nothing was changed in your account, and no link was sent."
            ))
        }
    }
}
