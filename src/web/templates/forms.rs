//! The forms of a page, read as a browser would. Only what regain's own pages and a plain page of a host's need: what is
//! stranger has fewer fields here than in a browser, and is not taken.

/// A form with what it sends.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// Where in the page it begins, in bytes.
    pub(super) at: usize,
    pub(super) method: String,
    pub(super) action: String,
    pub(super) fields: Vec<Field>,
}

/// A field that is sent under its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With this value.
    Hidden(String),
    /// One of several of one name, of which one is sent.
    Choice,
    Other,
}

/// Elements whose content is no markup.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

/// The forms of a page, in order.
pub(super) fn forms(page: &str) -> Vec<Form> {
    let (mut found, mut open) = (Vec::new(), None::<Form>);
    let mut at = 0;
    while let Some(next) = page[at..].find('<') {
        at += next;
        let rest = &page[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            at += comment.find("-->").map_or(rest.len(), |end| end + "<!---->".len());
            continue;
        }
        let Some(tag) = Tag::read(rest) else {
            at += 1;
            continue;
        };
        match (tag.name.as_str(), &mut open) {
            ("form", None) => {
                let (method, action) = (tag.value("method").to_ascii_lowercase(), tag.value("action"));
                open = Some(Form { at, method, action, fields: Vec::new() });
            }
            ("/form", _) => found.extend(open.take()),
            (_, Some(form)) => form.fields.extend(tag.field()),
            _ => {}
        }
        at += tag.length;
        if RAW.contains(&tag.name.as_str()) {
            let end = format!("</{}", tag.name);
            at += page[at..].to_ascii_lowercase().find(&end).unwrap_or(page.len() - at);
        }
    }
    found.extend(open);
    found
}

/// One tag, with its attributes; a closing one has a slash before its name.
struct Tag {
    name: String,
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

    fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(known, _)| known == name)
    }

    /// Of two attributes of one name, browsers take the first.
    fn value(&self, name: &str) -> String {
        let first = self.attributes.iter().find(|(known, _)| known == name);
        first.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The field that it is. What is disabled, or belongs to another form, is not sent.
    fn field(&self) -> Option<Field> {
        let is_field = ["input", "select", "textarea", "button"].contains(&self.name.as_str());
        let name = self.value("name");
        if !is_field || name.is_empty() || self.has("disabled") || self.has("form") {
            return None;
        }
        let kind = match self.value("type").to_ascii_lowercase().as_str() {
            "hidden" => Kind::Hidden(self.value("value")),
            "radio" => Kind::Choice,
            _ => Kind::Other,
        };
        Some(Field { name, kind, is_required: self.has("required") })
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
pub(super) fn unescaped(value: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_as_a_browser_finds_them() {
        let page = "<!doctype html><title><form></title><!-- <form action=/no> -->\
            <FORM Action='/a?b&amp;c' method=POST><p>1 < 2</p>\
            <input type=hidden name=\"token\" value=\"a&quot;&#x2f;&#47;&lt;&unknown;\">\
            <!-- <input name=gone> --><input disabled name=off><input type=text><br/>\
            <select required name=pick><option name=no></select>\
            <textarea name=text><input name=inner></textarea><script>'<input name=x>'</script>\
            <input type=radio name=r><input type=radio name=r></form><input name=outside>\
            <form method=get action=/search><input name=q>";
        let found = forms(page);
        assert_eq!((found.len(), &*found[0].method, &*found[0].action), (2, "post", "/a?b&c"));
        let names: Vec<_> = found[0].fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["token", "pick", "text", "r", "r"]);
        assert_eq!(found[0].fields[0].kind, Kind::Hidden("a\"//<&unknown;".to_owned()));
        assert!(found[0].fields[1].is_required && found[0].fields[3].kind == Kind::Choice);
        assert!(page[found[1].at..].starts_with("<form method=get"));
    }

    #[test]
    fn what_breaks_off_ends_without_an_end() {
        for page in [
            "<",
            "<form",
            "<form action=",
            "<form action='",
            "<form><input name=\"a",
            "<!--",
            "<é",
            "<form =é é='",
        ] {
            forms(page);
        }
    }
}
