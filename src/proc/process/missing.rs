//! What an error of a read means: gone, or hidden by what.

use rustix::io::Errno;

use crate::kernel::file::File;
use crate::proc::fact::{Cause, Hidden, Missing};

/// Something is mounted over what we would read.
pub(super) const fn covered(file: File) -> Missing {
    Missing::Hidden(Hidden { file, cause: Cause::Covered })
}

/// What an error of open, read or readlink means.
pub(super) fn missing(file: File, errno: Errno, is_listed: impl FnOnce() -> bool) -> Missing {
    let cause = match errno {
        // Only procfs returns ESRCH, and only for a process that has ended.
        Errno::SRCH => return Missing::Gone,
        Errno::NOENT => {
            if !is_listed() {
                return Missing::Gone;
            }
            Cause::Absent
        }
        Errno::ACCESS | Errno::PERM => Cause::Denied,
        Errno::INVAL if file.is_label() => Cause::NoSystem(None),
        other => Cause::Failed(other),
    };
    Missing::Hidden(Hidden { file, cause })
}
