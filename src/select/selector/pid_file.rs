//! `pidfile=PATH`: whether a daemon's pid file names a process.

use std::path::Path;

use crate::host::pid_file::{Fault, PidFile};
use crate::host::{clock, progress};
use crate::kernel::file::File;
use crate::proc::fact::{Cause, Fact, Hidden, Missing};
use crate::proc::process::Process;
use crate::proc::root::{Pid, ProcRoot};
use crate::text::escape;
use crate::text::number::span;

/// A process that started so many seconds after its pid file was written did not write it. Its number was
/// used again.
const CLEARLY: f64 = 60.0;

/// Whether the file names the process, and was there when that started.
///
/// # Errors
/// Gone; or hidden: what the file says is then worth nothing.
pub(super) fn names(path: &Path, process: &mut Process<'_>) -> Fact<bool> {
    if !process.root().is_ours() {
        return Err(hidden(Cause::NotOurs));
    }
    progress::reading(process.pid().0, File::PidFile);
    let file = match PidFile::read(path) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(false),
        Err(fault) => return Err(hidden(Cause::PidFile(fault))),
    };
    let names_it = file.pid == process.pid().0;
    let is_trusted = file.owner == 0 || file.owner == process.owner()?.uid;
    // The daemon that wrote it may be another one of that name.
    let is_of_another = || {
        let mut other = Process::new(process.root(), Pid(file.pid));
        !names_it && other.owner().is_ok_and(|owner| owner.uid == file.owner)
    };
    if !is_trusted && !is_of_another() {
        return Err(hidden(Cause::PidFile(Fault::Foreign)));
    }
    Ok(names_it && written_before(&file, process)?.is_none())
}

/// Why no process fits, if it is for the file: it is missing or stale.
pub(super) fn complaint(path: &Path, root: &ProcRoot) -> Option<String> {
    let shown = escape::bounded(path.as_os_str().as_encoded_bytes(), 80);
    let file = PidFile::read(path).ok()?;
    let Some(file) = file else { return Some(format!("{shown} is missing")) };
    let mut process = Process::new(root, Pid(file.pid));
    match written_before(&file, &mut process) {
        Err(Missing::Gone) => Some(format!("{shown} is stale: its process has ended")),
        Ok(Some(seconds)) => {
            let late = span(seconds);
            Some(format!("{shown} is stale: its number is a process's that started {late} later"))
        }
        _ => None,
    }
}

/// How many seconds before the start of the process the file was written, if that is clear.
fn written_before(file: &PidFile, process: &mut Process<'_>) -> Fact<Option<f64>> {
    let now = clock::now();
    let age = process.age()?;
    let uptime = process.root().uptime().unwrap_or(age);
    // Then the clock was set since, and says nothing.
    let is_older_than_boot = file.is_in_memory && file.changed < now - uptime - CLEARLY;
    let before = now - age - file.changed;
    Ok(Some(before).filter(|&before| before > CLEARLY && !is_older_than_boot))
}

const fn hidden(cause: Cause) -> Missing {
    Missing::Hidden(Hidden { file: File::PidFile, cause })
}
