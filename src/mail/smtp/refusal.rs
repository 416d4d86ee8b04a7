//! Which refusals are for good.
//!
//! A mail that is given up too early never arrives; one that is tried too often costs a few connections within a day.
//! So for good is only what the server says of this one recipient. All that it says of itself, of the network, of our
//! rights, our sender or our texts is said to every mail, and can be put right while they wait.

use super::failure::Step;
use std::error::Error;
use std::fmt;

/// What a server answered: digits only. Its words quote the recipient, and worse (LG-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) status: Option<Status>,
}

/// An enhanced status code (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    class: u16,
    subject: u16,
    detail: u16,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let Some(Status { class, subject, detail }) = self.status else { return Ok(()) };
        write!(f, " {class}.{subject}.{detail}")
    }
}

impl Status {
    fn parse(word: &str) -> Option<Self> {
        let mut parts = word.split('.').map(|part| {
            let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            if digits { part.parse().ok() } else { None }
        });
        let status = Self { class: parts.next()??, subject: parts.next()??, detail: parts.next()?? };
        parts.next().is_none().then_some(status)
    }
}

impl Answer {
    pub(super) fn plain(code: u16) -> Self {
        Self { code, status: None }
    }

    /// The refusal in one of lettre's errors, which keep the server's words as their source.
    pub(super) fn of(error: &lettre::transport::smtp::Error) -> Option<Self> {
        let code = error.status()?.into();
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        Some(Self { code, status: words.split_whitespace().next().and_then(Status::parse) })
    }

    /// Said at the recipient, a code alone is about the recipient. 554 is not: "transaction failed" may mean anything,
    /// above all a relay that does not know us. At the text a code alone may be a filter that dislikes all our mails.
    pub(super) fn is_for_good(self, step: Step) -> bool {
        if self.code < 500 || !matches!(step, Step::Recipient | Step::Text) {
            return false;
        }
        match self.status {
            Some(status) if status.class != 5 => false,
            // X.0.0 says nothing more than the code.
            None | Some(Status { subject: 0, .. }) => {
                step == Step::Recipient && matches!(self.code, 550 | 551 | 553 | 556)
            }
            // Addressing; 5.1.7 and 5.1.8 are about the sender's address.
            Some(Status { subject: 1, detail, .. }) => !matches!(detail, 7 | 8),
            // The mailbox; a full one (5.2.2) may be emptied.
            Some(Status { subject: 2, detail, .. }) => detail != 2,
            // RFC 6531: the next server does not take this address.
            Some(Status { subject: 6, detail: 7 | 9, .. }) => true,
            // The mail system (5.3), the network (5.4), the protocol (5.5), the text (5.6), rights and policy (5.7).
            Some(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_status_is_one() {
        assert_eq!(Status::parse("5.1.1"), Some(Status { class: 5, subject: 1, detail: 1 }));
        assert_eq!(Status::parse("5.7.708"), Some(Status { class: 5, subject: 7, detail: 708 }));
        for word in ["", "5", "5.1", "5.1.", "5.1.1.1", "5.1.a", "5.1.+1", "5.1.1111", "[5.1.1]", "٥.١.١"]
        {
            assert_eq!(Status::parse(word), None, "{word:?}");
        }
    }
}
