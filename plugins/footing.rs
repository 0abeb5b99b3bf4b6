//! Prepares standard output, standard error, signals and memory before Rust's runtime starts.
//! Whatever happens to us, we must end with a verdict.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};

use procwarden::plugin::{outlet, supervisor};

static STDOUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Standard error, kept for commands that speak to a person; -1 if there is none.
static STDERR: AtomicI32 = AtomicI32::new(-1);

/// Signals that ask us to end.
const REQUESTS: [libc::c_int; 5] =
    [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT, libc::SIGALRM];

/// Lets these signals end us as they end any program: a command that no scheduler runs owes no
/// verdict.
pub(crate) fn end_like_any_program() {
    for signal in REQUESTS {
        take(signal, libc::SIG_DFL);
    }
}

/// Says `text` to a person, on standard error.
pub(crate) fn say(text: &str) {
    let stderr = STDERR.load(Relaxed);
    if stderr >= 0 {
        // SAFETY: the descriptor is our own and is never closed.
        let stderr = unsafe { BorrowedFd::borrow_raw(stderr) };
        // If it can't be said, the exit code still says it.
        let _ = rustix::io::write(stderr, text.as_bytes());
    }
}

/// Whether a person reads standard error.
pub(crate) fn is_watched() -> bool {
    let stderr = STDERR.load(Relaxed);
    // SAFETY: the call only asks about a number.
    stderr >= 0 && unsafe { libc::isatty(stderr) } == 1
}

/// Ends the process: a thread that is stuck for ever holds up no destructor.
pub(crate) fn end(code: u8) -> ! {
    // The runtime opens /dev/null in place of a closed descriptor, and a verdict written there
    // would seem to have been delivered.
    let code = if STDOUT_WAS_CLOSED.load(Relaxed) { 3 } else { code };
    // SAFETY: it does not return, and nothing is buffered.
    unsafe { libc::_exit(code.into()) }
}

extern "C" fn settle() {
    // Unit tests want their stderr.
    if cfg!(test) {
        return;
    }
    // SAFETY: descriptor 1 is only asked about, and never used if it is not open.
    let stdout = unsafe { BorrowedFd::borrow_raw(1) };
    STDOUT_WAS_CLOSED.store(rustix::io::fcntl_getfd(stdout).is_err(), Relaxed);
    shut_stderr();
    take_signals();
    // Threads share one heap: each one's own would cost more memory than the check itself.
    #[cfg(target_env = "gnu")]
    // SAFETY: there is no other thread yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Shuts standard error: some schedulers take it for the status line, and the runtime writes there
/// before it aborts.
fn shut_stderr() {
    // SAFETY: the path is a string that ends in NUL, and the descriptors are our own.
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
    // Rust aborts where the stack overflows or memory is refused. mon takes any death of a signal
    // for OK.
    for signal in [libc::SIGABRT, libc::SIGXCPU] {
        take(signal, on_death as *const () as libc::sighandler_t);
    }
    // A write beyond the limit on file sizes fails, as one to a full disk does. The runtime does the
    // same for a pipe that nobody reads.
    take(libc::SIGXFSZ, libc::SIG_IGN);
    // SAFETY: the set is made before it is used. Whoever starts us may have blocked them.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigemptyset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut());
    }
}

/// Installs a handler that interrupts waiting system calls instead of restarting them.
fn take(signal: libc::c_int, handler: libc::sighandler_t) {
    // SAFETY: all zero is a valid action, and the handlers do only what signal-safety(7) allows.
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
    // SAFETY: write() and _exit() are async-signal-safe, and the words are a constant.
    unsafe {
        if outlet::claim() {
            libc::write(1, LAST_WORD.as_ptr().cast(), LAST_WORD.len());
        }
        libc::_exit(3)
    }
}

// SAFETY: a function without arguments is what the C runtime expects in this section, and `settle`
// calls nothing that needs Rust's runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static SETTLE_BEFORE_MAIN: extern "C" fn() = settle;
