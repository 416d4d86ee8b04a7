//! Security questions, chosen and answered by the signed-in owner (SQ-3, SQ-4, SQ-6).

use super::change::{Made, Present, StepUp};
use super::factors::not_held;
use crate::account::AddressOnFile;
use crate::entropy::random;
use crate::error::{Fault, RecoveryError};
use crate::factor::{Answer, AnswerRefused, FactorKind, QUESTIONS, Question};
use crate::mail::{LetterContent, QuestionsChanged};
use crate::password::{PasswordHash, PreparedPassword, Verification};
use crate::security::info::{ChangeRefused, SecurityInfo};
use crate::security::record::Asked;
use tracing::Instrument as _;

/// A question by its code, and the answer to it.
pub type Answered = (String, Answer);

impl From<AnswerRefused> for RecoveryError {
    fn from(why: AnswerRefused) -> Self {
        Self::ChangeRefused(ChangeRefused::Answer(why))
    }
}

impl SecurityInfo {
    /// The questions of the list that a person may choose from, in order.
    #[must_use]
    pub fn question_list(&self) -> &[Question] {
        self.inner().questions.all()
    }

    /// Sets three questions with their answers, in the place of those before. From then on one of them is asked behind every
    /// link, after the second factor where there is one. They protect nothing by themselves, and the account's level is what it
    /// was.
    ///
    /// # Errors
    /// [`RecoveryError::StepUpRequired`]; [`RecoveryError::ChangeRefused`] with [`ChangeRefused::Answer`] or
    /// [`ChangeRefused::Held`]; [`RecoveryError::TooManyAttempts`]; [`RecoveryError::Unavailable`].
    pub async fn set_questions(&self, chosen: &[Answered]) -> Result<(), RecoveryError> {
        self.put_questions(chosen).instrument(self.span("set_questions")).await
    }

    /// Takes the questions away.
    ///
    /// # Errors
    /// As [`SecurityInfo::remove`].
    pub async fn remove_questions(&self) -> Result<(), RecoveryError> {
        let none = self.store_questions(Vec::new(), "account.questions_removed");
        none.instrument(self.span("remove_questions")).await
    }

    async fn put_questions(&self, chosen: &[Answered]) -> Result<(), RecoveryError> {
        // Counted before anything is hashed.
        let present = self.change("set_questions", StepUp::Fresh, |present| {
            not_held(present)?;
            self.check(chosen, present)?;
            let password = present.account.password.clone();
            Ok(Made::counted(password).spending(self.one_change(present.at)))
        });
        let password = present.await?;
        let mut asked = Vec::with_capacity(chosen.len());
        for (code, answer) in chosen {
            let hashed = self.hash_answer(answer, password.clone()).await;
            let hashed = hashed.map_err(|fault| self.inner().unavailable("set_questions", fault))?;
            asked.push(Asked { code: code.clone(), answer: hashed.ok_or(AnswerRefused::Password)? });
        }
        self.store_questions(asked, "account.questions_set").await
    }

    fn check(&self, chosen: &[Answered], present: &Present) -> Result<(), RecoveryError> {
        if chosen.len() != QUESTIONS {
            return Err(AnswerRefused::Question.into());
        }
        let own = own_data(present);
        for (number, (code, answer)) in chosen.iter().enumerate() {
            let question = self.inner().questions.get(code).ok_or(AnswerRefused::Question)?;
            let before = chosen.iter().take(number);
            for (other, given) in before {
                if other == code {
                    return Err(AnswerRefused::Question.into());
                }
                if given.is(answer) {
                    return Err(AnswerRefused::Repeated.into());
                }
            }
            answer.check(question, &own)?;
        }
        Ok(())
    }

    /// The hash of an answer; `None` for one that is the password, in either form.
    async fn hash_answer(
        &self,
        answer: &Answer,
        password: Option<PasswordHash>,
    ) -> Result<Option<PasswordHash>, Fault> {
        let inner = self.inner();
        let (hasher, salt) = (inner.hasher.clone(), random(&*inner.entropy)?);
        let (Some(folded), Some(typed)) = (answer.prepare(), answer.as_password()) else { return Ok(None) };
        let work = inner.pool.run(move || {
            if let Some(password) = &password {
                let is_password = |typed: &PreparedPassword| match hasher.verify(typed, password) {
                    Err(error) if error.is_of_the_stored_hash() => Ok(false),
                    verified => verified.map(Verification::is_right),
                };
                if is_password(&typed)? || is_password(&folded)? {
                    return Ok(None);
                }
            }
            hasher.hash(&folded, salt).map(Some)
        });
        Ok(work.await??)
    }

    async fn store_questions(&self, asked: Vec<Asked>, event: &'static str) -> Result<(), RecoveryError> {
        let removes = asked.is_empty();
        self.change("set_questions", StepUp::Fresh, |present| {
            not_held(present)?;
            let record = &mut present.security.record;
            if removes && record.question_codes().is_empty() {
                return Err(RecoveryError::ChangeRefused(ChangeRefused::NotThere));
            }
            record.set_questions(asked.clone(), present.at.now);
            let letter = QuestionsChanged { removed: removes, at: present.at.now.to_datetime() };
            let line = self.line(event, Some(FactorKind::Questions.code()))?;
            let letter = present.notice_to_all(LetterContent::QuestionsChanged(letter));
            let made = Made::changed((), line).with_letter(letter);
            // Setting them was counted before the hashing.
            Ok(if removes { made.spending(self.one_change(present.at)) } else { made })
        })
        .await
    }
}

/// What an answer must not be (SQ-4).
fn own_data(present: &Present) -> Vec<&str> {
    let account = &present.account;
    let mut own = vec![account.username.as_str()];
    own.extend(account.addresses.iter().map(AddressOnFile::as_str));
    if let Some(person) = &account.person {
        own.extend([person.given_name.as_str(), person.family_name.as_str()]);
        own.extend(person.record_number.as_deref());
        own.extend(person.emails.iter().map(String::as_str));
        own.extend(person.phones.iter().map(String::as_str));
    }
    own
}
