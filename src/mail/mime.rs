//! A mail as RFC 5322 text, for the adapters that write it to a file or hand it to a server.
//!
//! All tries of one mail give the same bytes, and no value of it can begin a header of its own (INJ).

use crate::identity::EmailAddress;
use crate::ids::hex;
use crate::mail::{self, Delivery, Message, Sender};
use lettre::message::header::{ContentTransferEncoding, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MessageBuilder, MultiPart, SinglePart};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a mail cannot be put into text.
#[derive(Debug)]
pub(super) enum Unwritable {
    /// The sender cannot be written: a fault of the configuration, which can be mended while the mail waits.
    Sender(BoxError),
    /// The mail itself cannot, at no try.
    Mail(BoxError),
}

impl From<Unwritable> for Delivery {
    fn from(unwritable: Unwritable) -> Self {
        match unwritable {
            Unwritable::Sender(error) => Self::RetryLater(error),
            Unwritable::Mail(error) => Self::Refused(error),
        }
    }
}

/// How the parts of a mail are written. Headers are always encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// So that every mail system carries them.
    Encoded,
    /// As they are, for mail systems that offer 8BITMIME; encoded nevertheless where a line is too long.
    EightBit,
}

/// The mail with its envelope; `spell` says how addresses are written.
pub(super) fn compose(
    message: &Message,
    form: Form,
    spell: impl Fn(&EmailAddress) -> String,
) -> Result<lettre::Message, Unwritable> {
    let builder = sender(&message.sender, &spell).map_err(Unwritable::Sender)?;
    letter(builder, message, form, &spell).map_err(Unwritable::Mail)
}

/// RFC 5322, 2.1.1
const MAX_LINE: usize = 998;

fn body(text: &str, form: Form) -> Body {
    let lines = text.replace("\r\n", "\n");
    // A CR alone ends a line for some servers and not for others: what follows could be a command to one of them.
    if lines.contains(['\r', '\0']) {
        let encoded = Body::new_with_encoding(text.as_bytes().to_vec(), ContentTransferEncoding::Base64);
        return encoded.unwrap_or_else(Body::new);
    }
    let fits = lines.split('\n').all(|line| line.len() <= MAX_LINE);
    if form == Form::EightBit && fits && !text.is_ascii() {
        let bytes = lines.replace('\n', "\r\n").into_bytes();
        return Body::dangerous_pre_encoded(bytes, ContentTransferEncoding::EightBit);
    }
    Body::new(lines)
}

/// Of the mail's own, the same at every try.
pub(super) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn sender(sender: &Sender, spell: impl Fn(&EmailAddress) -> String) -> Result<MessageBuilder, BoxError> {
    // `Sender` has refused the control characters in names that lettre panics at.
    let from = Mailbox::new(sender.name().map(str::to_owned), spell(sender.from()).parse()?);
    let builder = lettre::Message::builder().from(from);
    Ok(match sender.answers() {
        Some(address) => builder.reply_to(plain_mailbox(&spell(address))?),
        None => builder,
    })
}

fn letter(
    builder: MessageBuilder,
    message: &Message,
    form: Form,
    spell: impl Fn(&EmailAddress) -> String,
) -> Result<lettre::Message, BoxError> {
    let to = message.to.email().ok_or("the recipient is no e-mail address")?;
    // lettre would carry a line break along, encoded; what reads the mail may decode it into a header.
    if [&message.subject, &message.message_id].iter().any(|text| !mail::is_plain(text)) {
        return Err("the subject or the message id has a control character or an encoded word".into());
    }
    let boundary = format!("regain-{}", &digest(&message.message_id)[..40]);
    let parts = MultiPart::alternative()
        .boundary(boundary)
        .singlepart(SinglePart::plain(body(&message.text, form)))
        .singlepart(SinglePart::html(body(&message.html, form)));
    let mail = builder
        .to(plain_mailbox(&spell(to))?)
        .subject(&message.subject)
        .message_id(Some(format!("<{}>", message.message_id)))
        .date(message.date.max(OffsetDateTime::UNIX_EPOCH).into())
        // RFC 3834: no out-of-office note answers this.
        .raw_header(header("Auto-Submitted", "auto-generated"));
    let mail = match &message.language {
        Some(language) => mail.raw_header(header("Content-Language", language.as_str())),
        None => mail,
    };
    Ok(mail.multipart(parts)?)
}

/// The address without a name: a name is one more thing to inject into.
fn plain_mailbox(address: &str) -> Result<Mailbox, BoxError> {
    Ok(Mailbox::new(None, address.parse()?))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
