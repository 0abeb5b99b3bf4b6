//! Finds the processes of other checks that run at the same moment.
//!
//! `args~cups:1-` would match the arguments of every other check of ours that looks for cups, and
//! of its `sh -c`. We know a check by its executable file, never by its name: a miner may call
//! itself `check_proccpu`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::CWD;

use crate::kernel::cmdline::arguments;
use crate::kernel::file::File;
use crate::proc::fact::{self, Cause, Fact, Hidden, Missing};
use crate::proc::process::Process;
use crate::proc::process::identity::Identity;
use crate::proc::root::ProcRoot;
use crate::select::lineage::Lineage;

/// A process with more descendants than this was not started for a check.
const MOST_DESCENDANTS: usize = 64;

/// What all checks have in common.
#[derive(Debug, Default)]
pub(crate) struct Sisters {
    /// The file that they run; `None` if we are not in the tree.
    file: Option<Identity>,
    /// The size of its code, which every user may read of every process.
    code: Option<u64>,
    /// The directories that it is called from.
    directories: Vec<PathBuf>,
}

impl Sisters {
    /// Looks at ourselves in `root`.
    pub(crate) fn of_this_check(root: &ProcRoot) -> Self {
        let Some(pid) = root.own_pid() else {
            return Self::default();
        };
        let mut me = Process::new(root, pid);
        let file = me.executable().ok().flatten();
        let code = me.status().ok().and_then(|status| status.code);
        let called = me.cmdline().ok().and_then(|cmdline| arguments(cmdline).next());
        let called = called.and_then(directory_of);
        let real = me.exe().ok().flatten().and_then(directory_of);
        Self { file, code, directories: called.into_iter().chain(real).collect() }
    }

    /// Whether `process` is another check, or was made for one.
    ///
    /// # Errors
    /// Gone; or hidden if it may be one.
    pub(crate) fn include(&self, process: &mut Process<'_>) -> Fact<bool> {
        if self.file.is_none() {
            return Ok(false);
        }
        if self.is_one(process)? || self.wraps_one(process)? {
            return Ok(true);
        }
        // It has not started its check yet, or the check has just ended.
        if self.is_named_by(process.cmdline()?) {
            let hidden = Hidden { file: File::Cmdline, cause: Cause::NamesUs };
            return Err(Missing::Hidden(hidden));
        }
        Ok(false)
    }

    /// Whether `process` may run our file, as far as one look shows.
    pub(crate) fn may_be_one(&self, process: &mut Process<'_>) -> bool {
        process.glimpse().is_none_or(|file| Some(file) == self.file)
    }

    /// Whether `process` runs our file. If we may not know, a process with code of another size
    /// doesn't.
    ///
    /// # Errors
    /// Gone; or hidden if it may.
    pub(crate) fn is_one(&self, process: &mut Process<'_>) -> Fact<bool> {
        match process.executable() {
            Err(hidden @ Missing::Hidden(_)) if process.status()?.code == self.code => Err(hidden),
            Err(Missing::Hidden(_)) => Ok(false),
            known => Ok(known? == self.file),
        }
    }

    /// Whether it was started for a check that descends from it.
    fn wraps_one(&self, process: &mut Process<'_>) -> Fact<bool> {
        let root = process.root();
        let below = process.descendants(MOST_DESCENDANTS).into_iter();
        fact::any(below.map(|pid| match self.is_one(&mut Process::new(root, pid)) {
            Ok(false) | Err(Missing::Gone) => Ok(false),
            is_one => Ok(Lineage::of(root, pid).includes(process) && is_one?),
        }))
    }

    /// Whether a path in a command line leads to our file. We follow only paths in our own
    /// directories: a path that a stranger chose may lead to a dead file server.
    fn is_named_by(&self, cmdline: &[u8]) -> bool {
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\0'\"`;|&()<>=".contains(byte);
        let words = cmdline.split(is_end).map(|word| Path::new(OsStr::from_bytes(word)));
        let in_reach = |path: &&Path| {
            path.parent().is_some_and(|parent| self.directories.iter().any(|dir| dir == parent))
        };
        words.filter(in_reach).any(|path| Identity::of(CWD, path).ok() == self.file)
    }
}

/// The directory of an absolute path.
fn directory_of(path: &[u8]) -> Option<PathBuf> {
    let path = Path::new(OsStr::from_bytes(path));
    path.is_absolute().then(|| path.parent().map(Path::to_owned))?
}
