//! The outbox holds mails sealed: what waits there opens nothing.

use crate::account::{AddressKind, AddressOnFile};
use crate::entropy::Entropy;
use crate::ids::{MailId, Realm};
use crate::keys::{KeyError, Place, Sealer};
use crate::language::{Language, LanguageTag};
use crate::mail::{Composed, Message, Sender};
use crate::recovery::TypedCode;
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
    let plain = frame(&[
        to.kind().code().as_bytes(),
        to.as_str().as_bytes(),
        mail.subject.as_bytes(),
        mail.text.as_bytes(),
        mail.html.as_bytes(),
        mail.written.language.as_str().as_bytes(),
        mail.written.on.as_bytes(),
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
    let parts = unframe::<7>(&plain).or_else(|| unframe::<5>(&plain).map(from_before));
    let [kind, to, subject, text, html, language, on] = parts.ok_or(KeyError::Altered)?;
    let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| KeyError::Altered);
    let kind = AddressKind::from_code(&utf8(kind)?).ok_or(KeyError::Altered)?;
    let to = AddressOnFile::parse(kind, &utf8(to)?).map_err(|_| KeyError::Altered)?;
    Ok(Message {
        message_id: format!("{id}@{}", sender.from().domain()),
        sender: sender.clone(),
        to,
        date,
        subject: utf8(subject)?,
        text: Zeroizing::new(utf8(text)?),
        html: Zeroizing::new(utf8(html)?),
        language: LanguageTag::parse(&utf8(language)?).ok(),
        written_on: if on.is_empty() { Language::reference().day(date) } else { utf8(on)? },
    })
}

/// What was queued before there was more than one language, which was English.
fn from_before(parts: [&[u8]; 5]) -> [&[u8]; 7] {
    let [kind, to, subject, text, html] = parts;
    [kind, to, subject, text, html, b"en", b""]
}

/// A mail's text with every web address that carries a token left out, and every code.
pub(crate) fn without_links(text: &str) -> String {
    let shown = |word: &str| {
        if ["token=", "letter="].iter().any(|parameter| word.contains(parameter)) {
            "[the link]".to_owned()
        } else if TypedCode::is_shown_in(word) {
            "[the code]".to_owned()
        } else {
            word.to_owned()
        }
    };
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let (word, space) = word.split_at(word.trim_end().len());
            shown(word) + space
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;
    use crate::keys::KeyRing;
    use crate::mail::letter::Written;
    use time::macros::datetime;

    fn opened(sealed: &[u8]) -> Result<Message, KeyError> {
        let sender = Sender::new(crate::identity::EmailAddress::parse("portal@mercy.example").unwrap());
        let date = datetime!(2026-03-02 09:00 UTC);
        open(&sealer(), &realm(), &MailId::from_bytes([1; 16]), sealed, &sender, date)
    }

    fn sealer() -> Sealer {
        Sealer::new(KeyRing::new(1, [7; 32]))
    }

    fn realm() -> Realm {
        Realm::new("clinic").unwrap()
    }

    fn sealed_by_hand(kind: &[u8], address: &[u8]) -> Vec<u8> {
        let plain = frame(&[kind, address, b"subject", b"text", b"html"]);
        sealer().seal(&SystemEntropy, place(&realm(), &MailId::from_bytes([1; 16])), &plain).unwrap()
    }

    #[test]
    fn what_waits_from_before_there_were_other_kinds_still_opens() {
        let message = opened(&sealed_by_hand(b"email", b"Ana@Home.example")).unwrap();
        assert_eq!((message.to.kind(), message.to.as_str()), (AddressKind::Email, "Ana@Home.example"));
        assert_eq!((&*message.subject, &**message.text, &**message.html), ("subject", "text", "html"));
        assert_eq!((message.language, &*message.written_on), (LanguageTag::parse("en").ok(), "2 March 2026"));
    }

    #[test]
    fn every_kind_of_address_comes_back_as_it_was() {
        let words = Composed {
            subject: "s".to_owned(),
            text: Zeroizing::new("t".to_owned()),
            html: Zeroizing::default(),
            written: Written {
                language: LanguageTag::parse("es").unwrap(),
                on: "2 de marzo de 2026".to_owned(),
            },
        };
        for (kind, text) in [
            (AddressKind::Email, "ana@home.example"),
            (AddressKind::Phone, "+15550100123"),
            (AddressKind::Post, "Ana Silva\nRua das Flores 7\nLisboa"),
        ] {
            let (to, id) = (AddressOnFile::parse(kind, text).unwrap(), MailId::from_bytes([1; 16]));
            let sealed = seal(&sealer(), &SystemEntropy, &realm(), &id, &to, &words).unwrap();
            let message = opened(&sealed).unwrap();
            assert_eq!(message.to, to, "{}", kind.code());
            assert_eq!(
                (message.language, &*message.written_on),
                (LanguageTag::parse("es").ok(), "2 de marzo de 2026")
            );
        }
    }

    #[test]
    fn what_is_no_address_of_its_kind_does_not_open() {
        for (kind, text) in
            [(&b"fax"[..], &b"+15550100123"[..]), (b"phone", b"ana@home.example"), (b"post", b"\0\n")]
        {
            assert!(matches!(opened(&sealed_by_hand(kind, text)), Err(KeyError::Altered)));
        }
    }
}
