//! Counts processes that could not be judged, and keeps what hid the first of them.

use crate::proc::fact::Hidden;
use crate::proc::root::Pid;

/// The processes in doubt. Only the first reason is kept, since usually one reason hides them all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    count: u64,
    first: Option<(Pid, Hidden)>,
}

impl Doubts {
    /// None.
    pub const fn new() -> Self {
        Self { count: 0, first: None }
    }

    /// These and others.
    #[must_use]
    pub fn joined(self, others: Self) -> Self {
        Self { count: self.count + others.count, first: self.first.or(others.first) }
    }

    /// Adds a process and what hides the answer.
    pub fn add(&mut self, pid: Pid, hidden: Hidden) {
        self.count += 1;
        self.first.get_or_insert((pid, hidden));
    }

    /// How many processes are in doubt.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// What hid the first one.
    pub fn hidden(&self) -> Option<Hidden> {
        self.first.map(|(_, hidden)| hidden)
    }

    /// `pid 812 and 2 more`; empty without a doubt.
    pub fn pids(&self) -> String {
        match (self.first, self.count) {
            (None, _) => String::new(),
            (Some((pid, _)), 1) => format!("pid {pid}"),
            (Some((pid, _)), count) => format!("pid {pid} and {} more", count - 1),
        }
    }

    /// Why, whose, and what would help: `exe may not be read (pid 812 and 2 more); run as root, …`.
    pub fn explained(&self) -> Option<String> {
        Some(self.hidden()?.explained(&format!(" ({})", self.pids())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::file::File;
    use crate::proc::fact::Cause;

    #[test]
    fn the_first_reason_stands_for_all() {
        let mut doubts = Doubts::default();
        assert_eq!((doubts.pids(), doubts.explained()), (String::new(), None));
        doubts.add(Pid(812), Hidden { file: File::Stat, cause: Cause::Malformed });
        assert_eq!(doubts.explained().unwrap(), "stat is not what a kernel writes (pid 812)");
        doubts.add(Pid(5), Hidden { file: File::Exe, cause: Cause::Absent });
        doubts.add(Pid(6), Hidden { file: File::Exe, cause: Cause::Absent });
        assert_eq!(
            doubts.explained().unwrap(),
            "stat is not what a kernel writes (pid 812 and 2 more)"
        );
    }
}
