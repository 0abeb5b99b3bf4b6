//! Which executable a process runs, by the link that not everyone may read.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::kernel::cmdline::{arguments, base_name, untitled};
use crate::kernel::comm::Comm;
use crate::proc::fact::{Fact, Hidden, Missing};
use crate::proc::process::Process;
use crate::proc::process::executable::{link_of, undeleted};

/// A path that was asked for, and what it resolves to.
#[derive(Clone, Debug)]
pub(super) struct Executable {
    given: Vec<u8>,
    resolved: Option<Vec<u8>>,
}

impl Executable {
    /// Resolves `path` once; it need not exist.
    pub(super) fn new(path: &[u8]) -> Self {
        Self { given: path.to_vec(), resolved: resolve(path) }
    }

    /// The base name of the path that was given.
    pub(super) fn name(&self) -> &[u8] {
        base_name(&self.given)
    }

    /// Whether the link says so; hidden where it may not be read.
    pub(super) fn is_run_by(&self, process: &mut Process<'_>) -> Fact<bool> {
        let Some(link) = link_of(process)? else {
            return Ok(false);
        };
        if self.is(link) {
            return Ok(true);
        }
        // An upgraded daemon is still that daemon; a file whose own name ends like the mark is not.
        Ok(self.is(undeleted(link)) && process.is_marked_deleted()?)
    }

    /// As [`is_run_by`](Self::is_run_by), but where the link is hidden an absolute `argv[0]` is
    /// taken at its word, and a name that does not fit is a no.
    pub(super) fn is_run_or_claimed_by(&self, process: &mut Process<'_>) -> Fact<bool> {
        match process.exe() {
            Err(Missing::Hidden(hidden)) => self.is_claimed_by(process, hidden),
            _ => self.is_run_by(process),
        }
    }

    fn is_claimed_by(&self, process: &mut Process<'_>, hidden: Hidden) -> Fact<bool> {
        let cmdline = process.cmdline()?;
        let claim = arguments(cmdline).next().unwrap_or_default();
        if claim.starts_with(b"/") {
            return Ok([claim, untitled(claim)]
                .iter()
                .any(|c| self.is(c) || self.is_resolved_from(c)));
        }
        let comm = process.comm()?;
        let fits = |path: &[u8]| {
            let name = base_name(path);
            &name[..name.len().min(Comm::CUT)] == comm.as_bytes()
        };
        if fits(&self.given) || self.resolved.as_deref().is_some_and(fits) {
            return Err(Missing::Hidden(hidden));
        }
        Ok(false)
    }

    fn is(&self, path: &[u8]) -> bool {
        path == self.given || Some(path) == self.resolved.as_deref()
    }

    /// Whether a claim such as `/sbin/init` is a link to the same file.
    fn is_resolved_from(&self, claim: &[u8]) -> bool {
        self.resolved.is_some() && resolve(claim) == self.resolved
    }
}

fn resolve(path: &[u8]) -> Option<Vec<u8>> {
    let resolved = Path::new(OsStr::from_bytes(path)).canonicalize().ok()?;
    Some(resolved.into_os_string().into_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_also_what_it_resolves_to() {
        let me = std::env::current_exe().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&me, &link).unwrap();
        let wanted = Executable::new(link.as_os_str().as_bytes());
        assert!(wanted.is(link.as_os_str().as_bytes()));
        assert!(wanted.is(me.canonicalize().unwrap().as_os_str().as_bytes()));
        assert!(!wanted.is(b"/other"));
    }
}
