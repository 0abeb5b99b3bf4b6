//! Builds the paths of a process's files without allocating, since every read of a scan needs one.

use std::ffi::CStr;

use rustix::path::DecInt;

use crate::kernel::file::File;
use crate::proc::root::Pid;

/// Digits of the greatest PID.
const LONGEST_PID: usize = 10;

/// Between the number of a process and that of a thread.
const TASK: &[u8] = b"/task/";

/// Room for `PID/task/TID/`, the longest path of a [`File`], and the NUL that ends it.
const ROOM: usize = LONGEST_PID + TASK.len() + LONGEST_PID + 1 + File::LONGEST_PATH + 1;

/// The path of a process's directory, to which file names are added.
#[derive(Clone, Copy, Debug)]
pub(super) struct PidPath {
    bytes: [u8; ROOM],
    length: usize,
}

/// A path `PID/FILE`, ended by a NUL.
pub(super) struct FilePath {
    bytes: [u8; ROOM],
    length: usize,
}

impl PidPath {
    pub(super) fn new(pid: Pid) -> Self {
        Self { bytes: [0; ROOM], length: 0 }.with_number(pid).with(b"/")
    }

    /// The directory of one of the threads of `pid`.
    pub(super) fn of_thread(pid: Pid, thread: Pid) -> Self {
        let process = Self { bytes: [0; ROOM], length: 0 }.with_number(pid);
        process.with(TASK).with_number(thread).with(b"/")
    }

    fn with_number(self, pid: Pid) -> Self {
        self.with(DecInt::new(pid.0).as_bytes())
    }

    fn with(mut self, text: &[u8]) -> Self {
        let end = self.length + text.len();
        self.bytes[self.length..end].copy_from_slice(text);
        self.length = end;
        self
    }

    pub(super) fn to(&self, file: File) -> FilePath {
        let mut bytes = self.bytes;
        let name = file.path().as_bytes();
        let end = self.length + name.len();
        bytes[self.length..end].copy_from_slice(name);
        FilePath { bytes, length: end }
    }
}

impl FilePath {
    pub(super) fn as_c_str(&self) -> &CStr {
        // Neither digits nor our file names hold a NUL; the array ends in one.
        CStr::from_bytes_with_nul(&self.bytes[..=self.length]).unwrap_or(c"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_proc() {
        let path = |pid, file| PidPath::new(Pid(pid)).to(file).as_c_str().to_owned();
        assert_eq!(path(1, File::Comm).as_c_str(), c"1/comm");
        assert_eq!(
            path(u32::MAX, File::PidNamespace).as_c_str(),
            c"4294967295/ns/pid_for_children"
        );
        assert_eq!(path(40, File::Directory).as_c_str(), c"40/");
        let thread = PidPath::of_thread(Pid(u32::MAX), Pid(u32::MAX)).to(File::PidNamespace);
        assert_eq!(thread.as_c_str(), c"4294967295/task/4294967295/ns/pid_for_children");
    }
}
