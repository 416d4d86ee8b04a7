//! Every key that is used is there, and every key that is there is used.
//!
//! Templates and code name their keys as literals. This reads them all: a slip in a key, and a text that nothing shows any
//! more, fail here and not before a person.

use super::Language;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Whose literals are keys when they look like one.
const WHERE: [&str; 4] = ["templates", "src/web", "src/mail", "src/language"];
/// What is not shown to anybody, such as the templates that a host can begin with.
const SHOW_NOTHING: [&str; 11] = [
    "tests.rs",
    "use_of_keys.rs",
    "assets.rs",
    "plural.rs",
    "tag.rs",
    "file.rs",
    "host",
    "samples.rs",
    "security_samples.rs",
    "desk_samples.rs",
    "needed.rs",
];

fn files(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if SHOW_NOTHING.contains(&name) {
            continue;
        }
        if path.is_dir() {
            files(&path, found);
        } else if ["rs", "html", "txt"].iter().any(|ending| name.ends_with(ending)) {
            found.push(fs::read_to_string(&path).expect("a text"));
        }
    }
}

/// The literals of all files, with which the questions' keys are made as well.
fn literals() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    WHERE.iter().for_each(|folder| files(&root.join(folder), &mut texts));
    let quoted = |text: &String| text.split('"').skip(1).map(str::to_owned).collect::<Vec<_>>();
    texts.iter().flat_map(quoted).collect()
}

/// A text that counts something is named without its form.
fn name(key: &str, english: &Language) -> String {
    match key.rsplit_once('.') {
        Some((counted, _)) if english.get(&format!("{counted}.other")).is_some() => counted.to_owned(),
        _ => key.to_owned(),
    }
}

fn looks_like_a_key(literal: &str, heads: &BTreeSet<&str>) -> bool {
    let plain =
        literal.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'.'));
    plain
        && !literal.ends_with(".html")
        && literal.split_once('.').is_some_and(|(head, rest)| heads.contains(head) && !rest.is_empty())
}

#[test]
fn every_key_is_there_and_used() {
    let english = Language::english();
    let literals = literals();
    let keys: BTreeSet<_> = english.texts().map(|(key, _)| name(key, &english)).collect();
    let heads: BTreeSet<_> = keys.iter().filter_map(|key| key.split('.').next()).collect();
    let missing: Vec<_> = literals
        .iter()
        .filter(|literal| looks_like_a_key(literal, &heads) && !keys.contains(*literal))
        .collect();
    assert!(missing.is_empty(), "these keys are used and not there: {missing:?}");
    // The reader itself asks for the head, and the list of questions is the next test's.
    let elsewhere = |key: &str| key.starts_with("language.") || key.starts_with("asks.");
    let unused: Vec<_> = keys.iter().filter(|key| !literals.contains(*key) && !elsewhere(key)).collect();
    assert!(unused.is_empty(), "nothing uses these keys: {unused:?}");
}

#[cfg(feature = "questions")]
#[test]
fn every_question_has_its_text_and_every_text_its_question() {
    let list = crate::factor::QuestionList::default();
    for language in [Language::english(), Language::spanish()] {
        let texts: BTreeSet<_> =
            language.texts().filter_map(|(key, _)| key.strip_prefix("asks.")).map(str::to_owned).collect();
        assert_eq!(texts, list.all().iter().map(|question| question.code.clone()).collect());
    }
    for question in list.all() {
        assert_eq!(Language::english().question(question), question.text);
        assert!(Language::spanish().question(question).starts_with('¿'));
    }
    let changed = crate::factor::Question { text: "Who taught you?".to_owned(), ..list.all()[0].clone() };
    assert_eq!(Language::spanish().question(&changed), "Who taught you?");
}

/// Keys with the comment that they stand under.
fn groups() -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for line in include_str!("../../locales/en.txt").lines() {
        match (line.strip_prefix('#'), groups.last_mut()) {
            (Some(comment), Some((text, keys))) if keys.is_empty() => text.push_str(comment),
            (Some(comment), _) => groups.push((comment.to_owned(), Vec::new())),
            (None, Some((_, keys))) if !line.starts_with(' ') => {
                keys.extend(line.split_once(" = ").map(|(key, _)| key.to_owned()));
            }
            _ => {}
        }
    }
    groups
}

/// The templates of pages, by their names, with the literals in each.
fn templates() -> Vec<(String, BTreeSet<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/web");
    let folder = |below: &str| {
        let names = fs::read_dir(root.join(below))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name());
        let names = names.filter_map(|name| name.to_str().map(|name| format!("{below}{name}")));
        names.filter(|name| name.ends_with(".html")).collect::<Vec<_>>()
    };
    let literals = |name: &String| {
        let text = fs::read_to_string(root.join(name)).expect("a text");
        text.split('"').skip(1).map(str::to_owned).collect()
    };
    let names = [folder(""), folder("security/")].concat();
    names.into_iter().map(|name| (name.clone(), literals(&name))).collect()
}

/// Whoever changes a word, or writes a page anew, finds out there where it is shown.
#[test]
fn the_comment_above_a_text_says_where_it_is_shown() {
    let (english, templates, groups) = (Language::english(), templates(), groups());
    let known: BTreeSet<_> = groups.iter().flat_map(|(_, keys)| keys).map(String::as_str).collect();
    assert_eq!(known, english.texts().map(|(key, _)| key).collect(), "each key stands below a comment");
    for (comment, keys) in groups.iter().filter(|(_, keys)| !keys.is_empty()) {
        let named: BTreeSet<_> = comment.split('`').filter(|name| name.ends_with(".html")).collect();
        assert!(!named.is_empty() || comment.contains("every page"), "{}: on which page?", keys[0]);
        let is_one =
            |name: &&&str| **name == "letter.html" || templates.iter().any(|(known, _)| known == **name);
        let unknown: Vec<_> = named.iter().filter(|name| !is_one(name)).collect();
        assert!(unknown.is_empty(), "{}: there is no {unknown:?}", keys[0]);
        for (template, literals) in &templates {
            let shown = keys.iter().find(|key| literals.contains(&name(key, &english)));
            let is_said = named.contains(template.as_str()) || comment.contains("every page");
            assert!(shown.is_none() || is_said, "{shown:?} is shown in {template}");
        }
    }
}
