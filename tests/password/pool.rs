use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};

use regain::password::{HashPool, PoolError};

/// Queues the job by polling its future once.
fn queue<F: Future>(job: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    job.poll(&mut Context::from_waker(Waker::noop()))
}

fn one_thread(queue: usize) -> HashPool {
    HashPool::new(1, queue).expect("a thread starts")
}

/// A job that tells when it has begun, and ends when it is told to.
fn gate() -> (Sender<()>, Receiver<()>, impl FnOnce() + Send + 'static) {
    let (began, has_begun) = channel();
    let (go_on, may_go_on) = channel::<()>();
    let job = move || {
        began.send(()).expect("the test is waiting");
        let _ = may_go_on.recv();
    };
    (go_on, has_begun, job)
}

#[tokio::test]
async fn a_job_gives_its_answer() {
    let pool = HashPool::for_this_machine().expect("threads start");
    assert_eq!(pool.run(|| 6 * 7).await, Ok(42));
}

/// PW-15: the load of hashing is bounded.
#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let pool = one_thread(1);
    let (go_on, has_begun, job) = gate();
    let mut running = pin!(pool.run(job));
    assert!(queue(running.as_mut()).is_pending());
    has_begun.recv().expect("the job began");
    let mut waiting = pin!(pool.run(|| 1));
    assert!(queue(waiting.as_mut()).is_pending());

    assert_eq!(pool.run(|| 2).await, Err(PoolError::Overloaded));

    drop(go_on);
    assert_eq!(running.await, Ok(()));
    assert_eq!(waiting.await, Ok(1));
    assert_eq!(pool.run(|| 3).await, Ok(3));
}

#[tokio::test]
async fn a_panic_ends_its_job_and_not_the_pool() {
    let pool = one_thread(4);
    for _ in 0..3 {
        assert_eq!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(PoolError::Panicked));
    }
    assert_eq!(pool.run(|| 1).await, Ok(1));
}

#[tokio::test]
async fn a_job_whose_caller_has_gone_is_skipped() {
    let pool = one_thread(4);
    let (go_on, has_begun, job) = gate();
    let mut running = pin!(pool.run(job));
    assert!(queue(running.as_mut()).is_pending());
    has_begun.recv().expect("the job began");
    let (ran, has_run) = channel::<()>();
    {
        let mut abandoned = pin!(pool.run(move || ran.send(())));
        assert!(queue(abandoned.as_mut()).is_pending());
    }
    drop(go_on);
    assert_eq!(running.await, Ok(()));
    assert_eq!(pool.run(|| ()).await, Ok(()));
    assert!(has_run.recv().is_err(), "it ran for nobody");
}

thread_local! {
    /// Dropped when its thread ends.
    static AT_EXIT: RefCell<Option<Sender<()>>> = const { RefCell::new(None) };
}

#[tokio::test]
async fn dropping_the_pool_finishes_what_is_queued_and_ends_the_threads() {
    let pool = one_thread(4);
    let (go_on, has_begun, job) = gate();
    let mut running = Box::pin({
        let pool = pool.clone();
        async move { pool.run(job).await }
    });
    assert!(queue(running.as_mut()).is_pending());
    has_begun.recv().expect("the job began");
    let (held_by_thread, ended) = channel::<()>();
    let mut last = Box::pin(async move {
        pool.run(move || {
            AT_EXIT.set(Some(held_by_thread));
            7
        })
        .await
    });
    assert!(queue(last.as_mut()).is_pending());
    drop(go_on);
    assert_eq!(running.await, Ok(()));
    assert_eq!(last.await, Ok(7));
    // The futures owned the last clones; the sender lives in the thread until the thread ends.
    assert!(ended.recv().is_err());
}

/// A simulation of everything on one thread cannot wait for another one.
#[test]
fn without_threads_a_job_runs_where_it_is_asked_for() {
    let pool = HashPool::danger_on_the_callers_thread();
    let here = std::thread::current().id();
    let mut asked = pin!(pool.run(move || std::thread::current().id() == here));
    assert_eq!(queue(asked.as_mut()), Poll::Ready(Ok(true)));
    let mut panics = pin!(pool.run(|| panic!("on purpose")));
    assert_eq!(queue(panics.as_mut()), Poll::Ready(Err::<(), _>(PoolError::Panicked)));
}
