//! What the check is doing right now, for the message of a time limit.
//!
//! It stands in a few atomics, so that keeping it costs next to nothing on the hot path.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

use crate::kernel::file::File;

/// What a check is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// Reading options and files of specs.
    Starting,
    /// Asking the name service (files, LDAP, SSSD) for a user or group.
    AskingNames,
    /// Asking the kernel about its security system.
    AskingSecurity,
    /// Opening or listing the tree of processes.
    Listing,
    /// Reading a process.
    Reading,
    /// Waiting between two scans.
    Waiting,
    /// Reading or writing what one run keeps for the next.
    Remembering,
    /// Writing the verdict.
    Reporting,
}

const STAGES: [Stage; 8] = [
    Stage::Starting,
    Stage::AskingNames,
    Stage::AskingSecurity,
    Stage::Listing,
    Stage::Reading,
    Stage::Waiting,
    Stage::Remembering,
    Stage::Reporting,
];

static STAGE: AtomicU8 = AtomicU8::new(0);
static PID: AtomicU32 = AtomicU32::new(0);
static FILE: AtomicU8 = AtomicU8::new(0);

/// Says what the check does from now on.
pub fn enter(stage: Stage) {
    STAGE.store(stage as u8, Relaxed);
}

/// Says which file of which process is read from now on.
pub(crate) fn reading(pid: u32, file: File) {
    PID.store(pid, Relaxed);
    FILE.store(file as u8, Relaxed);
    STAGE.store(Stage::Reading as u8, Relaxed);
}

/// What the check is doing right now, for a sentence that begins "timed out while".
pub fn doing() -> String {
    match STAGES[usize::from(STAGE.load(Relaxed)).min(STAGES.len() - 1)] {
        Stage::Starting => "reading its options".into(),
        Stage::AskingNames => "asking the name service for a user or group".into(),
        Stage::AskingSecurity => "asking the security system".into(),
        Stage::Listing => "listing the processes".into(),
        Stage::Reading => {
            let file = File::ALL[usize::from(FILE.load(Relaxed)).min(File::ALL.len() - 1)];
            match PID.load(Relaxed) {
                0 => format!("reading {}", file.path()),
                pid => format!("reading {} of process {pid}", file.path()),
            }
        }
        Stage::Waiting => "waiting between two scans".into(),
        Stage::Remembering => "reading or writing its state file".into(),
        Stage::Reporting => "writing its output".into(),
    }
}
