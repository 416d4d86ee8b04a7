//! Polls tasks in an order that the dice draw. A task of a frozen node is put aside until the node goes on; those of a
//! node that crashes are dropped where they stand.

use crate::stage::{Doing, Owner, Stage, TaskWaker, Work, held};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

struct Task {
    doing: Arc<Doing>,
    work: Work,
    flag: Arc<TaskWaker>,
    waker: Waker,
}

/// What is to happen to nodes; told by tasks, done between two polls.
#[derive(Default)]
pub struct Orders {
    pub crash: Vec<usize>,
    pub frozen: BTreeSet<usize>,
}

pub struct Executor {
    stage: Arc<Stage>,
    orders: Arc<Mutex<Orders>>,
    tasks: BTreeMap<u64, Task>,
    ready: Vec<u64>,
    aside: Vec<u64>,
}

impl Executor {
    pub fn new(stage: Arc<Stage>, orders: Arc<Mutex<Orders>>) -> Self {
        Self { stage, orders, tasks: BTreeMap::new(), ready: Vec::new(), aside: Vec::new() }
    }

    /// Goes on until an invariant breaks, `done` is set, or nothing will ever happen again.
    pub fn run(&mut self, done: &AtomicBool) {
        while !done.load(Ordering::Relaxed) && self.stage.failure().is_none() {
            self.carry_out_orders();
            self.take_in();
            if self.ready.is_empty() {
                if !self.stage.pass_time() {
                    return;
                }
                continue;
            }
            let place = self.stage.dice().index(self.ready.len());
            let id = self.ready.swap_remove(place);
            self.poll(id);
        }
    }

    fn take_in(&mut self) {
        for begun in std::mem::take(&mut *held(&self.stage.begun)) {
            let id = begun.doing.id;
            let flag = TaskWaker { id, awake: AtomicBool::new(true), woken: self.stage.woken.clone() };
            let flag = Arc::new(flag);
            let waker = Waker::from(flag.clone());
            self.tasks.insert(id, Task { doing: begun.doing, work: begun.work, flag, waker });
            self.ready.push(id);
        }
        self.ready.append(&mut held(&self.stage.woken));
    }

    fn poll(&mut self, id: u64) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        if let Owner::Node(node) = task.doing.owner
            && held(&self.orders).frozen.contains(&node)
        {
            self.aside.push(id);
            return;
        }
        self.stage.steps.fetch_add(1, Ordering::Relaxed);
        task.flag.awake.store(false, Ordering::Relaxed);
        *held(&self.stage.current) = Some(task.doing.clone());
        let polled = task.work.as_mut().poll(&mut Context::from_waker(&task.waker));
        if polled == Poll::Ready(()) {
            // While it still counts as the one that is polled: what it owns may tell something when dropped.
            self.tasks.remove(&id);
        }
        *held(&self.stage.current) = None;
    }

    fn carry_out_orders(&mut self) {
        let mut orders = held(&self.orders);
        let crashed = std::mem::take(&mut orders.crash);
        let thawed = !self.aside.is_empty() && {
            let frozen = &orders.frozen;
            let still = |id: &u64| {
                let owner = self.tasks.get(id).map(|task| task.doing.owner);
                matches!(owner, Some(Owner::Node(node)) if frozen.contains(&node))
            };
            !self.aside.iter().all(still)
        };
        drop(orders);
        for node in crashed {
            let owned = |task: &Task| task.doing.owner == Owner::Node(node);
            let lost: Vec<u64> =
                self.tasks.values().filter(|task| owned(task)).map(|task| task.doing.id).collect();
            lost.iter().for_each(|id| drop(self.tasks.remove(id)));
        }
        if thawed {
            self.ready.append(&mut self.aside);
        }
    }
}
