//! The threads of a process.

use rustix::fs::{AtFlags, Dir, StatxFlags, statx};

use super::Process;
use super::missing::{covered, missing};
use super::path::PidPath;
use crate::host::progress;
use crate::kernel::file::File;
use crate::proc::fact::Fact;
use crate::proc::root::{Pid, parse_pid};

/// The links that any directory has: its name, and its own `.`.
const LINKS: u32 = 2;

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
        if self.has_one_thread() {
            return Ok(vec![self.pid]);
        }
        let listing = self.root.open_directory(self.path.to(File::Threads).as_c_str());
        let listing = listing.and_then(Dir::new);
        let listing =
            listing.map_err(|errno| missing(File::Threads, errno, || self.is_listed()))?;
        let entries = listing.into_iter().flatten();
        Ok(entries.filter_map(|entry| parse_pid(entry.file_name().to_bytes())).collect())
    }

    /// Whether its first thread is certainly the only one, as the directory's links count them
    /// (`proc_task_getattr` in fs/proc/base.c). It costs a quarter of the listing.
    pub(super) fn has_one_thread(&self) -> bool {
        let path = self.path.to(File::Threads);
        let flags = AtFlags::NO_AUTOMOUNT;
        let found = statx(self.root.as_directory(), path.as_c_str(), flags, StatxFlags::NLINK);
        self.root.is_procfs() && found.is_ok_and(|found| found.stx_nlink == LINKS + 1)
    }

    /// A reader for one of its threads, below `task`.
    #[must_use]
    pub fn thread(&self, thread: Pid) -> Self {
        let (path, is_covered) = (PidPath::of_thread(self.pid, thread), self.is_covered);
        Self { path, is_covered, ..Self::new(self.root, thread) }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::{Arc, Barrier};
    use std::thread;

    use super::*;
    use crate::proc::root::ProcRoot;

    #[test]
    fn all_threads_are_listed_and_a_single_one_without_a_listing() {
        let root = ProcRoot::open(Path::new("/proc")).unwrap();
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        let thread = thread::spawn(move || other.wait());
        let me = Process::own(&root).unwrap();
        assert!(!me.has_one_thread());
        assert!(me.threads().unwrap().len() > 1);
        barrier.wait();
        thread.join().unwrap();
        let mut child = std::process::Command::new("sleep").arg("99").spawn().unwrap();
        let process = Process::new(&root, Pid(child.id()));
        let (is_alone, threads) = (process.has_one_thread(), process.threads());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!((is_alone, threads), (true, Ok(vec![process.pid()])));
    }
}
