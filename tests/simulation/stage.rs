//! What a whole simulation shares: the seed's dice, the true time, the tasks that wait, the trace.
//!
//! One thread, so that nothing happens at the same time except where the dice say so. The locks are there because the
//! ports of regain have to be `Sync`; nobody ever waits for one.

use crate::dice::Dice;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Lines that a failing seed prints.
const TAIL: usize = 60;
/// The simulation begins at this reading of a true clock: a Monday morning in 2026.
pub const START: i64 = 1_772_442_000_000;

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;

pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

pub fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whose a task is: what happens to a node happens to its tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    World,
    Node(usize),
}

/// What a task has done so far, as the ports saw it.
#[derive(Debug)]
pub struct Doing {
    pub id: u64,
    pub owner: Owner,
    pub what: &'static str,
    /// The event at which it began.
    pub since: u64,
    pub account_calls: AtomicU64,
    pub commits: AtomicU64,
    pub flow_writes: AtomicU64,
    pub spends: AtomicU64,
    pub over_budget: AtomicU64,
    pub errors: AtomicU64,
}

impl Doing {
    fn new(id: u64, owner: Owner, what: &'static str, since: u64) -> Self {
        let none = || AtomicU64::new(0);
        let [account_calls, commits, flow_writes] = [none(), none(), none()];
        let [spends, over_budget, errors] = [none(), none(), none()];
        Self { id, owner, what, since, account_calls, commits, flow_writes, spends, over_budget, errors }
    }
}

pub fn count(counter: &AtomicU64, by: usize) {
    counter.fetch_add(by as u64, Ordering::Relaxed);
}

pub fn counted(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// A task that is to begin.
pub struct Begun {
    pub doing: Arc<Doing>,
    pub work: Work,
}

/// A broken invariant.
#[derive(Debug, Clone)]
pub struct Failure {
    pub invariant: &'static str,
    pub detail: String,
    pub step: u64,
}

#[derive(Default)]
struct Trace {
    hash: u64,
    tail: VecDeque<String>,
    tally: BTreeMap<&'static str, u64>,
}

pub struct Stage {
    dice: Mutex<Dice>,
    now: AtomicI64,
    pub steps: AtomicU64,
    events: AtomicU64,
    next_task: AtomicU64,
    next_timer: AtomicU64,
    timers: Mutex<BinaryHeap<Reverse<Timer>>>,
    pub begun: Mutex<Vec<Begun>>,
    pub woken: Arc<Mutex<Vec<u64>>>,
    pub current: Mutex<Option<Arc<Doing>>>,
    bell: Mutex<(u64, Vec<Waker>)>,
    trace: Mutex<Trace>,
    failure: Mutex<Option<Failure>>,
    loud: bool,
}

impl Stage {
    pub fn new(seed: u64, loud: bool) -> Arc<Self> {
        Arc::new(Self {
            dice: Mutex::new(Dice::new(seed)),
            now: AtomicI64::new(START),
            steps: AtomicU64::new(0),
            events: AtomicU64::new(0),
            next_task: AtomicU64::new(0),
            next_timer: AtomicU64::new(0),
            timers: Mutex::default(),
            begun: Mutex::default(),
            woken: Arc::default(),
            current: Mutex::default(),
            bell: Mutex::default(),
            trace: Mutex::default(),
            failure: Mutex::default(),
            loud,
        })
    }

    pub fn dice(&self) -> MutexGuard<'_, Dice> {
        held(&self.dice)
    }

    /// The true time, which no node knows.
    pub fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    pub fn step(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Numbers what happens, so that it can be said what came first: many things happen in one step.
    pub fn event(&self) -> u64 {
        self.events.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// One line of the trace.
    pub fn note(&self, line: &str) {
        let millis = self.now() - START;
        let (seconds, millis) = (millis / SECOND, millis % SECOND);
        let line = format!("{:>5} {seconds:>6}.{millis:03} {line}", self.step());
        let mut trace = held(&self.trace);
        for byte in line.bytes() {
            trace.hash = (trace.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.loud {
            println!("{line}");
        }
        if trace.tail.len() == TAIL {
            trace.tail.pop_front();
        }
        trace.tail.push_back(line);
    }

    /// Something that every large enough number of seeds should see.
    pub fn tally(&self, what: &'static str) {
        *held(&self.trace).tally.entry(what).or_default() += 1;
    }

    pub fn take_trace(&self) -> (u64, Vec<String>, BTreeMap<&'static str, u64>) {
        let trace = std::mem::take(&mut *held(&self.trace));
        (trace.hash, trace.tail.into(), trace.tally)
    }

    /// The first broken invariant counts.
    pub fn broken(&self, invariant: &'static str, detail: String) {
        self.note(&format!("BROKEN {invariant}: {detail}"));
        held(&self.failure).get_or_insert(Failure { invariant, detail, step: self.step() });
    }

    pub fn failure(&self) -> Option<Failure> {
        held(&self.failure).clone()
    }

    pub fn begin(&self, owner: Owner, what: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let id = self.next_task.fetch_add(1, Ordering::Relaxed);
        let doing = Arc::new(Doing::new(id, owner, what, self.event()));
        held(&self.begun).push(Begun { doing, work: Box::pin(work) });
    }

    /// The task that is being polled.
    pub fn doing(&self) -> Arc<Doing> {
        held(&self.current).clone().expect("a port is called from within a task")
    }

    pub fn sleep(self: &Arc<Self>, millis: i64) -> Sleep {
        Sleep { stage: self.clone(), until: self.now() + millis.max(0), rung: None, set: false }
    }

    /// Sleeps, but no longer than until work arrives.
    pub fn rest(self: &Arc<Self>, millis: i64) -> Sleep {
        Sleep { rung: Some(held(&self.bell).0), ..self.sleep(millis) }
    }

    /// Work has arrived.
    pub fn ring(&self) {
        let mut bell = held(&self.bell);
        bell.0 += 1;
        bell.1.drain(..).for_each(Waker::wake);
    }

    /// Moves the time on to the next timer, and wakes whoever waits for it; `false` when nobody waits.
    pub fn pass_time(&self) -> bool {
        let mut timers = held(&self.timers);
        let Some(Reverse(first)) = timers.pop() else { return false };
        self.now.fetch_max(first.at, Ordering::Relaxed);
        let at = first.at;
        first.waker.wake();
        while timers.peek().is_some_and(|Reverse(next)| next.at <= at) {
            if let Some(Reverse(next)) = timers.pop() {
                next.waker.wake();
            }
        }
        true
    }
}

struct Timer {
    at: i64,
    number: u64,
    waker: Waker,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// See [`Stage::sleep`].
pub struct Sleep {
    stage: Arc<Stage>,
    until: i64,
    rung: Option<u64>,
    set: bool,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let stage = self.stage.clone();
        let mut bell = held(&stage.bell);
        let is_over = self.set && stage.now() >= self.until;
        if is_over || self.rung.is_some_and(|before| before != bell.0) {
            return Poll::Ready(());
        }
        if self.rung.is_some() {
            bell.1.push(context.waker().clone());
        }
        if !std::mem::replace(&mut self.set, true) {
            let number = stage.next_timer.fetch_add(1, Ordering::Relaxed);
            let timer = Timer { at: self.until, number, waker: context.waker().clone() };
            held(&stage.timers).push(Reverse(timer));
        }
        Poll::Pending
    }
}

/// Wakes one task of the [`Executor`](crate::executor::Executor).
pub struct TaskWaker {
    pub id: u64,
    pub awake: AtomicBool,
    pub woken: Arc<Mutex<Vec<u64>>>,
}

impl std::task::Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.awake.swap(true, Ordering::Relaxed) {
            held(&self.woken).push(self.id);
        }
    }
}
