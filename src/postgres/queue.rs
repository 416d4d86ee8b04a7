//! Commits that wait for a transaction, and the tasks that do them.
//!
//! While one transaction is under way, the next ones gather. A task runs only as long as somebody waits; with the last
//! answer it ends. Whoever goes away before the turn comes has wanted nothing; later, it is done all the same.

use crate::postgres::commit::{Together, commit};
use crate::postgres::database::{Database, in_time};
use crate::postgres::documents::document;
use crate::postgres::party::Party;
use crate::postgres::trouble::{failed, failed_for_all};
use crate::postgres::writes::record;
use crate::store::{Commit, Committed, StoreError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// What is done when a write fails.
const WRITE: &str = "write to the database";

/// Transactions at once, from one line. A second one has its rows ready while the first one waits for the disk; more
/// would only wait for the same budgets.
const AT_ONCE: usize = 2;

/// A commit, and who waits for its answer.
struct Asked {
    commit: Commit,
    reply: oneshot::Sender<Result<Committed, StoreError>>,
}

impl Asked {
    fn answer(self, answer: Result<Committed, StoreError>) {
        // Whoever asked may have gone away; what was done stays done.
        let _ = self.reply.send(answer);
    }
}

/// A line in front of the database.
#[derive(Clone)]
pub(super) struct Queue {
    database: Database,
    line: Arc<Mutex<Line>>,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Asked>,
    /// Tasks that there are.
    running: usize,
    /// Those of them that have a transaction under way.
    busy: usize,
}

impl Queue {
    pub(super) fn new(database: Database) -> Self {
        Self { database, line: Arc::default() }
    }

    pub(super) async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        if !is_of_one_realm(&commit) {
            return Err(StoreError::plain("a commit writes into another realm than its own"));
        }
        let (reply, answer) = oneshot::channel();
        self.enqueue(Asked { commit, reply });
        answer.await.map_err(|_| StoreError::plain("the task that writes has ended"))?
    }

    fn enqueue(&self, asked: Asked) {
        let mut line = self.line();
        line.waiting.push_back(asked);
        if line.running < AT_ONCE {
            line.running += 1;
            let running = Running { queue: self.clone(), counted: true, busy: false };
            tokio::spawn(async move { running.run().await });
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the commits, and puts those without an answer back to the front.
    async fn serve(&self, party: Vec<Asked>) {
        let commits: Vec<&Commit> = party.iter().map(|asked| &asked.commit).collect();
        match in_time(commit(&self.database, &commits)).await {
            Ok(Together::Answers(answers)) => self.answer(party, answers),
            Ok(Together::Apart) => {
                for asked in party {
                    let queue = self.clone();
                    tokio::spawn(async move { queue.serve_alone(asked).await });
                }
            }
            Err(error) => {
                let error = failed_for_all(WRITE, error);
                party.into_iter().for_each(|asked| asked.answer(Err(error())));
            }
        }
    }

    fn answer(&self, party: Vec<Asked>, answers: Vec<Option<Committed>>) {
        let mut line = self.line();
        for (asked, answer) in party.into_iter().zip(answers).rev() {
            match answer {
                Some(answer) => asked.answer(Ok(answer)),
                None => line.waiting.push_front(asked),
            }
        }
    }

    /// Nobody waits for one that is slow, or pays for one that fails.
    async fn serve_alone(&self, asked: Asked) {
        let answer = match in_time(commit(&self.database, &[&asked.commit])).await {
            Ok(Together::Answers(answers)) => answers.into_iter().next().flatten(),
            Ok(Together::Apart) => None,
            Err(error) => return asked.answer(Err(failed(WRITE)(error))),
        };
        asked.answer(answer.ok_or(StoreError::plain("a commit that was alone had no answer")));
    }
}

/// All rows of a transaction are written under one realm.
fn is_of_one_realm(commit: &Commit) -> bool {
    let flows = commit.flows.iter().map(|write| &record(write).realm);
    let documents = commit.documents.iter().map(|write| &document(write).realm);
    let mails = commit.mails.iter().map(|mail| &mail.realm);
    let lines = commit.audit.iter().map(|line| &line.realm);
    flows.chain(documents).chain(mails).chain(lines).all(|realm| *realm == commit.realm)
}

impl Line {
    /// The next commits that go together, those that wait longest first.
    fn next(&mut self) -> Vec<Asked> {
        let (mut party, mut members, mut behind) =
            (Party::of(self.waiting.len(), AT_ONCE - self.busy), Vec::new(), Vec::new());
        while !party.is_full()
            && let Some(asked) = self.waiting.pop_front()
        {
            if asked.reply.is_closed() {
                continue;
            }
            if party.admits(&asked.commit) { members.push(asked) } else { behind.push(asked) }
        }
        behind.into_iter().rev().for_each(|asked| self.waiting.push_front(asked));
        members
    }
}

/// A task at work. However it ends, it is counted out; when it was the last, nobody is left waiting for nothing.
struct Running {
    queue: Queue,
    counted: bool,
    busy: bool,
}

impl Running {
    async fn run(mut self) {
        // Whoever is about to ask at this very moment comes along.
        tokio::task::yield_now().await;
        while let Some(party) = self.next() {
            self.queue.serve(party).await;
        }
    }

    /// In one go with the end of the task: whoever comes a moment later starts another one.
    fn next(&mut self) -> Option<Vec<Asked>> {
        let mut line = self.queue.line();
        line.busy -= usize::from(std::mem::take(&mut self.busy));
        let party = line.next();
        if party.is_empty() {
            line.running -= 1;
            self.counted = false;
            return None;
        }
        line.busy += 1;
        self.busy = true;
        Some(party)
    }
}

impl Drop for Running {
    /// After a panic, or with the runtime that the task was on.
    fn drop(&mut self) {
        if !self.counted {
            return;
        }
        let mut line = self.queue.line();
        line.running -= 1;
        line.busy -= usize::from(self.busy);
        let left = if line.running == 0 { std::mem::take(&mut line.waiting) } else { VecDeque::new() };
        drop(line);
        // Their callers are told.
        drop(left);
    }
}
