//! A node's clock: wrong by an offset that jumps, and with a memory of what it has shown.

use crate::stage::{Stage, held};
use regain::clock::Clock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use time::OffsetDateTime;

pub struct NodeClock {
    stage: Arc<Stage>,
    offset: AtomicI64,
    /// Readings with the step they were taken at, each higher than all that came after it.
    shown: Mutex<Vec<(u64, i64)>>,
}

impl NodeClock {
    pub fn new(stage: Arc<Stage>, offset: i64) -> Self {
        Self { stage, offset: AtomicI64::new(offset), shown: Mutex::default() }
    }

    pub fn offset(&self) -> i64 {
        self.offset.load(Ordering::Relaxed)
    }

    pub fn jump(&self, by: i64) {
        self.offset.fetch_add(by, Ordering::Relaxed);
    }

    /// What it would show; nobody has looked.
    pub fn peek(&self) -> i64 {
        self.stage.now() + self.offset()
    }

    /// The highest that it has shown since this event.
    pub fn highest_since(&self, event: u64) -> i64 {
        let shown = held(&self.shown);
        let first = shown.partition_point(|(at, _)| *at < event);
        shown.get(first).map_or(i64::MIN, |(_, reading)| *reading)
    }
}

impl Clock for NodeClock {
    fn now(&self) -> OffsetDateTime {
        let reading = self.peek();
        let mut shown = held(&self.shown);
        while shown.last().is_some_and(|(_, last)| *last <= reading) {
            shown.pop();
        }
        shown.push((self.stage.event(), reading));
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(reading) * 1_000_000)
            .expect("a year of our time")
    }
}
