//! What is not done at the support desk, in the words of its pages.

use super::{Problem, ProblemCode};
use crate::desk::DeskError;
use crate::language::Language;
use crate::web::desk::{NotDone, words};
use std::sync::Arc;

impl Problem {
    pub(in crate::api) fn at_the_desk(error: &DeskError, language: &Arc<Language>) -> Self {
        match NotDone::of(error) {
            Some(why) => Self::in_words(why, &words::error(error, language), language),
            None => ProblemCode::Unavailable.into(),
        }
    }

    pub(in crate::api) fn no_such_account(language: &Arc<Language>) -> Self {
        let why = NotDone::NoSuchAccount;
        Self::in_words(why, language.text(why.key()), language)
    }

    fn in_words(why: NotDone, detail: &str, language: &Arc<Language>) -> Self {
        let (title, detail) = (language.text("desk.not-done").into(), detail.into());
        Self { title, detail, language: Some(language.clone()), ..Self::from(ProblemCode::Desk(why)) }
    }
}
