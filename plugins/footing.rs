//! Prepares standard output, standard error, signals and memory before Rust's runtime starts, so that
//! the program always ends with a verdict.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};

use procwarden::plugin::{outlet, supervisor};

static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Standard error, for commands for people; -1 if there is none.
static STDERR: AtomicI32 = AtomicI32::new(-1);

/// Signals that ask us to end.
const REQUESTS: [libc::c_int; 5] =
    [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT, libc::SIGALRM];

/// Restores the default action of these signals, for commands that no scheduler runs.
pub(crate) fn end_like_any_program() {
    for signal in REQUESTS {
        take(signal, libc::SIG_DFL);
    }
}

/// Writes `text` to standard error, for a person.
pub(crate) fn say(text: &str) {
    let stderr = STDERR.load(Relaxed);
    if stderr >= 0 {
        // SAFETY: the descriptor is our own and is never closed.
        let stderr = unsafe { BorrowedFd::borrow_raw(stderr) };
        // If this fails, there is still the exit code.
        let _ = rustix::io::write(stderr, text.as_bytes());
    }
}

/// Whether standard error is a terminal.
pub(crate) fn is_watched() -> bool {
    let stderr = STDERR.load(Relaxed);
    // SAFETY: the call only asks about a number.
    stderr >= 0 && unsafe { libc::isatty(stderr) } == 1
}

/// Ends the process without destructors, which a stuck thread could block forever.
pub(crate) fn end(code: u8) -> ! {
    // The runtime opens /dev/null in place of a closed descriptor. Writing there succeeds, but nobody
    // gets the verdict.
    let code = if STDOUT_WAS_CLOSED.load(Relaxed) { 3 } else { code };
    // SAFETY: it does not return, and nothing is buffered.
    unsafe { libc::_exit(code.into()) }
}

extern "C" fn settle() {
    // Unit tests need their stderr.
    if cfg!(test) {
        return;
    }
    // SAFETY: we only query descriptor 1, and never use it if it is not open.
    let stdout = unsafe { BorrowedFd::borrow_raw(1) };
    STDOUT_WAS_CLOSED.store(rustix::io::fcntl_getfd(stdout).is_err(), Relaxed);
    shut_stderr();
    take_signals();
    // All threads share one heap. One per thread would cost more memory than the check itself.
    #[cfg(target_env = "gnu")]
    // SAFETY: there is no other thread yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Closes standard error. The runtime writes there before it aborts, and some schedulers show that as
/// the status line.
fn shut_stderr() {
    // SAFETY: the path ends in NUL, and the descriptors are our own.
    unsafe {
        STDERR.store(libc::fcntl(2, libc::F_DUPFD_CLOEXEC, 3), Relaxed);
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if null >= 0 {
            libc::dup2(null, 2);
        }
        if null > 2 {
            libc::close(null);
        }
    }
}

fn take_signals() {
    for signal in REQUESTS {
        take(signal, on_request as *const () as libc::sighandler_t);
    }
    // Rust aborts if the stack overflows or memory runs out. To mon, a monitor killed by a signal is
    // OK.
    for signal in [libc::SIGABRT, libc::SIGXCPU] {
        take(signal, on_death as *const () as libc::sighandler_t);
    }
    // Makes a write beyond the limit on file sizes fail like one to a full disk. The runtime does the same
    // for SIGPIPE.
    take(libc::SIGXFSZ, libc::SIG_IGN);
    // Our parent may have blocked them. SAFETY: the set is initialized before use.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigemptyset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut());
    }
}

/// Installs a handler that interrupts waiting system calls instead of restarting them.
fn take(signal: libc::c_int, handler: libc::sighandler_t) {
    // SAFETY: an action of zeros is valid, and the handlers do only what signal-safety(7) allows.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
    }
}

extern "C" fn on_request(signal: libc::c_int) {
    supervisor::end_by(signal);
}

extern "C" fn on_death(_: libc::c_int) {
    const LAST_WORD: &[u8] = b"PROCWARDEN is UNKNOWN: out of memory, stack or CPU time (ulimit)\n";
    // SAFETY: write() and _exit() are async-signal-safe, and the text is a constant.
    unsafe {
        if outlet::claim() {
            libc::write(1, LAST_WORD.as_ptr().cast(), LAST_WORD.len());
        }
        libc::_exit(3)
    }
}

// SAFETY: the C runtime expects functions of this type in this section, and `settle` does not use
// Rust's runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static SETTLE_BEFORE_MAIN: extern "C" fn() = settle;
