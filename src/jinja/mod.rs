//! The dialect of hosts' templates, the same for pages and mails: strict, bounded, and without a way round escaping.

pub(crate) mod markup;
#[cfg(test)]
pub(crate) mod variables;
mod words;

pub(crate) use words::{around, say};

use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};
use std::collections::BTreeSet;
use std::error::Error as _;

/// What writing one page or mail may cost: ten times what the largest case of the desk needs, and a thousand times any other
/// page.
pub(crate) const FUEL: u64 = 500_000;

/// What templates have beside their variables.
pub(crate) const FUNCTIONS: [&str; 5] = ["say", "around", "range", "dict", "namespace"];

/// What is written: HTML, where every variable is escaped, or plain text, where there is nothing to escape from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    Html,
    Text,
}

/// An environment for all templates that write this, without any template yet. Errors name the variable: switch that off
/// before values of people come in.
pub(crate) fn environment(writes: Writes) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_debug(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    match writes {
        Writes::Html => {
            environment.set_auto_escape_callback(|_| AutoEscape::Html);
            environment.set_formatter(escaped);
        }
        Writes::Text => {
            environment.set_auto_escape_callback(|_| AutoEscape::None);
            environment.set_formatter(plain);
        }
    }
    environment.remove_filter("safe");
    environment.remove_global("debug");
    environment
}

fn escaped(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    only(&AutoEscape::Html, "variables are always escaped: leave autoescape on", out, state, value)
}

fn plain(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    only(&AutoEscape::None, "plain text has no escapes: leave autoescape off", out, state, value)
}

fn only(
    escaping: &AutoEscape,
    otherwise: &'static str,
    out: &mut Output,
    state: &mut State,
    value: &Value,
) -> Result<(), Error> {
    if state.auto_escape() != escaping {
        return Err(Error::new(ErrorKind::InvalidOperation, otherwise));
    }
    minijinja::escape_formatter(out, state, value)
}

/// What is wrong with a template, and where in it. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slip {
    pub(crate) template: String,
    pub(crate) line: usize,
    pub(crate) problem: String,
}

impl Slip {
    /// The innermost error says where it happened: in a part, maybe.
    pub(crate) fn of(template: &str, error: &Error) -> Self {
        let mut innermost = error;
        while let Some(next) = innermost.source().and_then(|next| next.downcast_ref::<Error>()) {
            innermost = next;
        }
        let problem = match innermost.detail() {
            Some(detail) => format!("{}: {detail}", innermost.kind()),
            None => innermost.kind().to_string(),
        };
        let placed = if innermost.name().is_some() { innermost } else { error };
        let template = placed.name().unwrap_or(template).to_owned();
        Self { template, line: placed.line().unwrap_or(1), problem }
    }
}

/// A name that there is nowhere is a slip, also where no state of a page or mail comes by.
pub(crate) fn check_names(environment: &Environment<'_>, known: &BTreeSet<String>) -> Result<(), Slip> {
    for (name, template) in environment.templates() {
        let mut unknown: Vec<_> =
            template.undeclared_variables(false).into_iter().filter(|used| !known.contains(used)).collect();
        unknown.sort();
        if let Some(used) = unknown.first() {
            let line = template.source().lines().position(|line| line.contains(used.as_str()));
            let problem = format!("there is no variable {used}");
            return Err(Slip { template: name.to_owned(), line: line.unwrap_or(0) + 1, problem });
        }
    }
    Ok(())
}
