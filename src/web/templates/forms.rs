//! The forms of a page, read as a browser would. Only what regain's own pages and a plain page of a host's need: what is
//! stranger has fewer fields here than in a browser, and is not taken.

use crate::jinja::markup::{self, Piece, Tag};

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

/// The forms of a page, in order.
pub(super) fn forms(page: &str) -> Vec<Form> {
    let (mut found, mut open) = (Vec::new(), None::<Form>);
    markup::read(page, |piece| {
        let Piece::Tag { at, tag } = piece else { return };
        match (tag.name.as_str(), &mut open) {
            ("form", None) => {
                let (method, action) = (tag.value("method").to_ascii_lowercase(), tag.value("action"));
                open = Some(Form { at, method, action, fields: Vec::new() });
            }
            ("/form", _) => found.extend(open.take()),
            (_, Some(form)) => form.fields.extend(field(&tag)),
            _ => {}
        }
    });
    found.extend(open);
    found
}

/// The field that a tag is. What is disabled, or belongs to another form, is not sent.
fn field(tag: &Tag) -> Option<Field> {
    let is_field = ["input", "select", "textarea", "button"].contains(&tag.name.as_str());
    let name = tag.value("name");
    if !is_field || name.is_empty() || tag.has("disabled") || tag.has("form") {
        return None;
    }
    let kind = match tag.value("type").to_ascii_lowercase().as_str() {
        "hidden" => Kind::Hidden(tag.value("value")),
        "radio" => Kind::Choice,
        _ => Kind::Other,
    };
    Some(Field { name, kind, is_required: tag.has("required") })
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
