//! A PID namespace of their own for the tests of each file. A check then sees the processes of its
//! tests and no others, so that nothing else on this machine can fail one: a process whose command
//! line can't be read, a thousand of another user.
//!
//! This happens before `main`, while there is one thread. The tests are PID 2, below a PID 1 that
//! reaps orphans:
//!
//! ```text
//! the process that cargo started     waits, passes the exit status on
//!   1  first_process                 reaps
//!     2  libtest and its threads
//! ```
//!
//! It takes root. Without it the tests run among all processes, and those that can't are skipped
//! ([`Need::Alone`](super::Need)).

use std::sync::atomic::{AtomicU32, Ordering};

/// Test files that need the machine's own processes.
const AMONG_ALL: [&str; 4] = ["kernel_threads", "packages", "readme", "units"];

/// The exit status of a first process that could not mount a /proc; no test run ends with it.
const NO_PROC: libc::c_int = 125;

/// The PID of the process that cargo started; 0 before there is a namespace.
static OUTER_PID: AtomicU32 = AtomicU32::new(0);

/// True if the tests have a PID namespace of their own.
pub(crate) fn is_ours() -> bool {
    OUTER_PID.load(Ordering::Relaxed) != 0
}

/// A number that no other running file of tests has.
pub(crate) fn number() -> u32 {
    match OUTER_PID.load(Ordering::Relaxed) {
        0 => std::process::id(),
        pid => pid,
    }
}

// SAFETY: the linker collects functions of this type in this section, for the C library to call.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = enter;

extern "C" fn enter() {
    if AMONG_ALL.contains(&env!("CARGO_CRATE_NAME")) {
        return;
    }
    let outer = std::process::id();
    // SAFETY: without a stack of its own the child is a fork. There is one thread, so that it may do
    // whatever its parent might.
    let child = unsafe {
        let flags = libc::CLONE_NEWPID | libc::CLONE_NEWNS | libc::SIGCHLD;
        libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0)
    };
    match libc::pid_t::try_from(child) {
        Ok(0) => {
            first_process();
            OUTER_PID.store(outer, Ordering::Relaxed);
        }
        Ok(child) if child > 0 => {
            let status = wait_for(child);
            if status != NO_PROC {
                exit(status);
            }
        }
        // Forbidden.
        _ => {}
    }
}

/// Mounts the namespace's /proc, and returns in the process of the tests.
fn first_process() {
    let null = std::ptr::null();
    // SAFETY: every pointer is null or a string that ends in NUL.
    let tests = unsafe {
        // All die with the process that cargo started.
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        let private = libc::MS_REC | libc::MS_PRIVATE;
        let proc = c"proc".as_ptr();
        if libc::mount(null, c"/".as_ptr(), null, private, null.cast()) != 0
            || libc::mount(proc, c"/proc".as_ptr(), proc, 0, null.cast()) != 0
        {
            exit(NO_PROC);
        }
        libc::fork()
    };
    match tests {
        0 => {}
        -1 => exit(NO_PROC),
        tests => exit(wait_for(tests)),
    }
}

/// Reaps whatever ends until `child` does; returns its exit status as a shell has it.
fn wait_for(child: libc::pid_t) -> libc::c_int {
    loop {
        let mut status = 0;
        // SAFETY: the pointer is that of a variable.
        let ended = unsafe { libc::wait(&raw mut status) };
        if ended == child && libc::WIFEXITED(status) {
            return libc::WEXITSTATUS(status);
        }
        if ended == child {
            return 128 + libc::WTERMSIG(status);
        }
    }
}

fn exit(status: libc::c_int) -> ! {
    // SAFETY: it cannot fail, and runs no handlers: those are of the process of the tests.
    unsafe { libc::_exit(status) }
}
