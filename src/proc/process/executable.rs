//! The link `exe`: its text, the mark of a replaced file, and the file it leads to.

use super::Process;
use super::identity::Identity;
use super::missing::missing;
use crate::host::progress;
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

impl Process<'_> {
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
