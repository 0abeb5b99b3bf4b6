//! How many PID namespaces a process is in while any of its threads lives, from a pidfd, which anyone may open
//! (`pidfd_open(2)`).
//!
//! `status` has the answer for processes that we may not trace, too, but there the kernel writes sixty lines. Our
//! own `fdinfo` of a pidfd has six, and costs less than half.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, pread};
use rustix::process::{Pid as RawPid, PidfdFlags, pidfd_open};

use crate::kernel::pidfd;
use crate::proc::root::{Pid, ProcRoot};

const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// What we keep of one pidfd for the next.
#[derive(Debug, Default)]
pub(super) struct Pidfds {
    /// A descriptor's number, and our `fdinfo` of it. That shows what is open under the number when it is read, and
    /// the next pidfd most likely gets the same number.
    info: Option<(RawFd, OwnedFd)>,
    /// Whether one failed: the kernel is too old, or something refuses it.
    pub(super) are_useless: bool,
}

impl Pidfds {
    /// The number of PID namespaces that `pid` is in, counted from that of `root`, which must be ours. `None` if all
    /// its threads have ended, or if it can't be known.
    pub(super) fn namespaces(&mut self, root: &ProcRoot, pid: Pid) -> Option<usize> {
        let found = self.look(root, pid);
        self.are_useless = matches!(found, Err(errno) if errno != Errno::SRCH);
        found.ok().flatten()
    }

    fn look(&mut self, root: &ProcRoot, pid: Pid) -> Result<Option<usize>, Errno> {
        let raw = i32::try_from(pid.0).ok().and_then(RawPid::from_raw).ok_or(Errno::SRCH)?;
        let process = pidfd_open(raw, PidfdFlags::empty())?;
        let mut text = [0_u8; 1024];
        let length = pread(self.info_of(root, process.as_fd())?, &mut text, 0)?;
        let has_ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&AT_ONCE))? > 0;
        let numbers = pidfd::numbers(&text[..length]).filter(|(number, _)| *number == pid.0);
        Ok(numbers.map(|(_, namespaces)| namespaces).filter(|_| !has_ended))
    }

    fn info_of(&mut self, root: &ProcRoot, fd: BorrowedFd<'_>) -> Result<BorrowedFd<'_>, Errno> {
        let number = fd.as_raw_fd();
        if self.info.as_ref().is_none_or(|(known, _)| *known != number) {
            self.info = Some((number, root.open_file(format!("self/fdinfo/{number}"))?));
        }
        self.info.as_ref().map(|(_, info)| info.as_fd()).ok_or(Errno::BADF)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::{Child, Command};

    use super::*;
    use crate::proc::process::Process;

    struct Sleeper(Child);

    impl Sleeper {
        fn start() -> Self {
            Self(Command::new("sleep").arg("99").spawn().unwrap())
        }

        fn pid(&self) -> Pid {
            Pid(self.0.id())
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn each_process_has_its_own_answer() {
        let root = ProcRoot::open(Path::new("/proc")).unwrap();
        let [one, mut other] = [Sleeper::start(), Sleeper::start()];
        let mut process = Process::new(&root, one.pid());
        assert_eq!(process.namespaces_while_alive(), Some(1));
        process.move_to(other.pid());
        assert_eq!(process.namespaces_while_alive(), Some(1));
        other.0.kill().unwrap();
        // It stays a zombie until it is waited for.
        while Process::new(&root, other.pid()).stat().unwrap().state != b'Z' {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        process.move_to(other.pid());
        assert_eq!(process.namespaces_while_alive(), None);
        process.move_to(one.pid());
        assert_eq!(process.namespaces_while_alive(), Some(1));
    }
}
