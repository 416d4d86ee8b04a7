//! The relay's folder, as people find it in their mail boxes, and the checker as it lies on the disk.

use mail_parser::MessageParser;
use regain::RecoveryToken;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What a mail is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A link, with its address, and the flow that it belongs to.
    Link { path: String, flow: Vec<u8> },
    /// A username.
    Reminder(String),
    /// The password was changed.
    Changed,
}

/// One file: a mail that the relay took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub id: String,
    pub to: String,
    pub about: About,
}

/// The folder, read once a file: files never change.
pub struct MailFolder {
    folder: PathBuf,
    read: Mutex<BTreeMap<u32, Mail>>,
}

impl MailFolder {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), read: Mutex::default() }
    }

    pub fn refresh(&self) {
        let mut read = self.read.lock().unwrap();
        for path in fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let number = path.file_stem().and_then(|name| name.to_str()?.parse().ok());
            let number = number.filter(|number| !read.contains_key(number));
            let number = number.filter(|_| path.extension().is_some_and(|end| end == "eml"));
            let Some(number) = number else { continue };
            // A file that has gone away since is somebody's sabotage.
            if let Ok(bytes) = fs::read(&path) {
                read.insert(number, parse(&bytes));
            }
        }
    }

    /// Somebody's mails, the latest first.
    pub fn to(&self, address: &str) -> Vec<Mail> {
        let read = self.read.lock().unwrap();
        read.values().rev().filter(|mail| mail.to == address).cloned().collect()
    }
}

/// All mails that are in the folder now.
pub fn on_disk(folder: &Path) -> Vec<Mail> {
    let folder = MailFolder::new(folder);
    folder.refresh();
    folder.read.into_inner().unwrap().into_values().collect()
}

fn parse(bytes: &[u8]) -> Mail {
    let mail = MessageParser::default().parse(bytes).expect("a whole mail");
    let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).expect("a recipient").to_owned();
    let envelope = mail.header_raw("X-Envelope").expect("an envelope").trim().to_owned();
    assert!(envelope.contains(&format!("<{to}>")), "{envelope}: the header names {to}");
    let id = mail.message_id().expect("a message id").to_owned();
    let text = mail.body_text(0).expect("a text").into_owned();
    Mail { id, to, about: about(mail.subject().unwrap_or_default(), &text) }
}

/// The token in the address of a link, which may name a language behind it.
pub fn token_in(path: &str) -> String {
    let (_, rest) = path.split_once("token=").expect("a token");
    rest.split('&').next().unwrap_or_default().to_owned()
}

/// In English and Spanish: one of the portal's people reads that.
fn about(subject: &str, text: &str) -> About {
    let begins = |english: &str, spanish: &str| subject.starts_with(english) || subject.starts_with(spanish);
    if begins("Choose a new password", "Elija una contraseña nueva") {
        let url = text.lines().find(|line| line.contains("token=")).expect("a link").trim();
        let path = url.strip_prefix(crate::portals::ORIGIN).expect("a link to the portal").to_owned();
        let token = RecoveryToken::parse(&token_in(&path)).expect("a whole token");
        return About::Link { path, flow: token.flow().as_bytes().to_vec() };
    }
    if begins("Your username", "Su nombre de usuario") {
        let username = text.lines().find_map(|line| line.strip_prefix("    ")).expect("a username");
        return About::Reminder(username.to_owned());
    }
    let is_notice = subject.ends_with("was changed") || subject.ends_with("se cambió");
    assert!(is_notice, "a mail that nobody knows: {subject}");
    About::Changed
}
