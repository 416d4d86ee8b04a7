//! What a host's template gets: what the letter tells, its words as regain found them, and all texts of its language.
//!
//! A subject gets no secret: it is shown on locked screens, and to whoever looks after mails that were not delivered.

use crate::factor::FactorKind;
use crate::jinja;
use crate::mail::letter::{Block, Drafted, Piece, on_one_line};
use crate::mail::{AddressEvent, DisownButton, LetterContent, SharedAccount, TakenAway, Voice};
use minijinja::value::{Kwargs, merge_maps};
use minijinja::{Value, context};
use std::sync::Arc;

/// The names of the mails; each has a template for its subject, one for its text and one for its HTML.
pub(super) const NAMES: [&str; 17] = [
    "username_reminder",
    "recovery_link",
    "shared_links",
    "password_changed",
    "somebody_asked",
    "factor_added",
    "factor_removed",
    "factor_disabled",
    "codes_made",
    "questions_changed",
    "address_code",
    "address_added",
    "address_removed",
    "hold_placed",
    "case_opened",
    "case_waiting",
    "case_decided",
];

/// The name of a letter's templates. Two kinds of notice are one letter, and are told apart here.
pub(super) fn name(content: &LetterContent) -> &'static str {
    match content {
        LetterContent::FactorDisabled(_) => "factor_disabled",
        other => other.letter().code(),
    }
}

/// All that a template for this piece of the letter can use.
pub(super) fn view(piece: Piece, draft: &Drafted<'_>) -> Value {
    merge_maps([variables(piece, draft), words(draft.voice)])
}

/// What the letter tells.
pub(super) fn variables(piece: Piece, draft: &Drafted<'_>) -> Value {
    let Drafted { voice, subject, content, .. } = *draft;
    let every = context! { frame => frame(voice), mail => name(content), subject };
    let told = merge_maps([every, told(voice, content)]);
    match piece {
        Piece::Subject => told,
        Piece::Text | Piece::Html => merge_maps([told, secrets(draft)]),
    }
}

fn frame(voice: Voice<'_>) -> Value {
    let Voice { language, name, support } = voice;
    let (tag, direction) = (language.tag().as_str(), language.direction().code());
    context! { service => name, support, tag, direction }
}

/// What is no secret. What comes from the account stays on its line (NO-6).
fn told(voice: Voice<'_>, content: &LetterContent) -> Value {
    let moment = |at| voice.language.moment(at);
    match content {
        LetterContent::UsernameReminder { username, sign_in } => {
            context! { username => on_one_line(username), sign_in => voice.leading_to(sign_in).as_str() }
        }
        LetterContent::RecoveryLink { minutes, .. }
        | LetterContent::SharedLinks { minutes, .. }
        | LetterContent::CodeByPhone { minutes, .. } => context! { minutes },
        LetterContent::CodeByPost { .. } | LetterContent::SomebodyAsked => context! {},
        LetterContent::PasswordChanged { at } => context! { at => moment(*at) },
        LetterContent::FactorAdded(told) => {
            context! { label => on_one_line(&told.label), at => moment(told.at) }
        }
        LetterContent::FactorRemoved(told) => {
            let switched_off = told.how == TakenAway::SwitchedOff;
            context! { label => on_one_line(&told.label), at => moment(told.at), switched_off }
        }
        LetterContent::FactorDisabled(told) => context! { kind => kind(told.kind), at => moment(told.at) },
        LetterContent::CodesMade(told) => context! { at => moment(told.at) },
        LetterContent::QuestionsChanged(told) => {
            context! { removed => told.removed, at => moment(told.at) }
        }
        LetterContent::AddressCode(told) => context! { minutes => told.minutes },
        LetterContent::AddressAdded(told) => context! { at => moment(told.at) },
        LetterContent::AddressRemoved(told) => context! { what => what(told.what), at => moment(told.at) },
        LetterContent::HoldPlaced(told) => {
            context! { until => moment(told.until), signed_out => told.signed_out }
        }
        LetterContent::CaseOpened(told) => {
            context! { number => on_one_line(&told.number), at => moment(told.at) }
        }
        LetterContent::CaseWaiting(told) => {
            context! { number => on_one_line(&told.number), until => moment(told.until) }
        }
        LetterContent::CaseDecided(told) => {
            context! { number => on_one_line(&told.number), released => told.released }
        }
    }
}

fn kind(kind: FactorKind) -> &'static str {
    match kind {
        FactorKind::Totp => "app",
        FactorKind::RecoveryCodes => "codes",
        FactorKind::Questions => "questions",
        FactorKind::Host => "step",
    }
}

fn what(event: AddressEvent) -> &'static str {
    match event {
        AddressEvent::Replaced => "replaced",
        AddressEvent::Added => "added",
        AddressEvent::TakenBack => "taken_back",
        AddressEvent::NotMade => "not_made",
    }
}

/// What opens or stops something, and the words of the letter, which hold it.
fn secrets(draft: &Drafted<'_>) -> Value {
    let Drafted { voice, content, disown, .. } = *draft;
    let blocks: Vec<_> = draft.blocks.iter().map(block).collect();
    let every = context! { blocks, disown => disown.map(|button| disowning(voice, button)) };
    let own = match content {
        LetterContent::RecoveryLink { link, code, .. } => {
            context! { link => voice.leading_to(link).as_str(), code => code.as_ref().map(|code| code.as_str()) }
        }
        LetterContent::SharedLinks { accounts, .. } => {
            let accounts: Vec<_> = accounts.iter().map(|account| shared(voice, account)).collect();
            context! { accounts }
        }
        LetterContent::AddressCode(told) => context! { code => told.code.as_str() },
        _ => context! {},
    };
    merge_maps([every, own])
}

fn shared(voice: Voice<'_>, account: &SharedAccount) -> Value {
    context! {
        username => on_one_line(&account.username),
        link => voice.leading_to(&account.link).as_str(),
        disown => disowning(voice, &account.disown),
    }
}

fn disowning(voice: Voice<'_>, button: &DisownButton) -> Value {
    let hold = (!button.hold.is_zero()).then(|| voice.language.length(button.hold));
    context! { url => voice.leading_to(&button.url).as_str(), hold, days => button.days }
}

fn block(block: &Block) -> Value {
    let (kind, text, label, url) = match block {
        Block::Paragraph(text) => ("paragraph", Some(text), None, None),
        Block::Value(text) => ("value", Some(&**text), None, None),
        Block::Action { label, url } => ("action", None, Some(label), Some(url.as_str())),
        Block::Objection { label, url } => ("objection", None, Some(label), Some(url.as_str())),
    };
    context! { kind, text, label, url }
}

/// The texts may name the service without being told its name.
fn words(voice: Voice<'_>) -> Value {
    let said = (Arc::new(voice.language.clone()), voice.name.to_owned());
    let around = said.clone();
    context! {
        say => Value::from_function(move |key: &str, values: Kwargs| {
            jinja::say(&said.0, key, &values, &[("service", &said.1)])
        }),
        around => Value::from_function(move |key: &str, hole: &str, values: Kwargs| {
            jinja::around(&around.0, key, hole, &values, &[("service", &around.1)])
        }),
    }
}
