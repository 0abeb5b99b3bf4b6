//! The children of a process and their children, from the kernel's own lists.

use super::Process;
use crate::kernel::file::File;
use crate::kernel::word::{parse_number, words};
use crate::proc::fact::{Fact, Missing};
use crate::proc::root::Pid;

impl Process<'_> {
    /// Its children and their children, nearest first, at most `most`. Empty if the kernel keeps no
    /// lists (`CONFIG_PROC_CHILDREN`).
    pub fn descendants(&self, most: usize) -> Vec<Pid> {
        let mut found = self.children(most);
        let mut at = 0;
        while at < found.len() && found.len() < most {
            let room = most - found.len();
            found.extend(Process::new(self.root(), found[at]).children(room));
            at += 1;
        }
        found
    }

    /// How many children it has, without theirs.
    ///
    /// # Errors
    /// Gone, or hidden; a kernel may keep no lists.
    pub(crate) fn child_count(&self) -> Fact<u64> {
        let mut count = 0;
        for thread in self.threads()? {
            let mut list = Vec::new();
            match self.thread(thread).read_whole(File::Children, &mut list) {
                Ok(()) => count += words(&list).count() as u64,
                // Its children have gone to another thread.
                Err(Missing::Gone) if thread != self.pid() => {}
                Err(missing) => return Err(missing),
            }
        }
        Ok(count)
    }

    /// Each thread has its own list, of the children that it forked.
    fn children(&self, most: usize) -> Vec<Pid> {
        let threads = self.threads().into_iter().flatten().take(most);
        threads.flat_map(|thread| self.children_of(thread)).take(most).collect()
    }

    fn children_of(&self, thread: Pid) -> Vec<Pid> {
        let mut list = Vec::new();
        if self.thread(thread).read_whole(File::Children, &mut list).is_err() {
            return Vec::new();
        }
        let numbers = words(&list).filter_map(parse_number);
        numbers.filter_map(|number| u32::try_from(number).ok()).map(Pid).collect()
    }
}
