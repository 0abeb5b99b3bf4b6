//! Helpers for open files: their contents, their file system and their device.

use std::fs;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, Stat, fstatfs, major, minor, readlinkat};
use rustix::io::Errno;

/// Reads an open file to its end.
pub(crate) fn contents(file: OwnedFd) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    let read = fs::File::from(file).read_to_end(&mut bytes);
    read.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    Ok(bytes)
}

/// Whether an open file is on a file system of this type (statfs(2)).
pub(crate) fn is_of_type(file: impl AsFd, magic: i64) -> Result<bool, Errno> {
    #[allow(clippy::unnecessary_cast, reason = "f_type's width differs by architecture")]
    let found = fstatfs(file)?.f_type as i64;
    Ok(found == magic)
}

/// The device of a file, as `mountinfo` writes it (`proc_pid_mountinfo(5)`).
pub(crate) fn device(file: &Stat) -> String {
    format!("{}:{}", major(file.st_dev), minor(file.st_dev))
}

/// Whether we live in the first user namespace (`PROC_USER_INIT_INO` in `include/linux/proc_ns.h`),
/// whose privileges are good everywhere.
pub(crate) fn is_first_user_namespace() -> bool {
    let link = readlinkat(CWD, c"/proc/self/ns/user", Vec::new());
    link.is_ok_and(|link| link.as_bytes() == b"user:[4026531837]")
}
