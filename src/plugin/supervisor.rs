//! The main thread watches over a worker that does the check: whatever hangs, the plugin speaks and
//! exits on time.
//!
//! A read of `/proc/PID/cmdline` can sleep where only a fatal signal reaches it. So a worker that is
//! stuck is left behind, and another one begins again, with care for what the first is stuck in
//! ([`patience`]). At the limit the verdict that is known stands, if there is one.

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

/// Room for what a plugin does; no part of it recurses deeply.
const STACK: usize = 1 << 20;

/// Looking more often than this would be work.
const SHORTEST_LOOK: Duration = Duration::from_millis(10);

/// The verdict without its explanation, once it is known.
static KNOWN: Mutex<Option<Report>> = Mutex::new(None);

/// The signal that asked us to end.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// How a check ended.
pub(crate) enum End<T> {
    /// With this, or with a panic.
    Done(thread::Result<T>),
    /// It did not.
    TimedOut,
    /// By a signal from outside.
    Signal(i32),
}

/// Says what the verdict is if there is no time to explain it. What comes from now on explains, and
/// asks with care: it must not get stuck.
pub fn publish(report: Report) {
    *KNOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
    patience::begin_with_care();
}

/// What was published.
pub(super) fn known() -> Option<Report> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Has the check end; for a signal handler.
pub fn end_by(signal: i32) {
    SIGNAL.store(signal, Relaxed);
}

/// Whether a signal asked us to end.
pub(super) fn is_told_to_end() -> bool {
    SIGNAL.load(Relaxed) != 0
}

/// Does `check` on a thread of its own, until `limit` from now.
///
/// # Errors
/// When the kernel refuses a thread.
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
        // Twice, since a machine that stood still makes both look the same once.
        if unmoved >= 2 && known().is_none() && patience::avoid(now.1) {
            progress::leave_behind();
            workers += 1;
            team.start(workers)?;
        }
    }
}

/// What each worker is given.
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
            // Neither fails while the main thread waits for it.
            let _ = sender.send(result);
            let _ = write(&*done, &1_u64.to_ne_bytes());
        };
        Builder::new().stack_size(STACK).spawn(work).map(drop)
    }
}

/// What wakes the main thread. A channel would, too, but a signal would not interrupt that.
fn done() -> Result<OwnedFd, Errno> {
    eventfd(0, EventfdFlags::CLOEXEC)
}

/// Waits for the end or a signal; `false` if neither came in that time.
fn wait(done: &OwnedFd, time: Duration) -> bool {
    let time = Timespec::try_from(time).unwrap_or_default();
    poll(&mut [PollFd::new(done, PollFlags::IN)], Some(&time)) != Ok(0)
}
