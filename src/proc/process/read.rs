//! Opens, reads and closes a process's files. All input from a process comes this way.

use std::ffi::CStr;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, Mode, OFlags, StatxFlags, openat, statx};
use rustix::io::{Errno, fcntl_dupfd_cloexec, read};

use super::missing::{covered, missing};
use super::path::{FilePath, PidPath};
use super::{Content, Process};
use crate::host::{patience, progress};
use crate::kernel::file::File;
use crate::proc::fact::{Cause, Fact, Hidden, Missing};

/// The most we read of a file. A process may claim arguments of any size
/// (`prctl(PR_SET_MM_ARG_END)`), and the check must stay small. Exec allows 6 MiB of arguments.
const LONGEST: usize = 8 << 20;

/// As much as most files hold, and as the kernel gives of a list at once.
const PAGE: usize = 4096;

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

    /// The path of a file, of a living thread if the first one has ended.
    pub(super) fn path_to(&self, file: File) -> FilePath {
        match self.stand_in {
            Some(thread) if file.is_of_memory() => PidPath::new(thread).to(file),
            _ => self.path.to(file),
        }
    }

    /// All that a file holds, which is read at most once.
    pub(super) fn whole(&mut self, file: File) -> Fact<&[u8]> {
        let at = self.place(file);
        if self.contents[at].known.is_none() {
            let mut bytes = mem::take(&mut self.contents[at].bytes);
            let known = self.read_whole(file, &mut bytes).map(|()| true);
            self.contents[at] = Content { file, known: Some(known), bytes };
        }
        Ok(self.contents[at].get()?.unwrap_or_default())
    }

    /// The same, but malformed unless it is of the kernel's form.
    pub(super) fn checked(
        &mut self,
        file: File,
        is_of_form: impl FnOnce(&[u8]) -> bool,
    ) -> Fact<&[u8]> {
        let is_new = self.content(file).known.is_none();
        let bytes = self.whole(file)?;
        if is_new && !is_of_form(bytes) {
            let is_empty = bytes.is_empty();
            let malformed = self.malformed(file, is_empty);
            self.content(file).known = Some(Err(malformed));
        }
        self.whole(file)
    }

    /// What we keep of a file. Few files are ever read, so searching a list is faster than clearing
    /// a table of all files for each process.
    pub(super) fn content(&mut self, file: File) -> &mut Content {
        let at = self.place(file);
        &mut self.contents[at]
    }

    fn place(&mut self, file: File) -> usize {
        let known = self.contents.iter().position(|content| content.file == file);
        known.unwrap_or_else(|| {
            self.contents.push(Content { file, known: None, bytes: Vec::new() });
            self.contents.len() - 1
        })
    }

    /// Reads a file of one short line: one open, one read, one close.
    pub(super) fn read_short(&self, file: File, buffer: &mut [u8]) -> Fact<usize> {
        if patience::is_careful_with(file) {
            let bytes = self.read_with_care(file)?;
            let length = bytes.len().min(buffer.len());
            buffer[..length].copy_from_slice(&bytes[..length]);
            return Ok(length);
        }
        self.attempt(file, |path| read(self.root.open_file(path)?, buffer))
    }

    /// Reads a whole file; one read is enough if the buffer has room.
    pub(super) fn read_whole(&self, file: File, bytes: &mut Vec<u8>) -> Fact<()> {
        if patience::is_careful_with(file) {
            *bytes = self.read_with_care(file)?;
        } else {
            self.attempt(file, |path| read_all(self.root.as_directory(), path, file, bytes))?;
        }
        if bytes.len() > LONGEST {
            return Err(Missing::Hidden(Hidden { file, cause: Cause::TooLong }));
        }
        Ok(())
    }

    /// Reads on another thread, since the file may not answer.
    fn read_with_care(&self, file: File) -> Fact<Vec<u8>> {
        let answer = self.attempt(file, |path| {
            let directory = self.root.as_directory();
            let who = (self.pid.0, uid_of(directory, self.path.to(File::Directory).as_c_str())?);
            // It may outlive us.
            let (directory, path) = (fcntl_dupfd_cloexec(directory, 0)?, path.to_owned());
            let read = move || {
                let mut bytes = Vec::new();
                read_all(directory.as_fd(), &path, file, &mut bytes).map(|()| bytes)
            };
            patience::file(file, who, read).transpose()
        })?;
        answer.ok_or(Missing::Hidden(Hidden { file, cause: Cause::NoAnswer }))
    }

    pub(super) fn attempt<T>(
        &self,
        file: File,
        read: impl FnOnce(&CStr) -> Result<T, Errno>,
    ) -> Fact<T> {
        if self.is_covered {
            return Err(covered(file));
        }
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

    /// Fails if the number in a file is not that of the process.
    pub(super) fn has_number(&self, file: File, pid: u32) -> Fact<()> {
        match pid == self.pid.0 {
            true => Ok(()),
            false if self.root.is_procfs() => Err(covered(file)),
            false => Err(self.malformed(file, false)),
        }
    }

    /// Decides about a file that can't be parsed. An empty one may be that of a process that ended
    /// while we read it; all others do not come from procfs.
    pub(super) fn malformed(&self, file: File, empty: bool) -> Missing {
        if empty && !self.is_listed() {
            return Missing::Gone;
        }
        Missing::Hidden(Hidden { file, cause: Cause::Malformed })
    }
}

/// Reads the file to its end, but not much beyond [`LONGEST`].
fn read_all(
    directory: BorrowedFd<'_>,
    path: &CStr,
    file: File,
    bytes: &mut Vec<u8>,
) -> Result<(), Errno> {
    bytes.clear();
    bytes.reserve(PAGE);
    let open = openat(directory, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    while bytes.len() <= LONGEST {
        let room = bytes.capacity() - bytes.len();
        let count = read(&open, spare_capacity(bytes))?;
        // Of most files procfs fills the buffer as far as it can, so a short read is the last one.
        if count == 0 || (count < room && !file.is_list()) {
            return Ok(());
        }
        bytes.reserve(bytes.len().max(PAGE));
    }
    Ok(())
}

/// The user of a process; in a recorded tree, the user who unpacked it.
fn uid_of(root: BorrowedFd<'_>, directory: &CStr) -> Result<u32, Errno> {
    statx(root, directory, AtFlags::NO_AUTOMOUNT, StatxFlags::UID).map(|found| found.stx_uid)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::proc::root::ProcRoot;

    /// Each thread has mappings of its own, and the stack's is one of the last.
    #[test]
    fn a_list_is_read_to_its_end() {
        let root = ProcRoot::open(Path::new("/proc")).unwrap();
        let mut me = Process::own(&root).unwrap();
        let end = Barrier::new(61);
        let maps = thread::scope(|scope| {
            for _ in 0..60 {
                scope.spawn(|| end.wait());
            }
            let maps = me.maps().unwrap().to_vec();
            end.wait();
            maps
        });
        assert!(maps.len() > PAGE, "too short for this test");
        assert!(String::from_utf8_lossy(&maps).contains(" [stack]\n"));
    }
}
