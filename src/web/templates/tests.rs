use super::check::in_every_state;
use super::forms::unescaped;
use super::pages::NAMES;
use super::{Templates, TemplatesBuilder};
use crate::language::Language;
use crate::testing::World;
use minijinja::Value;
use minijinja::value::ValueKind;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::path::Path;

const DOCUMENTED: &str = include_str!("variables.md");
/// The section for what every page has.
const FRAME: &str = "Every page";

/// Page, variable, and what it is.
type Variables = BTreeMap<(String, String), String>;

/// The kinds in which a variable was seen, in all states of its page.
type Seen = BTreeMap<(String, String), BTreeSet<&'static str>>;

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

fn look(page: &str, name: &str, value: &Value, seen: &mut Seen) {
    seen.entry((page.to_owned(), name.to_owned())).or_default().insert(of(value));
    match value.kind() {
        ValueKind::Map => {
            for key in value.try_iter().expect("a map") {
                let field = value.get_item(&key).expect("its field");
                look(page, &format!("{name}.{key}"), &field, seen);
            }
        }
        ValueKind::Seq => {
            let objects = value.try_iter().expect("a list").filter(|one| one.kind() == ValueKind::Map);
            objects.for_each(|one| {
                for key in one.try_iter().expect("a map") {
                    let field = one.get_item(&key).expect("its field");
                    look(page, &format!("{name}[].{key}"), &field, seen);
                }
            });
        }
        _ => {}
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

/// What templates really get.
fn served() -> Variables {
    let mut seen = Seen::new();
    let Ok(()) = in_every_state::<Infallible>(&World::new().recovery, |sample| {
        let variables = sample.variables();
        for name in variables.try_iter().expect("a page is a map") {
            let value = variables.get_item(&name).expect("its field");
            let page = if name.as_str() == Some("frame") { FRAME } else { sample.name() };
            look(page, name.as_str().expect("a name"), &value, &mut seen);
        }
        Ok(())
    });
    seen.into_iter().map(|(variable, kinds)| (variable, kind(kinds))).collect()
}

fn between(text: &str) -> &str {
    text.split('`').nth(1).unwrap_or_default()
}

fn documented() -> Variables {
    let (mut page, mut found) = (String::new(), Variables::new());
    for line in DOCUMENTED.lines() {
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

#[test]
fn every_variable_is_documented_with_its_kind() {
    let (served, documented) = (served(), documented());
    let missing: Vec<_> = served.iter().filter(|(name, kind)| documented.get(name) != Some(kind)).collect();
    let gone: Vec<_> = documented.keys().filter(|name| !served.contains_key(name)).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not as served: {missing:#?}\nnot served: {gone:#?}");
}

#[test]
fn every_page_is_documented_and_has_its_states() {
    let titles: Vec<_> = DOCUMENTED.lines().filter_map(|line| line.strip_prefix("## `")).collect();
    let titles: BTreeSet<_> = titles.iter().filter_map(|title| title.split('`').next()).collect();
    let mut sampled = BTreeSet::new();
    let Ok(()) = in_every_state::<Infallible>(&World::new().recovery, |sample| {
        assert!(!sample.own().is_empty(), "{}", sample.name());
        sampled.insert(sample.name());
        Ok(())
    });
    assert_eq!(sampled, NAMES.iter().copied().collect());
    assert_eq!(titles, sampled);
}

/// The parts of regain's own are no pages.
#[test]
fn every_template_of_ours_is_a_page_that_a_host_can_write() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/web");
    let names = |folder: &Path, before: &str| -> Vec<String> {
        let entries =
            fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        entries.map(|name| format!("{before}{}", name.to_str().expect("ASCII"))).collect()
    };
    let mut ours: BTreeSet<_> = names(&folder, "").into_iter().collect();
    ours.extend(names(&folder.join("security"), "security/"));
    for part in ["layout.html", "password_field.html", "security"] {
        assert!(ours.remove(part), "{part}");
    }
    assert_eq!(ours, NAMES.iter().map(|name| (*name).to_owned()).collect());
}

/// The set that a host can begin with: regain's own pages in the dialect of hosts' templates.
fn set() -> TemplatesBuilder {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/host");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a template");
    let parts = ["layout.html", "password_field.html"];
    let builder = parts.iter().fold(Templates::builder(), |builder, name| builder.part(name, read(name)));
    NAMES.iter().fold(builder, |builder, name| builder.page(name, read(name)))
}

#[test]
fn the_set_to_begin_with_is_regains_own_pages() {
    let recovery = World::new().recovery;
    let templates = set().build(&recovery).unwrap_or_else(|error| panic!("{error}"));
    let ready = templates.0.expect("templates");
    let Ok(()) = in_every_state::<Infallible>(&recovery, |sample| {
        let template = ready.environment.get_template(sample.name()).expect("every page");
        let theirs = template.render(sample.view()).expect("it was written before");
        assert_eq!(unescaped(&theirs), unescaped(&sample.own()), "{}", sample.name());
        Ok(())
    });
}

/// As many notes as a case takes, each as long as it may be, and of what is longest when it is escaped.
#[cfg(feature = "desk")]
#[test]
fn the_largest_page_costs_a_tenth_of_what_a_page_may_cost() {
    use crate::desk::LONGEST_TEXT;
    use crate::desk::case::MOST_ENTRIES;
    use crate::web::desk::page::Written;
    let recovery = World::new().recovery;
    let ready = set().build(&recovery).expect("the set builds").0.expect("templates");
    let config = crate::web::WebConfig::new(crate::web::ClientAddress::None);
    let site = crate::web::Site { recovery, config, surface: crate::web::Surface::Session };
    let mut case = super::desk_samples::whole(&site);
    let written = |longest: usize| {
        let line = move || Written { words: "'".repeat(longest), by: "'".repeat(255), at: "'".repeat(64) };
        std::iter::repeat_with(line).take(MOST_ENTRIES).collect()
    };
    (case.notes, case.log) = (written(LONGEST_TEXT), written(64));
    let template = ready.environment.get_template("desk_case.html").expect("a page");
    let written = template.render_captured(super::frame::view(&case)).expect("it is written");
    let (spent, _) = written.state().fuel_levels().expect("there is a limit");
    assert!(spent < super::FUEL / 10, "{spent}");
    assert!(spent > super::FUEL / 100, "{spent}: it could be less");
}
