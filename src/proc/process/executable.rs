//! The link `exe`: its text, the mark of a replaced file, and the file it leads to.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, StatxFlags, statx};
use rustix::io::Errno;
use rustix::path::Arg;

use super::Process;
use super::missing::missing;
use crate::kernel::file::File;
use crate::proc::fact::Fact;

/// What the kernel appends to the link of an executable that was replaced or removed (`fs/d_path.c`).
pub(super) const DELETED: &[u8] = b" (deleted)";

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

/// Identifies a file by device and inode, which stay the same while a process runs it, whatever its
/// path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: (u32, u32),
    inode: u64,
}

impl Identity {
    /// The identity of the file at `path`, which may be relative to `directory`. A file server is
    /// not asked.
    pub(crate) fn of(directory: impl AsFd, path: impl Arg) -> Result<Self, Errno> {
        let found = statx(directory, path, AtFlags::STATX_DONT_SYNC, StatxFlags::INO)?;
        Ok(Self { device: (found.stx_dev_major, found.stx_dev_minor), inode: found.stx_ino })
    }
}

impl Process<'_> {
    /// The file that it runs; `None` for what has none by nature, kernel threads and zombies.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn executable(&mut self) -> Fact<Option<Identity>> {
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
