//! Tells the processes of one exec from those of others.

use super::Process;
use crate::host::progress;
use crate::kernel::file::File;
use crate::kernel::maps::is_random;
use crate::proc::fact::Fact;

impl Process<'_> {
    /// A number that only processes share that were forked from the same since its exec, provided that it is
    /// [random](Self::is_random): the address at which the C library keeps the list of robust futexes of its first
    /// thread (`get_robust_list(2)`). An exec clears it (`futex_cleanup` in kernel/futex/core.c), and a fork sets it
    /// again (`_Fork` in glibc).
    ///
    /// `None` if there is no list, as in programs of Go, or if we may not trace the process.
    pub fn exec_mark(&self) -> Option<u64> {
        let thread = i32::try_from(self.pid().0).ok().filter(|_| self.root().is_ours())?;
        let (mut head, mut length) = (0_usize, 0_usize);
        progress::reading(self.pid().0, File::RobustList);
        // SAFETY: the kernel writes a pointer and a length, each of the size of a usize.
        let result = unsafe {
            libc::syscall(libc::SYS_get_robust_list, thread, &raw mut head, &raw mut length)
        };
        u64::try_from(head).ok().filter(|head| result == 0 && *head != 0)
    }

    /// Whether an address of the process was chosen at random, of 8,000 or more, by its `maps`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn is_random(&mut self, address: u64) -> Fact<bool> {
        self.maps().map(|maps| is_random(address, maps))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::proc::root::{Pid, ProcRoot};

    /// A shell that has forked itself, and its fork.
    fn pair() -> (Child, Pid) {
        let mut shell = Command::new("sh");
        // The fork's output comes after it has set its list.
        shell.args(["-c", "exec 3<&0; (echo; read x <&3) & wait"]);
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        shell.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let pid = shell.id();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        (shell, Pid(children.trim().parse().unwrap()))
    }

    #[test]
    fn a_fork_has_it_too_and_another_exec_has_not() {
        let root = ProcRoot::open(Path::new("/proc")).unwrap();
        let mark = |pid| Process::new(&root, pid).exec_mark();
        let pairs = [pair(), pair()];
        let marks = pairs.each_ref().map(|(shell, fork)| [mark(Pid(shell.id())), mark(*fork)]);
        for (mut shell, _) in pairs {
            drop(shell.stdin.take());
            shell.wait().unwrap();
        }
        assert!(marks[0][0].is_some());
        assert!(marks.iter().all(|[shell, fork]| shell == fork), "{marks:x?}");
        assert_ne!(marks[0], marks[1]);
        assert_eq!(mark(Pid(u32::MAX)), None);
    }
}
