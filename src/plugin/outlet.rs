//! Writes to standard output, and reports whether everything was written.
//!
//! The standard library won't do: if stdout is closed, it discards the text and reports success.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, write};

use crate::host::patience;
use crate::plugin::supervisor;

/// A writable pipe accepts this many bytes at once (`PIPE_BUF`).
const PIECE: usize = 4096;

/// How long to wait for a reader if there is no time limit, as for `--help`.
const LONGEST: Duration = Duration::from_secs(10);

/// Whether a verdict was claimed. There must never be two.
static CLAIMED: AtomicBool = AtomicBool::new(false);

/// Claims the right to write the verdict; `false` if someone else has.
pub fn claim() -> bool {
    !CLAIMED.swap(true, Relaxed)
}

/// Writes `text`; `false` if that failed or took too long.
pub fn print(text: &str) -> bool {
    text.is_empty() || (claim() && text.as_bytes().chunks(PIECE).all(|piece| out(piece).is_ok()))
}

/// Writes `text` without a time limit: a person may read it in a pager.
pub fn print_to_person(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match write(std::io::stdout(), rest) {
            Ok(written) => rest = &rest[written..],
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
    true
}

fn out(mut piece: &[u8]) -> Result<(), Errno> {
    let stdout = std::io::stdout();
    while !piece.is_empty() {
        wait_for_room(stdout.as_fd())?;
        match write(&stdout, piece) {
            Ok(written) => piece = &piece[written..],
            Err(Errno::INTR) if !supervisor::must_end() => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Waits with a limit, because a pipe may never be read.
fn wait_for_room(stdout: std::os::fd::BorrowedFd<'_>) -> Result<(), Errno> {
    let time = Timespec::try_from(patience::time_left().unwrap_or(LONGEST)).unwrap_or_default();
    match poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], Some(&time)) {
        Ok(0) => Err(Errno::TIMEDOUT),
        Err(Errno::INTR) if supervisor::must_end() => Err(Errno::INTR),
        _ => Ok(()),
    }
}
