//! Security questions: one more gate behind a live link, for hosts that have to keep them.
//!
//! They are no factor: whoever knows a person knows the answers, and NIST SP 800-63B-4 3.1.1.2 forbids them as an
//! authenticator. So nothing is ever shown, opened or changed by an answer alone (SQ-1); it is asked for in addition.

use crate::language::Language;
use crate::password::{Password, PreparedPassword, is_common};
use std::fmt;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// Questions that a person answers.
pub const QUESTIONS: usize = 3;
/// Fewest letters and digits of an answer.
pub const LEAST_LETTERS: usize = 3;
/// Longest answer, in bytes of UTF-8.
pub const MOST_BYTES: usize = 200;

/// A question from the host's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Stable name, as stored: up to 64 letters, digits, `-` and `_`.
    pub code: String,
    /// What the person reads; in another language than the service's first, see [`Language::question`].
    pub text: String,
}

/// The questions that a person may choose from. There are no others: people who write their own write the answer into
/// them (SQ-4).
#[derive(Debug, Clone)]
pub struct QuestionList(Vec<Question>);

/// Why a list is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionListError {
    /// Fewer than a person has to answer, or more than fit on a page.
    #[error("a list has 3 to 50 questions")]
    Count,
    /// A code that is empty, too long, or has other characters.
    #[error("the code of a question has 1 to 64 letters, digits, `-` and `_`")]
    Code,
    /// Two questions with one code.
    #[error("two questions have one code")]
    Double,
    /// A text that is empty, too long, or has control characters.
    #[error("the text of a question has 1 to 200 bytes and no control characters")]
    Text,
}

impl QuestionList {
    /// A list of the host's own. A code that was once given to a question stays that question's for ever.
    ///
    /// # Errors
    /// [`QuestionListError`] when nothing can be asked from it.
    pub fn new(questions: Vec<Question>) -> Result<Self, QuestionListError> {
        if !(QUESTIONS..=50).contains(&questions.len()) {
            return Err(QuestionListError::Count);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        for (number, question) in questions.iter().enumerate() {
            let Question { code, text } = question;
            if !(1..=64).contains(&code.len()) || !code.chars().all(plain) {
                return Err(QuestionListError::Code);
            }
            if !(1..=200).contains(&text.len()) || text.chars().any(char::is_control) {
                return Err(QuestionListError::Text);
            }
            if questions.iter().take(number).any(|other| other.code == *code) {
                return Err(QuestionListError::Double);
            }
        }
        Ok(Self(questions))
    }

    /// All of them, in order.
    #[must_use]
    pub fn all(&self) -> &[Question] {
        &self.0
    }

    /// The question of that code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Question> {
        self.0.iter().find(|question| question.code == code)
    }
}

/// The codes of the default list.
const DEFAULT: [&str; 10] = [
    "first-teacher",
    "first-job-town",
    "childhood-friend",
    "grandparent-work",
    "first-concert",
    "learnt-to-swim",
    "first-dish",
    "childhood-street",
    "first-exam-topic",
    "hiding-place",
];

/// Ten questions whose answers are memorable, stable, and neither on a card nor in a profile (OWASP, security questions).
impl Default for QuestionList {
    fn default() -> Self {
        let english = Language::reference();
        let question =
            |code: &str| Question { code: code.into(), text: english.text(&format!("asks.{code}")).into() };
        Self(DEFAULT.map(question).into())
    }
}

impl Language {
    /// A security question. A question of the host's own is found under `asks.` and its code, where the file has it; one whose
    /// words the host has changed stays as the host says it.
    #[must_use]
    pub fn question(&self, question: &Question) -> String {
        let default = QuestionList::default();
        let is_changed = default.get(&question.code).is_some_and(|known| known.text != question.text);
        let text = self.get(&format!("asks.{}", question.code)).filter(|_| !is_changed);
        text.unwrap_or(&question.text).to_owned()
    }
}

/// An answer as typed: not shown, not compared, wiped when dropped.
pub struct Answer(Option<Zeroizing<String>>);

/// Why an answer cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerRefused {
    /// Fewer than three letters and digits.
    #[error("an answer needs at least {LEAST_LETTERS} letters or digits")]
    TooShort,
    /// More than 200 bytes.
    #[error("an answer has at most {MOST_BYTES} bytes")]
    TooLong,
    /// What many people answer, or anybody would try.
    #[error("an answer that is often given is easily guessed")]
    Common,
    /// The person's own name, username or address, or a word of the question.
    #[error("an answer must not be your name, username or address, nor be in the question")]
    Known,
    /// The password.
    #[error("an answer must not be your password")]
    Password,
    /// Two questions have the same answer.
    #[error("two questions need two answers")]
    Repeated,
    /// Not a question of the list, or one of them twice.
    #[error("choose three different questions from the list")]
    Question,
}

/// What everybody tries first, in the form that is compared.
const EVASIONS: [&str; 26] = [
    "answer",
    "blank",
    "dontknow",
    "idk",
    "na",
    "nobody",
    "none",
    "nothing",
    "nowhere",
    "null",
    "secret",
    "test",
    "unknown",
    "yes", // and in Spanish
    "nada",
    "nadie",
    "ninguna",
    "ninguno",
    "nolose",
    "nolosé",
    "nose",
    "nosé",
    "prueba",
    "respuesta",
    "secreto",
    "si",
];

impl Answer {
    /// Takes what was typed. Anything over 200 bytes is dropped at once and is no answer.
    pub fn new(typed: impl Into<String>) -> Self {
        let typed = Zeroizing::new(typed.into());
        Self((typed.len() <= MOST_BYTES).then_some(typed))
    }

    /// The form that is compared, and no other: compatibility characters undone, in lower case, and nothing but letters and
    /// digits. "St. Mary's" and "st marys" are one answer (SQ-3).
    fn letters(&self) -> Option<Zeroizing<String>> {
        let typed = self.0.as_ref()?;
        // NFKC and lower case make a character at most 18 times as long: allocated once, so that no copies are left behind.
        let mut letters = Zeroizing::new(String::with_capacity(typed.len() * 18));
        let folded = typed.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric());
        letters.extend(folded.nfc());
        Some(letters)
    }

    /// What is compared with the stored hash; `None` for what is nobody's answer.
    pub(crate) fn prepare(&self) -> Option<PreparedPassword> {
        Password::new(self.letters()?.as_str()).prepare().ok()
    }

    /// The same as typed, to be held against the password.
    pub(crate) fn as_password(&self) -> Option<PreparedPassword> {
        Password::new(self.0.as_ref()?.as_str()).prepare().ok()
    }

    /// Whether it can be kept as the answer to this question. `own` is what is known of the person.
    pub(crate) fn check(&self, question: &Question, own: &[&str]) -> Result<(), AnswerRefused> {
        let letters = self.letters().ok_or(AnswerRefused::TooLong)?;
        if letters.chars().count() < LEAST_LETTERS {
            return Err(if is_evasion(&letters) { AnswerRefused::Common } else { AnswerRefused::TooShort });
        }
        let own = own.iter().flat_map(|text| [text, text.split('@').next().unwrap_or_default()]);
        let asked = question.text.split_whitespace();
        let known = own.chain(asked).any(|text| {
            Self::new(text).letters().is_some_and(|known| known.chars().count() > 1 && *known == *letters)
        });
        if known {
            return Err(AnswerRefused::Known);
        }
        let mut kinds = letters.chars().collect::<Vec<_>>();
        kinds.sort_unstable();
        kinds.dedup();
        if is_evasion(&letters) || kinds.len() < 2 || is_common(&letters) {
            return Err(AnswerRefused::Common);
        }
        Ok(())
    }

    /// Whether two answers are one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.letters().zip(other.letters()).is_some_and(|(one, other)| *one == *other)
    }
}

fn is_evasion(letters: &str) -> bool {
    EVASIONS.contains(&letters)
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str) -> Result<(), AnswerRefused> {
        let list = QuestionList::default();
        let question = list.get("learnt-to-swim").unwrap();
        Answer::new(typed).check(question, &["ana.maria", "ana@home.example", "Ana", "Souza Lima", ""])
    }

    fn letters(typed: &str) -> String {
        Answer::new(typed).letters().unwrap().to_string()
    }

    #[test]
    fn an_answer_is_the_same_however_it_is_written() {
        for typed in ["St. Mary's", "st marys", " ST MARY\u{2019}S ", "Ｓｔ．Ｍａｒｙｓ", "st\u{200b}marys"]
        {
            assert_eq!(letters(typed), "stmarys", "{typed:?}");
        }
        assert_eq!(letters("Cafe\u{301}"), letters("CAFÉ"));
        assert_ne!(letters("Café"), letters("Cafe"));
    }

    #[test]
    fn the_longest_answer_is_not_moved_while_it_is_folded() {
        for c in ['\u{fdfa}', 'ﬃ', '\u{1e9e}', '\u{130}', 'a'] {
            let typed: String = std::iter::repeat_n(c, MOST_BYTES / c.len_utf8()).collect();
            let folded = Answer::new(typed.clone()).letters().unwrap();
            assert!(folded.len() <= typed.len() * 18, "{c}");
        }
    }

    /// SQ-4.
    #[test]
    fn what_anybody_would_try_is_no_answer() {
        let table = [
            ("", AnswerRefused::TooShort),
            ("ab", AnswerRefused::TooShort),
            ("!!!!", AnswerRefused::TooShort),
            ("n/a", AnswerRefused::Common),
            ("None!", AnswerRefused::Common),
            ("I.D.K.", AnswerRefused::Common),
            ("aaaa", AnswerRefused::Common),
            ("password", AnswerRefused::Common),
            ("12345678", AnswerRefused::Common),
            ("Ana Maria", AnswerRefused::Known),
            ("ana@home.example", AnswerRefused::Known),
            ("ana", AnswerRefused::Known),
            ("SOUZA-LIMA", AnswerRefused::Known),
            ("swim", AnswerRefused::Known),
            ("learn", AnswerRefused::Known),
        ];
        for (typed, why) in table {
            assert_eq!(check(typed), Err(why), "{typed:?}");
        }
        assert_eq!(check(&"a b".repeat(100)), Err(AnswerRefused::TooLong));
        for typed in ["the old quarry", "Lago di Garda", "東京湾"] {
            assert_eq!(check(typed), Ok(()), "{typed:?}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_asked_from_is_none() {
        let of = |codes: &[&str]| {
            let question =
                |code: &&str| Question { code: (*code).to_owned(), text: "What is it?".to_owned() };
            QuestionList::new(codes.iter().map(question).collect()).map(drop)
        };
        assert_eq!(of(&["a", "b", "c"]), Ok(()));
        assert_eq!(of(&["a", "b"]), Err(QuestionListError::Count));
        assert_eq!(of(&["a", "b", "b"]), Err(QuestionListError::Double));
        assert_eq!(of(&["a", "b", "c d"]), Err(QuestionListError::Code));
        assert_eq!(of(&["a", "b", ""]), Err(QuestionListError::Code));
        let mut questions = QuestionList::default().0;
        assert!(QuestionList::new(questions.clone()).is_ok());
        questions[0].text = "Who?\r\nBcc: all".into();
        assert_eq!(QuestionList::new(questions).map(drop), Err(QuestionListError::Text));
    }

    #[test]
    fn an_answer_is_not_shown() {
        assert_eq!(format!("{:?}", Answer::new("the old quarry")), "Answer(..)");
    }
}
