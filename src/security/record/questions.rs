//! Security questions in the record: an extra gate behind a live link (SQ-1, SQ-2, SQ-5).

use super::Record;
use crate::ids::FlowId;
use crate::password::PasswordHash;
use crate::planted::{Bug, planted};

/// Wrong answers in a row, after which no question is asked any more: only the desk helps then (SQ-5, RL-1).
pub(crate) const ANSWER_CAP: u32 = 10;

/// The questions that were answered when they were set up.
#[derive(Clone)]
pub(crate) struct Questions {
    /// Each with the hash of its answer.
    pub(super) asked: Vec<Asked>,
    /// The one that is asked until it is answered.
    pub(super) turn: u32,
    /// Answers since the last right one, counted before they were compared.
    pub(super) failures: u32,
    /// The flow whose link's bearer answered last.
    pub(super) answered: Option<FlowId>,
}

/// One question, and what its answer is compared with.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) code: String,
    pub(crate) answer: PasswordHash,
}

/// What the bearer of a link has to do about the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate<'a> {
    /// Nothing: there are none, or one was answered with this link.
    Open,
    /// Answer this one.
    Asks(&'a str),
    /// Nothing helps: too many wrong answers.
    Shut,
}

impl Record {
    /// The codes of the account's questions.
    pub(crate) fn question_codes(&self) -> Vec<&str> {
        self.questions.iter().flat_map(|questions| &questions.asked).map(|asked| &*asked.code).collect()
    }

    /// What stands before the bearer of this flow's link.
    pub(crate) fn gate(&self, flow: FlowId) -> Gate<'_> {
        let Some(questions) = &self.questions else { return Gate::Open };
        let every = planted(Bug::AnswerOpensEveryLink) && questions.answered.is_some();
        if questions.answered == Some(flow) || every {
            return Gate::Open;
        }
        match questions.present() {
            Some(asked) if questions.failures < ANSWER_CAP => Gate::Asks(&asked.code),
            _ => Gate::Shut,
        }
    }
}

impl Questions {
    fn present(&self) -> Option<&Asked> {
        let turn = usize::try_from(self.turn).ok()?;
        self.asked.get(turn.checked_rem(self.asked.len())?)
    }
}

#[cfg(feature = "questions")]
mod set {
    use super::{ANSWER_CAP, Asked, Questions};
    use crate::clock::Timestamp;
    use crate::ids::FlowId;
    use crate::password::PasswordHash;
    use crate::security::record::Record;

    impl Record {
        /// New questions in the place of the old ones; none takes them away.
        pub(crate) fn set_questions(&mut self, asked: Vec<Asked>, now: Timestamp) {
            let questions = Questions { asked, turn: 0, failures: 0, answered: None };
            self.questions = (!questions.asked.is_empty()).then_some(questions);
            self.changed(now);
        }

        /// Counts an answer, to be stored before it is compared; what it is to be compared with.
        pub(crate) fn count_answer(&mut self) -> Option<PasswordHash> {
            let questions = self.questions.as_mut().filter(|questions| questions.failures < ANSWER_CAP)?;
            let answer = questions.present()?.answer.clone();
            questions.failures += 1;
            Some(answer)
        }

        /// The counted answer was right: the gate is open for this flow, and the next one gets the next question (SQ-2).
        pub(crate) fn answered(&mut self, flow: FlowId) {
            let Some(questions) = &mut self.questions else { return };
            let count = u32::try_from(questions.asked.len()).unwrap_or(1).max(1);
            questions.turn = (questions.turn + 1) % count;
            questions.failures = 0;
            questions.answered = Some(flow);
        }
    }
}
