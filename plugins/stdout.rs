//! Standard output: detects that it is closed, and survives errors of writing to it.
//!
//! Before `main`, Rust's runtime opens /dev/null in place of a closed descriptor. A verdict written
//! there would be lost without an error. So we look before the runtime starts.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether descriptor 1 was closed when the program started.
pub(crate) fn was_closed() -> bool {
    CLOSED.load(Relaxed)
}

/// Keeps the kernel from killing us without a verdict, which mon would take for OK.
///
/// A write beyond the limit on file sizes (setrlimit(2)) fails, like a write to a full disk, instead of
/// raising `SIGXFSZ`. Rust's runtime does the same for a pipe that nobody reads. Without memory, stack
/// or CPU time we do end, but with UNKNOWN.
pub(crate) fn outlive_limits() {
    // SAFETY: ignoring a signal installs no handler that could run.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    for deadly in [libc::SIGABRT, libc::SIGXCPU] {
        // SAFETY: the handler calls nothing but what signal-safety(7) allows.
        unsafe { libc::signal(deadly, end as *const () as libc::sighandler_t) };
    }
}

/// Prints UNKNOWN and exits. Rust aborts when the stack overflows or memory runs out.
extern "C" fn end(_: libc::c_int) {
    const LAST_WORD: &[u8] = b"PROCWARDEN is UNKNOWN: out of memory, stack or CPU time (ulimit)\n";
    // SAFETY: write() and _exit() are async-signal-safe, and the text is a constant.
    unsafe {
        libc::write(1, LAST_WORD.as_ptr().cast(), LAST_WORD.len());
        libc::_exit(3)
    }
}

extern "C" fn look() {
    // SAFETY: we only ask for the flags of descriptor 1, and get an error if it is not open.
    let stdout = unsafe { BorrowedFd::borrow_raw(1) };
    CLOSED.store(rustix::io::fcntl_getfd(stdout).is_err(), Relaxed);
}

// SAFETY: the C runtime expects functions in this section that may ignore their arguments, and `look`
// calls nothing that needs Rust's runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK_BEFORE_MAIN: extern "C" fn() = look;
