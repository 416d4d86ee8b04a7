//! A nudge from the service to the worker of the same process. Lost nudges cost a poll's time, nothing more.

use futures_util::task::AtomicWaker;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

#[derive(Default)]
pub(crate) struct Wake {
    set: AtomicBool,
    waker: AtomicWaker,
}

impl Wake {
    pub(crate) fn nudge(&self) {
        self.set.store(true, Ordering::Release);
        self.waker.wake();
    }

    #[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "waited for by `Worker::run`"))]
    pub(crate) async fn nudged(&self) {
        poll_fn(|context| {
            self.waker.register(context.waker());
            if self.set.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
