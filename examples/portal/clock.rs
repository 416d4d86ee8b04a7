//! The portal's clock. Whoever tries out a waiting time does not want to wait for it, so the clock can be told to run
//! ahead: by as many seconds as stand in a file that only the operator can write. There is no page for it.

use crate::{Failure, failed};
use regain::clock::{Clock, SystemClock};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use time::{Duration, OffsetDateTime};

/// The furthest that it runs ahead: longer than any time that regain waits for.
const FURTHEST: i64 = 400 * 24 * 60 * 60;

/// The machine's clock, or one that runs ahead of it.
pub fn set_up(file: Option<&Path>) -> Result<Arc<dyn Clock>, Failure> {
    let Some(file) = file else { return Ok(Arc::new(SystemClock)) };
    let text = fs::read_to_string(file)
        .map_err(failed(format!("the clock file {} cannot be read; see --clock-file", file.display())))?;
    let ahead = seconds(&text).ok_or_else(|| {
        Failure(format!(
            "the clock file {} has to hold a number of seconds from 0 to {FURTHEST}",
            file.display()
        ))
    })?;
    Ok(Arc::new(Ahead { file: file.to_owned(), seconds: AtomicI64::new(ahead) }))
}

fn seconds(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|seconds| (0..=FURTHEST).contains(seconds))
}

struct Ahead {
    file: PathBuf,
    /// What was read last, for when the file is just being written.
    seconds: AtomicI64,
}

impl Clock for Ahead {
    fn now(&self) -> OffsetDateTime {
        if let Some(seconds) = fs::read_to_string(&self.file).ok().as_deref().and_then(seconds) {
            self.seconds.store(seconds, Ordering::Relaxed);
        }
        SystemClock.now() + Duration::seconds(self.seconds.load(Ordering::Relaxed))
    }
}
