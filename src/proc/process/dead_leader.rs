//! A process whose first thread has ended while others live on. With that thread went the way to all
//! that memory tells: executable, arguments, sizes. Any other thread still shows them.

use rustix::fs::{Dir, Mode, OFlags, openat};

use super::Process;
use crate::kernel::file::File;
use crate::kernel::stat::Stat;
use crate::proc::root::{Pid, parse_pid};

impl Process<'_> {
    /// Has a living thread stand in for the first one, which `stat` shows to have ended: in `stat`
    /// now, and from now on where memory is asked for.
    pub(super) fn ask_a_living_thread(&mut self, stat: &mut Stat) {
        let living = self.threads().into_iter().filter(|&thread| thread != self.pid);
        let living = living.map(|thread| (thread, Process::new(self.root, thread).read_stat()));
        let found = living.filter_map(|(thread, seen)| Some((thread, seen.ok()?)));
        if let Some((thread, seen)) = found.into_iter().find(|(_, seen)| !seen.has_ended()) {
            (stat.state, stat.vsize, stat.rss_pages) = (seen.state, seen.vsize, seen.rss_pages);
            self.stand_in = Some(thread);
        }
    }

    /// Whether it turns out only now that another thread stands in for the first one: what the first
    /// one didn't have is to be asked again.
    pub(super) fn finds_a_living_thread(&mut self) -> bool {
        self.stand_in.is_none() && self.stat().is_ok() && self.stand_in.is_some()
    }

    /// The numbers of its threads; a recorded tree may lack them. No directory of such a number is
    /// listed, but it is there (`proc_pid_lookup` in `fs/proc/base.c`).
    pub(super) fn threads(&self) -> Vec<Pid> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let path = self.path.to(File::Threads);
        let listing = openat(self.root.as_directory(), path.as_c_str(), flags, Mode::empty());
        let entries = listing.and_then(Dir::new).into_iter().flatten().flatten();
        entries.filter_map(|entry| parse_pid(entry.file_name().to_bytes())).collect()
    }
}
