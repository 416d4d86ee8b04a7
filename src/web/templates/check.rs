//! Whether templates can be served: each page is written in every state that it has, in every language, and its forms are
//! held against those of regain's own page. So no rule about a form stands here: they are the ones of regain's templates.

use super::forms::{Field, Form, Kind, forms};
use super::samples::{self, Sample};
use super::{FormProblem, Ready, TemplateError};
use crate::jinja::{self, Slip};
use crate::recovery::Recovery;
use crate::web::spoken::Spoken;
use crate::web::{ClientAddress, Logo, Site, Surface, WebConfig};
use axum::body::Bytes;
use minijinja::{OutputSpan, OutputSpanKind};
use std::collections::BTreeSet;

pub(super) fn check(ready: &Ready, recovery: &Recovery) -> Result<(), TemplateError> {
    let mut known = jinja::FUNCTIONS.map(str::to_owned).into_iter().collect();
    in_every_state(recovery, |sample| {
        known_names(sample, &mut known);
        if ready.pages.contains(sample.name()) { written(ready, sample) } else { Ok(()) }
    })?;
    Ok(jinja::check_names(&ready.environment, &known)?)
}

/// Every page in every state, with and without what the configuration may leave out, in every language.
pub(super) fn in_every_state<E>(
    recovery: &Recovery,
    mut see: impl FnMut(&dyn Sample) -> Result<(), E>,
) -> Result<(), E> {
    let languages = &recovery.service().languages;
    for language in languages.all() {
        for (config, chosen) in [(bare(), false), (whole(recovery), true)] {
            let site = Site { recovery: recovery.clone(), config, surface: Surface::Recovery };
            Spoken::sample(languages, language, chosen)
                .at_once(|| samples::all(&site).iter().try_for_each(|sample| see(&**sample)))?;
        }
    }
    Ok(())
}

fn bare() -> WebConfig {
    WebConfig::new(ClientAddress::None)
}

fn whole(recovery: &Recovery) -> WebConfig {
    let config = bare().style_sheet("").logo(Logo::Svg(Bytes::new()));
    WebConfig { help: Some(format!("{}/help", recovery.links().mount())), ..config }
}

/// Takes the token out of the address of a page.
const SCRIPT: &str = "/assets/link.js";

/// Writes a page, and looks at its forms and at the one script that is no mere comfort.
fn written(ready: &Ready, sample: &dyn Sample) -> Result<(), TemplateError> {
    let template = ready.environment.get_template(sample.name());
    let written = template.and_then(|template| template.render_with_spans(sample.view()));
    let (text, spans) = written.map_err(|error| Slip::of(sample.name(), &error))?;
    let place = |at: usize| place(&text, &spans, at);
    let wrong = |(template, line), problem| Err(TemplateError::Form { template, line, problem });
    let (own, theirs) = (sample.own(), forms(&text));
    if own.contains(SCRIPT) && !text.contains(SCRIPT) {
        let (template, script) = (sample.name().to_owned(), SCRIPT.to_owned());
        return Err(TemplateError::Script { template, script: format!("{{{{ frame.mount }}}}{script}") });
    }
    for ours in forms(&own) {
        let mut same = theirs.iter().filter(|form| form.action == ours.action).peekable();
        if same.peek().is_none() {
            return wrong((sample.name().to_owned(), 1), FormProblem::Missing { action: ours.action });
        }
        for form in same {
            if let Some(problem) = problem(&ours, form) {
                return wrong(place(form.at).unwrap_or((sample.name().to_owned(), 1)), problem);
            }
        }
    }
    Ok(())
}

/// What keeps a form from being taken.
fn problem(ours: &Form, theirs: &Form) -> Option<FormProblem> {
    let action = || ours.action.clone();
    if theirs.method != ours.method {
        return Some(FormProblem::NotPosted { action: action() });
    }
    let is_there = |needed: &&Field| match &needed.kind {
        Kind::Hidden(_) => theirs.fields.iter().any(|f| (&f.name, &f.kind) == (&needed.name, &needed.kind)),
        _ => theirs.fields.iter().any(|f| f.name == needed.name),
    };
    let needed =
        ours.fields.iter().filter(|field| field.is_required || matches!(field.kind, Kind::Hidden(_)));
    if let Some(Field { name, .. }) = needed.clone().find(|field| !is_there(field)) {
        return Some(FormProblem::Lacks { action: action(), field: name.clone() });
    }
    for (number, field) in theirs.fields.iter().enumerate() {
        let name = &field.name;
        if !ours.fields.iter().any(|known| known.name == *name) {
            return Some(FormProblem::Unknown { action: action(), field: name.clone() });
        }
        let before = theirs.fields.iter().take(number).any(|other| other.name == *name);
        if before && field.kind != Kind::Choice {
            return Some(FormProblem::Twice { action: action(), field: name.clone() });
        }
    }
    None
}

/// The template that wrote this place of a page, and the line in it.
fn place(text: &str, spans: &[OutputSpan], at: usize) -> Option<(String, usize)> {
    let span = spans.iter().find(|span| span.output_range().contains(&at))?;
    let before = match span.kind() {
        OutputSpanKind::Raw => text.get(span.output_range().start..at)?.matches('\n').count(),
        _ => 0,
    };
    Some((span.name().to_owned(), span.line() + before))
}

fn known_names(sample: &dyn Sample, known: &mut BTreeSet<String>) {
    let variables = sample.variables();
    known.extend(variables.try_iter().into_iter().flatten().map(|name| name.to_string()));
}
