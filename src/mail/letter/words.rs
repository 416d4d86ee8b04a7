//! The letters of a recovery, and the words that several letters have in common.

use crate::mail::letter::{DisownButton, Draft, LetterContent, SharedAccount, Voice};
use zeroize::Zeroizing;

/// The letter, as this voice says it.
pub(super) fn write(voice: Voice<'_>, content: &LetterContent) -> Draft {
    match content {
        LetterContent::UsernameReminder { username, sign_in } => username_reminder(voice, username, sign_in),
        LetterContent::RecoveryLink { link, code, minutes } => {
            recovery_link(voice, link, code.as_ref(), *minutes)
        }
        LetterContent::SharedLinks { accounts, minutes } => shared_links(voice, accounts, *minutes),
        LetterContent::CodeByPhone { code, .. } => Draft::new(voice.say("sms.subject")).value(code),
        LetterContent::CodeByPost { code, reference, page, days } => {
            code_by_post(voice, code, reference, page, *days)
        }
        LetterContent::PasswordChanged { at } => Draft::new(voice.say("letter.changed.subject"))
            .paragraph(voice.at("letter.changed.intro", *at))
            .paragraph(voice.say("letter.changed.then"))
            .paragraph(voice.say("letter.tell-us")),
        LetterContent::SomebodyAsked => Draft::new(voice.say("letter.asked.subject"))
            .paragraph(voice.say("letter.asked.intro"))
            .paragraph(voice.say("letter.asked.then")),
        LetterContent::FactorAdded(letter) => letter.write(voice),
        LetterContent::FactorRemoved(letter) => letter.write(voice),
        LetterContent::FactorDisabled(letter) => letter.write(voice),
        LetterContent::CodesMade(letter) => letter.write(voice),
        LetterContent::QuestionsChanged(letter) => letter.write(voice),
        LetterContent::AddressCode(letter) => letter.write(voice),
        LetterContent::AddressAdded(letter) => letter.write(voice),
        LetterContent::AddressRemoved(letter) => letter.write(voice),
        LetterContent::HoldPlaced(letter) => letter.write(voice),
        LetterContent::CaseOpened(letter) => letter.write(voice),
        LetterContent::CaseWaiting(letter) => letter.write(voice),
        LetterContent::CaseDecided(letter) => letter.write(voice),
    }
}

fn username_reminder(voice: Voice<'_>, username: &str, sign_in: &str) -> Draft {
    Draft::new(voice.say("letter.username.subject"))
        .paragraph(voice.say("letter.username.intro"))
        .value(username)
        .action(voice, "letter.sign-in", sign_in)
        .paragraph(voice.say("letter.username.not-you"))
}

fn recovery_link(
    voice: Voice<'_>,
    link: &Zeroizing<String>,
    code: Option<&Zeroizing<String>>,
    minutes: i64,
) -> Draft {
    let mut draft = Draft::new(voice.say("letter.link.subject"))
        .paragraph(voice.say("letter.link.intro"))
        .action(voice, "letter.choose", link)
        .paragraph(voice.fill("letter.link.life", &[("time", &voice.minutes(minutes))]));
    if let Some(code) = code {
        draft = draft.paragraph(voice.say("letter.link.code")).value(code);
    }
    draft.paragraph(voice.say("letter.link.not-you"))
}

fn shared_links(voice: Voice<'_>, accounts: &[SharedAccount], minutes: i64) -> Draft {
    let which = match accounts {
        [_] => "letter.links.one",
        _ => "letter.links.several",
    };
    let mut draft = Draft::new(voice.say("letter.link.subject")).paragraph(voice.say(which));
    for account in accounts {
        draft = draft.value(&account.username).action(voice, "letter.choose-of", &account.link);
    }
    draft = draft
        .paragraph(voice.fill("letter.links.life", &[("time", &voice.minutes(minutes))]))
        .paragraph(voice.say("letter.links.not-you"));
    if let Some(first) = accounts.first() {
        draft = draft.paragraph(disown(voice, &first.disown));
    }
    accounts
        .iter()
        .fold(draft, |draft, account| draft.objection_of(voice, &account.username, &account.disown))
}

fn code_by_post(voice: Voice<'_>, code: &Zeroizing<String>, reference: &str, page: &str, days: i64) -> Draft {
    Draft::new(voice.say("letter.link.subject"))
        .paragraph(voice.say("letter.link.intro"))
        .paragraph(voice.say("letter.post.page"))
        .value(page)
        .paragraph(voice.say("letter.post.reference"))
        .value(reference)
        .paragraph(voice.say("letter.post.code"))
        .value(code)
        .paragraph(voice.fill("letter.post.life", &[("time", &voice.days(days))]))
        .paragraph(voice.say("letter.post.not-you"))
}

/// What the button "This wasn't me" does.
pub(super) fn disown(voice: Voice<'_>, button: &DisownButton) -> String {
    let life = voice.days(button.days);
    if button.hold.is_zero() {
        return voice.fill("letter.objection", &[("life", &life)]);
    }
    let time = voice.language.length(button.hold);
    voice.fill("letter.objection-hold", &[("time", &time), ("life", &life)])
}
