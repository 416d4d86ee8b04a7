//! A letter, read as a mail program reads it: its headers, its lines and its tags.

use crate::kit::ORIGIN;
use mail_parser::{MessageParser, MimeHeaders as _, PartType};

/// What one letter is made of, beside its words.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    headers: Vec<String>,
    lines: usize,
    tags: Vec<String>,
}

#[rustfmt::skip]
const HEADERS: [&str; 9] = [
    "Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To",
];

/// Reads a mail as a mail program does, and says what it is made of, or what is wrong with it at once.
pub fn read(raw: &str, to: &str) -> Result<Frame, String> {
    let mail = MessageParser::default().parse(raw).ok_or("no mail program reads this")?;
    let mut headers: Vec<String> = mail.headers().iter().map(|header| header.name().to_owned()).collect();
    headers.sort();
    ensure!(headers == HEADERS, "the headers are {headers:?}");
    let addresses = |field: Option<&mail_parser::Address<'_>>| -> Vec<String> {
        field
            .into_iter()
            .flat_map(|list| list.iter())
            .filter_map(|one| one.address())
            .map(str::to_owned)
            .collect()
    };
    ensure!(addresses(mail.to()) == [to], "it goes to {:?}", addresses(mail.to()));
    let from = addresses(mail.from());
    ensure!(from == ["portal@mercy.example"], "it comes from {from:?}");
    let subject = mail.subject().unwrap_or_default();
    ensure!(!subject.chars().any(char::is_control), "the subject is read as {subject:?}");
    let kinds: Vec<_> = mail
        .parts
        .iter()
        .map(|part| match &part.body {
            PartType::Text(_) => "text",
            PartType::Html(_) => "html",
            PartType::Multipart(_) => "parts",
            _ => "other",
        })
        .collect();
    ensure!(kinds == ["parts", "text", "html"], "its parts are {kinds:?}");
    ensure!(mail.parts.iter().all(|part| part.attachment_name().is_none()), "a part has a file's name");
    let (text, html) = (mail.body_text(0).unwrap_or_default(), mail.body_html(0).unwrap_or_default());
    Ok(Frame { headers, lines: text.trim_end().lines().count(), tags: tags(&html)? })
}

/// Every tag, with the secret of a link cut off.
fn tags(html: &str) -> Result<Vec<String>, String> {
    let mut tags = Vec::new();
    for piece in html.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').ok_or_else(|| format!("a tag does not end: {piece:?}"))?;
        if let Some((before, target)) = tag.split_once("href=\"") {
            let (target, after) = target.split_once('"').ok_or("a link does not end")?;
            let path = target.strip_prefix(ORIGIN).ok_or_else(|| format!("a link to {target}"))?;
            ensure!(path.starts_with('/'), "a link to {target}");
            let path = path.split_once('?').map_or(path, |(path, _)| path);
            tags.push(format!("{before}{path}{after}"));
        } else {
            tags.push(tag.to_owned());
        }
    }
    Ok(tags)
}
