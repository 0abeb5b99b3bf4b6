//! The link `exe`: its text, the mark of a replaced file, and the file it leads to.

use std::mem;

use rustix::fs::readlinkat;
use rustix::io::Errno;

use super::Process;
use super::identity::Identity;
use super::missing::{covered, missing};
use crate::host::progress;
use crate::kernel::file::File;
pub(super) use crate::kernel::maps::DELETED;
use crate::proc::fact::{Cause, Fact, Hidden, Missing};

/// The link's text without the mark of a replaced file.
pub fn undeleted(link: &[u8]) -> &[u8] {
    link.strip_suffix(DELETED).unwrap_or(link)
}

/// The link. `None` for a kernel thread, even if we may not read the link: it has none.
pub(crate) fn link_of<'p>(process: &'p mut Process<'_>) -> Fact<Option<&'p [u8]>> {
    if process.exe().is_err() && process.is_kernel_thread() == Ok(true) {
        return Ok(None);
    }
    process.exe()
}

impl Process<'_> {
    /// The text of the link `exe`; `None` for what has none by nature, kernel threads and zombies.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn exe(&mut self) -> Fact<Option<&[u8]>> {
        if self.content(File::Exe).known.is_none() {
            let mut known = self.read_exe();
            if known == Ok(false) && self.finds_a_living_thread() {
                known = self.read_exe();
            }
            self.content(File::Exe).known = Some(known);
        }
        self.content(File::Exe).get()
    }

    fn read_exe(&mut self) -> Fact<bool> {
        if self.is_covered {
            return Err(covered(File::Exe));
        }
        if self.is_off_limits() {
            return Err(Missing::Hidden(Hidden { file: File::Exe, cause: Cause::Denied }));
        }
        progress::reading(self.pid.0, File::Exe);
        let reuse = mem::take(&mut self.content(File::Exe).bytes);
        let path = self.path_to(File::Exe);
        match readlinkat(self.root.as_directory(), path.as_c_str(), reuse) {
            Ok(link) => {
                self.content(File::Exe).bytes = link.into_bytes();
                Ok(true)
            }
            Err(Errno::NOENT) if self.is_listed() => self.has_no_executable(),
            Err(errno) => Err(missing(File::Exe, errno, || false)),
        }
    }

    /// What a missing link means: by nature there is none, or a recorded tree lacks it.
    fn has_no_executable(&mut self) -> Fact<bool> {
        if self.root.is_procfs() {
            return Ok(false);
        }
        let stat = self.stat()?;
        if stat.is_kernel_thread() || stat.has_ended() {
            return Ok(false);
        }
        Err(Missing::Hidden(Hidden { file: File::Exe, cause: Cause::Absent }))
    }

    /// The file that it runs, if one look shows it. That also proves that it is alive and no kernel
    /// thread. `None` proves nothing.
    pub(crate) fn glimpse(&mut self) -> Option<Identity> {
        let root = self.root();
        if !self.has_glimpsed && root.is_procfs() && !self.is_covered && !self.is_off_limits() {
            progress::reading(self.pid().0, File::Exe);
            let path = self.path_to(File::Exe);
            self.glimpsed = Identity::of(root.as_directory(), path.as_c_str()).ok();
        }
        self.has_glimpsed = true;
        self.glimpsed
    }

    /// The file that it runs; `None` for what has none by nature, kernel threads and zombies.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn executable(&mut self) -> Fact<Option<Identity>> {
        if let Some(file) = self.glimpse() {
            return Ok(Some(file));
        }
        if link_of(self)?.is_none() {
            return Ok(None);
        }
        let path = self.path_to(File::Exe);
        let found = Identity::of(self.root().as_directory(), path.as_c_str());
        found.map(Some).map_err(|errno| missing(File::Exe, errno, || self.is_listed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_kernels_mark_is_taken_off() {
        assert_eq!(undeleted(b"/usr/sbin/sshd (deleted)"), b"/usr/sbin/sshd");
        assert_eq!(undeleted(b"/usr/sbin/sshd"), b"/usr/sbin/sshd");
    }
}
