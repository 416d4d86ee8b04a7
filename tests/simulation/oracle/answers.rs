//! What people are told: the same for a known account and none, and true.

use super::{Book, Oracle, Typed, short};
use crate::clock::NodeClock;
use crate::stage::counted;
use regain::RecoveryError;
use regain::ids::{AccountId, FlowId};
use regain::recovery::{Chosen, LinkView, Receipt, SignInStep};

/// Somebody with a token is being served.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The flow that this token was really mailed for.
    pub true_for: Option<FlowId>,
    /// When it began.
    pub began: u64,
    /// What the node's clock showed when it began.
    pub clock: i64,
    /// The highest that it has shown since the link was issued.
    pub highest_since_issue: i64,
}

impl Oracle {
    pub fn asking(&self, typed: &Typed, key: &str) {
        let task = self.stage.doing().id;
        self.book().asking.insert(task, (typed.clone(), key.to_owned()));
    }

    /// An ask was answered. The answer follows from what was committed, and no account was looked at.
    pub fn asked(&self, answer: &Result<Receipt, RecoveryError>) {
        let doing = self.stage.doing();
        self.hold("asking looks at no account", counted(&doing.account_calls) == 0, || doing.what.to_owned());
        let fits = match answer {
            Ok(_) => counted(&doing.commits) == 1 && counted(&doing.flow_writes) == 1,
            Err(RecoveryError::TooManyAttempts { .. }) => counted(&doing.over_budget) == 1,
            Err(RecoveryError::Unavailable) => counted(&doing.errors) == 1,
            Err(_) => false,
        };
        self.hold("an asker learns nothing but what was committed", fits, || format!("{answer:?}"));
    }

    /// Somebody presents a token to a node.
    pub fn presenting(&self, clock: &NodeClock, token: &str, password: Option<&str>) -> Choice {
        let doing = self.stage.doing();
        let mut book = self.book();
        let true_for = book.tokens.get(token).copied();
        let reading = clock.peek();
        let flow = true_for.and_then(|flow| book.flows.get_mut(&flow));
        let since = flow.as_ref().and_then(|flow| flow.link.as_ref()).map(|link| link.since);
        let highest_since_issue = since.map_or(i64::MIN, |since| clock.highest_since(since).max(reading));
        if let (Some(flow), Some(password)) = (flow, password) {
            flow.choices.push(password.to_owned());
        }
        let began = doing.since;
        let choice = Choice { true_for, began, clock: reading, highest_since_issue };
        book.choosing.insert(doing.id, choice.clone());
        choice
    }

    pub fn looked(&self, choice: &Choice, answer: &Result<LinkView, RecoveryError>) {
        let fits = match answer {
            Ok(_) => choice.true_for.is_some(),
            Err(RecoveryError::LinkNotUsable) => true,
            Err(RecoveryError::Unavailable) => self.failed(),
            Err(_) => false,
        };
        self.hold("a bearer learns nothing but whether the link works", fits, || format!("{answer:?}"));
        let Some(flow) = choice.true_for.filter(|_| answer.is_ok()) else { return };
        let end =
            self.book().flows.get(&flow).and_then(|seen| seen.link.as_ref()).map(|link| link.expires_at);
        self.hold("no link is shown after its end", end.is_none_or(|end| choice.clock < end), || short(flow));
        self.stage.tally("links looked at");
    }

    pub fn chose(&self, choice: &Choice, answer: &Result<Chosen, RecoveryError>) {
        let doing = self.stage.doing();
        let said = || format!("{answer:?} for {:?}", choice.true_for);
        let fits = match answer {
            Ok(_) | Err(RecoveryError::FactorNeeded | RecoveryError::TooManyAttempts { .. }) => {
                choice.true_for.is_some()
            }
            Err(RecoveryError::PasswordRefused(_) | RecoveryError::QuestionNeeded) => {
                choice.true_for.is_some()
            }
            Err(RecoveryError::LinkNotUsable) => true,
            Err(RecoveryError::Unavailable) => self.failed(),
            Err(_) => false,
        };
        self.hold("without a true token a choice is refused", fits, said);
        if let Err(RecoveryError::PasswordRefused(_)) = answer {
            self.hold("a refused password leaves the link alone", counted(&doing.flow_writes) == 0, said);
            self.stage.tally("passwords refused");
        }
        let Some(flow) = choice.true_for else { return };
        let book = self.book();
        let Some(seen) = book.flows.get(&flow) else { return };
        match answer {
            Ok(Chosen::Done) => {
                self.hold("who is told that it is done has the new password", seen.set.is_some(), said)
            }
            Ok(Chosen::Pending) => {
                self.hold("who is told to wait has chosen", seen.consumed == 1, said);
                self.hold("nobody is told to wait for nothing", self.failed(), said);
                self.stage.tally("choices pending");
            }
            Err(RecoveryError::FactorNeeded) => self.stage.tally("factors asked for"),
            Err(RecoveryError::QuestionNeeded) => self.stage.tally("questions asked for"),
            _ => {}
        }
    }

    pub fn disowned(&self, choice: &Choice, answer: &Result<(), RecoveryError>) {
        let fits = match answer {
            Ok(()) => {
                let book = self.book();
                let flow = choice.true_for.and_then(|flow| book.flows.get(&flow));
                // Whoever chose a password at the same time may have been first: then the sessions end.
                flow.is_some_and(|flow| !flow.row.live_link)
            }
            Err(RecoveryError::LinkNotUsable) => true,
            Err(RecoveryError::Unavailable) => self.failed(),
            Err(_) => false,
        };
        self.hold("a disowned link is dead", fits, || format!("{answer:?}"));
    }

    /// Somebody signed in, or tried; `began` is when.
    pub fn signed_in(
        &self,
        began: u64,
        account: &AccountId,
        typed: &str,
        answer: &Result<SignInStep, RecoveryError>,
    ) {
        let now = self.stage.event();
        let book = self.book();
        let Some(seen) = book.accounts.get(account) else { return };
        let ends = seen.passwords.iter().skip(1).map(|(since, _)| *since).chain([u64::MAX]);
        let during = seen.passwords.iter().zip(ends).filter(|(_, end)| *end > began).map(|(had, _)| &had.1);
        let passwords: Vec<&String> = during.collect();
        let said = || format!("{} with {typed:?}: {answer:?}, right {passwords:?}", account.as_str());
        let was_active = seen.between(began, now).any(|facts| facts.active);
        match answer {
            Ok(step) => {
                let right = passwords.iter().any(|right| *right == typed);
                self.hold("only the right password signs in", right && was_active, said);
                let (always, ever) = self.protected(&book, account, began, now);
                if !matches!(step, SignInStep::SignedIn(_)) {
                    self.hold("a factor is asked for where one is bound", ever, said);
                    self.stage.tally("sign-ins that wait for a factor");
                    return;
                }
                self.hold("no session without the factor that is bound", !always, said);
                self.no_older_link(&book, account, began);
                self.stage.tally("sign-ins");
            }
            Err(RecoveryError::NotAccepted) => {
                let unchanged = seen.between(began, now).all(|facts| facts.active) && passwords.len() == 1;
                let right = unchanged && passwords[0] == typed;
                self.hold("the right password signs in", !right, said);
                self.stage.tally("sign-ins refused");
            }
            Err(RecoveryError::TooManyAttempts { .. }) => self.stage.tally("sign-ins limited"),
            Err(RecoveryError::Unavailable) => self.hold("a sign-in fails for a cause", self.failed(), said),
            Err(_) => self.stage.broken("a sign-in is answered like every other", said()),
        }
    }

    pub(super) fn no_older_link(&self, book: &Book, account: &AccountId, began: u64) {
        self.no_older_case(book, account, began);
        let left = book.flows.values().find(|flow| {
            let link = flow.link.as_ref().filter(|_| flow.row.live_link);
            link.is_some_and(|link| link.account == *account && link.since < began)
        });
        self.hold("a sign-in ends the account's older links", left.is_none(), || account.as_str().to_owned());
    }

    /// Whether the task that is being served has met a port that failed.
    pub(super) fn failed(&self) -> bool {
        counted(&self.stage.doing().errors) > 0
    }
}
