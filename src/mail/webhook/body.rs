//! A message as JSON (RFC 8259).

use crate::json::{key, object, string};
use crate::mail::Message;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

pub(super) fn json(message: &Message) -> Zeroizing<String> {
    let size = message.text.len() + message.html.len() + message.subject.len() + 1_024;
    let mut json = Zeroizing::new(String::with_capacity(size * 2));
    let date = message.date.max(OffsetDateTime::UNIX_EPOCH).format(&Rfc3339).unwrap_or_default();
    let sender = &message.sender;
    object(&mut json, |json| {
        pair(json, "type", Some("message.send"));
        pair(json, "timestamp", Some(&date));
        key(json, "data");
        object(json, |json| {
            pair(json, "message_id", Some(&message.message_id));
            key(json, "to");
            object(json, |json| {
                pair(json, "kind", Some(message.to.kind().code()));
                pair(json, "address", Some(message.to.as_str()));
            });
            key(json, "from");
            object(json, |json| {
                pair(json, "address", Some(sender.from().as_str()));
                pair(json, "name", sender.name());
                pair(json, "reply_to", sender.answers().map(|address| address.as_str()));
            });
            pair(json, "subject", Some(&message.subject));
            pair(json, "text", Some(&message.text));
            pair(json, "html", Some(&message.html));
        });
    });
    json
}

fn pair(json: &mut String, name: &str, value: Option<&str>) {
    key(json, name);
    match value {
        Some(value) => string(json, value),
        None => json.push_str("null"),
    }
}
