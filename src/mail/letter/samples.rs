//! Every letter in each of its states, with values of the kind that it is sent with.

use super::*;
use crate::factor::FactorKind;

/// The button of a letter, with a hold or without one.
pub(in crate::mail) fn button(hold: Duration) -> DisownButton {
    DisownButton { url: secret("https://a.org/recovery/disown?letter=SECRET"), hold, days: 7 }
}

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn code() -> Zeroizing<String> {
    secret("BCDF-GHJK")
}

pub(in crate::mail) fn at() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH
}

/// All letters, with such a hold where they have buttons of their own. A new kind of letter has to come in here before the
/// tests pass.
pub(in crate::mail) fn all(hold: Duration) -> Vec<LetterContent> {
    let mut all = recoveries(hold);
    all.extend(factors());
    all.extend(addresses());
    all.extend(cases());
    all
}

fn recoveries(hold: Duration) -> Vec<LetterContent> {
    let link = || secret("https://a.org/recovery/link?token=OTHER");
    let ana = SharedAccount { username: "ana.<lindqvist>".to_owned(), link: link(), disown: button(hold) };
    let bo = SharedAccount {
        username: "bo.\"lindqvist\"".to_owned(),
        link: secret("https://a.org/recovery/link?token=ANOTHER"),
        disown: DisownButton { url: secret("https://a.org/recovery/disown?letter=THIRD"), ..button(hold) },
    };
    let sign_in = "https://a.org/sign-in".to_owned();
    vec![
        LetterContent::UsernameReminder { username: ana.username.clone(), sign_in },
        LetterContent::RecoveryLink { link: link(), code: None, minutes: 30 },
        LetterContent::RecoveryLink { link: link(), code: Some(code()), minutes: 30 },
        LetterContent::SharedLinks { accounts: vec![ana.clone()], minutes: 30 },
        LetterContent::SharedLinks { accounts: vec![ana, bo], minutes: 30 },
        LetterContent::PasswordChanged { at: at() },
        LetterContent::SomebodyAsked,
    ]
}

fn factors() -> Vec<LetterContent> {
    let label = || "My \"<phone>\"".to_owned();
    let mut all = vec![
        LetterContent::FactorAdded(FactorAdded { label: label(), at: at() }),
        LetterContent::CodesMade(CodesMade { at: at() }),
    ];
    for how in [TakenAway::Removed, TakenAway::SwitchedOff] {
        all.push(LetterContent::FactorRemoved(FactorRemoved { label: label(), how, at: at() }));
    }
    for kind in [FactorKind::Totp, FactorKind::RecoveryCodes, FactorKind::Questions, FactorKind::Host] {
        all.push(LetterContent::FactorDisabled(FactorDisabled { kind, at: at() }));
    }
    for removed in [false, true] {
        all.push(LetterContent::QuestionsChanged(QuestionsChanged { removed, at: at() }));
    }
    all
}

fn addresses() -> Vec<LetterContent> {
    let mut all = vec![
        LetterContent::AddressCode(AddressCode { code: code(), minutes: 30 }),
        LetterContent::AddressAdded(AddressAdded { at: at() }),
    ];
    for what in [AddressEvent::Replaced, AddressEvent::Added, AddressEvent::TakenBack, AddressEvent::NotMade]
    {
        all.push(LetterContent::AddressRemoved(AddressRemoved { what, at: at() }));
    }
    all
}

fn cases() -> Vec<LetterContent> {
    let number = || "2026-0042".to_owned();
    let mut all = vec![
        LetterContent::CaseOpened(CaseOpened { number: number(), at: at() }),
        LetterContent::CaseWaiting(CaseWaiting { number: number(), until: at() }),
    ];
    for yes in [false, true] {
        all.push(LetterContent::HoldPlaced(HoldPlaced { until: at(), signed_out: yes }));
        all.push(LetterContent::CaseDecided(CaseDecided { number: number(), released: yes }));
    }
    all
}
