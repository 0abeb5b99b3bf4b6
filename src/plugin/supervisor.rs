//! Enforces the time limit: the main thread watches a worker thread that runs the check, and reports on
//! time even if the worker hangs.
//!
//! A read of `/proc/PID/cmdline` can sleep so that only a fatal signal ends it. So a stuck worker is
//! abandoned. Another one starts the check again and avoids what the first is stuck in ([`patience`]).
//! At the limit, the check reports the verdict that was published, if any.

use std::io;
use std::os::fd::OwnedFd;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::{Errno, write};

use crate::host::{patience, progress};
use crate::nagios::report::Report;

/// Stack size of a worker. Nothing recurses deeply.
const STACK: usize = 1 << 20;

/// The main thread looks at the worker no more often than this.
const SHORTEST_LOOK: Duration = Duration::from_millis(10);

/// The published verdict.
static KNOWN: Mutex<Option<Report>> = Mutex::new(None);

/// The signal that asked us to end.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// How a check ended.
pub(crate) enum End<T> {
    /// The worker returned or panicked.
    Done(thread::Result<T>),
    /// The worker was still running at the limit.
    TimedOut,
    /// A signal from outside ended it.
    Signal(i32),
}

/// Sets the verdict to report if time runs out before the check is done. What the check does from now on
/// only adds explanations, and must not get stuck.
pub fn publish(report: Report) {
    *KNOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
    patience::begin_with_care();
}

/// The published verdict.
pub(super) fn known() -> Option<Report> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Ends the check; for a signal handler.
pub fn end_by(signal: i32) {
    SIGNAL.store(signal, Relaxed);
}

/// Whether a signal asked us to end.
pub(super) fn must_end() -> bool {
    SIGNAL.load(Relaxed) != 0
}

/// Runs `check` on a worker thread for at most `limit`.
///
/// # Errors
/// If no thread can be created.
pub(super) fn supervise<T: Send + 'static>(
    limit: Duration,
    check: impl Fn() -> T + Send + Sync + 'static,
) -> io::Result<End<T>> {
    let end = patience::ends_in(limit);
    let (sender, results) = channel();
    let team = Team { check: Arc::new(check), sender, done: Arc::new(done()?) };
    let mut workers = 0;
    team.start(workers)?;
    let (mut seen, mut unmoved) = (progress::now(), 0);
    loop {
        if let Ok(result) = results.try_recv() {
            return Ok(End::Done(result));
        }
        let signal = SIGNAL.load(Relaxed);
        if signal != 0 {
            return Ok(End::Signal(signal));
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(End::TimedOut);
        }
        if wait(&team.done, (patience::patience() / 2).max(SHORTEST_LOOK).min(left)) {
            continue;
        }
        let now = progress::now();
        unmoved = if now == seen { unmoved + 1 } else { 0 };
        seen = now;
        // Twice, because after the machine was suspended a healthy worker looks unmoved once.
        if unmoved >= 2 && known().is_none() && patience::avoid(now.1) {
            progress::leave_behind();
            workers += 1;
            team.start(workers)?;
        }
    }
}

/// What each worker gets.
struct Team<T, C> {
    check: Arc<C>,
    sender: Sender<thread::Result<T>>,
    done: Arc<OwnedFd>,
}

impl<T: Send + 'static, C: Fn() -> T + Send + Sync + 'static> Team<T, C> {
    fn start(&self, worker: u32) -> io::Result<()> {
        let Self { check, sender, done } = self;
        let (check, sender, done) = (check.clone(), sender.clone(), done.clone());
        let work = move || {
            progress::take_over(worker);
            let result = panic::catch_unwind(AssertUnwindSafe(|| check()));
            // Neither can fail while the main thread waits.
            let _ = sender.send(result);
            let _ = write(&*done, &1_u64.to_ne_bytes());
        };
        Builder::new().stack_size(STACK).spawn(work).map(drop)
    }
}

/// Wakes the main thread. A channel would not do: a signal does not interrupt waiting for one.
fn done() -> Result<OwnedFd, Errno> {
    eventfd(0, EventfdFlags::CLOEXEC)
}

/// Waits for the worker or a signal; `false` if neither came in `time`.
fn wait(done: &OwnedFd, time: Duration) -> bool {
    let time = Timespec::try_from(time).unwrap_or_default();
    poll(&mut [PollFd::new(done, PollFlags::IN)], Some(&time)) != Ok(0)
}
