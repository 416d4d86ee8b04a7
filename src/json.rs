//! JSON that is written without a library (RFC 8259).

pub(crate) fn object(json: &mut String, members: impl FnOnce(&mut String)) {
    json.push('{');
    members(json);
    json.push('}');
}

pub(crate) fn key(json: &mut String, name: &str) {
    if !json.ends_with('{') {
        json.push(',');
    }
    string(json, name);
    json.push(':');
}

/// RFC 8259, 7; `<` and the line separators too, for who puts it into a page.
pub(crate) fn string(json: &mut String, text: &str) {
    use std::fmt::Write as _;
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{7f}' | '<' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            _ => json.push(c),
        }
    }
    json.push('"');
}
