//! The outbox holds mails sealed: what waits there opens nothing.

use crate::account::AddressOnFile;
use crate::entropy::Entropy;
use crate::identity::EmailAddress;
use crate::ids::{MailId, Realm};
use crate::keys::{KeyError, Place, Sealer};
use crate::mail::{Composed, Message, Sender};
use crate::wire::{frame, unframe};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// Where a mail is sealed for; it stays the same when it becomes a dead letter.
pub(crate) fn place<'a>(realm: &'a Realm, id: &'a MailId) -> Place<'a> {
    Place { realm, row: id.as_bytes(), column: "outbox.sealed" }
}

pub(crate) fn seal(
    sealer: &Sealer,
    entropy: &dyn Entropy,
    realm: &Realm,
    id: &MailId,
    to: &AddressOnFile,
    mail: &Composed,
) -> Result<Vec<u8>, KeyError> {
    let (kind, address) = match to {
        AddressOnFile::Email(address) => (b"email", address.as_str()),
    };
    let plain = frame(&[
        kind,
        address.as_bytes(),
        mail.subject.as_bytes(),
        mail.text.as_bytes(),
        mail.html.as_bytes(),
    ]);
    sealer.seal(entropy, place(realm, id), &plain)
}

/// Opens a waiting mail. The sender is today's configuration, not that of the day it was queued.
pub(crate) fn open(
    sealer: &Sealer,
    realm: &Realm,
    id: &MailId,
    sealed: &[u8],
    sender: &Sender,
    date: OffsetDateTime,
) -> Result<Message, KeyError> {
    let plain = sealer.open(place(realm, id), sealed)?;
    let [kind, to, subject, text, html] = unframe::<5>(&plain).ok_or(KeyError::Altered)?;
    let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| KeyError::Altered);
    if kind != b"email" {
        return Err(KeyError::Altered);
    }
    let to = EmailAddress::parse(&utf8(to)?).map_err(|_| KeyError::Altered)?;
    Ok(Message {
        message_id: format!("{id}@{}", sender.from().domain()),
        sender: sender.clone(),
        to: AddressOnFile::Email(to),
        date,
        subject: utf8(subject)?,
        text: Zeroizing::new(utf8(text)?),
        html: Zeroizing::new(utf8(html)?),
    })
}

/// A mail's text with every web address that carries a token left out.
pub(crate) fn without_links(text: &str) -> String {
    let shown = |word: &str| {
        let secret = ["token=", "letter="].iter().any(|parameter| word.contains(parameter));
        if secret { "[the link]".to_owned() } else { word.to_owned() }
    };
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let (word, space) = word.split_at(word.trim_end().len());
            shown(word) + space
        })
        .collect()
}
