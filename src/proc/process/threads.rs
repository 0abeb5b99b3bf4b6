//! The threads of a process.

use rustix::fs::{Dir, Mode, OFlags, openat};

use super::Process;
use super::missing::{covered, missing};
use super::path::PidPath;
use crate::host::progress;
use crate::kernel::file::File;
use crate::proc::fact::Fact;
use crate::proc::root::{Pid, parse_pid};

impl Process<'_> {
    /// The numbers of its threads, its own included.
    ///
    /// # Errors
    /// Gone, or hidden; a recorded tree may lack them.
    pub fn threads(&self) -> Fact<Vec<Pid>> {
        if self.is_covered {
            return Err(covered(File::Threads));
        }
        progress::reading(self.pid.0, File::Threads);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let path = self.path.to(File::Threads);
        let listing = openat(self.root.as_directory(), path.as_c_str(), flags, Mode::empty());
        let listing = listing.and_then(Dir::new);
        let listing =
            listing.map_err(|errno| missing(File::Threads, errno, || self.is_listed()))?;
        let entries = listing.into_iter().flatten();
        Ok(entries.filter_map(|entry| parse_pid(entry.file_name().to_bytes())).collect())
    }

    /// A reader for one of its threads, below `task`.
    #[must_use]
    pub fn thread(&self, thread: Pid) -> Self {
        let (path, is_covered) = (PidPath::of_thread(self.pid, thread), self.is_covered);
        Self { path, is_covered, ..Self::new(self.root, thread) }
    }
}
