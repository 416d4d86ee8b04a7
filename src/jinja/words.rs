//! The functions that say a text by its key. What is not there, or not filled in, is an error: it shows when the templates
//! are checked.

use crate::language::{Language, placeholders};
use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};
use std::collections::BTreeSet;

/// What a text that counts something is filled with.
const COUNT: &str = "count";

/// What texts are filled with where a template does not say it itself, such as the name of the service in mails.
type Known<'a> = [(&'a str, &'a str)];

pub(crate) fn say(
    language: &Language,
    key: &str,
    values: &Kwargs,
    known: &Known<'_>,
) -> Result<String, Error> {
    if language.get(&format!("{key}.other")).is_some() {
        let number: u64 = values.get(COUNT)?;
        values.assert_all_used()?;
        return Ok(language.count(key, number));
    }
    let values = filled(language, key, None, values, known)?;
    Ok(language.fill(key, &pairs(&values)))
}

pub(crate) fn around(
    language: &Language,
    key: &str,
    hole: &str,
    values: &Kwargs,
    known: &Known<'_>,
) -> Result<Vec<String>, Error> {
    let values = filled(language, key, Some(hole), values, known)?;
    let (before, after) = language.around(key, hole, &pairs(&values));
    Ok(vec![before, after])
}

/// The values for the placeholders of a text: for each one, and for nothing else.
fn filled(
    language: &Language,
    key: &str,
    hole: Option<&str>,
    values: &Kwargs,
    known: &Known<'_>,
) -> Result<Vec<(String, String)>, Error> {
    let text = language.get(key).ok_or_else(|| wrong(format!("there is no text {key}")))?;
    let mut names: BTreeSet<_> = placeholders(text).unwrap_or_default();
    if let Some(hole) = hole
        && !names.remove(hole)
    {
        return Err(wrong(format!("the text {key} has no placeholder {hole}")));
    }
    let filled = names.into_iter().map(|name| Ok((name.to_owned(), text_of(key, name, values, known)?)));
    let filled = filled.collect::<Result<_, Error>>()?;
    values.assert_all_used()?;
    Ok(filled)
}

fn text_of(key: &str, name: &str, values: &Kwargs, known: &Known<'_>) -> Result<String, Error> {
    let value: Option<Value> = values.get(name)?;
    if let (None, Some((_, known))) = (&value, known.iter().find(|(other, _)| *other == name)) {
        return Ok((*known).to_owned());
    }
    match value {
        Some(value) if value.as_str().is_some() || value.is_number() => Ok(value.to_string()),
        _ => Err(wrong(format!("the text {key} needs {name}, a text or a number"))),
    }
}

fn pairs(values: &[(String, String)]) -> Vec<(&str, &str)> {
    values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}
