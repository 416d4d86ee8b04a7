//! How a new password would be judged: what a meter beside its field shows.

use super::Answer;
use super::problem::Because;
use crate::language::Language;
use crate::password::Explanation;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// How a password would be judged. Nothing of it is kept, and it is not compared with the present one or with breaches.
#[derive(Serialize, ToSchema)]
pub(super) struct Strength {
    /// Whether it would be taken, as far as that is known before it is set.
    enough: bool,
    /// How far it has come, in hundredths of what is asked for.
    #[schema(maximum = 100)]
    percent: u8,
    /// Why it would be refused, with the codes of `password-refused`; the first is the one to show.
    reasons: Vec<Because>,
    /// What it is made of, from the first to the last, as it looks to somebody who knows nothing about the person. Only the
    /// first 128 characters are looked at.
    parts: Vec<StrengthPart>,
}

/// A part of a password.
#[derive(Serialize, ToSchema)]
struct StrengthPart {
    /// Stable: `word`, `word-like`, `common`, `own-data` (the name of the service), `phrase`, `copy`, `sequence`, `keyboard`,
    /// `date`, `code`; `unknown` is what makes a password strong.
    code: &'static str,
    /// In plain English. May change.
    text: String,
    /// How many characters it has: a ligature counts as its letters, what cannot be seen as none.
    characters: usize,
}

impl From<&Explanation> for Strength {
    fn from(explained: &Explanation) -> Self {
        let parts = explained.parts().iter().map(|part| StrengthPart {
            code: part.kind.code(),
            text: Language::reference().part(part.kind).to_owned(),
            characters: part.characters,
        });
        Self {
            enough: explained.reasons().is_empty(),
            percent: explained.percent(),
            reasons: explained.reasons().iter().map(Because::from).collect(),
            parts: parts.collect(),
        }
    }
}

pub(super) fn answer(explained: &Explanation) -> Answer<Strength> {
    Answer(StatusCode::OK, explained.into())
}
