//! Files in which daemons keep their process number.
//!
//! Whoever may write one chooses what it says, so it is opened with care: no link is followed, nothing
//! blocks, and its content is never shown.

use std::fmt;
use std::io::Read;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use crate::host::open::is_of_type;

/// Longest content: a number and what may stand around it.
const LONGEST: usize = 32;

/// Type of a file system that lives in memory, as `/run` does (`TMPFS_MAGIC` in `linux/magic.h`).
const IN_MEMORY: i64 = 0x0102_1994;

/// What such a file says, and who says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PidFile {
    /// The process.
    pub pid: u32,
    /// Owner of the file, who alone may write it beside root.
    pub owner: u32,
    /// When it was written, in seconds since 1970.
    pub changed: f64,
    /// Whether it cannot be older than the last boot.
    pub is_in_memory: bool,
}

/// Why such a file is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is a symbolic link.
    Link,
    /// It is a FIFO, a device, a directory.
    Irregular,
    /// Too long to hold a number alone.
    TooLong,
    /// It holds something else.
    NoNumber,
    /// Its group, or everyone, may write it.
    WritableByOthers,
    /// It belongs to a user who is neither root nor the process's.
    Foreign,
    /// It can't be read.
    Failed(Errno),
}

impl Fault {
    /// What would help; empty where nothing is known.
    pub(crate) const fn remedy(self) -> &'static str {
        match self {
            Self::Link => "name the file that it leads to",
            Self::Irregular | Self::TooLong | Self::NoNumber => {
                "name a file that holds the number of a process and nothing else"
            }
            Self::WritableByOthers => "chmod go-w it, since who may write it chooses the process",
            Self::Foreign => {
                "have root or the daemon's user own it, since who may write it chooses the process"
            }
            Self::Failed(Errno::ACCESS) => "run as root, or let this user read it",
            Self::Failed(_) => "",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link => f.write_str("the pid file is a symbolic link"),
            Self::Irregular => f.write_str("the pid file is no regular file"),
            Self::TooLong => f.write_str("the pid file is too long for one"),
            Self::NoNumber => f.write_str("the pid file holds no number of a process"),
            Self::WritableByOthers => {
                f.write_str("users other than its owner may write the pid file")
            }
            Self::Foreign => {
                f.write_str("the pid file belongs neither to root nor to the process's user")
            }
            Self::Failed(errno) => write!(f, "reading the pid file failed: {errno}"),
        }
    }
}

impl PidFile {
    /// Reads one; `None` if there is none.
    ///
    /// # Errors
    /// Why it is of no use.
    pub fn read(path: &Path) -> Result<Option<Self>, Fault> {
        // To open a device may do something, so it is not opened to find out what it is.
        match statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).map(|status| type_of(&status)) {
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(Fault::Failed(errno)),
            Ok(FileType::Symlink) => return Err(Fault::Link),
            Ok(FileType::RegularFile) => {}
            Ok(_) => return Err(Fault::Irregular),
        }
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match openat(CWD, path, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(Fault::Link),
            Err(errno) => return Err(Fault::Failed(errno)),
        };
        let status = fstat(&file).map_err(Fault::Failed)?;
        if type_of(&status) != FileType::RegularFile {
            return Err(Fault::Irregular);
        }
        if status.st_mode & 0o022 != 0 {
            return Err(Fault::WritableByOthers);
        }
        let is_in_memory = is_of_type(&file, IN_MEMORY).map_err(Fault::Failed)?;
        let mut content = Vec::new();
        let read = std::fs::File::from(file).take(LONGEST as u64 + 1).read_to_end(&mut content);
        read.map_err(|error| Fault::Failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
        if content.len() > LONGEST {
            return Err(Fault::TooLong);
        }
        let pid = number_in(&content).ok_or(Fault::NoNumber)?;
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
        let changed = status.st_mtime as f64;
        Ok(Some(Self { pid, owner: status.st_uid, changed, is_in_memory }))
    }
}

fn type_of(status: &Stat) -> FileType {
    FileType::from_raw_mode(status.st_mode)
}

/// The number of a process: digits, with blanks or a newline around them.
fn number_in(content: &[u8]) -> Option<u32> {
    let digits = content.trim_ascii();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number = is_number.then(|| std::str::from_utf8(digits).ok()?.parse::<u32>().ok())?;
    number.filter(|&number| number > 0)
}
