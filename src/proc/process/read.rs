//! Opening, reading, closing, and what an error of it means. All input of a process comes this way.

use std::ffi::CStr;
use std::mem;

use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, StatxFlags, statx};
use rustix::io::{Errno, read};

use super::path::{FilePath, PidPath};
use super::{Content, Process};
use crate::host::progress;
use crate::kernel::file::File;
use crate::proc::fact::{Cause, Fact, Hidden, Missing};

/// Longer arguments, control groups or labels are not read: a process may claim any size
/// (`prctl(PR_SET_MM_ARG_END)`), and the check must stay small. Exec allows 6 MiB of arguments.
const LONGEST: usize = 8 << 20;

impl Process<'_> {
    /// Whether the directory of the process is still there.
    pub(super) fn is_listed(&self) -> bool {
        let path = self.path.to(File::Directory);
        let wanted = StatxFlags::TYPE;
        !matches!(
            statx(self.root.as_directory(), path.as_c_str(), AtFlags::NO_AUTOMOUNT, wanted),
            Err(Errno::NOENT | Errno::SRCH)
        )
    }

    /// Where a file is, if need be that of another thread than the first.
    pub(super) fn path_to(&self, file: File) -> FilePath {
        match self.stand_in {
            Some(thread) if file.is_of_memory() => PidPath::new(thread).to(file),
            _ => self.path.to(file),
        }
    }

    /// All that a file holds, which is read at most once.
    pub(super) fn whole(&mut self, file: File) -> Fact<&[u8]> {
        if self.content(file).known.is_none() {
            let mut bytes = mem::take(&mut self.content(file).bytes);
            let known = self.read_whole(file, &mut bytes).map(|()| true);
            *self.content(file) = Content { known: Some(known), bytes };
        }
        Ok(self.content(file).get()?.unwrap_or_default())
    }

    fn content(&mut self, file: File) -> &mut Content {
        match file {
            File::Cmdline => &mut self.cmdline,
            File::Cgroup => &mut self.cgroup,
            _ => &mut self.label,
        }
    }

    /// One open, one read, one close: what a file of one short line needs.
    pub(super) fn read_short(&self, file: File, buffer: &mut [u8]) -> Fact<usize> {
        self.attempt(file, |path| read(self.root.open_file(path)?, buffer))
    }

    /// The whole file, in one read where the buffer already has the room.
    pub(super) fn read_whole(&self, file: File, bytes: &mut Vec<u8>) -> Fact<()> {
        bytes.clear();
        bytes.reserve(4096);
        self.attempt(file, |path| {
            let open = self.root.open_file(path)?;
            while bytes.len() <= LONGEST {
                // procfs fills the buffer as far as it can, so a short read is the last one.
                let room = bytes.capacity() - bytes.len();
                if read(&open, spare_capacity(bytes))? < room {
                    return Ok(());
                }
                bytes.reserve(bytes.len());
            }
            Ok(())
        })?;
        if bytes.len() > LONGEST {
            return Err(Missing::Hidden(Hidden { file, cause: Cause::TooLong }));
        }
        Ok(())
    }

    fn attempt<T>(&self, file: File, read: impl FnOnce(&CStr) -> Result<T, Errno>) -> Fact<T> {
        progress::reading(self.pid.0, file);
        read(self.path_to(file).as_c_str()).map_err(|errno| {
            let system = file.is_label().then(|| self.root.labelling().system());
            match (errno, system.flatten()) {
                (Errno::ACCESS, Some(system)) => {
                    Missing::Hidden(Hidden { file, cause: Cause::Refused(system) })
                }
                _ => missing(file, errno, || self.is_listed()),
            }
        })
    }

    /// A file that is empty was read while its process vanished; otherwise it is not procfs's.
    pub(super) fn malformed(&self, file: File, empty: bool) -> Missing {
        if empty && !self.is_listed() {
            return Missing::Gone;
        }
        Missing::Hidden(Hidden { file, cause: Cause::Malformed })
    }
}

/// What an error of open, read or readlink means.
pub(super) fn missing(file: File, errno: Errno, is_listed: impl FnOnce() -> bool) -> Missing {
    let cause = match errno {
        // Only procfs says ESRCH, and only of what has ended.
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
