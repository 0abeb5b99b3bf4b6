//! Which file it is, whatever its path.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, StatxFlags, statx};
use rustix::io::Errno;
use rustix::path::Arg;

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

    pub(crate) const fn inode(self) -> u64 {
        self.inode
    }
}
