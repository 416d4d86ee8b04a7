//! The letters of a recovery, in English, and the words that several letters have in common.

use crate::mail::letter::{DisownButton, Draft, LetterContent};
use time::macros::format_description;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// The letter for the service of this name.
pub(super) fn write(name: &str, content: &LetterContent) -> Draft {
    match content {
        LetterContent::UsernameReminder { username, sign_in } => username_reminder(name, username, sign_in),
        LetterContent::RecoveryLink { link, minutes } => recovery_link(name, link, *minutes),
        LetterContent::PasswordChanged { at } => password_changed(name, *at),
        LetterContent::SomebodyAsked => somebody_asked(name),
        LetterContent::FactorAdded(letter) => letter.write(name),
        LetterContent::FactorRemoved(letter) => letter.write(name),
        LetterContent::CodesMade(letter) => letter.write(name),
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

fn recovery_link(name: &str, link: &Zeroizing<String>, minutes: i64) -> Draft {
    Draft::new(format!("Choose a new password for {name}"))
        .paragraph(format!("Somebody asked to choose a new password for your account at {name}."))
        .action("Choose a new password", link.clone())
        .paragraph(format!("This link works once, for {minutes} minutes. A newer link replaces it."))
        .paragraph(
            "If you did not ask for this, your present password still works. Never pass the link on, not to our staff \
             either.",
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

pub(super) fn date(at: OffsetDateTime) -> String {
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
