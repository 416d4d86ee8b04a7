//! Security questions: no password by a link whose bearer has not answered; each answer counted before it is compared, and the
//! right one to the question whose turn it is; set by the owner only, and told.

use super::{Book, Oracle};
use regain::RecoveryError;
use regain::audit::AuditRecord;
use regain::ids::{AccountId, FlowId};
use regain::recovery::LinkView;
use regain::store::Commit;

/// Answers in a row, the last of them right or not, after which none is compared any more.
const CAP: u32 = 10;

/// How an account's gate stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// There are no questions.
    Open,
    /// There are; the bearer of this flow's link answered last.
    Shut(Option<FlowId>),
}

/// An account's questions, by the lines of the audit record.
#[derive(Default)]
pub struct QuestionsSeen {
    /// How the gate has stood, each since an event.
    stood: Vec<(u64, Stands)>,
    /// The right answers, in order.
    answers: Vec<String>,
    /// Whose turn it is.
    turn: usize,
    /// Answers in a row that were counted and not found right.
    tries: u32,
}

impl QuestionsSeen {
    /// Whether the bearer of a flow's link had nothing to answer at some time between two events.
    pub(super) fn stood_open(&self, flow: FlowId, from: u64, to: u64) -> bool {
        let opens = |stands: Stands| matches!(stands, Stands::Open) || stands == Stands::Shut(Some(flow));
        let begins = [(0, Stands::Open)].into_iter().chain(self.stood.iter().copied());
        let ends = self.stood.iter().map(|(since, _)| *since).chain([u64::MAX]);
        begins.zip(ends).any(|((since, stands), end)| since <= to && end > from && opens(stands))
    }

    fn asks(&self) -> bool {
        !self.answers.is_empty()
    }
}

/// A task that answers a question.
pub struct Answering {
    text: String,
    /// What it is compared with, from when it was counted.
    against: Option<String>,
}

impl Oracle {
    /// Somebody answers a question of a link.
    pub fn answering(&self, text: &str) {
        let answering = Answering { text: text.to_owned(), against: None };
        self.book().answering.insert(self.stage.doing().id, answering);
    }

    /// The owner sets questions with these answers, in order.
    pub fn sets_questions(&self, answers: &[String]) {
        self.book().setting.insert(self.stage.doing().id, answers.to_vec());
    }

    /// Somebody answered, or tried to.
    pub fn answered(&self, choice: &super::Choice, answer: &Result<LinkView, RecoveryError>) {
        let said = || format!("{answer:?} for {:?}", choice.true_for);
        let fits = match answer {
            Ok(_) | Err(RecoveryError::AnswerNotAccepted | RecoveryError::FactorNeeded) => {
                choice.true_for.is_some()
            }
            Err(RecoveryError::LinkNotUsable | RecoveryError::TooManyAttempts { .. }) => true,
            Err(RecoveryError::Unavailable) => self.failed(),
            Err(_) => false,
        };
        self.hold("an answer counts for nothing without the link", fits, said);
    }

    /// Links of accounts with questions, for those who read the mail of others.
    pub fn links_with_question(&self) -> Vec<String> {
        let book = self.book();
        let asks = |account: &AccountId| book.accounts.get(account).is_some_and(|seen| seen.questions.asks());
        let tokens = book.tokens.iter().filter(|(_, flow)| {
            let row = book.flows.get(flow).map(|seen| &seen.row).filter(|row| row.live_link);
            row.and_then(|row| row.account.as_ref()).is_some_and(asks)
        });
        tokens.map(|(token, _)| token.clone()).collect()
    }

    pub(super) fn questions_decided(&self, book: &mut Book, commit: &Commit) {
        let task = self.stage.doing().id;
        if commit.audit.is_empty()
            && let Some(record) = commit.documents.first()
            && let Some(answering) = book.answering.get_mut(&task)
            && let Some(account) = record.document().account.as_ref()
            && let Some(seen) = book.accounts.get_mut(account)
        {
            answering.against = seen.questions.answers.get(seen.questions.turn).cloned();
            seen.questions.tries += 1;
        }
        for line in &commit.audit {
            let account = line.account.and_then(|name| book.pseudonyms.get(name.as_bytes()).cloned());
            let Some(account) = account else { continue };
            match (line.event.as_str(), line.reason.as_deref()) {
                ("account.questions_set", _) => {
                    let answers = book.setting.get(&task).cloned().unwrap_or_default();
                    self.hold("only chosen questions are set", !answers.is_empty(), || format!("{line:?}"));
                    self.questions_changed(book, (&account, line), commit, answers);
                    self.stage.tally("questions set");
                }
                ("account.questions_removed", _) => {
                    self.questions_changed(book, (&account, line), commit, Vec::new());
                    self.stage.tally("questions taken away");
                }
                ("account.factor_accepted", Some("questions")) => {
                    self.right_answer(book, &account, line.flow);
                }
                ("account.factor_refused", Some("questions")) => self.stage.tally("answers refused"),
                _ => {}
            }
        }
    }

    fn questions_changed(
        &self,
        book: &mut Book,
        (account, line): (&AccountId, &AuditRecord),
        commit: &Commit,
        answers: Vec<String>,
    ) {
        let event = self.stage.event();
        self.changed(book, account, line, commit, event);
        let Some(seen) = book.accounts.get_mut(account) else { return };
        let stands = if answers.is_empty() { Stands::Open } else { Stands::Shut(None) };
        let mut stood = std::mem::take(&mut seen.questions.stood);
        stood.push((event, stands));
        seen.questions = QuestionsSeen { stood, answers, ..QuestionsSeen::default() };
    }

    fn right_answer(&self, book: &mut Book, account: &AccountId, flow: FlowId) {
        let event = self.stage.event();
        let said = || format!("{} for flow {}", account.as_str(), super::short(flow));
        let Some(answering) = book.answering.get(&self.stage.doing().id) else {
            return self.stage.broken("a question is answered by somebody", said());
        };
        let Some(seen) = book.accounts.get_mut(account) else { return };
        self.hold("an answer is counted before it is compared", answering.against.is_some(), said);
        let right = answering.against.as_ref() == Some(&answering.text);
        self.hold("only the right answer is accepted", right, || format!("{}: {}", said(), answering.text));
        let questions = &mut seen.questions;
        self.hold("no answer is accepted after the cap", questions.tries <= CAP, said);
        questions.tries = 0;
        questions.turn = (questions.turn + 1) % questions.answers.len().max(1);
        questions.stood.push((event, Stands::Shut(Some(flow))));
        self.stage.tally("questions answered");
    }
}
