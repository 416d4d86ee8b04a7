//! Several [`Commit`]s, one transaction.
//!
//! Flows are locked before documents, documents before mails, mails before budgets, and each in the order of their keys: the same in every
//! transaction of every node. Who is refused, and who has to wait for the next transaction, is known before anything is
//! written, as far as it can be; what turns up later undoes the whole transaction, and it is begun anew.

use crate::clock::Timestamp;
use crate::ids::FlowId;
use crate::postgres::budgets::{self, Ledger, Logs};
use crate::postgres::database::{Database, TRIES, code, try_again};
use crate::postgres::documents;
use crate::postgres::party::{self, in_any_order};
use crate::postgres::settlements::settle;
use crate::postgres::upkeep;
use crate::postgres::writes::{Stored, insert_audit, insert_mails, lock_flows, record, write_flows};
use crate::sql::integer;
use crate::store::{Commit, Committed, FlowWrite, MailSettlement};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};

/// What became of commits that were to be done together.
pub(super) enum Together {
    /// An answer for each. Who has none would be over budget if the others go first, and is to come again; the first
    /// always has one.
    Answers(Vec<Option<Committed>>),
    /// Nothing was done: one of them is in the way. Each is to be done alone.
    Apart,
}

/// Does what each of the commits wants, or nothing of it. One that is alone is never told to be apart.
pub(super) async fn commit(database: &Database, commits: &[&Commit]) -> Result<Together, sqlx::Error> {
    let alone = commits.len() == 1;
    let mut tries = 1;
    loop {
        match attempt(database, commits).await {
            Ok(Attempt::Answered(answers)) => return Ok(Together::Answers(answers)),
            Ok(Attempt::Moved) if tries < TRIES => {}
            Err(Failure::Undone(error)) if try_again(&error, tries) => {}
            Ok(_) | Err(Failure::Undone(_)) if !alone => return Ok(Together::Apart),
            Ok(_) => return Err(sqlx::Error::Protocol("others changed the same budgets each time".into())),
            Err(Failure::Undone(error) | Failure::Open(error)) => return Err(error),
        }
        tries += 1;
    }
}

enum Attempt {
    Answered(Vec<Option<Committed>>),
    /// Others changed the budgets after they were read; nothing was done.
    Moved,
    /// One of several does not fit what is stored; nothing was done.
    Unfit,
}

enum Failure {
    /// PostgreSQL said what is wrong, before anything was committed.
    Undone(sqlx::Error),
    /// Anything else, a connection that was lost above all.
    Open(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        // 57P: the server goes down, or an operator ends the connection.
        match code(&error) {
            Some(code) if !code.starts_with("57P") => Self::Undone(error),
            _ => Self::Open(error),
        }
    }
}

async fn attempt(database: &Database, commits: &[&Commit]) -> Result<Attempt, Failure> {
    let mut lease = database.lease().await?;
    let done = attempt_on(database, commits, &mut lease).await;
    lease.done();
    done
}

async fn attempt_on(
    database: &Database,
    commits: &[&Commit],
    connection: &mut PgConnection,
) -> Result<Attempt, Failure> {
    let seen = budgets::look(database, commits, connection).await?;
    let mut draft = Draft::new(commits, &seen);
    if draft.going.is_empty() {
        return Ok(Attempt::Answered(draft.answers));
    }
    let mut transaction = database.begin(connection).await?;
    draft.look_at_rows(database, &mut transaction).await?;
    let applied = apply(database, &draft.going(), &mut transaction).await;
    match draft.settle(applied)? {
        Next::Commit => {
            // From here on it may have happened, whatever goes wrong.
            transaction.commit().await.map_err(Failure::Open)?;
            draft.answer_rest(Committed::Done);
        }
        Next::Answer => transaction.rollback().await?,
        Next::Undo(why) => {
            transaction.rollback().await?;
            return Ok(why);
        }
    }
    draft.look_again(database, connection).await?;
    Ok(Attempt::Answered(draft.answers))
}

/// Answers in the making.
struct Draft<'c> {
    commits: &'c [&'c Commit],
    answers: Vec<Option<Committed>>,
    /// The places of those who take part in the transaction.
    going: Vec<usize>,
}

enum Next {
    Commit,
    Answer,
    Undo(Attempt),
}

impl<'c> Draft<'c> {
    /// Whoever is over budget without the others has an answer already; whoever would be after the others stays behind.
    fn new(commits: &'c [&'c Commit], seen: &Logs) -> Self {
        let mut draft = Self { commits, answers: vec![None; commits.len()], going: Vec::new() };
        let mut ledger = Ledger::on(seen);
        for (place, commit) in commits.iter().enumerate() {
            if let Some(retry_at) = budgets::refused(commit, seen) {
                draft.answers[place] = Some(Committed::OverBudget { retry_at });
            } else if ledger.take(commit).is_ok() {
                draft.going.push(place);
            }
        }
        draft
    }

    fn going(&self) -> Vec<&'c Commit> {
        self.going.iter().map(|place| self.commits[*place]).collect()
    }

    /// Locks the flows and documents that are to be changed. Whoever expects another version than is stored goes no further;
    /// whoever changes a flow of an account that another one touches waits for the next transaction.
    async fn look_at_rows(
        &mut self,
        database: &Database,
        connection: &mut PgConnection,
    ) -> Result<(), sqlx::Error> {
        let going = self.going();
        let ids: Vec<FlowId> = going.iter().flat_map(|commit| updates(commit)).map(|(id, _)| id).collect();
        let keys: Vec<documents::Key> =
            going.iter().flat_map(|commit| documents::updates(commit)).map(|(key, _)| key).collect();
        if ids.is_empty() && keys.is_empty() {
            return Ok(());
        }
        let realm = &going[0].realm;
        let stored = lock_flows(database, realm, ids, connection).await?;
        let versions = documents::lock(database, realm, keys, connection).await?;
        let mut touched: HashSet<Vec<u8>> = HashSet::new();
        for place in std::mem::take(&mut self.going) {
            let commit = self.commits[place];
            let owner = |(id, _): (FlowId, i64)| stored.get(&id).and_then(|stored| stored.account.clone());
            let mut accounts: HashSet<Vec<u8>> = updates(commit).filter_map(owner).collect();
            accounts.extend(party::accounts(commit).map(|id| id.as_str().as_bytes().to_vec()));
            if !fits(commit, &stored, &versions) {
                self.answers[place] = Some(Committed::Conflict);
            } else if touched.is_disjoint(&accounts) {
                touched.extend(accounts);
                self.going.push(place);
            }
        }
        Ok(())
    }

    /// What to do with the transaction. What is wrong with one that is alone is that one's answer.
    fn settle(&mut self, applied: Result<Applied, sqlx::Error>) -> Result<Next, Failure> {
        let alone = self.going.len() == 1;
        let answer = match applied {
            Ok(Applied::Nothing) => return Ok(Next::Answer),
            Ok(Applied::All) => return Ok(Next::Commit),
            Ok(Applied::Refused(retry_at)) if alone => Committed::OverBudget { retry_at },
            Ok(Applied::Refused(_) | Applied::Moved) => return Ok(Next::Undo(Attempt::Moved)),
            Ok(Applied::Unfit) if alone => Committed::Conflict,
            Ok(Applied::Unfit) => return Ok(Next::Undo(Attempt::Unfit)),
            Err(error) if alone && code(&error).as_deref() == Some(UNIQUE_VIOLATION) => Committed::Conflict,
            Err(error) => return Err(error.into()),
        };
        self.answer_rest(answer);
        Ok(Next::Answer)
    }

    fn answer_rest(&mut self, answer: Committed) {
        for place in self.going.drain(..) {
            self.answers[place] = Some(answer);
        }
    }

    /// Whoever lost to a commit that also used up the budget is over budget first of all.
    async fn look_again(
        &mut self,
        database: &Database,
        connection: &mut PgConnection,
    ) -> Result<(), sqlx::Error> {
        let lost = |(place, answer): (usize, &Option<Committed>)| {
            (*answer == Some(Committed::Conflict)).then_some((place, self.commits[place]))
        };
        let lost: Vec<(usize, &Commit)> = self.answers.iter().enumerate().filter_map(lost).collect();
        let commits: Vec<&Commit> = lost.iter().map(|(_, commit)| *commit).collect();
        if commits.is_empty() {
            return Ok(());
        }
        let seen = budgets::look(database, &commits, connection).await?;
        for (place, commit) in lost {
            if let Some(retry_at) = budgets::refused(commit, &seen) {
                self.answers[place] = Some(Committed::OverBudget { retry_at });
            }
        }
        Ok(())
    }
}

const UNIQUE_VIOLATION: &str = "23505";

/// The flows that a commit changes, and the versions that have to be there before.
fn updates(commit: &Commit) -> impl Iterator<Item = (FlowId, i64)> {
    commit.flows.iter().filter_map(|write| match write {
        FlowWrite::Update(record) => Some((record.id, integer(record.version) - 1)),
        FlowWrite::Insert(_) => None,
    })
}

/// One whose writes have an order of their own is judged when they are written.
fn fits(commit: &Commit, stored: &HashMap<FlowId, Stored>, versions: &HashMap<documents::Key, i64>) -> bool {
    let flow = |(id, version)| stored.get(&id).is_some_and(|stored| stored.version == version);
    let document = |(key, version)| versions.get(&key) == Some(&version);
    !party::in_any_order(commit) || updates(commit).all(flow) && documents::updates(commit).all(document)
}

/// How far a transaction got.
enum Applied {
    Nothing,
    All,
    Refused(Timestamp),
    Moved,
    Unfit,
}

async fn apply(
    database: &Database,
    commits: &[&Commit],
    connection: &mut PgConnection,
) -> Result<Applied, sqlx::Error> {
    let [first, ..] = commits else { return Ok(Applied::Nothing) };
    let realm = &first.realm;
    for writes in flows_in_turn(commits) {
        if !write_flows(database, realm, &writes, connection).await? {
            return Ok(Applied::Unfit);
        }
    }
    for writes in documents::in_turn(commits, commits.iter().all(|commit| in_any_order(commit))) {
        if !documents::write(database, realm, &writes, connection).await? {
            return Ok(Applied::Unfit);
        }
    }
    let mails: Vec<_> = commits.iter().flat_map(|commit| &commit.mails).collect();
    insert_mails(database, realm, &mails, connection).await?;
    for settlements in settlements_in_turn(commits) {
        settle(database, realm, &settlements, connection).await?;
    }
    for commit in commits {
        if !upkeep::apply(database, commit, connection).await? {
            return Ok(Applied::Unfit);
        }
    }
    let lines: Vec<_> = commits.iter().flat_map(|commit| &commit.audit).collect();
    insert_audit(database, realm, &lines, connection).await?;
    let stored = budgets::lock(database, commits, connection).await?;
    let mut ledger = Ledger::on(&stored);
    for commit in commits {
        if let Err(retry_at) = ledger.take(commit) {
            return Ok(Applied::Refused(retry_at));
        }
    }
    let written = budgets::write(database, realm, ledger, connection).await?;
    Ok(if written { Applied::All } else { Applied::Moved })
}

/// Links that end before those that take their place; one after the other where the order says more than that.
fn flows_in_turn<'c>(commits: &[&'c Commit]) -> Vec<Vec<&'c FlowWrite>> {
    let all = commits.iter().flat_map(|commit| &commit.flows);
    if !commits.iter().all(|commit| in_any_order(commit)) {
        return all.map(|write| vec![write]).collect();
    }
    let mut turns = vec![Vec::new(); 3];
    for write in all {
        turns[match write {
            FlowWrite::Update(_) if !record(write).live_link => 0,
            FlowWrite::Insert(_) => 1,
            FlowWrite::Update(_) => 2,
        }]
        .push(write);
    }
    turns
}

fn settlements_in_turn<'c>(commits: &[&'c Commit]) -> Vec<Vec<&'c MailSettlement>> {
    let all = commits.iter().flat_map(|commit| &commit.settlements);
    if commits.iter().all(|commit| in_any_order(commit)) {
        return vec![all.collect()];
    }
    all.map(|settlement| vec![settlement]).collect()
}
