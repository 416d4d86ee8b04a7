//! Whether a list of variables says what templates really get.

use crate::language::Language;
use minijinja::Value;
use minijinja::value::ValueKind;
use std::collections::{BTreeMap, BTreeSet};

/// Page or mail, variable, and what it is.
pub(crate) type Variables = BTreeMap<(String, String), String>;

/// The kinds in which a variable was seen, in all states of its page or mail.
#[derive(Default)]
pub(crate) struct Seen(BTreeMap<(String, String), BTreeSet<&'static str>>);

impl Seen {
    /// Looks at all variables of a page or mail. `shared` says which section a variable is in that is not the page's own.
    pub(crate) fn look<'a>(&mut self, page: &'a str, all: &Value, shared: impl Fn(&str) -> Option<&'a str>) {
        for name in all.try_iter().expect("a map") {
            let value = all.get_item(&name).expect("its field");
            let name = name.as_str().expect("a name");
            self.look_at(shared(name).unwrap_or(page), name, &value);
        }
    }

    fn look_at(&mut self, page: &str, name: &str, value: &Value) {
        self.0.entry((page.to_owned(), name.to_owned())).or_default().insert(of(value));
        match value.kind() {
            ValueKind::Map => {
                for key in value.try_iter().expect("a map") {
                    let field = value.get_item(&key).expect("its field");
                    self.look_at(page, &format!("{name}.{key}"), &field);
                }
            }
            ValueKind::Seq => {
                let objects = value.try_iter().expect("a list").filter(|one| one.kind() == ValueKind::Map);
                objects.for_each(|one| {
                    for key in one.try_iter().expect("a map") {
                        let field = one.get_item(&key).expect("its field");
                        self.look_at(page, &format!("{name}[].{key}"), &field);
                    }
                });
            }
            _ => {}
        }
    }

    pub(crate) fn variables(self) -> Variables {
        self.0.into_iter().map(|(variable, kinds)| (variable, kind(kinds))).collect()
    }
}

fn is_key(text: &str) -> bool {
    Language::reference().get(text).is_some()
}

fn of(value: &Value) -> &'static str {
    let elements = || value.try_iter().into_iter().flatten().map(|one| of(&one)).collect::<BTreeSet<_>>();
    match value.kind() {
        ValueKind::None => "none",
        ValueKind::Bool => "yes or no",
        ValueKind::Number => "number",
        ValueKind::String if value.is_safe() => "markup",
        ValueKind::String if value.as_str().is_some_and(is_key) => "key",
        ValueKind::String => "text",
        ValueKind::Map => "object",
        ValueKind::Seq => match elements().into_iter().collect::<Vec<_>>()[..] {
            [] => "empty list",
            ["key"] => "list of keys",
            ["text"] => "list of texts",
            _ => "list",
        },
        other => panic!("a template cannot use {other}"),
    }
}

fn kind(mut seen: BTreeSet<&'static str>) -> String {
    let or_none = if seen.remove("none") { " or none" } else { "" };
    if seen.len() > 1 {
        seen.remove("empty list");
    }
    // What is a key in one state and another text in the next is a text.
    if seen.contains("text") {
        seen.remove("key");
    }
    let kinds: Vec<_> = seen.into_iter().collect();
    format!("{}{or_none}", kinds.join(", "))
}

fn between(text: &str) -> &str {
    text.split('`').nth(1).unwrap_or_default()
}

/// What a list says, section by section.
pub(crate) fn documented(list: &str) -> Variables {
    let (mut page, mut found) = (String::new(), Variables::new());
    for line in list.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            page = if title.starts_with('`') { between(title).to_owned() } else { title.to_owned() };
        } else if let ["", name, kind, meaning, ""] = line.split('|').map(str::trim).collect::<Vec<_>>()[..]
            && name.starts_with('`')
        {
            assert!(!meaning.is_empty(), "{page}: {name} means nothing");
            let twice = found.insert((page.clone(), between(name).to_owned()), kind.to_owned());
            assert_eq!(twice, None, "{page}: {name} stands twice");
        }
    }
    found
}

/// The names that sections of a list have: those in backticks.
pub(crate) fn sections(list: &str) -> BTreeSet<&str> {
    let titles = list.lines().filter_map(|line| line.strip_prefix("## `"));
    titles.filter_map(|title| title.split('`').next()).collect()
}

#[track_caller]
pub(crate) fn assert_same(served: &Variables, documented: &Variables) {
    let missing: Vec<_> = served.iter().filter(|(name, kind)| documented.get(name) != Some(kind)).collect();
    let gone: Vec<_> = documented.keys().filter(|name| !served.contains_key(name)).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not as served: {missing:#?}\nnot served: {gone:#?}");
}
