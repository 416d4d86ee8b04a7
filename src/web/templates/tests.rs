use super::check::in_every_state;
use super::pages::NAMES;
use super::{Templates, TemplatesBuilder};
use crate::jinja::markup::unescaped;
use crate::jinja::variables::{Seen, Variables, assert_same, documented, sections};
use crate::testing::World;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::path::Path;

const DOCUMENTED: &str = include_str!("variables.md");
/// The section for what every page has.
const FRAME: &str = "Every page";

/// What templates really get.
fn served() -> Variables {
    let mut seen = Seen::default();
    let Ok(()) = in_every_state::<Infallible>(&World::new().recovery, |sample| {
        seen.look(sample.name(), &sample.variables(), |name| (name == "frame").then_some(FRAME));
        Ok(())
    });
    seen.variables()
}

#[test]
fn every_variable_is_documented_with_its_kind() {
    assert_same(&served(), &documented(DOCUMENTED));
}

#[test]
fn every_page_is_documented_and_has_its_states() {
    let titles = sections(DOCUMENTED);
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
    use crate::jinja::FUEL;
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
    assert!(spent < FUEL / 10, "{spent}");
    assert!(spent > FUEL / 100, "{spent}: it could be less");
}
