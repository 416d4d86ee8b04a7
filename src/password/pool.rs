//! Threads for hashing: so that a hash blocks no other request, and many hashes cannot take all memory.
//!
//! One hash holds 19 MiB by default, so the number of threads bounds the memory and the queue bounds the wait.
//! Works under any async runtime.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io, thread};

use futures_channel::oneshot;

/// Jobs that may wait for each thread of [`HashPool::for_this_machine`]: at 30 ms each, one second.
const QUEUE_PER_THREAD: usize = 32;

type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads behind a bounded queue.
///
/// Dropping the last clone lets the threads finish what is queued, and end; it does not wait for them.
#[derive(Clone)]
pub struct HashPool {
    /// `None`: no threads, the caller does it.
    queue: Option<SyncSender<Job>>,
}

impl HashPool {
    /// Starts `threads` threads before which `queue` jobs may wait; at least one of each.
    ///
    /// # Errors
    ///
    /// That of the operating system when a thread cannot be started.
    pub fn new(threads: usize, queue: usize) -> io::Result<Self> {
        let (sender, receiver) = sync_channel::<Job>(queue.max(1));
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..threads.max(1) {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name(format!("regain-hash-{number}")).spawn(move || work(&receiver))?;
        }
        Ok(Self { queue: Some(sender) })
    }

    /// One thread for each processor that this process may use, and about a second's worth of queue.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn for_this_machine() -> io::Result<Self> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self::new(threads, threads * QUEUE_PER_THREAD)
    }

    /// No threads: each job runs where it is asked for, before the answer is awaited. A service must not block its
    /// requests so; for simulations that have to run the same way twice.
    #[must_use]
    pub fn danger_on_the_callers_thread() -> Self {
        Self { queue: None }
    }

    /// Runs `job` on a thread of the pool.
    ///
    /// A job whose caller has gone away before it began is skipped.
    ///
    /// # Errors
    ///
    /// [`PoolError::Overloaded`], at once, when the queue is full.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (answer, answered) = oneshot::channel();
        let queued: Job = Box::new(move || {
            if answer.is_canceled() {
                return;
            }
            let outcome = catch_unwind(AssertUnwindSafe(job)).map_err(forget_payload);
            // The caller may have gone away in the meantime.
            let _ = answer.send(outcome);
        });
        match &self.queue {
            None => queued(),
            Some(queue) => queue.try_send(queued).map_err(|refused| match refused {
                TrySendError::Full(_) => PoolError::Overloaded,
                TrySendError::Disconnected(_) => PoolError::Stopped,
            })?,
        }
        answered.await.unwrap_or(Err(PoolError::Stopped))
    }
}

impl fmt::Debug for HashPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashPool")
    }
}

/// Why a job gave no answer.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The queue is full.
    #[error("the queue for hashing is full; answer 503 and let the person try again")]
    Overloaded,
    /// No thread is left.
    #[error("the threads for hashing have ended; start a new `HashPool`")]
    Stopped,
    /// The job panicked; the pool lives on.
    #[error("a job in the pool panicked; see the panic message on standard error")]
    Panicked,
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting and never while working.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A job catches its own panic; this one is for a panic in dropping what it owned.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

/// A panic's payload may carry a secret, so it is not passed on.
fn forget_payload(_payload: Box<dyn Any + Send>) -> PoolError {
    PoolError::Panicked
}
