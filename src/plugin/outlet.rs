//! Standard output, where a verdict that did not get out is none.
//!
//! It is written without the standard library, which takes a descriptor that can't be written to for
//! one that needs nothing written.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, write};

use crate::host::patience;
use crate::plugin::supervisor;

/// A pipe that has any room takes so much at once (`PIPE_BUF`).
const PIECE: usize = 4096;

/// How long to wait for a reader where there is no time limit: for `--help`.
const LONGEST: Duration = Duration::from_secs(10);

/// Whether a verdict is being written, so that there is never more than one.
static CLAIMED: AtomicBool = AtomicBool::new(false);

/// Claims the right to write the verdict; `false` if another one is out.
pub fn claim() -> bool {
    !CLAIMED.swap(true, Relaxed)
}

/// Writes `text`; `false` if it did not get out, or not in time.
pub fn print(text: &str) -> bool {
    text.is_empty() || (claim() && text.as_bytes().chunks(PIECE).all(|piece| out(piece).is_ok()))
}

/// Writes `text` to a person, who may take his time over each screen of a pager.
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
            Err(Errno::INTR) if !supervisor::is_told_to_end() => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Nobody may ever read what is in a pipe.
fn wait_for_room(stdout: std::os::fd::BorrowedFd<'_>) -> Result<(), Errno> {
    let time = Timespec::try_from(patience::time_left().unwrap_or(LONGEST)).unwrap_or_default();
    match poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], Some(&time)) {
        Ok(0) => Err(Errno::TIMEDOUT),
        Err(Errno::INTR) if supervisor::is_told_to_end() => Err(Errno::INTR),
        _ => Ok(()),
    }
}
