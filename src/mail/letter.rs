//! The letters in words. Every one says who it is from, what happened, and what to do if it was not you (NO-3).

use crate::flow::Letter;
use crate::mail;
use askama::Template;
use std::fmt;
use time::OffsetDateTime;
use time::macros::format_description;
use zeroize::Zeroizing;

/// The service that the mails and pages speak for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Service {
    /// Its name, such as "Mercy Hospital patient portal".
    pub name: String,
    /// How to reach people, such as "call +1 555 0100, day and night".
    pub support: String,
}

impl Service {
    /// Names the service and its support.
    ///
    /// # Errors
    /// [`InvalidService`] when one is empty, over 200 bytes, or has control characters or `=?`.
    pub fn new(name: &str, support: &str) -> Result<Self, InvalidService> {
        let plain = |text: &str| (1..=200).contains(&text.len()) && mail::is_plain(text);
        if !plain(name) || !plain(support) {
            return Err(InvalidService);
        }
        Ok(Self { name: name.to_owned(), support: support.to_owned() })
    }
}

/// A service's name or support text that cannot be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a service's name and its support text have 1 to 200 bytes, no control characters and no =?")]
pub struct InvalidService;

/// What a letter tells.
#[derive(Clone)]
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
        /// Each account's username and link: the links are secrets.
        accounts: Vec<(String, Zeroizing<String>)>,
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
        }
    }
}

impl fmt::Debug for LetterContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LetterContent({})", self.letter().code())
    }
}

/// A letter in words.
#[derive(Clone)]
pub(crate) struct Composed {
    pub(crate) subject: String,
    pub(crate) text: Zeroizing<String>,
    pub(crate) html: Zeroizing<String>,
}

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Composed(..)")
    }
}

/// A piece of a letter. The words are said once; the two parts only differ in how they show them.
enum Block {
    Paragraph(String),
    /// Something to copy, such as a username.
    Value(Zeroizing<String>),
    /// A link with its label. Only built by [`crate::origin::Links`].
    Action {
        label: &'static str,
        url: Zeroizing<String>,
    },
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct TextPart<'a> {
    service: &'a Service,
    blocks: &'a [Block],
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct HtmlPart<'a> {
    service: &'a Service,
    subject: &'a str,
    blocks: &'a [Block],
}

/// Puts a letter into words.
pub(crate) fn compose(service: &Service, content: &LetterContent) -> Result<Composed, askama::Error> {
    let (subject, blocks) = english(service, content);
    let text = Zeroizing::new(TextPart { service, blocks: &blocks }.render()?);
    let html = Zeroizing::new(HtmlPart { service, subject: &subject, blocks: &blocks }.render()?);
    Ok(Composed { subject, text, html })
}

/// The letter on paper: nothing in it has to be clicked.
pub(super) fn compose_paper(service: &Service, content: &LetterContent) -> Result<Composed, askama::Error> {
    let (subject, mut blocks) = english(service, content);
    blocks.retain(|block| !matches!(block, Block::Action { .. }));
    let text = Zeroizing::new(TextPart { service, blocks: &blocks }.render()?);
    Ok(Composed { subject, text, html: Zeroizing::default() })
}

/// What the letter is about, in one line.
pub(super) fn subject(service: &Service, content: &LetterContent) -> String {
    english(service, content).0
}

fn english(service: &Service, content: &LetterContent) -> (String, Vec<Block>) {
    let name = &service.name;
    let paragraph = |text: &str| Block::Paragraph(text.to_owned());
    match content {
        LetterContent::UsernameReminder { username, sign_in } => (
            format!("Your username for {name}"),
            vec![
                Block::Paragraph(format!(
                    "Somebody asked for the username of your account at {name}. It is:"
                )),
                Block::Value(Zeroizing::new(on_one_line(username))),
                Block::Action { label: "Go to the sign-in page", url: Zeroizing::new(sign_in.clone()) },
                paragraph("If you did not ask for this, you need not do anything. Nobody but you was told."),
            ],
        ),
        LetterContent::RecoveryLink { link, code, minutes } => {
            (format!("Choose a new password for {name}"), link_words(name, link, code.as_ref(), *minutes))
        }
        LetterContent::SharedLinks { accounts, minutes } => {
            (format!("Choose a new password for {name}"), shared_links(name, accounts, *minutes))
        }
        LetterContent::CodeByPhone { code, .. } => {
            (format!("Your code for {name}"), vec![Block::Value(code.clone())])
        }
        LetterContent::CodeByPost { code, reference, page, days } => {
            (format!("Choose a new password for {name}"), code_words(name, code, reference, page, *days))
        }
        LetterContent::PasswordChanged { at } => (
            format!("Your password for {name} was changed"),
            vec![
                Block::Paragraph(format!(
                    "The password of your account at {name} was changed on {}.",
                    date(*at)
                )),
                paragraph("You have been signed out on all devices. Sign in with the new password."),
                paragraph("If this was not you, tell us at once, in the way named below."),
            ],
        ),
        LetterContent::SomebodyAsked => (
            format!("Somebody asked about your account at {name}"),
            vec![
                Block::Paragraph(format!(
                    "Somebody asked to recover your account at {name}. It cannot be recovered this way."
                )),
                paragraph(
                    "If this was you, we can help you in the way named below. If not, you need not do anything.",
                ),
            ],
        ),
    }
}

fn shared_links(name: &str, accounts: &[(String, Zeroizing<String>)], minutes: i64) -> Vec<Block> {
    let which = match accounts {
        [_] => "It is the account with this username:",
        _ => "These accounts have this e-mail address, and each has a link of its own:",
    };
    let first = format!("Somebody asked to choose a new password at {name}. {which}");
    let last = format!(
        "Each link works once, for {minutes} minutes, and only for the account that it stands under. A newer link \
         replaces it."
    );
    let mut blocks = vec![Block::Paragraph(first)];
    for (username, link) in accounts {
        blocks.push(Block::Value(Zeroizing::new(on_one_line(username))));
        blocks.push(Block::Action { label: "Choose a new password for this account", url: link.clone() });
    }
    blocks.push(Block::Paragraph(last));
    blocks.push(Block::Paragraph(
        "If you did not ask for this, ignore this mail, or open a link and choose \u{201c}This wasn\u{2019}t me\u{201d}. \
         The present passwords still work. Never pass a link on, not to our staff either."
            .to_owned(),
    ));
    blocks
}

fn link_words(
    name: &str,
    link: &Zeroizing<String>,
    code: Option<&Zeroizing<String>>,
    minutes: i64,
) -> Vec<Block> {
    let mut words = vec![
        Block::Paragraph(format!("Somebody asked to choose a new password for your account at {name}.")),
        Block::Action { label: "Choose a new password", url: link.clone() },
        Block::Paragraph(format!("This link works once, for {minutes} minutes. A newer link replaces it.")),
    ];
    if let Some(code) = code {
        let text = "Or type this code on the page where you asked, in the same browser. Link or code: the one you use ends \
                    the other.";
        words.extend([Block::Paragraph(text.to_owned()), Block::Value(code.clone())]);
    }
    let text = "If you did not ask for this, ignore this mail, or open the link and choose \u{201c}This wasn\u{2019}t me\u{201d}. \
                Your present password still works. Never pass the link or the code on, not to our staff either.";
    words.push(Block::Paragraph(text.to_owned()));
    words
}

fn code_words(name: &str, code: &Zeroizing<String>, reference: &str, page: &str, days: i64) -> Vec<Block> {
    let shown = |text: &str| Block::Value(Zeroizing::new(text.to_owned()));
    let paragraph = |text: String| Block::Paragraph(text);
    vec![
        paragraph(format!("Somebody asked to choose a new password for your account at {name}.")),
        paragraph("If it was you, open this address in a browser:".to_owned()),
        shown(page),
        paragraph("There, type this reference:".to_owned()),
        shown(reference),
        paragraph("and this code:".to_owned()),
        Block::Value(code.clone()),
        paragraph(format!(
            "They work once, for {days} days from the date of this letter. A newer letter or mail replaces them."
        )),
        paragraph(
            "If you did not ask for this, throw this letter away, torn up. Your present password still works. Never pass the \
             code on, not to our staff either."
                .to_owned(),
        ),
    ]
}

/// What comes from the account stays in its place: after a line break it would be taken for words of ours (NO-6).
pub(super) fn on_one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if breaks(c) { '\u{FFFD}' } else { c }).collect()
}

fn date(at: OffsetDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year] at [hour]:[minute] UTC");
    at.format(format).unwrap_or_else(|_| "an unknown date".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_the_account_is_escaped_in_html() {
        let service = Service::new("A & B <clinic>", "call 1").unwrap();
        let content = LetterContent::UsernameReminder {
            username: "<a href=\"https://evil.test\">x</a>".to_owned(),
            sign_in: "https://a.org/sign-in".to_owned(),
        };
        let mail = compose(&service, &content).unwrap();
        assert!(!mail.html.contains("<a href=\"https://evil.test"), "{}", *mail.html);
        assert!(mail.html.contains("A &#38; B &#60;clinic&#62;"), "{}", *mail.html);
        assert!(mail.text.contains("A & B <clinic>"));
    }
}
