//! `privileged-container`: a process in a container may do on the host what root may.
//!
//! It is off by default: whoever starts a container with `--privileged` knows it, and some need it.

use procwarden::kernel::capability::Capabilities;
use procwarden::kernel::file::File;
use procwarden::proc::fact::{Cause, Fact, Hidden, Missing};
use procwarden::proc::process::Process;

use super::answer::Answer;
use super::inspector::Inspector;

/// Capabilities that allow a process to leave a container.
const WAYS_OUT: [&str; 5] =
    ["sys_admin", "sys_module", "sys_ptrace", "sys_rawio", "dac_read_search"];

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    if !inspector.who.is_contained(process)? {
        return Ok(Answer::NotAsked);
    }
    let status = process.status()?;
    let missing = Missing::Hidden(Hidden { file: File::Status, cause: Cause::Malformed });
    let held = status.held.ok_or(missing)?.effective;
    let ways_out = WAYS_OUT.iter().filter_map(|name| Capabilities::named(name).ok());
    let ways_out = ways_out.fold(Capabilities::default(), Capabilities::union);
    let ways_out = held.intersection(ways_out);
    if ways_out.is_empty() || process.is_in_own_user_namespace()? {
        return Ok(Answer::Kept);
    }
    let filter = if status.seccomp == Some(0) { ", without a seccomp filter" } else { "" };
    let text = format!(
        "holds {ways_out} on the host{filter}; start the container without --privileged, with the \
         capabilities that it needs"
    );
    Ok(Answer::of(Some(text)))
}
