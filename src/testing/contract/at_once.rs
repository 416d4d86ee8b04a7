//! Many calls that really run at once.
//!
//! Futures that one thread polls in turn meet only where they wait. A store that looks and takes without waiting in
//! between is wrong all the same, so calls come from several threads, which start together; it works on a runtime
//! with one thread, too.

use futures_channel::oneshot;
use futures_util::future::join_all;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Barrier};
use std::thread;
use tokio::runtime::{Builder, Handle};

const THREADS: usize = 4;

/// Calls `make` with `0..count`, and gives the answers in that order.
pub(super) async fn at_once<T, F>(count: usize, make: impl Fn(usize) -> F + Send + Sync + 'static) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let (make, start) = (Arc::new(make), Arc::new(Barrier::new(THREADS)));
    let runtime = Handle::try_current().ok();
    let share = |first: usize| {
        let (make, start, runtime) = (make.clone(), start.clone(), runtime.clone());
        let (done, answers) = oneshot::channel();
        thread::spawn(move || {
            let run = || {
                start.wait();
                let calls = join_all((first..count).step_by(THREADS).map(|number| make(number)));
                block_on(runtime.as_ref(), calls)
            };
            // Nobody listens any more only where the test has ended.
            let _ = done.send(catch_unwind(AssertUnwindSafe(run)));
        });
        answers
    };
    let shares = join_all((0..THREADS).map(share).collect::<Vec<_>>()).await;
    let mut shares: Vec<_> = shares
        .into_iter()
        .map(|share| {
            share.expect("a thread answers").unwrap_or_else(|panic| resume_unwind(panic)).into_iter()
        })
        .collect();
    (0..count).filter_map(|number| shares[number % THREADS].next()).collect()
}

/// On the caller's runtime, which goes on driving its own connections and timers meanwhile.
fn block_on<T>(runtime: Option<&Handle>, calls: impl Future<Output = T>) -> T {
    match runtime {
        Some(handle) => handle.block_on(calls),
        None => Builder::new_current_thread().build().expect("a runtime").block_on(calls),
    }
}
