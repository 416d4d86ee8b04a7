//! Nicknames: what people are called beside the name on file.
//!
//! Off unless the host gives a table. On a form people write the name of their papers, and two brothers may well be
//! John and Jack; a host knows whether its people do otherwise.

use std::collections::BTreeSet;

use super::super::names::{self, Token};

/// Given names, and what those who have them are called. `Debug` shows how many.
///
/// ```
/// use regain::identity::{IdentityRules, Nicknames};
///
/// let nicknames = Nicknames::english_and_spanish().with("Wolfgang", ["Wolle"]);
/// let rules = IdentityRules::builder().nicknames(nicknames).build()?;
/// # Ok::<(), regain::identity::RulesError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Nicknames(BTreeSet<(String, String)>);

impl Nicknames {
    /// No nickname stands for any name.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Those of the table in `src/identity/agreement/nicknames.txt`: a hundred English and Spanish names. Left out are
    /// nicknames that are a usual name of their own beside the other one (`Jack`, `Harry`, `Alex`, `Nancy`).
    #[must_use]
    pub fn english_and_spanish() -> Self {
        let lines = include_str!("nicknames.txt").lines().filter(|line| !line.starts_with('#'));
        lines.fold(Self::none(), |table, line| {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default();
            table.with(name, words)
        })
    }

    /// Adds nicknames of a name, in any spelling. Those of several words count as one.
    #[must_use]
    pub fn with<'a>(mut self, name: &str, nicknames: impl IntoIterator<Item = &'a str>) -> Self {
        let name = folded(name);
        for nickname in nicknames {
            self.0.insert((name.clone(), folded(nickname)));
        }
        self
    }

    /// Whether one is a nickname of the other. Two nicknames of one name are not: `Liz` is not `Beth`.
    pub(super) fn relate(&self, one: &Token, other: &Token) -> bool {
        let has =
            |name: &Token, nickname: &Token| self.0.contains(&(name.plain.clone(), nickname.plain.clone()));
        !self.0.is_empty() && (has(one, other) || has(other, one))
    }
}

impl std::fmt::Debug for Nicknames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nicknames({})", self.0.len())
    }
}

fn folded(name: &str) -> String {
    Token::joined(&names::tokens(name)).plain
}
