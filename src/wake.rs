//! A nudge from the service to the worker of the same process. A lost one costs a poll's time, nothing more: of several
//! workers in one process, the last that waited is nudged.

use futures_util::task::AtomicWaker;
use std::sync::atomic::{AtomicBool, Ordering};

/// Both loops of a worker.
#[derive(Default)]
pub(crate) struct Wakes {
    pub(crate) flows: Wake,
    pub(crate) mails: Wake,
}

impl Wakes {
    pub(crate) fn nudge(&self) {
        self.flows.nudge();
        self.mails.nudge();
    }
}

#[derive(Default)]
pub(crate) struct Wake {
    set: AtomicBool,
    waker: AtomicWaker,
}

impl Wake {
    fn nudge(&self) {
        self.set.store(true, Ordering::Release);
        self.waker.wake();
    }
}

#[cfg(feature = "tokio")]
impl Wake {
    pub(crate) async fn nudged(&self) {
        std::future::poll_fn(|context| {
            self.waker.register(context.waker());
            if self.set.swap(false, Ordering::AcqRel) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }
}
