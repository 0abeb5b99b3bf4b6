//! Standard output: whether there is one at all, and no death of writing to it.
//!
//! Rust's runtime opens /dev/null in the place of a closed descriptor before `main`, and a verdict
//! written there would seem to be out. So the look is taken before the runtime starts.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether descriptor 1 was closed when the program started.
pub(crate) fn was_closed() -> bool {
    CLOSED.load(Relaxed)
}

/// Has a write beyond the limit on file sizes fail, as one to a full disk does, where the kernel
/// would kill us (`SIGXFSZ`, setrlimit(2)); mon takes death of a signal for OK. The runtime does the
/// same for a pipe that nobody reads. Out of memory, stack or CPU time we end, but with a last word.
pub(crate) fn outlive_limits() {
    // SAFETY: ignoring a signal installs no handler that could run.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    for deadly in [libc::SIGABRT, libc::SIGXCPU] {
        // SAFETY: the handler calls nothing but what signal-safety(7) allows.
        unsafe { libc::signal(deadly, end as *const () as libc::sighandler_t) };
    }
}

/// Rust aborts where the stack overflows or memory is refused.
extern "C" fn end(_: libc::c_int) {
    const LAST_WORD: &[u8] = b"PROCWARDEN is UNKNOWN: out of memory, stack or CPU time (ulimit)\n";
    // SAFETY: write() and _exit() are async-signal-safe, and the words are a constant.
    unsafe {
        libc::write(1, LAST_WORD.as_ptr().cast(), LAST_WORD.len());
        libc::_exit(3)
    }
}

extern "C" fn look() {
    // SAFETY: descriptor 1 is only asked about, and never used if it is not open.
    let stdout = unsafe { BorrowedFd::borrow_raw(1) };
    CLOSED.store(rustix::io::fcntl_getfd(stdout).is_err(), Relaxed);
}

// SAFETY: a function without arguments is what the C runtime expects in this section, and `look`
// calls nothing that needs Rust's runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK_BEFORE_MAIN: extern "C" fn() = look;
