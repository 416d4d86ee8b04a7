//! Markup, read as a browser would: only as much as hosts' templates have to be looked at.

/// Elements whose content is no markup, and is no text on the page.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

/// A piece of a page.
pub(crate) enum Piece<'a> {
    /// A tag, and where it begins, in bytes.
    Tag { at: usize, tag: Tag },
    /// What stands between two tags, with its escapes.
    Text(&'a str),
}

/// Shows a page piece by piece, without comments.
pub(crate) fn read<'a>(page: &'a str, mut see: impl FnMut(Piece<'a>)) {
    let (mut at, mut text) = (0, 0);
    while let Some(next) = page[at..].find('<') {
        at += next;
        let rest = &page[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            see(Piece::Text(&page[text..at]));
            at += comment.find("-->").map_or(rest.len(), |end| end + "<!---->".len());
            text = at;
            continue;
        }
        let Some(tag) = Tag::read(rest) else {
            at += 1;
            continue;
        };
        see(Piece::Text(&page[text..at]));
        let (length, end) = (tag.length, format!("</{}", tag.name));
        let is_raw = RAW.contains(&tag.name.as_str());
        see(Piece::Tag { at, tag });
        at += length;
        if is_raw {
            at += page[at..].to_ascii_lowercase().find(&end).unwrap_or(page.len() - at);
        }
        text = at;
    }
    see(Piece::Text(&page[text..]));
}

/// One tag, with its attributes; a closing one has a slash before its name.
pub(crate) struct Tag {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    length: usize,
}

impl Tag {
    fn read(text: &str) -> Option<Self> {
        let inner = text.strip_prefix('<')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '/' || c == '-';
        let name = &inner[..inner.find(|c| !is_name(c)).unwrap_or(inner.len())];
        if !name.trim_start_matches('/').starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let (mut rest, mut attributes) = (&inner[name.len()..], Vec::new());
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() || rest.starts_with('>') {
                let length = text.len() - rest.len() + usize::from(!rest.is_empty());
                return Some(Self { name: name.to_ascii_lowercase(), attributes, length });
            }
            let (attribute, after) = attribute(rest);
            attributes.push(attribute);
            rest = after;
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(known, _)| known == name)
    }

    /// Of two attributes of one name, browsers take the first.
    pub(crate) fn value(&self, name: &str) -> String {
        let first = self.attributes.iter().find(|(known, _)| known == name);
        first.map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// The first attribute of a tag, and what follows it.
fn attribute(text: &str) -> ((String, String), &str) {
    let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/' | '=');
    // A name may begin with `=`, by the book.
    let end = text.char_indices().skip(1).find(|(_, c)| ends(*c)).map_or(text.len(), |(at, _)| at);
    let name = text[..end].to_ascii_lowercase();
    let Some(value) = text[end..].trim_start().strip_prefix('=') else {
        return ((name, String::new()), &text[end..]);
    };
    let value = value.trim_start();
    let (value, rest) = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
        _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len())),
    };
    ((name, unescaped(value)), rest)
}

/// A value without the escapes that templates write.
pub(crate) fn unescaped(value: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(value.len()), value);
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let escape = after.split_once(';').and_then(|(name, next)| Some((character(name)?, next)));
        let (character, next) = escape.unwrap_or(('&', after));
        plain.push(character);
        rest = next;
    }
    plain.push_str(rest);
    plain
}

fn character(name: &str) -> Option<char> {
    let number = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => digits.parse().ok(),
        },
        None => {
            return [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')]
                .into_iter()
                .find_map(|(known, character)| (known == name).then_some(character));
        }
    };
    number.and_then(char::from_u32)
}
