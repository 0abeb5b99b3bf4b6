//! What the check is doing right now: for the message of a time limit, and for whoever watches over
//! a worker that may be stuck.
//!
//! It stands in a few atomics, so that keeping it costs next to nothing on the hot path.

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use std::thread;

use crate::kernel::file::File;

/// What a check is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
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

/// All but the last, in the order of their numbers; from there on the numbers are the files'.
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

/// Goes on with each step, so that one that takes long shows.
static STEP: AtomicU32 = AtomicU32::new(0);

/// The worker whose check it is. Others were left behind.
static WORKER: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static SELF: Cell<u32> = const { Cell::new(0) };
}

/// Says what the check does from now on.
pub fn enter(stage: Stage) {
    let number = STAGES.iter().position(|known| *known == stage).unwrap_or_default();
    #[allow(clippy::cast_possible_truncation, reason = "there are few")]
    step(number as u8);
}

/// Says which file of which process is read from now on.
pub(crate) fn reading(pid: u32, file: File) {
    PID.store(pid, Relaxed);
    #[allow(clippy::cast_possible_truncation, reason = "there are few")]
    step(STAGES.len() as u8 + file as u8);
}

/// A worker that was left behind ends here: what it was stuck in has let it go, but another one
/// does its work by now. It must not write a file or speak.
fn step(stage: u8) {
    while SELF.get() != WORKER.load(Relaxed) {
        thread::park();
    }
    STAGE.store(stage, Relaxed);
    STEP.fetch_add(1, Relaxed);
}

/// Makes the calling thread the one whose check it is.
pub fn take_over(worker: u32) {
    SELF.set(worker);
    WORKER.store(worker, Relaxed);
    STEP.fetch_add(1, Relaxed);
}

/// Leaves all workers behind, until the next one takes over.
pub fn leave_behind() {
    WORKER.store(u32::MAX, Relaxed);
}

/// The number of the step, and what it is.
pub fn now() -> (u32, Stage) {
    let step = STEP.load(Relaxed);
    let stage = usize::from(STAGE.load(Relaxed));
    let file = || File::ALL[(stage - STAGES.len()).min(File::ALL.len() - 1)];
    (step, STAGES.get(stage).copied().unwrap_or_else(|| Stage::Reading(file())))
}

/// What the check is doing right now, for a sentence that begins "timed out while".
pub fn doing() -> String {
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
