//! Which processes run the same code, so that `writable-code` need not judge each.

use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;

use super::interpreted::code_of_interpreter;
use super::writable_code::{first_argument, is_path};

/// What a process has in common with those that run the same executable, script and libraries, in the same unit.
pub(super) struct Likeness {
    /// A master and the workers that it forked come from one exec, and have as much code unless one loaded a
    /// plugin.
    pub(super) key: Vec<u8>,
    /// Whether all that is judged is alike. Where a script or another path to the executable leads depends on a
    /// process's root and working directory, too.
    pub(super) is_whole: bool,
}

impl Likeness {
    /// `None` if we may not know what it runs, or can't tell its exec from others.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(super) fn of(process: &mut Process<'_>) -> Fact<Option<Self>> {
        let Ok(Some(exe)) = process.exe() else { return Ok(None) };
        let exe = exe.to_vec();
        let Some(exec) = process.exec_mark() else { return Ok(None) };
        let code = code_of_interpreter(process)?;
        let claim = first_argument(process)?;
        let is_whole = code.is_empty() && (!is_path(&claim) || claim == exe);
        let libraries = process.status()?.libraries.unwrap_or(0).to_ne_bytes();
        let (code, exec) = (code.join(&b':'), exec.to_ne_bytes());
        let parts = [process.cgroup()?, b"\0", &exe, b"\0", &code, b"\0", &libraries, &exec];
        Ok(Some(Self { key: parts.concat(), is_whole }))
    }
}
