//! Which processes run the same code, so that `writable-code` need not judge each.

use procwarden::proc::fact::{Fact, unless_gone};
use procwarden::proc::process::Process;

use super::inspector::Inspector;
use super::interpreted::code_of_interpreter;
use super::writable_code::{first_argument, is_path};

/// What a process has in common with others that run the same code: a master with the workers that it forked.
pub(super) struct Likeness {
    /// What tells their exec from others; see [`Process::exec_mark`].
    exec: u64,
    /// Shared by those that have loaded the same libraries: they come from one exec in the same unit, and have as
    /// much code, unless one loaded a plugin.
    libraries: Vec<u8>,
    /// Shared by those of them for which nothing but the executable remains to be judged. `None` where a script, or
    /// another path to the executable, may lead elsewhere for each.
    whole: Option<Vec<u8>>,
}

/// What need not be judged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Nothing,
    Libraries,
    Whole,
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
        let (code, mark) = (code.join(&b':'), exec.to_ne_bytes());
        let parts = [process.cgroup()?, b"\0", &exe, b"\0", &code, b"\0", &libraries, &mark];
        let libraries = parts.concat();
        let whole = is_whole.then(|| [b"whole\0", &libraries[..]].concat());
        Ok(Some(Self { exec, libraries, whole }))
    }

    /// What another process like this one was found to be safe in.
    pub(super) fn known(&self, inspector: &Inspector, process: &Process<'_>) -> Known {
        let has_spoken = |key: &Vec<u8>| inspector.has_spoken(key, process.pid());
        if self.whole.as_ref().is_some_and(has_spoken) {
            Known::Whole
        } else if has_spoken(&self.libraries) {
            Known::Libraries
        } else {
            Known::Nothing
        }
    }

    /// Records that all of this process is safe. It does not speak for others if another exec may have the
    /// same mark, and not for their executable if that lies below a root of its own.
    ///
    /// # Errors
    /// Gone.
    pub(super) fn speak(self, inspector: &Inspector, process: &mut Process<'_>) -> Fact<()> {
        if unless_gone(process.is_random(self.exec))? != Ok(true) {
            return Ok(());
        }
        let pid = process.pid();
        inspector.speaks(self.libraries, pid);
        let place = unless_gone(process.locate_executable())?.ok().flatten();
        if let (Some(whole), Some(place)) = (self.whole, place) {
            if place.is_ours() {
                inspector.speaks(whole, pid);
            }
        }
        Ok(())
    }
}
