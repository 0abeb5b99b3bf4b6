//! The link `exe`: its text, and the mark of a file that was replaced.

use super::Process;
use crate::proc::fact::Fact;

/// What the kernel appends to the link of an executable that was replaced or removed (`fs/d_path.c`).
pub(super) const DELETED: &[u8] = b" (deleted)";

/// The link's text without the mark of a replaced file.
pub(crate) fn undeleted(link: &[u8]) -> &[u8] {
    link.strip_suffix(DELETED).unwrap_or(link)
}

/// The link, which a kernel thread does not have even where it may not be read.
pub(crate) fn link_of<'p>(process: &'p mut Process<'_>) -> Fact<Option<&'p [u8]>> {
    if process.exe().is_err() && process.is_kernel_thread() == Ok(true) {
        return Ok(None);
    }
    process.exe()
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
