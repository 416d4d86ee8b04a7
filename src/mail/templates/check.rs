//! Whether templates can be sent: each mail is written in every state that it has, in every language.

use super::view::{self, variables};
use super::{MailTemplateError, Ready, Wrong};
use crate::jinja::{self, Slip};
use crate::mail::letter::samples::{all, button};
use crate::mail::letter::{Drafted, Piece, drafted};
use crate::mail::{LetterContent, Service};
use std::collections::BTreeSet;
use time::Duration;

pub(super) fn check(ready: &Ready, service: &Service) -> Result<(), MailTemplateError> {
    let mut known: BTreeSet<_> = jinja::FUNCTIONS.map(str::to_owned).into_iter().collect();
    in_every_state(service, |draft| {
        let names = variables(Piece::Html, draft);
        known.extend(names.try_iter().into_iter().flatten().map(|name| name.to_string()));
        [Piece::Subject, Piece::Text, Piece::Html]
            .into_iter()
            .try_for_each(|piece| written(ready, piece, draft))
    })?;
    jinja::check_names(&ready.html, &known)?;
    Ok(jinja::check_names(&ready.text, &known)?)
}

/// Every mail in every state, with and without a hold that its button places, in every language.
pub(super) fn in_every_state<E>(
    service: &Service,
    mut see: impl FnMut(&Drafted<'_>) -> Result<(), E>,
) -> Result<(), E> {
    for language in service.languages.all() {
        let voice = service.voice_for(Some(language.tag()));
        for hold in [Duration::ZERO, Duration::DAY] {
            let button = button(hold);
            for content in &all(hold) {
                // A letter about several accounts has the buttons of each.
                let disown = (!matches!(content, LetterContent::SharedLinks { .. })).then_some(&button);
                drafted(voice, content, disown, |draft| see(&draft))?;
            }
        }
    }
    Ok(())
}

fn written(ready: &Ready, piece: Piece, draft: &Drafted<'_>) -> Result<(), MailTemplateError> {
    let Some(template) = ready.template_for(piece, draft) else { return Ok(()) };
    match ready.write(&template, piece, draft) {
        Ok(_) => Ok(()),
        Err(Wrong::Template(error)) => Err(Slip::of(&template, &error).into()),
        Err(Wrong::Flaw(flaw)) => {
            let (mail, problem) = (view::name(draft.content), flaw.to_string());
            Err(MailTemplateError::Useless { template, mail, problem })
        }
    }
}
