//! A mail as it arrived: what the contract of mailers looks at.

use crate::mail::Message;
use mail_parser::MessageParser;
use time::OffsetDateTime;

/// A mail as it arrived at the far end of a mailer.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub(super) message_id: String,
    pub(super) from: String,
    pub(super) reply_to: Option<String>,
    pub(super) to: String,
    pub(super) date: i64,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    /// Of a mail that was written out: names in lower case, values unfolded.
    pub(super) headers: Option<Vec<(String, String)>>,
    pub(super) longest_line: usize,
    pub(super) has_bare_line_ends: bool,
    pub(super) recipients: Option<Vec<String>>,
}

impl Arrived {
    /// A mail in RFC 5322 text, as a server or a file has it.
    ///
    /// # Panics
    /// When it is no mail.
    #[must_use]
    pub fn raw(bytes: &[u8]) -> Self {
        let mail = MessageParser::default().parse(bytes).expect("what arrived is a mail");
        let text = String::from_utf8_lossy(bytes);
        let (head, _) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let headers = headers(head);
        let value =
            |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        Self {
            message_id: mail.message_id().unwrap_or_default().to_owned(),
            from: mail.from().and_then(|from| from.first()?.address()).unwrap_or_default().to_owned(),
            reply_to: value("reply-to"),
            to: value("to").unwrap_or_default(),
            date: mail.date().map(|date| date.to_timestamp()).unwrap_or_default(),
            subject: mail.subject().unwrap_or_default().to_owned(),
            text: mail.body_text(0).unwrap_or_default().into_owned(),
            html: mail.body_html(0).unwrap_or_default().into_owned(),
            headers: Some(headers),
            longest_line: text.split("\r\n").map(str::len).max().unwrap_or_default(),
            has_bare_line_ends: text.replace("\r\n", "").contains(['\r', '\n']),
            recipients: None,
        }
    }

    /// A letter or a text message: a name, an address, and words.
    #[must_use]
    pub fn letter(message_id: &str, to: &str, subject: &str, text: &str) -> Self {
        Self {
            message_id: message_id.to_owned(),
            from: String::new(),
            reply_to: None,
            to: to.to_owned(),
            date: 0,
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: String::new(),
            headers: None,
            longest_line: 0,
            has_bare_line_ends: false,
            recipients: None,
        }
    }

    /// With an HTML part, for an interface that takes one.
    #[must_use]
    pub fn with_html(mut self, html: &str) -> Self {
        html.clone_into(&mut self.html);
        self
    }

    /// From whom it comes, and where answers go.
    #[must_use]
    pub fn sent_by(mut self, address: &str, reply_to: Option<&str>) -> Self {
        (self.from, self.reply_to) = (address.to_owned(), reply_to.map(str::to_owned));
        self
    }

    /// When it was written.
    #[must_use]
    pub fn dated(mut self, at: OffsetDateTime) -> Self {
        self.date = at.unix_timestamp();
        self
    }

    /// With whom the envelope names (RCPT), where that can be seen.
    #[must_use]
    pub fn to(mut self, recipients: Vec<String>) -> Self {
        self.recipients = Some(recipients);
        self
    }
}

/// For a mailer that keeps messages, or hands their parts to an interface: headers are not looked at.
impl From<&Message> for Arrived {
    fn from(message: &Message) -> Self {
        Self {
            message_id: message.message_id.clone(),
            from: message.sender.from().as_str().to_owned(),
            reply_to: message.sender.answers().map(|address| address.as_str().to_owned()),
            to: message.to.as_str().to_owned(),
            date: message.date.unix_timestamp(),
            subject: message.subject.clone(),
            text: message.text.to_string(),
            html: message.html.to_string(),
            headers: None,
            longest_line: 0,
            has_bare_line_ends: false,
            recipients: None,
        }
    }
}

fn headers(head: &str) -> Vec<(String, String)> {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let lines = unfolded.split("\r\n").filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect()
}
