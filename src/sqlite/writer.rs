//! The one task that writes: it puts what several callers want into one durable transaction.
//!
//! Each piece of work that may have to be undone has a savepoint of its own. When the transaction fails as a whole, every piece is tried once
//! more alone, so that nobody pays for what another one wanted.

use crate::sqlite::trouble::failed;
use crate::store::{StoreError, StoreErrorKind};
use async_trait::async_trait;
use sqlx::sqlite::SqlitePool;
use sqlx::{Connection as _, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// At most so many pieces of work in one transaction.
const BATCH: usize = 256;
/// So many may wait; more wait before the door.
const QUEUE: usize = 4096;

/// A piece of work inside the writer's transaction.
#[async_trait]
pub(super) trait Work: Send + Sync + 'static {
    type Answer: Send + 'static;

    /// Whether [`Verdict::Undo`] may come after something was written, so that a savepoint is needed.
    fn may_undo_writes(&self) -> bool;

    /// Does it. [`Verdict::Undo`] takes back what was written for this piece, and answers all the same.
    async fn run(&self, connection: &mut SqliteConnection) -> Result<Verdict<Self::Answer>, sqlx::Error>;
}

pub(super) enum Verdict<A> {
    Keep(A),
    Undo(A),
}

type Reply<A> = oneshot::Sender<Result<A, StoreError>>;

/// Hands work to the writing task. The task ends when the last of these is gone.
pub(super) struct Writer<W: Work> {
    queue: mpsc::Sender<(W, Reply<W::Answer>)>,
}

impl<W: Work> Writer<W> {
    pub(super) fn start(pool: SqlitePool, path: &Path) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let file = File::of(path);
        tokio::spawn(serve(pool, file, waiting));
        Self { queue }
    }

    pub(super) async fn run(&self, work: W) -> Result<W::Answer, StoreError> {
        let gone = || StoreError::plain("the writing task has ended");
        let (reply, answer) = oneshot::channel();
        self.queue.send((work, reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

async fn serve<W: Work>(pool: SqlitePool, file: File, mut waiting: mpsc::Receiver<(W, Reply<W::Answer>)>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (works, replies): (Vec<W>, Vec<_>) = batch.drain(..).unzip();
        let answers = match transact(&pool, &file, &works).await {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) if works.len() == 1 => vec![Err(error)],
            Err(_) => one_by_one(&pool, &file, &works).await,
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Whoever asked may have gone away; what was done stays done.
            let _ = reply.send(answer);
        }
    }
}

async fn one_by_one<W: Work>(
    pool: &SqlitePool,
    file: &File,
    works: &[W],
) -> Vec<Result<W::Answer, StoreError>> {
    let mut answers = Vec::with_capacity(works.len());
    for work in works {
        let alone = transact(pool, file, std::slice::from_ref(work)).await;
        let answer = alone.and_then(|mut answers| answers.pop().ok_or(StoreError::plain("no answer")));
        answers.push(answer);
    }
    answers
}

/// All of it durably, or nothing.
async fn transact<W: Work>(
    pool: &SqlitePool,
    file: &File,
    works: &[W],
) -> Result<Vec<W::Answer>, StoreError> {
    file.is_still_there()?;
    in_transaction(pool, async |connection| {
        let mut answers = Vec::with_capacity(works.len());
        for work in works {
            answers.push(in_savepoint(work, connection).await?);
        }
        Ok::<_, sqlx::Error>(answers)
    })
    .await
    .map_err(failed("write to the database"))
}

/// Runs `work` in a transaction of its own on the writing connection.
///
/// After an error the connection is closed, not given back: when a disk is full, SQLite rolls back by itself, and what
/// sqlx believes of the connection's state is then wrong for good.
pub(super) async fn in_transaction<T, E: From<sqlx::Error>>(
    pool: &SqlitePool,
    work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, E>,
) -> Result<T, E> {
    let mut connection = pool.acquire().await?;
    let done = async {
        // Deferred transactions fail with SQLITE_BUSY when they turn from reading to writing; this one waits.
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let done = work(&mut transaction).await?;
        transaction.commit().await?;
        Ok(done)
    }
    .await;
    if done.is_err() {
        // The error that counts is the one above.
        let _ = connection.detach().close_hard().await;
    }
    done
}

async fn in_savepoint<W: Work>(
    work: &W,
    connection: &mut SqliteConnection,
) -> Result<W::Answer, sqlx::Error> {
    if !work.may_undo_writes() {
        let (Verdict::Keep(answer) | Verdict::Undo(answer)) = work.run(connection).await?;
        return Ok(answer);
    }
    sqlx::query("SAVEPOINT piece").execute(&mut *connection).await?;
    let answer = match work.run(connection).await? {
        Verdict::Keep(answer) => answer,
        Verdict::Undo(answer) => {
            sqlx::query("ROLLBACK TO piece").execute(&mut *connection).await?;
            answer
        }
    };
    sqlx::query("RELEASE piece").execute(connection).await?;
    Ok(answer)
}

/// The file as it was opened. SQLite goes on writing to a file that was deleted, and all of it would be lost.
#[derive(Clone)]
struct File {
    path: Arc<PathBuf>,
    inode: Option<u64>,
}

impl File {
    fn of(path: &Path) -> Self {
        Self { path: Arc::new(path.to_owned()), inode: inode(path) }
    }

    fn is_still_there(&self) -> Result<(), StoreError> {
        if self.inode.is_some() && inode(&self.path) != self.inode {
            return Err(StoreError::plain(
                "the database file was removed or replaced; restart on the right one",
            )
            .with_kind(StoreErrorKind::Unreachable));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn inode(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|file| file.ino())
}

#[cfg(not(unix))]
fn inode(_: &Path) -> Option<u64> {
    None
}
