//! The time limit: whatever hangs, the plugin speaks and exits on time.
//!
//! A thread sleeps until the limit while the main one works. A thread and not SIGALRM, because its
//! `exit_group` also ends a sibling that sleeps where only a fatal signal reaches it, as a read of
//! `/proc/PID/cmdline` does while another process holds its memory's lock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::host::progress::doing;

/// Held by whoever writes the verdict, so that there is never more than one.
static VERDICT: Mutex<()> = Mutex::new(());

/// Claims the right to write the verdict; waits for ever if the other side has it, which then ends
/// the process.
pub fn claim_verdict() -> MutexGuard<'static, ()> {
    VERDICT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls `on_timeout` in `limit` from now, on a thread of its own, with what the check was doing;
/// `None` when the verdict was already being written (to a pipe that nobody reads, say).
///
/// # Errors
/// When the kernel refuses a thread.
pub fn start(
    limit: Duration,
    on_timeout: impl FnOnce(Option<String>) + Send + 'static,
) -> std::io::Result<()> {
    let watch = move || {
        std::thread::sleep(limit);
        let claim = VERDICT.try_lock();
        on_timeout(claim.is_ok().then(doing));
    };
    // 64 KiB are plenty for one formatted line.
    std::thread::Builder::new().stack_size(64 * 1024).spawn(watch).map(drop)
}
