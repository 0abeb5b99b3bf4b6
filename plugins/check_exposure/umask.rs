//! `umask`: everyone may write to the files that a process of root or of a daemon creates.
//!
//! It is off by default: nginx and Samba have such a umask by design, and set the mode of each file
//! themselves.

use procwarden::kernel::file::File;
use procwarden::proc::fact::{Cause, Fact, Hidden, Missing};
use procwarden::proc::process::Process;
use procwarden::proc::root::Pid;

use super::answer::Answer;
use super::inspector::Inspector;

/// The permission of others to write (inode(7)).
const OTHERS_WRITE: u32 = 0o002;

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    let who = &inspector.who;
    // systemd sets the mode of each file, and the umask of its services.
    if process.pid() == Pid(1) {
        return Ok(Answer::NotAsked);
    }
    if !who.is_system_user(process)? && !who.is_privileged(process)? {
        return Ok(Answer::NotAsked);
    }
    let missing = Missing::Hidden(Hidden { file: File::Status, cause: Cause::Malformed });
    let umask = process.status()?.umask.ok_or(missing)?;
    let is_open = umask & OTHERS_WRITE == 0;
    let text = || {
        format!(
            "umask {umask:04o} lets everyone write the files that it creates; set UMask=0022 in its unit"
        )
    };
    Ok(Answer::of(is_open.then(text)))
}
