//! The letters of a recovery, in English, and the words that several letters have in common.

use crate::mail::letter::{DisownButton, Draft, LetterContent, SharedAccount};
use time::macros::format_description;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// The letter for the service of this name.
pub(super) fn write(name: &str, content: &LetterContent) -> Draft {
    match content {
        LetterContent::UsernameReminder { username, sign_in } => username_reminder(name, username, sign_in),
        LetterContent::RecoveryLink { link, code, minutes } => {
            recovery_link(name, link, code.as_ref(), *minutes)
        }
        LetterContent::SharedLinks { accounts, minutes } => shared_links(name, accounts, *minutes),
        LetterContent::CodeByPhone { code, .. } => Draft::new(format!("Your code for {name}")).value(code),
        LetterContent::CodeByPost { code, reference, page, days } => {
            code_by_post(name, code, reference, page, *days)
        }
        LetterContent::PasswordChanged { at } => password_changed(name, *at),
        LetterContent::SomebodyAsked => somebody_asked(name),
        LetterContent::FactorAdded(letter) => letter.write(name),
        LetterContent::FactorRemoved(letter) => letter.write(name),
        LetterContent::FactorDisabled(letter) => letter.write(name),
        LetterContent::CodesMade(letter) => letter.write(name),
        LetterContent::QuestionsChanged(letter) => letter.write(name),
        LetterContent::AddressCode(letter) => letter.write(name),
        LetterContent::AddressAdded(letter) => letter.write(name),
        LetterContent::AddressRemoved(letter) => letter.write(name),
        LetterContent::HoldPlaced(letter) => letter.write(name),
        LetterContent::CaseOpened(letter) => letter.write(name),
        LetterContent::CaseWaiting(letter) => letter.write(name),
        LetterContent::CaseDecided(letter) => letter.write(name),
    }
}

fn username_reminder(name: &str, username: &str, sign_in: &str) -> Draft {
    Draft::new(format!("Your username for {name}"))
        .paragraph(format!("Somebody asked for the username of your account at {name}. It is:"))
        .value(username)
        .action("Go to the sign-in page", Zeroizing::new(sign_in.to_owned()))
        .paragraph("If you did not ask for this, you need not do anything. Nobody but you was told.")
}

fn recovery_link(
    name: &str,
    link: &Zeroizing<String>,
    code: Option<&Zeroizing<String>>,
    minutes: i64,
) -> Draft {
    let mut draft = Draft::new(format!("Choose a new password for {name}"))
        .paragraph(format!("Somebody asked to choose a new password for your account at {name}."))
        .action("Choose a new password", link.clone())
        .paragraph(format!("This link works once, for {minutes} minutes. A newer link replaces it."));
    if let Some(code) = code {
        draft = draft
            .paragraph(
                "Or type this code on the page where you asked, in the same browser. Link or code: the one you use ends \
                 the other.",
            )
            .value(code);
    }
    draft.paragraph(
        "If you did not ask for this, your present password still works. Never pass the link or the code on, not to our \
         staff either.",
    )
}

fn shared_links(name: &str, accounts: &[SharedAccount], minutes: i64) -> Draft {
    let which = match accounts {
        [_] => "It is the account with this username:",
        _ => "These accounts have this e-mail address, and each has a link of its own:",
    };
    let mut draft = Draft::new(format!("Choose a new password for {name}"))
        .paragraph(format!("Somebody asked to choose a new password at {name}. {which}"));
    for account in accounts {
        draft = draft
            .value(&account.username)
            .action("Choose a new password for this account", account.link.clone());
    }
    draft = draft
        .paragraph(format!(
            "Each link works once, for {minutes} minutes, and only for the account that it stands under. A newer link \
             replaces it."
        ))
        .paragraph(
            "If you did not ask for this, the present passwords still work. Never pass a link on, not to our staff \
             either.",
        );
    if let Some(first) = accounts.first() {
        draft = draft.paragraph(disown(&first.disown));
    }
    accounts.iter().fold(draft, |draft, account| draft.objection_of(&account.username, &account.disown))
}

fn code_by_post(name: &str, code: &Zeroizing<String>, reference: &str, page: &str, days: i64) -> Draft {
    Draft::new(format!("Choose a new password for {name}"))
        .paragraph(format!("Somebody asked to choose a new password for your account at {name}."))
        .paragraph("If it was you, open this address in a browser:")
        .value(page)
        .paragraph("There, type this reference:")
        .value(reference)
        .paragraph("and this code:")
        .value(code)
        .paragraph(format!(
            "They work once, for {days} days from the date of this letter. A newer letter or mail replaces them."
        ))
        .paragraph(
            "If you did not ask for this, throw this letter away, torn up. Your present password still works. Never pass the \
             code on, not to our staff either.",
        )
}

fn password_changed(name: &str, at: OffsetDateTime) -> Draft {
    Draft::new(format!("Your password for {name} was changed"))
        .paragraph(format!("The password of your account at {name} was changed on {}.", date(at)))
        .paragraph("You have been signed out on all devices. Sign in with the new password.")
        .paragraph("If this was not you, tell us at once, in the way named below.")
}

fn somebody_asked(name: &str) -> Draft {
    Draft::new(format!("Somebody asked about your account at {name}"))
        .paragraph(format!(
            "Somebody asked to recover your account at {name}. It cannot be recovered this way."
        ))
        .paragraph(
            "If this was you, we can help you in the way named below. If not, you need not do anything.",
        )
}

/// What the button "This wasn't me" does.
pub(super) fn disown(button: &DisownButton) -> String {
    let hold = match button.hold {
        hold if hold.is_zero() => String::new(),
        hold => format!("For {} nobody can ask for a new one, not even you. ", length(hold)),
    };
    format!(
        "Was this not you? Open the page below and press the button on it. Then all links for a new password stop \
         working. {hold}If your password was changed a short time ago, everybody is signed out. Your password stays as \
         it is. The page works for {} days.",
        button.days
    )
}

pub(crate) fn date(at: OffsetDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year] at [hour]:[minute] UTC");
    at.format(format).unwrap_or_else(|_| "an unknown date".to_owned())
}

/// A length of time in the unit that people think in, never rounded down.
pub(crate) fn length(time: Duration) -> String {
    let minutes = u64::try_from(time.whole_seconds()).unwrap_or(0).div_ceil(60);
    let (count, unit) = match minutes {
        0..120 => (minutes, "minute"),
        120..2880 => (minutes.div_ceil(60), "hour"),
        _ => (minutes.div_ceil(1440), "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
