//! What the check is doing right now. The timeout message shows it, and the supervisor uses it to
//! notice a stuck worker.
//!
//! It is kept in a few atomics, which cost next to nothing on the hot path.

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use std::thread;

use crate::kernel::file::File;

/// What a check is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Reading options and files of specs.
    Starting,
    /// Asking the name service (files, LDAP, SSSD) for a user or group.
    AskingNames,
    /// Asking the kernel about its security system.
    AskingSecurity,
    /// Opening or listing the tree of processes.
    Listing,
    /// Looking at the owners and modes of files and directories.
    LookingAtFiles,
    /// Waiting between two scans.
    Waiting,
    /// Reading or writing what one run keeps for the next.
    Remembering,
    /// Reading this file of a process.
    Reading(File),
}

/// All but the last, in the order of their numbers. The numbers after them stand for files.
const STAGES: [Stage; 7] = [
    Stage::Starting,
    Stage::AskingNames,
    Stage::AskingSecurity,
    Stage::Listing,
    Stage::LookingAtFiles,
    Stage::Waiting,
    Stage::Remembering,
];

static STAGE: AtomicU8 = AtomicU8::new(0);
static PID: AtomicU32 = AtomicU32::new(0);

/// Counts the steps, so that one that takes long can be noticed.
static STEP: AtomicU32 = AtomicU32::new(0);

/// The worker that does the check now. Others were left behind.
static WORKER: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static SELF: Cell<u32> = const { Cell::new(0) };
}

/// Records what the check is doing now.
pub(crate) fn enter(stage: Stage) {
    let number = STAGES.iter().position(|known| *known == stage).unwrap_or_default();
    #[allow(clippy::cast_possible_truncation, reason = "there are few")]
    step(number as u8);
}

/// Records which file of which process is being read now.
pub(crate) fn reading(pid: u32, file: File) {
    PID.store(pid, Relaxed);
    #[allow(clippy::cast_possible_truncation, reason = "there are few")]
    step(STAGES.len() as u8 + file as u8);
}

/// Stops a worker that was left behind. What it was stuck in has let it go, but another worker does
/// its job now, so it must neither write a file nor print.
fn step(stage: u8) {
    while SELF.get() != WORKER.load(Relaxed) {
        thread::park();
    }
    STAGE.store(stage, Relaxed);
    STEP.fetch_add(1, Relaxed);
}

/// Makes the calling thread the worker that does the check.
pub(crate) fn take_over(worker: u32) {
    SELF.set(worker);
    WORKER.store(worker, Relaxed);
    STEP.fetch_add(1, Relaxed);
}

/// Leaves all workers behind, until the next one takes over.
pub(crate) fn leave_behind() {
    WORKER.store(u32::MAX, Relaxed);
}

/// The number of the step, and what it is.
pub(crate) fn now() -> (u32, Stage) {
    let step = STEP.load(Relaxed);
    let stage = usize::from(STAGE.load(Relaxed));
    let file = || File::ALL[(stage - STAGES.len()).min(File::ALL.len() - 1)];
    (step, STAGES.get(stage).copied().unwrap_or_else(|| Stage::Reading(file())))
}

/// What the check is doing right now, for a sentence that begins "timed out while".
pub(crate) fn doing() -> String {
    match now().1 {
        Stage::Starting => "reading its options".into(),
        Stage::AskingNames => "asking the name service for a user or group".into(),
        Stage::AskingSecurity => "asking the security system".into(),
        Stage::Listing => "listing the processes".into(),
        Stage::LookingAtFiles => "looking at files and directories".into(),
        Stage::Reading(file) => match PID.load(Relaxed) {
            0 => format!("reading {}", file.path()),
            pid => format!("reading {} of process {pid}", file.path()),
        },
        Stage::Waiting => "waiting between two scans".into(),
        Stage::Remembering => "reading or writing its state file".into(),
    }
}
