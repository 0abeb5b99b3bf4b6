//! Paths of a process's files, made without allocating: one for each read of a scan.

use std::ffi::CStr;

use crate::fact::File;
use crate::proc_root::Pid;

/// Makes the paths `PID/FILE` without allocating.
#[derive(Clone, Copy, Debug)]
pub(super) struct PidPath {
    digits: [u8; 10],
    length: usize,
}

/// A path with room for `PID`, `/` and the longest of [`File::ALL`], ended by a NUL.
pub(super) struct FilePath {
    bytes: [u8; 40],
    length: usize,
}

impl PidPath {
    pub(super) fn new(pid: Pid) -> Self {
        let mut digits = [0; 10];
        let mut rest = pid.0;
        let mut start = digits.len();
        while rest > 0 && start > 0 {
            start -= 1;
            #[allow(clippy::cast_possible_truncation, reason = "a digit")]
            let digit = (rest % 10) as u8;
            digits[start] = b'0' + digit;
            rest /= 10;
        }
        digits.rotate_left(start);
        Self { digits, length: digits.len() - start }
    }

    pub(super) fn to(&self, file: File) -> FilePath {
        let mut bytes = [0; 40];
        let name = file.path().as_bytes();
        bytes[..self.length].copy_from_slice(&self.digits[..self.length]);
        bytes[self.length] = b'/';
        let end = self.length + 1 + name.len();
        bytes[self.length + 1..end].copy_from_slice(name);
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
    }
}
